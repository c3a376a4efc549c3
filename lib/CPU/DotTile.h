//===- DotTile.h - Products of rows with rows -------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_DOTTILE_H
#define VGA_LIB_CPU_DOTTILE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {

/// A tile of out[r][c] += sum_k a[r][k] * b[c][k]: few rows of queries meet
/// keys; or of out[c] += sum_k a[c][k] * b[c][k]: each meets its own. Vectors
/// run along k, in which both operands are contiguous, and are summed across at
/// the end.
class DotTile {
public:
  /// True for such a contraction of at most `maxRows` rows and a static k.
  static bool matches(linalg::LinalgOp op, int64_t maxRows);

  /// Replaces a static tile; its rows, or its columns, may be dropped.
  static void vectorize(RewriterBase &rewriter, linalg::LinalgOp op,
                        int64_t lanes);
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_DOTTILE_H
