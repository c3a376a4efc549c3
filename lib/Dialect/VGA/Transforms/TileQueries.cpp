//===- TileQueries.cpp - The queries of a task and their results ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Before the loops
//===----------------------------------------------------------------------===//

/// [queries, group, ...] -> [stripes, lanes, ...]
Value AttentionTask::toStripes(Value rows) {
  auto rowsType = cast<RankedTensorType>(rows.getType());
  SmallVector<int64_t> expanded = {shape.stripes, shape.lanes};
  llvm::append_range(expanded, rowsType.getShape().drop_front(2));
  return reshapeRows(rows, expanded);
}

/// [stripes, lanes, ...] -> [queries, group, ...]
Value AttentionTask::toQueries(Value stripes) {
  auto stripesType = cast<RankedTensorType>(stripes.getType());
  SmallVector<int64_t> expanded = {queriesPerTask(), group};
  llvm::append_range(expanded, stripesType.getShape().drop_front(2));
  return reshapeRows(stripes, expanded);
}

Value AttentionTask::reshapeRows(Value tensor, ArrayRef<int64_t> expanded) {
  auto from = cast<RankedTensorType>(tensor.getType());
  SmallVector<ReassociationIndices> groups = {{0, 1}};
  for (int64_t axis = 2; axis < from.getRank(); ++axis)
    groups.push_back({axis});
  Value rows = tensor::CollapseShapeOp::create(b, tensor, groups);
  return tensor::ExpandShapeOp::create(b, from.clone(expanded), rows, groups);
}

Value AttentionTask::packQueries() {
  bool isPairs = shape.form == Form::pairs;
  auto packedType =
      isPairs ? cast<FloatType>(BFloat16Type::get(b.getContext())) : type;
  int64_t channels = getPackedChannels();
  SmallVector<OpFoldResult> rowSizes = {index(queriesPerTask()), index(group),
                                        index(channels)};
  bool isPadded = isRagged() || channels != sizes.keyChannels;
  Value rows = isPadded ? b.filled(rowSizes, packedType, 0.0)
                        : b.empty(rowSizes, packedType);
  SmallVector<OpFoldResult> origin(3, index(0));
  SmallVector<OpFoldResult> extents = {numQueries, index(group),
                                       index(sizes.keyChannels)};
  Value query = b.slice(op.getQuery(), queryOffsets(),
                        queryExtents(sizes.keyChannels), {axes.batch});
  double scale = splitScale().first;
  Value scaled = b.generic(
      {{query, queryLoops(d)}}, {b.slice(rows, origin, extents), {i, g, d}},
      [&](LinalgBuilder &e, ValueRange in) {
        Value product = e.mul(e.convert(in[0], type), constant(e, scale));
        return e.convert(product, packedType);
      });
  rows = toStripes(b.insert(scaled, rows, origin, extents));
  auto copy = [](LinalgBuilder &, ValueRange in) { return in[0]; };
  if (!isPairs)
    return b.generic({{rows, {s, l, d}}},
                     {b.empty(stripeSizes(channels), type), stripeLoops(d)},
                     copy);
  SmallVector<OpFoldResult> sizes = {index(shape.stripes), index(channels / 2),
                                     index(shape.lanes), index(2)};
  return b.generic({{b.splitAxis(rows, 2, 2), {s, l, d, v}}},
                   {b.empty(sizes, packedType), {s, d, l, v}}, copy);
}

AttentionState AttentionTask::createState() {
  // The lowest number as a maximum: -inf would make NaNs.
  double lowest = APFloat::getLargest(type.getFloatSemantics(),
                                      /*Negative=*/true)
                      .convertToDouble();
  SmallVector<OpFoldResult> rowSizes = {index(shape.stripes),
                                        index(shape.lanes)};
  return {b.filled(stripeSizes(sizes.valueChannels), type, 0.0),
          b.filled(rowSizes, type, lowest), b.filled(rowSizes, type, 0.0)};
}

//===----------------------------------------------------------------------===//
// After the loops
//===----------------------------------------------------------------------===//

/// The sinks of the rows, [stripes, lanes].
Value AttentionTask::packSinks() {
  Value sink = b.slice(op.getSink(), {queryHead}, {index(group)});
  Value rows = b.generic(
      {{sink, {g}}},
      {b.empty({index(queriesPerTask()), index(group)}, type), {i, g}},
      [&](LinalgBuilder &e, ValueRange in) { return e.convert(in[0], type); });
  return toStripes(rows);
}

