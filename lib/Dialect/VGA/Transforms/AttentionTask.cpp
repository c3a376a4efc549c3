//===- AttentionTask.cpp - One task of a tiled attention ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"

#include <numeric>

using namespace mlir;
using namespace mlir::vga;

AttentionTask::AttentionTask(LinalgBuilder &builder, AttentionOp op,
                             TaskShape shape)
    : b(builder), op(op), axes(op.getLayout()), sizes(op), band(op),
      shape(shape),
      type(getComputeType(op.getQuery().getType().getElementType())) {
  bindDims(builder.getContext(), s, l, i, g, j, d, c);
  bindSymbols(builder.getContext(), x, y, z);
  group = std::gcd(sizes.groupSize(), shape.lanes);
  // Gates of query heads differ within a group.
  if (op.getValueGate() && getGateHeads() != sizes.kvHeads)
    group = 1;
  queries = b.sizeOf(op.getQuery(), axes.sequence);
  keys = b.sizeOf(op.getKey(), axes.sequence);
  offset = op.getAlignment() == Alignment::bottom_right
               ? b.apply(x - y, {keys, queries})
               : index(0);
}

void AttentionTask::enter(ValueRange indices) {
  batch = indices[0];
  queryHead = b.apply(x * group, {indices[1]});
  kvHead = b.apply((x * group).floorDiv(sizes.groupSize()), {indices[1]});
  firstQuery = b.apply(x * queriesPerTask(), {indices[2]});
  numQueries = index(queriesPerTask());
  if (isRagged())
    numQueries = b.min(numQueries, b.apply(x - y, {queries, firstQuery}));
}

bool AttentionTask::isRagged() const {
  return sizes.queries == ShapedType::kDynamic ||
         sizes.queries % queriesPerTask() != 0;
}
