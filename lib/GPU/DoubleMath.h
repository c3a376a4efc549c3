//===- DoubleMath.h - Functions of f64 as arithmetic ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_DOUBLEMATH_H
#define VGA_LIB_GPU_DOUBLEMATH_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::vga {

/// exp, exp2, expm1, log, log2, log10, log1p and tanh of f64, for which GPUs
/// have no instructions, as arithmetic: relative errors are a few units in the
/// last place.
/// Functions of f64 become arithmetic.
void populateDoubleMathPatterns(RewritePatternSet &patterns);
/// Functions of f32 become arithmetic on f64, and functions of f64 that the
/// other patterns take.
void populateSingleMathPatterns(RewritePatternSet &patterns);

} // namespace mlir::vga

#endif // VGA_LIB_GPU_DOUBLEMATH_H