/// Lets a sink enter maximum and sum, as one more key without a value. It
/// comes last: a sink far above the scores costs them no precision. Returns
/// the factor of the accumulator.
Value AttentionTask::addSink(AttentionState &state) {
  auto emptyRows = [&] {
    return Indexed{b.empty({index(shape.stripes), index(shape.lanes)}, type),
                   {s, l}};
  };
  SmallVector<Value> results =
      b.generic({{packSinks(), {s, l}}, {state[1], {s, l}}, {state[2], {s, l}}},
                ArrayRef<Indexed>{emptyRows(), emptyRows(), emptyRows()},
                [&](LinalgBuilder &e, ValueRange in) {
                  Value maximum = arith::MaximumFOp::create(e, in[0], in[1]);
                  Value weight = math::ExpOp::create(e, e.sub(in[0], maximum));
                  Value decay = math::ExpOp::create(e, e.sub(in[1], maximum));
                  return SmallVector<Value>{
                      maximum, e.add(e.mul(in[2], decay), weight), decay};
                });
  state[1] = results[0];
  state[2] = results[1];
  return results[2];
}

void AttentionTask::finish(scf::ForallOp tasks, AttentionState state) {
  SmallVector<Indexed> factors;
  if (op.getSink())
    factors.push_back({addSink(state), {s, l}});
  factors.push_back({state[0], stripeLoops(c)});
  factors.push_back({state[2], {s, l}});
  Value rows = b.generic(
      factors,
      {b.empty({index(shape.stripes), index(shape.lanes),
                index(sizes.valueChannels)},
               type),
       {s, l, c}},
      [&](LinalgBuilder &e, ValueRange in) -> Value {
        Value sum = in.drop_back().back();
        Value value = e.div(in.drop_back(2).back(), sum);
        if (op.getSink())
          value = e.mul(value, in[0]);
        Value isEmpty = arith::CmpFOp::create(e, arith::CmpFPredicate::OEQ, sum,
                                              constant(e, 0.0));
        return arith::SelectOp::create(e, isEmpty, constant(e, 0.0), value);
      });
  SmallVector<OpFoldResult> origin(3, index(0));
  Value values =
      b.slice(toQueries(rows), origin,
              {numQueries, index(group), index(sizes.valueChannels)});
  SmallVector<Indexed> ins = {{values, {i, g, c}}};
  if (gates.output)
    ins.push_back(outputGate());
  SmallVector<OpFoldResult> offsets = queryOffsets();
  SmallVector<OpFoldResult> extents = queryExtents(sizes.valueChannels);
  ValueRange outs = tasks.getRegionIterArgs();
  auto resultType = cast<FloatType>(getElementTypeOrSelf(op.getQuery()));
  Value result = b.generic(
      ins, {b.slice(outs[0], offsets, extents, {axes.batch}), queryLoops(c)},
      [&](LinalgBuilder &e, ValueRange in) {
        Value value = in[0];
        if (gates.output)
          value = e.mul(value, e.convert(in[1], type));
        return e.convert(value, resultType);
      });
  emitInsertion(tasks, result, outs[0], offsets, extents);
  if (!op.getReturnLse())
    return;

  Value lse = b.generic(
      {{state[1], {s, l}}, {state[2], {s, l}}},
      {b.empty({index(shape.stripes), index(shape.lanes)}, type), {s, l}},
      [&](LinalgBuilder &e, ValueRange in) -> Value {
        Value lse = e.add(in[0], math::LogOp::create(e, in[1]));
        Value isEmpty = arith::CmpFOp::create(e, arith::CmpFPredicate::OEQ,
                                              in[1], constant(e, 0.0));
        return arith::SelectOp::create(
            e, isEmpty, constant(e, -std::numeric_limits<double>::infinity()),
            lse);
      });
  lse =
      b.slice(toQueries(lse), {index(0), index(0)}, {numQueries, index(group)});
  offsets = {batch, queryHead, firstQuery};
  extents = {index(1), index(group), numQueries};
  Value out = b.generic({{lse, {i, g}}},
                        {b.slice(outs[1], offsets, extents, {0u}), {g, i}},
                        [](LinalgBuilder &, ValueRange in) { return in[0]; });
  emitInsertion(tasks, out, outs[1], offsets, extents);
}

Indexed AttentionTask::outputGate() {
  Value gate = gates.output;
  if (cast<RankedTensorType>(gates.output.getType()).getRank() == 4)
    return {b.slice(gate, queryOffsets(), queryExtents(sizes.valueChannels),
                    {axes.batch}),
            queryLoops(c)};
  return {b.slice(gate, {batch, queryHead, firstQuery},
                  {index(1), index(group), numQueries}, {0u}),
          {g, i}};
}

void AttentionTask::emitInsertion(scf::ForallOp tasks, Value tile, Value out,
                                  ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> extents) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(tasks.getTerminator().getBody());
  SmallVector<OpFoldResult> strides(offsets.size(), index(1));
  tensor::ParallelInsertSliceOp::create(b, tile, out, offsets, extents,
                                        strides);
}
