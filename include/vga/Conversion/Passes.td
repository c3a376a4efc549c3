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
  let summary = "Lower vga.gate and vga.attention to their definition";
  let description = [{
    The plain decomposition of gates and attention into linalg, arith and math
    on tensors: scores, softmax and the weighted sum of values, one operation
    after the other, with every score in memory. It is the readable definition
    of the operations, and it implements every operand and attribute of them;
    faster lowerings are measured against it.

    `vga.gated_attention` is not touched: see `vga-split-gated-attention`.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif // VGA_CONVERSION_PASSES_TD
