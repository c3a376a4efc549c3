//===- AttentionTask.cpp - One task of a tiled attention ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace mlir::vga;

AttentionTask::AttentionTask(LinalgBuilder &builder, AttentionInterface op,
                             TaskShape shape)
    : b(builder), op(op), gates(op), axes(op.getLayout()), sizes(op), band(op),
      shape(shape), type(getComputeType(getElementTypeOrSelf(op.getQuery()))) {
  bindDims(builder.getContext(), s, l, i, g, j, d, c, v);
  bindSymbols(builder.getContext(), x, y, z);
  group = std::gcd(sizes.groupSize(), shape.lanes);
  // Gates of query heads differ within a group.
  if (int64_t heads = gates.getHeads(axes); heads && heads != sizes.kvHeads)
    group = 1;
  queries = b.sizeOf(op.getQuery(), axes.sequence);
  keys = getNumKeys(b, op);
  // Blocks of keys do not cross the borders of pages.
  if (op.getBlockTable()) {
    int64_t fitting = std::min(shape.keys, getPageSize(op));
    this->shape.keys =
        shape.form == Form::pairs ? llvm::alignTo<kPairKeys>(fitting) : fitting;
  }
  if (op.getAlignment() == Alignment::bottom_right)
    offset = b.apply(x - y, {keys, queries});
  else if (op.getAlignment() == Alignment::top_left)
    offset = index(0);
  firstKey = index(0);
  lastKey = keys;
}

std::pair<double, std::optional<double>> AttentionTask::splitScale() {
  double scale = getScoreScale(op);
  int exponent;
  double mantissa = std::frexp(scale, &exponent);
  bool isExact = std::abs(mantissa) == 0.5 || scale == 0;
  if (shape.form != Form::pairs || isExact)
    return {scale, std::nullopt};
  // The largest powers are beyond f32 by one.
  if (exponent > std::numeric_limits<float>::max_exponent - 1)
    return {std::ldexp(1.0, exponent - 1), 2 * mantissa};
  return {std::ldexp(1.0, exponent), mantissa};
}

TaskGates::TaskGates(AttentionInterface op) {
  if (auto attention = dyn_cast<AttentionOp>(op.getOperation())) {
    value = attention.getValueGate();
    output = attention.getOutputGate();
  } else {
    auto gated = cast<GatedAttentionOp>(op.getOperation());
    weight = gated.getWeight();
    bias = gated.getBias();
    activation = gated.getActivation();
  }
}

int64_t TaskGates::getHeads(AxisOrder axes) const {
  if (weight)
    return cast<RankedTensorType>(weight.getType()).getDimSize(0);
  if (!value)
    return 0;
  auto type = cast<RankedTensorType>(value.getType());
  return type.getDimSize(type.getRank() == 4 ? axes.head : 1);
}

SmallVector<Value> vga::createOutputs(LinalgBuilder &b, AttentionInterface op) {
  AxisOrder axes(op.getLayout());
  Type type = getElementTypeOrSelf(op.getQuery());
  SmallVector<OpFoldResult> outSizes = b.sizesOf(op.getQuery());
  SmallVector<OpFoldResult> rowSizes = {
      outSizes[axes.batch], outSizes[axes.head], outSizes[axes.sequence]};
  outSizes[axes.channel] = b.getIndexAttr(AttentionSizes(op).valueChannels);
  SmallVector<Value> outs = {b.empty(outSizes, type)};
  if (op.getReturnLse())
    outs.push_back(b.empty(rowSizes, getComputeType(type)));
  return outs;
}

SmallVector<OpFoldResult> AttentionTask::getTaskCounts() {
  return {b.sizeOf(op.getQuery(), axes.batch), index(sizes.queryHeads / group),
          b.apply(x.ceilDiv(queriesPerTask()), {queries})};
}

void AttentionTask::enter(ValueRange indices) {
  batch = indices[0];
  queryHead = b.apply(x * group, {indices[1]});
  kvHead = b.apply((x * group).floorDiv(sizes.groupSize()), {indices[1]});
  firstQuery = b.apply(x * queriesPerTask(), {indices[2]});
  numQueries = index(queriesPerTask());
  if (isRagged())
    numQueries = b.min(numQueries, b.apply(x - y, {queries, firstQuery}));
  if (!op.getKvLength())
    return;
  Value element = tensor::ExtractOp::create(b, op.getKvLength(), indices[0]);
  length = arith::IndexCastOp::create(b, b.getIndexType(), element).getResult();
  if (op.getAlignment() == Alignment::length)
    offset = b.apply(x - y, {b.max(index(0), b.min(keys, length)), queries});
}

bool AttentionTask::isRagged() const {
  return queriesPerTask() != 1 && (sizes.queries == ShapedType::kDynamic ||
                                   sizes.queries % queriesPerTask() != 0);
}

SmallVector<OpFoldResult> AttentionTask::stripeSizes(int64_t channels) {
  if (shape.form == Form::rows)
    return {index(shape.stripes), index(shape.lanes), index(channels)};
  return {index(shape.stripes), index(channels), index(shape.lanes)};
}

SmallVector<AffineExpr> AttentionTask::stripeLoops(AffineExpr channel) {
  if (shape.form == Form::rows)
    return {s, l, channel};
  return {s, channel, l};
}
