//===- ContractionTile.h - Register tiles of contractions -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_CONTRACTIONTILE_H
#define VGA_LIB_CPU_CONTRACTIONTILE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {

/// A tile of a contraction whose loops each index two of the three operands:
/// rows, columns and what is summed over. It becomes reads, a vector.contract
/// and a write. Upstream would make a reduction of a product of operands
/// broadcast to all loops.
class ContractionTile {
public:
  static bool matches(linalg::LinalgOp op);

  /// Replaces a static tile.
  static void vectorize(RewriterBase &rewriter, linalg::LinalgOp op);
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_CONTRACTIONTILE_H
