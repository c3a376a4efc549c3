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
    the one of the operation's schedule (`vga-gpu-choose-schedules`): on sm_90a,
    a producer warpgroup that loads by TMA, and consumers that multiply with
    wgmma.

    Gates that such a kernel does not compute itself become kernels, too: dot
    products where a head has one scalar, of its own channels; products of
    matrices otherwise, on the tensor cores if weights and source have the same
    type.

    An append is a kernel that copies, in pieces of up to 16 bytes. It ends the
    launch with an error where a position does not fit into the cache, or the
    block table has a page that is not there.

    An operation that no kernel computes is an error that says why.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"",
           "The GPU, by LLVM's name">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

#endif // VGA_CONVERSION_PASSES_TD
