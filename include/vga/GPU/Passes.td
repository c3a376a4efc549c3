//===- Passes.td - Kernels and launches for GPUs -----------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_PASSES_TD
#define VGA_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def VGAGPUChooseSchedulesPass : Pass<"vga-gpu-choose-schedules"> {
  let summary = "Give every vga.attention without a schedule one";
  let description = [{
    Chooses tiles, stages and order from the shapes of the operation and the
    target. On sm_90a, `#vga.schedule` is for many queries of 16-bit elements;
    else, and on other GPUs, there is `#vga.warp_schedule`. Where the number of
    queries is not known, an `scf.if` decides between a schedule for few of them
    and one for many. A schedule that is there stays.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"",
           "The GPU, by LLVM's name">,
    Option<"tf32", "tf32", "bool", "false",
           "Round f32 elements to tf32, for the tensor cores">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::vga::VGADialect"];
}

def VGAGPUCheckHostPass : Pass<"vga-gpu-check-host", "::mlir::ModuleOp"> {
  let summary = "Check that a GPU can do what functions do";
  let description = [{
    On the host side of GPU code all arrays are in the GPU's memory, where kernels
    work on them: those of `vga.launch`, and those that later passes make of
    linalg, tensor, and of arith and math on tensors. The host computes sizes.
    Anything else has no kernel yet, and is an error that names it; convolutions
    are.
  }];
}

def VGAGPUFillConstantsPass : Pass<"vga-gpu-fill-constants"> {
  let summary = "Turn constants of one value into linalg.fill";
  let description = [{
    A constant array whose elements are all the same, and tensor.splat, become a
    fill of new memory: bufferization would put them into the host's.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGAGPUFuseElementwisePass : Pass<"vga-gpu-fuse-elementwise"> {
  let summary = "Fuse elementwise linalg into all that reads it";
  let description = [{
    Fuses a linalg operation without reductions into its users, reductions
    included. Where it has a few, each gets a copy: on a GPU, arithmetic is
    cheaper than a way through memory.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VGAGPUSeparateFillsPass : Pass<"vga-gpu-separate-fills"> {
  let summary = "Give each operation that starts from a fill its own";
  let description = [{
    Where several sums start from the same zeros, all but one would start from a
    copy. A fill of its own needs no memory to be read, and no kernel: see
    `vga-gpu-outline-linalg`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def VGAGPULowerHostAccessesPass : Pass<"vga-gpu-lower-host-accesses",
                                       "::mlir::ModuleOp"> {
  let summary = "Let the host reach elements of arrays on the GPU";
  let description = [{
    A memref.load outside of kernels becomes a call of the runtime that waits for
    the GPU and copies the element, which is what a length in a tensor takes; a
    memref.store becomes a fill of one element. The position of a call
    (`vga.position`) is in the host's memory, and is loaded from there.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
}

def VGAGPUPlaceArraysPass : Pass<"vga-gpu-place-arrays", "::mlir::ModuleOp"> {
  let summary = "Give launches dense arrays in the GPU's memory";
  let description = [{
    Kernels of `vga.launch`, and `vga.multiply`, take dense arrays: a view that is
    not known to be dense is copied before, or after if it is an output; both if
    something has been written there before, as all but one of several launches on
    one output do nothing. Constants,
    which are in the host's memory, are copied to the GPU's unless linalg alone
    reads them: kernels made of it contain them.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def VGAGPUOutlineLinalgPass : Pass<"vga-gpu-outline-linalg",
                                   "::mlir::ModuleOp"> {
  let summary = "Turn linalg.generic on memrefs into kernels";
  let description = [{
    Each linalg.generic becomes a gpu.func in the gpu.module `@vga_kernels` and a
    gpu.launch_func of it, in blocks of 256 threads.

    Without reductions, a thread computes neighboring elements of the outputs: as
    many as 16 bytes hold, where the innermost loop is a multiple of that. They are
    loaded and stored together.

    Reductions by one operation that has a neutral element are shared: by a warp,
    or a block if there are more than 1024 terms, where terms are neighbors in
    memory; else by 8 threads, so that the 32 beside each other in a warp read
    neighbors. Partial results meet by shuffles and in shared memory. Any other
    reduction is done by one thread, in order. A fill that a shared sum starts from
    is no kernel: its value is in that of the sum.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def VGAGPUExpandMathPass : Pass<"vga-gpu-expand-math", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Expand functions in kernels into arithmetic";
  let description = [{
    math.acos, erf, erfc, log1p and tanh of f32 become polynomials of f32. The
    other functions of f32, which lose their bits there at small or large
    arguments, are computed in f64: each is right to about half a unit in the last
    place, whatever its argument. Functions of f64 become arithmetic as well.
    math.exp, exp2, expm1 and log of f32 are left to `vga-expand-exp`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def VGAGPULowerMathPass : Pass<"vga-gpu-lower-math", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Turn math in kernels into intrinsics";
  let description = [{
    Of the math dialect, what GPUs have an instruction for, or a few, becomes an
    intrinsic. The rest would be calls of CUDA's library of functions, which need
    not be there: it is an error.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def VGAGPUPlaceHostScratchPass : Pass<"vga-gpu-place-host-scratch",
                                      "::mlir::ModuleOp"> {
  let summary = "Put what the host allocates for itself on its stack";
  let description = [{
    Deallocation by ownership has arrays of addresses where it can not tell
    buffers apart. The host fills and reads them, which the GPU's memory is not
    for: memory that functions load from and store to, after
    `vga-gpu-lower-host-accesses`, is that of the host.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def VGAGPUJoinLaunchesPass : Pass<"vga-gpu-join-launches",
                                  "::mlir::ModuleOp"> {
  let summary = "Launch a kernel once for all that does not need each other";
  let description = [{
    Launches of one kernel with the same sizes, as those of the products for
    queries, keys and values, become one launch with as many times the blocks, of
    a kernel whose blocks choose their arrays.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def VGAGPUMergeKernelsPass : Pass<"vga-gpu-merge-kernels",
                                  "::mlir::ModuleOp"> {
  let summary = "Keep one of equal kernels";
  let description = [{
    Kernels whose bodies are equal, but for the names of counters of their own,
    become one, which all of their launches launch. What nothing launches goes.
  }];
}

def VGAGPUOverlapLaunchesPass : Pass<"vga-gpu-overlap-launches",
                                     "::mlir::gpu::GPUModuleOp"> {
  let summary = "Let kernels begin while the one before them ends";
  let description = [{
    Kernels begin with `nvvm.griddepcontrol launch_dependents`, by which the next
    one may be put on multiprocessors that have room, and `wait`, for all that the
    one before has written (programmatic dependent launch, compute capability
    9.0): what a launch takes passes while the kernel before is at work.
  }];
  let dependentDialects = ["::mlir::NVVM::NVVMDialect"];
}

def VGAGPULowerLaunchesPass : Pass<"vga-gpu-lower-launches",
                                   "::mlir::ModuleOp"> {
  let summary = "Turn launches on memrefs into calls of the runtime";
  let description = [{
    vga.launch, vga.multiply and gpu.launch_func become calls of the functions in
    `vga/Runtime/CUDA.h`, with tensor maps and parameters on the stack, and
    `gpu.binary` operations constants of the module.
  }];
  let options = [
    Option<"overlap", "overlap", "bool", "false",
           "Kernels wait for the one before (vga-gpu-overlap-launches): the "
           "driver may launch them earlier">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

#endif // VGA_GPU_PASSES_TD
