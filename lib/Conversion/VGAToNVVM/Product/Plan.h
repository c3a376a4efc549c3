//===- Plan.h - How a product is divided ------------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PLAN_H
#define VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PLAN_H

#include "../WarpMatrices.h"
#include "Product.h"
#include "vga/GPU/Target.h"

namespace mlir::vga::product {

/// Who computes the sums of a tile.
enum class Method {
  /// Tensor cores, by warpgroups: 16-bit elements of one type, which the copy
  /// engine brings to shared memory.
  warpgroups,
  /// Tensor cores, from stages in shared memory: 16-bit elements of one type,
  /// or those of f32 rounded to tf32.
  tensorCores,
  /// Multiply-adds in f32, from stages in shared memory.
  multiplyAdd,
  /// Multiply-adds in f32, from registers: there are too few rows for rhs to be
  /// read again.
  fewRows,
};

/// What a block of threads computes, and what each of its warps.
struct Tile {
  int64_t rows, columns;
  int64_t warpRows, warpColumns;
  /// Warps that share a part of the tile, and divide the depth.
  int64_t splits = 1;

  int64_t getWarpsAcross() const { return columns / warpColumns; }
  int64_t getWarps() const {
    return rows / warpRows * getWarpsAcross() * splits;
  }
};

/// How a thread with few rows walks along the depth: it multiplies `unit`
/// terms of `run` neighboring columns at a time, `unrolled` times at once.
struct Walk {
  int64_t unit = 1, run = 1, unrolled = 1;
  /// Lanes of a warp beside each other along columns; others are along the
  /// depth.
  int64_t laneColumns = 1;
};

/// How an operand's tile is in shared memory: lines of what is contiguous in
/// global memory.
struct StagePlan {
  /// Whether neighbors along the depth are neighbors.
  bool isAlongDepth;
  /// Lines, and elements of each.
  int64_t lines, extent;
  int64_t elementBytes;
  /// What a thread copies at a time; all, if the copy engine does it.
  int64_t pieceElements;
  bool isSwizzled = false;

  /// A line ends in an unused piece, if it is not swizzled: eight lines are in
  /// different banks then, as extents are 2^n.
  int64_t getLineBytes() const {
    return extent * elementBytes + (isSwizzled ? 0 : kPieceBytes);
  }
  int64_t getBytes() const { return lines * getLineBytes(); }
  int64_t getPieceBytes() const { return pieceElements * elementBytes; }
};

/// A kernel of a product.
struct Plan {
  int64_t getThreads() const {
    return (tile.getWarps() + producerWarps) * kWarpThreads;
  }
  int64_t getStageBytes() const { return lhs.getBytes() + rhs.getBytes(); }
  /// Sums of the tile in shared memory: rows end in unused ones, so that those
  /// of a warp's product are in different banks.
  int64_t getSumRowBytes() const {
    constexpr int64_t kPadding = 8;
    return (tile.columns + kPadding) * sizeof(float);
  }
  int64_t getPartBytes() const { return tile.rows * getSumRowBytes(); }
  int64_t getSharedBytes() const {
    return std::max(stages * (getStageBytes() + barrierBytes),
                    tile.splits * getPartBytes());
  }

  Method method;
  Tile tile;
  /// The products that the kernel is for: of at most so many rows.
  int64_t rowLimit = std::numeric_limits<int64_t>::max();
  /// The depth of a stage, and how many stages there are.
  int64_t depth = 0, stages = 0;
  /// Barriers of a stage, and warps that only copy.
  int64_t barrierBytes = 0, producerWarps = 0;
  StagePlan lhs = {}, rhs = {};
  Walk walk;
  /// Tiles of this many rows of tiles are computed together, column by column:
  /// what they read stays in the cache.
  int64_t groupRows = 1;
  /// As many blocks have their registers in a multiprocessor.
  int64_t blocks = 1;
};

/// The box of an operand that the copy engine brings at a time, by the axes of
/// the array.
SmallVector<int64_t> getBox(const Product &product, const Array &array,
                            const StagePlan &side);

/// The kernels of a product, by their limits of rows, the last one without; a
/// single one if the rows are known. `allowsTF32` has the tensor cores multiply
/// many rows of f32.
SmallVector<Plan> choosePlans(const Product &product, const Target &target,
                              bool allowsTF32);

} // namespace mlir::vga::product

#endif // VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PLAN_H
