//===- GuardedRow.cpp - A row of attention without its hidden keys --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GuardedRow.h"

#include "GateMath.h"
#include "OnlineSoftmax.h"
#include "Scores.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

/// Each lane has a key of a group, then every 32nd channel.
static constexpr int64_t kLanes = 32;

bool vga::hidesKeysOfBlocks(AttentionOp op) {
  return op.getMask() || !Band(op).isFull();
}

Value vga::findNaN(KernelBuilder &b,
                   ArrayRef<SmallVector<Value>> accumulators) {
  Value found = b.i32(0);
  for (auto [m, accumulator] : llvm::enumerate(accumulators))
    for (int64_t r = 0; r < kLaneRows; ++r) {
      // A sum of infinities may be NaN, too: then nothing is lost but time.
      Value sum;
      for (auto [i, value] : llvm::enumerate(accumulator))
        if (getLaneRow(i) == r)
          sum = sum ? b.addF(sum, value) : value;
      Value isNaN = b.compareF(arith::CmpFPredicate::UNO, sum, sum);
      Value bit = b.i32(int64_t(1) << (m * kLaneRows + r));
      found = b.bitOr(found, b.select(isNaN, bit, b.i32(0)));
    }
  return found;
}

void vga::forEachNaN(KernelBuilder &b, Value found, int64_t rows,
                     function_ref<void(Value row)> body) {
  constexpr int64_t kProductRows = kLaneRows * kLaneRowDistance;
  Value isAny =
      holdsInAnyLane(b, b.compare(arith::CmpIPredicate::ne, found, b.i32(0)));
  b.onlyIf(isAny, [&] {
    NVVM::SyncWarpOp::create(b, b.i32(-1));
    // Four neighboring lanes have a row.
    Value ofRow = found;
    for (int64_t distance : {1, 2})
      ofRow = b.bitOr(ofRow, b.shuffleXor(ofRow, distance));
    auto visit = [&](Value row, ValueRange) -> SmallVector<Value> {
      Value inProduct = b.rem(row, kProductRows);
      Value bits =
          b.shuffle(ofRow, b.mul(b.rem(inProduct, kLaneRowDistance), 4));
      Value place = b.add(b.mul(b.div(row, kProductRows), kLaneRows),
                          b.div(inProduct, kLaneRowDistance));
      Value bit =
          b.bitAnd(b.createOrFold<arith::ShRUIOp>(bits, place), b.i32(1));
      b.onlyIf(b.equal(bit, 1), [&] { body(row); });
      return {};
    };
    b.loop(b.i32(0), b.i32(rows), b.i32(1), {}, visit);
  });
}

GuardedRow::GuardedRow(KernelBuilder &b, AttentionOp op, GateOp gate,
                       const Rows &memory, const AttentionArguments &arguments,
                       Value lane)
    : b(b), op(op), gate(gate), memory(memory), arguments(arguments),
      lane(lane), axes(op.getLayout()),
      element(op.getQuery().getType().getElementType()) {
  AttentionSizes known(op);
  queryHeads = known.queryHeads;
  kvHeads = known.kvHeads;
  keyChannels = known.keyChannels;
  valueChannels = known.valueChannels;
}

/// What `combine` makes of the values of all lanes.
static Value reduceWarp(KernelBuilder &b, Value value,
                        function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = 1; distance < kLanes; distance *= 2)
    value = combine(value, b.shuffleXor(value, distance));
  return value;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

GuardedRow::Place GuardedRow::getPlace(Value key) {
  if (!memory.blockTable)
    return {batch, key};
  int64_t page = getPageSize(op);
  Value entry = b.add(b.mul(b.toI64(batch), b.toI64(memory.tablePages)),
                      b.toI64(b.div(key, page)));
  Value number = LLVM::LoadOp::create(
      b, b.getI32Type(),
      b.elementAddress(memory.blockTable, b.getI32Type(), entry));
  return {number, b.rem(key, page)};
}

MemoryRows GuardedRow::getKeyRows(AxisOrder order, int64_t heads) {
  if (memory.blockTable)
    return MemoryRows(b, order, memory.pages, heads, b.i32(getPageSize(op)));
  return MemoryRows(b, order, arguments.batch, heads, arguments.keys);
}

Value GuardedRow::getLine(const Place &place, Value head, int64_t heads,
                          int64_t channels) {
  Value row =
      getKeyRows(axes, heads).getRow(b, place.entry, head, place.position);
  return b.mul(row, channels);
}

