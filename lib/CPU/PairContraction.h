//===- PairContraction.h - Products of bf16 in pairs ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_PAIRCONTRACTION_H
#define VGA_LIB_CPU_PAIRCONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {

/// True for out[m][n] += a[m][k][v] * b[k][n][v] of bf16 into f32, with two v.
bool isPairContraction(linalg::LinalgOp op);

/// Rows of a tile of a matrix unit, its columns of f32, and its pairs of bf16.
inline constexpr int64_t kMatrixTileSize = 16;

/// True for a static tile of such a contraction that whole tiles of a matrix
/// unit cover. (Those of other shapes are few registers to the compiler: each
/// has one shape in a function.)
bool areMatrixTiles(linalg::LinalgOp op);

/// Replaces it by operations of the amx dialect.
void emitMatrixTiles(RewriterBase &rewriter, linalg::LinalgOp op);

/// The vector [k][n][2] of a tile of b, read as rows of pairs.
Value readPairs(OpBuilder &builder, Location loc, Value memref);

/// Such a contraction on vectors -> dot products of pairs (AVX512-BF16).
void populatePairContractionPatterns(RewritePatternSet &patterns);

} // namespace mlir::vga

#endif // VGA_LIB_CPU_PAIRCONTRACTION_H
