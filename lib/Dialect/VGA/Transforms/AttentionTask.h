//===- AttentionTask.h - A task of attention, C++ ------------------------===//
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

/// Keys come in multiples of this in pairs, as tiles of matrix units do.
constexpr int64_t kPairKeys = 32;

/// What a task folds the keys into: accumulators [stripes, Dv, lanes], or
/// [stripes, lanes, Dv] by rows, maxima and sums [stripes, lanes].
using AttentionState = SmallVector<Value>;

/// Uninitialized tensors for the results of `op`.
SmallVector<Value> createOutputs(LinalgBuilder &builder, AttentionInterface op);

/// The gates that a task applies, as operands or as weights of the values that
/// it has just loaded: g_j = act(<v_j, weight_h> + bias_h).
struct TaskGates {
  Value value, output;
  Value weight, bias;
  Activation activation = Activation::sigmoid;

  explicit TaskGates(AttentionInterface op);

  /// The heads of the gate of the values.
  int64_t getHeads(AxisOrder axes) const;
};

/// Some queries of a vga.attention, and where they are. A row of a task is a
/// query of one of the `group` query heads that share its key/value head:
/// row = i * group + g. `lanes` rows are a stripe. Loops of linalg are named
///
///   s  stripe      l  lane       i  query      g  query head of the group
///   j  key         d, c  channel               v  element of a pair
class AttentionTask {
protected:
  AttentionTask(LinalgBuilder &builder, AttentionInterface op, TaskShape shape);

  /// How many batches, groups of heads and blocks of queries there are.
  SmallVector<OpFoldResult> getTaskCounts();

  /// Computes the position of the task from the indices of the loops over
  /// them.
  void enter(ValueRange indices);

  /// Before the keys: scaled queries, packed as [stripes, Dk, lanes], by rows
  /// as [stripes, lanes, Dk] and in pairs as [stripes, Dk/2, lanes, 2]; and the
  /// state in which no key has been seen.
  Value packQueries();
  AttentionState createState();

  /// The state after the loops over the keys from `firstKey` to `lastKey`.
  AttentionState foldKeys(Value packedQueries, AttentionState state);

  /// After the keys: writes out = output_gate * acc / sum and
  /// lse = max + log(sum) into the results of `tasks`.
  void finish(scf::ForallOp tasks, AttentionState state);

  int64_t queriesPerTask() const { return shape.rows() / group; }
  int64_t queriesPerStripe() const { return shape.lanes / group; }

  /// True if a task may have fewer queries than that.
  bool isRagged() const;

  /// The channels of the keys, with one more if pairs need it.
  int64_t getPackedChannels() const {
    return shape.form == Form::pairs ? llvm::alignTo<2>(sizes.keyChannels)
                                     : sizes.keyChannels;
  }

  /// The factors of the queries, and of the scores. bf16 queries take powers of
  /// two only, which are exact.
  std::pair<double, std::optional<double>> splitScale();

  /// The sizes, and the loops, of a tensor [stripes, channel, lanes], or
  /// [stripes, lanes, channel] by rows.
  SmallVector<OpFoldResult> stripeSizes(int64_t channels);
  SmallVector<AffineExpr> stripeLoops(AffineExpr channel);

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
  AttentionInterface op;
  TaskGates gates;
  AxisOrder axes;
  AttentionSizes sizes;
  Band band;
  TaskShape shape;
  FloatType type;
  int64_t group;
  AffineExpr s, l, i, g, j, d, c, v;
  /// Symbols of index arithmetic.
  AffineExpr x, y, z;
  /// Of the problem; `offset` is that of the band, which may be of the task.
  OpFoldResult queries, keys, offset;
  /// Of the task; `length` is that of its sequence, as it is given.
  OpFoldResult length, batch, queryHead, kvHead, firstQuery, numQueries;
  OpFoldResult firstKey, lastKey;

private:
  Value toStripes(Value rows);
  Value toQueries(Value stripes);
  Value reshapeRows(Value tensor, ArrayRef<int64_t> expanded);
  Value packSinks();
  Value addSink(AttentionState &state);
  Indexed outputGate();
  void emitInsertion(scf::ForallOp tasks, Value tile, Value out,
                     ArrayRef<OpFoldResult> offsets,
                     ArrayRef<OpFoldResult> extents);
};

/// Emit the loops of tileAttention and splitKeys, which write into `outs`.
scf::ForallOp emitTasks(LinalgBuilder &builder, AttentionInterface op,
                        TaskShape shape, ValueRange outs);
SplitAttention emitParts(LinalgBuilder &builder, AttentionInterface op,
                         PartShape shape, ValueRange outs);

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_TRANSFORMS_ATTENTIONTASK_H
