//===- SplitKeys.cpp - Few queries against parts of the keys -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

/// The largest number of query heads of a key/value head that fill at most
/// `rows` rows and divide them evenly.
static int64_t getHeadsPerTask(int64_t groupSize, int64_t rows) {
  for (int64_t heads = std::min(groupSize, rows); heads > 1; --heads)
    if (groupSize % heads == 0)
      return heads;
  return 1;
}

static TaskShape getTaskShape(AttentionInterface op, PartShape shape) {
  AttentionSizes sizes(op);
  int64_t heads = getHeadsPerTask(sizes.groupSize(), shape.rows);
  // A task of an unknown number of queries takes one.
  int64_t queries = 1;
  if (sizes.queries != ShapedType::kDynamic)
    queries = std::clamp<int64_t>(shape.rows / heads, 1, sizes.queries);
  return {heads * queries, /*stripes=*/1, shape.keys, Form::rows};
}

namespace {
/// Two loops: one folds each part of the keys into a state of its own, one
/// merges the states.
class KeySplitting : AttentionTask {
public:
  KeySplitting(LinalgBuilder &builder, AttentionInterface op,
               PartShape partShape)
      : AttentionTask(builder, op, getTaskShape(op, partShape)),
        keysPerPart(partShape.keysPerPart),
        numParts(b.apply(x.ceilDiv(keysPerPart), {keys})) {}

  SplitAttention build(ValueRange outs) {
    scf::ForallOp parts = buildParts();
    return {parts, buildMerge(parts.getResults(), outs)};
  }

private:
  scf::ForallOp buildParts() {
    SmallVector<OpFoldResult> counts = getTaskCounts();
    counts.push_back(numParts);
    SmallVector<Value> states;
    for (ArrayRef<int64_t> sizes : getStateShapes()) {
      SmallVector<OpFoldResult> allSizes = counts;
      for (int64_t size : sizes)
        allSizes.push_back(index(size));
      states.push_back(b.empty(allSizes, type));
    }
    auto parts = scf::ForallOp::create(b, b.getLoc(), counts, states,
                                       /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(parts.getBody());
    SmallVector<Value> indices(parts.getInductionVars());
    enter(ArrayRef(indices).drop_back());
    firstKey = b.apply(x * keysPerPart, {indices.back()});
    lastKey = b.min(keys, b.apply(x + keysPerPart, {firstKey}));
    AttentionState state = foldKeys(packQueries(), createState());
    b.setInsertionPointToEnd(parts.getTerminator().getBody());
    for (auto [tile, all] : llvm::zip_equal(state, parts.getRegionIterArgs())) {
      auto [offsets, extents] = getPosition(all, indices);
      SmallVector<OpFoldResult> strides(offsets.size(), index(1));
      tensor::ParallelInsertSliceOp::create(b, tile, all, offsets, extents,
                                            strides);
    }
    return parts;
  }

  scf::ForallOp buildMerge(ValueRange states, ValueRange outs) {
    auto tasks = scf::ForallOp::create(b, b.getLoc(), getTaskCounts(), outs,
                                       /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    SmallVector<Value> indices(tasks.getInductionVars());
    enter(indices);
    SmallVector<Value> parts;
    for (Value all : states) {
      auto [offsets, extents] = getPosition(all, indices);
      parts.push_back(b.slice(all, offsets, extents, {0u, 1u, 2u}));
    }
    // The one stripe of a task.
    AttentionState state = createState();
    SmallVector<Value> stripe;
    for (Value tensor : state) {
      auto [offsets, extents] = getPosition(tensor, {});
      stripe.push_back(b.slice(tensor, offsets, extents, {0u}));
    }
    stripe =
        OnlineAttentionOp::mergeParts(b, b.getLoc(), parts, stripe, shape.form);
    for (auto [tensor, merged] : llvm::zip_equal(state, stripe)) {
      auto [offsets, extents] = getPosition(tensor, {});
      tensor = b.insert(merged, tensor, offsets, extents);
    }
    finish(tasks, state);
    return tasks;
  }

  /// The sizes of an accumulator, a maximum and a sum.
  SmallVector<SmallVector<int64_t>> getStateShapes() {
    return {{shape.lanes, sizes.valueChannels}, {shape.lanes}, {shape.lanes}};
  }

  /// The part of `tensor` at `indices` of its first axes.
  std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
  getPosition(Value tensor, ArrayRef<Value> indices) {
    SmallVector<OpFoldResult> offsets, extents;
    for (auto [axis, size] :
         llvm::enumerate(cast<RankedTensorType>(tensor.getType()).getShape())) {
      bool isFixed = axis < indices.size();
      offsets.push_back(isFixed ? OpFoldResult(indices[axis]) : index(0));
      // Of the other axes, only that of the parts may be dynamic.
      extents.push_back(isFixed                        ? index(1)
                        : size == ShapedType::kDynamic ? numParts
                                                       : index(size));
    }
    return {offsets, extents};
  }

  int64_t keysPerPart;
  OpFoldResult numParts;
};
} // namespace

SplitAttention vga::emitParts(LinalgBuilder &builder, AttentionInterface op,
                              PartShape shape, ValueRange outs) {
  return KeySplitting(builder, op, shape).build(outs);
}

SplitAttention vga::splitKeys(RewriterBase &rewriter, AttentionInterface op,
                              PartShape shape) {
  LinalgBuilder builder(op.getLoc(), rewriter);
  SplitAttention loops =
      emitParts(builder, op, shape, createOutputs(builder, op));
  rewriter.replaceOp(op, loops.merge);
  return loops;
}