Value GuardedRow::getGateHead(int64_t heads) {
  return heads == kvHeads ? kvHead : head;
}

void GuardedRow::locate(Value batchOfRow, Value headOfRow, Value queryOfRow) {
  batch = batchOfRow;
  head = headOfRow;
  query = queryOfRow;
  kvHead = b.div(head, queryHeads / kvHeads);
  MemoryRows rows(b, axes, arguments.batch, queryHeads, arguments.queries);
  outputRow = rows.getRow(b, batch, head, query);
  queryLine = b.mul(outputRow, keyChannels);

  endKey = getKeyEnd(b, op, arguments.kvLength, arguments.keys, batch);
  lastKey = b.max(b.sub(endKey, 1), b.i32(0));
  Value position = query;
  if (op.getAlignment() == Alignment::bottom_right)
    position = b.add(query, b.sub(arguments.keys, arguments.queries));
  else if (op.getAlignment() == Alignment::length)
    position = b.add(query, b.sub(endKey, arguments.queries));
  Band band(op);
  firstKey = b.i32(0);
  if (band.lower)
    firstKey = b.max(b.add(position, *band.lower), firstKey);
  if (band.upper)
    endKey = b.min(endKey, b.add(position, *band.upper + 1));
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

Value GuardedRow::computeScore(Value key) {
  Value existing = b.min(key, lastKey);
  Value keyLine = getLine(getPlace(existing), kvHead, kvHeads, keyChannels);
  Value product =
      b.loop(b.i32(0), b.i32(keyChannels), b.i32(1), b.f32(0),
             [&](Value channel, ValueRange sum) -> SmallVector<Value> {
               Value at = b.toI64(channel);
               return {b.fma(load(memory.query, element, b.add(queryLine, at)),
                             load(memory.key, element, b.add(keyLine, at)),
                             sum.front())};
             })
          .front();
  auto makeMask = [&] {
    MaskReader reader(b, op, arguments.mask, arguments.maskStrides, existing,
                      arguments.keys);
    reader.addRow(batch, head, query);
    return reader;
  };
  Value score = transformScores(b, op, product, makeMask).front();
  Value isVisible = b.less(key, endKey);
  if (hasBooleanMask(op))
    isVisible = b.bitAnd(isVisible, makeMask().read(0));
  return b.select(isVisible, score, b.lowest());
}

Value GuardedRow::computeScalarGate(Value key) {
  Place place = getPlace(b.min(key, lastKey));
  if (gate) {
    int64_t heads = gate.getNumHeads();
    Type type = gate.getWeight().getType().getElementType();
    Value line = getLine(place, kvHead, kvHeads, valueChannels);
    Value weights = b.mul(b.toI64(getGateHead(heads)), valueChannels);
    Value logit =
        b.loop(b.i32(0), b.i32(valueChannels), b.i32(1), b.f32(0),
               [&](Value channel, ValueRange sum) -> SmallVector<Value> {
                 Value at = b.toI64(channel);
                 return {
                     b.fma(load(memory.value, element, b.add(line, at)),
                           load(arguments.gateWeight, type, b.add(weights, at)),
                           sum.front())};
               })
            .front();
    return finishGate(b, gate, logit, /*lanes=*/1, arguments.gateBias,
                      getGateHead(heads));
  }
  if (!arguments.valueGate || op.getValueGate().getType().getRank() == 4)
    return {};
  auto type = op.getValueGate().getType();
  int64_t heads = type.getDimSize(1);
  Value row = getKeyRows(AxisOrder(Layout::bhsd), heads)
                  .getRow(b, place.entry, getGateHead(heads), place.position);
  return load(arguments.valueGate, type.getElementType(), row);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// The lane's channel number `i`; past the last one comes that again.
Value GuardedRow::getChannel(int64_t i) {
  return b.min(b.add(lane, i * kLanes), b.i32(valueChannels - 1));
}

SmallVector<Value> GuardedRow::addValues(Value first, Value weight,
                                         Value isVisible, ValueRange sums) {
  auto add = [&](Value number, ValueRange before) -> SmallVector<Value> {
    Value isSeen = b.equal(b.shuffle(isVisible, number), 1);
    Value factor = b.shuffle(weight, number);
    auto branch = scf::IfOp::create(b, before.getTypes(), isSeen,
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, before);
    b.setInsertionPointToStart(branch.thenBlock());
    Place place = getPlace(b.add(first, number));
    Value line = getLine(place, kvHead, kvHeads, valueChannels);
    Value gateLine;
    Type gateType;
    if (arguments.valueGate && op.getValueGate().getType().getRank() == 4) {
      auto type = op.getValueGate().getType();
      int64_t heads = type.getDimSize(axes.head);
      gateType = type.getElementType();
      gateLine = getLine(place, getGateHead(heads), heads, valueChannels);
    }
    SmallVector<Value> after;
    for (auto [i, sum] : llvm::enumerate(before)) {
      Value value =
          load(memory.value, element, b.add(line, b.toI64(getChannel(i))));
      if (gateLine)
        value = b.mulF(value, load(arguments.valueGate, gateType,
                                   b.add(gateLine, b.toI64(getChannel(i)))));
      after.push_back(b.fma(factor, value, sum));
    }
    scf::YieldOp::create(b, after);
    return llvm::to_vector_of<Value>(branch.getResults());
  };
  SmallVector<Value> result =
      b.loop(b.i32(0), b.i32(kLanes), b.i32(1), sums, add);
  keepRolled(result.front().getDefiningOp<scf::ForOp>());
  return result;
}

void GuardedRow::finish(ValueRange sums, Value factor, Store store) {
  auto outputGate = op.getOutputGate();
  Type gateType;
  if (arguments.outputGate) {
    gateType = outputGate.getType().getElementType();
    if (outputGate.getType().getRank() == 3) {
      Value row = MemoryRows(b, AxisOrder(Layout::bhsd), arguments.batch,
                             queryHeads, arguments.queries)
                      .getRow(b, batch, head, query);
      factor = b.mulF(factor, load(arguments.outputGate, gateType, row));
    }
  }
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value channel = getChannel(i);
    Value output = b.mulF(sum, factor);
    if (arguments.outputGate && outputGate.getType().getRank() == 4)
      output = b.mulF(output, load(arguments.outputGate, gateType,
                                   b.add(getOutputLine(), b.toI64(channel))));
    store(channel, output);
  }
}

void GuardedRow::compute(Value batchOfRow, Value headOfRow, Value queryOfRow,
                         Store store) {
  locate(batchOfRow, headOfRow, queryOfRow);
  auto maximum =
      b.loop(firstKey, endKey, b.i32(kLanes), b.lowest(),
             [&](Value first, ValueRange state) -> SmallVector<Value> {
               return {b.maxF(state.front(), computeScore(b.add(first, lane)))};
             })
          .front();
  maximum =
      reduceWarp(b, maximum, [&](Value x, Value y) { return b.maxF(x, y); });
  Value scale = b.f32(getExponentScale(op));
  Value isEmpty = b.compareF(arith::CmpFPredicate::OEQ, maximum, b.lowest());
  Value shift = b.negF(b.mulF(b.select(isEmpty, b.f32(0), maximum), scale));

  int64_t channels = llvm::divideCeil(valueChannels, kLanes);
  SmallVector<Value> state(1 + channels, b.f32(0));
  state = b.loop(firstKey, endKey, b.i32(kLanes), state,
                 [&](Value first, ValueRange before) {
                   Value key = b.add(first, lane);
                   Value score = computeScore(key);
                   Value weight = b.exp2(b.fma(score, scale, shift));
                   // Without a weight nothing is taken from the value; one that
                   // is NaN is that of a key that is seen.
                   Value isVisible =
                       b.compareF(arith::CmpFPredicate::UNE, weight, b.f32(0));
                   SmallVector<Value> after = {b.addF(before.front(), weight)};
                   if (Value factor = computeScalarGate(key))
                     weight = b.mulF(weight, factor);
                   llvm::append_range(after,
                                      addValues(first, weight,
                                                b.createOrFold<arith::ExtUIOp>(
                                                    b.getI32Type(), isVisible),
                                                before.drop_front()));
                   return after;
                 });
  Value sum = reduceWarp(b, state.front(),
                         [&](Value x, Value y) { return b.addF(x, y); });
  Value sink;
  if (arguments.sink) {
    Type type = op.getSink().getType().getElementType();
    sink =
        b.mulF(load(arguments.sink, type, head), b.f32(llvm::numbers::log2e));
  }
  FinishedRow finished = FinishedRow::get(b, b.mulF(maximum, scale), sum, sink);
  finish(ArrayRef(state).drop_front(), finished.factor, store);
}
