//===- AttentionTask.h - One task of a tiled attention -----------*- C++
//-*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_DIALECT_VGA_TRANSFORMS_ATTENTIONTASK_H
#define VGA_LIB_DIALECT_VGA_TRANSFORMS_ATTENTIONTASK_H

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

namespace mlir::vga {

/// What a task folds the keys into: accumulators [stripes, Dv, lanes], maxima
/// and sums [stripes, lanes].
using AttentionState = SmallVector<Value>;

/// Some queries of a vga.attention, and where they are. A row of a task is a
/// query of one of the `group` query heads that share its key/value head:
/// row = i * group + g. `lanes` rows are a stripe. Loops of linalg are named
///
///   s  stripe      l  lane       i  query      g  query head of the group
///   j  key         d, c  channel
class AttentionTask {
protected:
  AttentionTask(LinalgBuilder &builder, AttentionOp op, TaskShape shape);

  /// Computes the position of the task from the indices of the loops over
  /// batches, groups of heads and blocks of queries.
  void enter(ValueRange indices);

  int64_t queriesPerTask() const { return shape.rows() / group; }
  int64_t queriesPerStripe() const { return shape.lanes / group; }

  /// True if a task may have fewer queries than that.
  bool isRagged() const;

  int64_t getGateHeads() {
    RankedTensorType gate = op.getValueGate().getType();
    return gate.getDimSize(gate.getRank() == 4 ? axes.head : 1);
  }

  /// Position and extent, in the layout, of this task's queries.
  SmallVector<OpFoldResult> queryOffsets() {
    return axes.arrange<OpFoldResult>(batch, queryHead, firstQuery, index(0));
  }
  SmallVector<OpFoldResult> queryExtents(int64_t channels) {
    return axes.arrange<OpFoldResult>(index(1), index(group), numQueries,
                                      index(channels));
  }
  /// The loops of a tensor with the queries of a task.
  SmallVector<AffineExpr> queryLoops(AffineExpr channel) {
    if (axes.head < axes.sequence)
      return {g, i, channel};
    return {i, g, channel};
  }

  OpFoldResult index(int64_t value) { return b.getIndexAttr(value); }
  Value constant(LinalgBuilder &builder, double value) {
    return builder.constant(type, value);
  }

  LinalgBuilder &b;
  AttentionOp op;
  AxisOrder axes;
  AttentionSizes sizes;
  Band band;
  TaskShape shape;
  FloatType type;
  int64_t group;
  AffineExpr s, l, i, g, j, d, c;
  /// Symbols of index arithmetic.
  AffineExpr x, y, z;
  /// Of the problem; `offset` is that of the band.
  OpFoldResult queries, keys, offset;
  /// Of the task.
  OpFoldResult batch, queryHead, kvHead, firstQuery, numQueries;
};

/// Walks over the keys that a task sees, with its queries packed as [stripes,
/// Dk, lanes].
AttentionState emitKeyLoops(const AttentionTask &task, Value packed,
                            AttentionState state);

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_TRANSFORMS_ATTENTIONTASK_H
