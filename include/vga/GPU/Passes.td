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
    target: see `#vga.schedule`. A schedule that is there stays.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"",
           "The GPU, by LLVM's name">
  ];
  let dependentDialects = ["::mlir::vga::VGADialect"];
}

def VGAGPUCheckHostPass : Pass<"vga-gpu-check-host", "::mlir::ModuleOp"> {
  let summary = "Check that functions do nothing but launch kernels";
  let description = [{
    On the host side of GPU code all arrays are in the GPU's memory: what is
    left to compute there are sizes. Anything else has no kernel yet, and is an
    error.
  }];
}

def VGAGPULowerLaunchesPass : Pass<"vga-gpu-lower-launches",
                                   "::mlir::ModuleOp"> {
  let summary = "Turn vga.launch on memrefs into calls of the runtime";
  let description = [{
    Launches become calls of the functions in `vga/Runtime/CUDA.h`, with tensor
    maps and parameters on the stack, and `gpu.binary` operations constants of
    the module.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

#endif // VGA_GPU_PASSES_TD
