//===- TransposeTile.h - Squares of a transposition -------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_TRANSPOSETILE_H
#define VGA_LIB_CPU_TRANSPOSETILE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"
#include <optional>

namespace mlir::vga {

/// A copy that turns what is contiguous: out[..., i, ..., o] = in[..., o, ...,
/// i]. Elements are of 32 bits, or are pairs of 16-bit ones along a loop of
/// two,
///
///   out[c][j][v] = in[j][v][c]     pairs are made of two rows
///   out[d][l][v] = in[l][d][v]     pairs stay
///   out[j][l][v] = in[j][v][l]     rows are interleaved, in another type
struct TransposeTile {
  /// The loops along which the result and the operand are contiguous, and that
  /// of the pairs.
  unsigned outLoop, inLoop;
  std::optional<unsigned> pairLoop;

  /// True if nothing is turned but pairs: `inLoop` is `outLoop`.
  bool isInterleaving() const { return inLoop == outLoop; }

  static std::optional<TransposeTile> match(linalg::LinalgOp op);

  /// Replaces a static tile by shuffles of vectors; fails if it is too small.
  static LogicalResult vectorize(RewriterBase &rewriter, linalg::LinalgOp op);
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_TRANSPOSETILE_H
