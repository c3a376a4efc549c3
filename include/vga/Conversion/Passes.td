//===- Passes.td - Conversions from the vga dialect --------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_CONVERSION_PASSES_TD
#define VGA_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertVGAToLinalgPass : Pass<"convert-vga-to-linalg"> {
  let summary = "Lower vga.gate, vga.attention and vga.append to their definition";
  let description = [{
    The plain decomposition of gates and attention into linalg, arith and math
    on tensors: scores, softmax and the weighted sum of values, one operation
    after the other, with every score in memory. It is the readable definition
    of the operations, and it implements every operand and attribute of them;
    faster lowerings are measured against it.

    `vga.append` becomes loops over sequences and blocks of new positions, such
    as those of a page, that insert each block as a slice: by one thread if there
    are few, as tasks otherwise.

    `vga.gated_attention` is not touched: see `vga-split-gated-attention`.
  }];
  let options = [
    Option<"attentionOnly", "attention-only", "bool", "false",
           "Leave gates and appends as they are, for a GPU, and gather keys in "
           "pages by an operation that becomes a kernel">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def VGAGPUSplitGatedAttentionPass : Pass<"vga-gpu-split-gated-attention"> {
  let summary = "Split vga.gated_attention, without loops";
  let description = [{
    Does what `vga-split-gated-attention` does, but for a gate at the output site in
    pages, or with alignment `length`: the values at the positions of the queries are
    gathered by a linalg.generic, which becomes a kernel, and not by a loop over
    slices.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def VGAGPUPrepareAttentionPass : Pass<"vga-gpu-prepare-attention"> {
  let summary = "Bring attention into the forms that kernels have";
  let description = [{
    Kernels have elements of f16, bf16 and f32, and heads of a multiple of 8
    channels up to 256. Masks, sinks, gates and weights of gates that are of f64
    are rounded to f32, in which kernels compute. Heads of other sizes are padded
    with zeros, and the output is cut off; the scale stays that of the heads as they
    were. A remark says so.

    With `or-definition`, attention that has no kernel even so, as that of f64, is
    replaced by its definition in linalg, with a remark that says why. Without,
    `convert-vga-to-nvvm` has an error for it.
  }];
  let options = [
    Option<"orDefinition", "or-definition", "bool", "false",
           "Take the definition where there is no kernel">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def ConvertVGAToNVVMPass : Pass<"convert-vga-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Turn vga.attention, vga.gate and vga.append into kernels and their launches";
  let description = [{
    Each vga.attention becomes a kernel, written in the nvvm and llvm dialects
    in the gpu.module `@vga_kernels`, and a `vga.launch` of it. The kernel is
    the one of the operation's schedule (`vga-gpu-choose-schedules`): of a
    `#vga.schedule`, on sm_90a, a producer warpgroup that loads by TMA, and
    consumers that multiply with wgmma; of a `#vga.warp_schedule`, on all GPUs,
    warps that load by cp.async and multiply with mma.sync.

    Gates that such a kernel does not compute itself become kernels, too: dot
    products where a head has one scalar, of its own channels; products of
    matrices otherwise, on the tensor cores if weights and source have the same
    type.

    An append is a kernel that copies, in pieces of up to 16 bytes. It ends the
    launch with an error where a position does not fit into the cache, or the
    block table has a page that is not there.

    Attention that no kernel computes is an error that says why; with
    `or-definition`, it is replaced by its definition, with a remark.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"",
           "The GPU, by LLVM's name">,
    Option<"orDefinition", "or-definition", "bool", "false",
           "Take the definition where no kernel has the schedule">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::gpu::GPUDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def ConvertProductsToNVVMPass : Pass<"convert-products-to-nvvm",
                                     "::mlir::ModuleOp"> {
  let summary = "Turn products of matrices into kernels and their launches";
  let description = [{
    Each contraction of linalg on tensors of f16, bf16 and f32 that is a product
    of matrices, or of a matrix and a vector, becomes kernels in the nvvm and llvm
    dialects in the gpu.module `@vga_kernels`, and a `vga.launch` of each. What the
    sums start from (zeros, a broadcast bias, a residual) and the elementwise
    operations that follow, each being all that uses the one before, are computed
    in the kernel: an activation, a residual connection, a gate, a cast, a
    permutation of axes.

    Sums are in f32, and rounded once, to the type of the contraction's result. Two
    operands of f16, or of bf16, meet on the tensor cores where there are many rows;
    others are multiplied and added in f32, or, of f32 and if `tf32` is set, rounded
    to its 10 bits of fraction for the tensor cores. Few rows have a kernel that reads the
    other operand once. Where the number of rows is dynamic there are three kernels,
    for one row, for a few, and for many, and launches of all on the same output, of
    which two have no blocks.

    If `cublas` is set, a library is asked first where there are 128 rows or more
    of 16-bit elements and nothing surrounds the product but what `vga.multiply`
    has: a bias for each column, a residual, a cast, and relu or, if the output is
    of 16 bits, the tanh form of gelu. The library keeps what is between in f32 even
    if a step rounds it. The launch that follows has no blocks if the library has done it.

    Axes may be in any order in memory, and of any size. A product of matrices that
    has no kernel here, as one of integers or of f64, is left as it is: it becomes
    sums, as any other reduction (`vga-gpu-outline-linalg`).
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"",
           "The GPU, by LLVM's name">,
    Option<"tf32", "tf32", "bool", "false",
           "Round f32 operands of many rows to tf32, for the tensor cores">,
    Option<"cublas", "cublas", "bool", "false",
           "Have a library compute the products that it can (vga.multiply)">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::mlir::vga::VGADialect"
  ];
}

#endif // VGA_CONVERSION_PASSES_TD
