//===- TileSizes.h - How large register tiles are ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_TILESIZES_H
#define VGA_LIB_CPU_TILESIZES_H

#include "TransposeTile.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace mlir::vga {

/// The loop along which vectors run: the innermost axis of the largest operand,
/// of those the last.
std::optional<unsigned> getContiguousLoop(linalg::LinalgOp op);

/// The tile sizes of one loop, largest first, ending in 1.
using Ladder = SmallVector<int64_t>;

/// The tile sizes of all loops of an operation.
class TileSizes {
public:
  TileSizes(linalg::LinalgOp op, unsigned vectorBits, unsigned vectorRegisters,
            bool matrixTiles);

  /// The ladder of `loop`, inside tiles of the given sizes of the loops around
  /// it.
  Ladder getLadder(unsigned loop, ArrayRef<OpFoldResult> sizes) const;

  bool areDotProducts() const { return isDot; }
  bool arePairs() const { return isPairs; }

  /// Those of a tile that no matrix unit takes.
  TileSizes withoutMatrixTiles(linalg::LinalgOp tile) const;

  int64_t getLanes() const { return registers.lanes; }

private:
  bool setContraction(linalg::LinalgOp op);
  void setPairs(bool matrixTiles, int64_t k);
  void setTransposition(TransposeTile tile, int64_t lanes);
  void setDotProducts(AffineMap result, unsigned reduction,
                      ArrayRef<int64_t> extents);
  enum class Access { Along, Across, Apart };
  static Access getAccess(linalg::LinalgOp op, unsigned factor, unsigned column,
                          unsigned reduction);
  Ladder getDots(int64_t rows) const;
  Ladder getColumns(int64_t rows) const;

  /// The registers that a tile may use.
  struct Registers {
    int64_t lanes;
    unsigned count;
  };

  SmallVector<Ladder> ladders;
  Registers registers;
  std::optional<unsigned> rowLoop, columnLoop;
  /// Of a contraction's columns, along which vectors run: neighbors, rows of a
  /// transposed factor, or neither.
  Access access = Access::Along;
  /// Each step of a ladder of rows is all of columns again: with both of any
  /// size there are fewer steps.
  bool isShort = false;
  bool isDot = false, isPairs = false;
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_TILESIZES_H
