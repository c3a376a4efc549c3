//===- LinalgSums.cpp - Rows of a linalg.generic in a kernel --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Points that several threads share: sums of many terms, and what goes on with
// the same rows.
//
//===----------------------------------------------------------------------===//

#include "LinalgKernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::vga;

Value LinalgKernelBuilder::combine(unsigned output, Value x, Value y) {
  Operation *combiner = plan.combiners[output];
  IRMapping values;
  values.map(combiner->getOperand(0), x);
  values.map(combiner->getOperand(1), y);
  return b.clone(*combiner, values)->getResult(0);
}

/// The value of the lane whose number has the bits of `distance` flipped.
Value LinalgKernelBuilder::shuffle(Value value, int64_t distance) {
  Type type = value.getType();
  // What moves are words of 32 bits.
  constexpr unsigned kWordBits = 32;
  auto shuffleWord = [&](Value word) -> Value {
    return gpu::ShuffleOp::create(b, word, distance, LinalgPlan::kWarp,
                                  gpu::ShuffleMode::XOR)
        .getShuffleResult();
  };
  if (type.isF32() || type.isInteger(kWordBits))
    return shuffleWord(value);
  if (type.isIndex()) {
    Value integer = arith::IndexCastOp::create(b, b.getI64Type(), value);
    return arith::IndexCastOp::create(b, type, shuffle(integer, distance));
  }
  if (isa<FloatType>(type)) {
    Type bits = b.getIntegerType(type.getIntOrFloatBitWidth());
    return arith::BitcastOp::create(
        b, type, shuffle(arith::BitcastOp::create(b, bits, value), distance));
  }
  if (type.getIntOrFloatBitWidth() < kWordBits) {
    Value word = arith::ExtUIOp::create(b, b.getI32Type(), value);
    return arith::TruncIOp::create(b, type, shuffleWord(word));
  }
  Value places =
      arith::ConstantOp::create(b, b.getIntegerAttr(type, kWordBits));
  Value low = arith::TruncIOp::create(b, b.getI32Type(), value);
  Value high = arith::TruncIOp::create(
      b, b.getI32Type(), arith::ShRUIOp::create(b, value, places));
  low = arith::ExtUIOp::create(b, type, shuffleWord(low));
  high = arith::ExtUIOp::create(b, type, shuffleWord(high));
  return arith::OrIOp::create(b, low, arith::ShLIOp::create(b, high, places));
}

/// What a combiner leaves every other operand as. Upstream's element for signed
/// limits of index is of no width, and so -1 or 0.
static TypedAttr getNeutral(OpBuilder &b, Operation *combiner) {
  constexpr unsigned kWidth = IndexType::kInternalStorageBitWidth;
  if (combiner->getResult(0).getType().isIndex()) {
    if (isa<arith::MinSIOp>(combiner))
      return b.getIntegerAttr(b.getIndexType(),
                              APInt::getSignedMaxValue(kWidth));
    if (isa<arith::MaxSIOp>(combiner))
      return b.getIntegerAttr(b.getIndexType(),
                              APInt::getSignedMinValue(kWidth));
  }
  return *arith::getNeutralElement(combiner);
}

/// What a lane adds up: every terms that is its own.
SmallVector<Value> LinalgKernelBuilder::addTerms(Value lane) {
  SmallVector<Value> neutral;
  for (Operation *combiner : plan.combiners)
    neutral.push_back(arith::ConstantOp::create(b, getNeutral(b, combiner)));
  auto loop = scf::ForOp::create(b, lane, countSteps(plan.terms),
                                 index(plan.lanes), neutral);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(loop.getBody());
  setIterations(plan.terms, loop.getInductionVar());
  SmallVector<SmallVector<Value>> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(load(input));
  SmallVector<Value> sums(loop.getRegionIterArgs());
  for (int64_t i = 0; i < plan.vectorSize; ++i)
    sums = copyBody(i, inputs, sums);
  scf::YieldOp::create(b, sums);
  return SmallVector<Value>(loop.getResults());
}

/// Combines partial results number 0 to getPartials() of each point of a block,
/// its `slot`, for the threads of number 0.
void LinalgKernelBuilder::meetInScratch(SmallVector<Value> &partials,
                                        Value partial, Value slot,
                                        Value isWriter) {
  Value numSlots = index(plan.getPointsPerBlock());
  Value place = add(mul(partial, numSlots), slot);
  ifThen(isWriter, [&] {
    for (auto [memory, value] : llvm::zip(scratch, partials))
      memref::StoreOp::create(b, value, memory, place);
  });
  gpu::BarrierOp::create(b);
  // Others read, too, and drop it: there is nothing else for them to do.
  for (unsigned output = 0; output < partials.size(); ++output) {
    Value sum = memref::LoadOp::create(b, scratch[output], slot);
    for (int64_t i = 1; i < plan.getPartials(); ++i)
      sum = combine(output, sum,
                    memref::LoadOp::create(
                        b, scratch[output],
                        ValueRange(add(mul(index(i), numSlots), slot))));
    partials[output] = sum;
  }
}

RowPlace LinalgKernelBuilder::locate(Value thread) {
  int64_t numSlots = plan.getPointsPerBlock();
  RowPlace place;
  place.thread = thread;
  if (plan.lanesAreNeighbors) {
    place.lane = rem(thread, index(plan.lanes));
    place.slot = div(thread, index(plan.lanes));
  } else {
    place.lane = div(thread, index(numSlots));
    place.slot = rem(thread, index(numSlots));
  }
  // Threads whose point does not exist compute the last one, and do not store
  // it: shuffles and barriers need them.
  Value point = add(blockPoint(numSlots), place.slot);
  Value count = countSteps(plan.points);
  place.exists = less(point, count);
  Value last = arith::SubIOp::create(b, count, index(1));
  setIterations(plan.points, arith::MinUIOp::create(b, point, last));
  return place;
}

/// The sums of the thread's point; all of the point's threads have them if they
/// are neighbors.
SmallVector<Value> LinalgKernelBuilder::sumRows(const RowPlace &place) {
  SmallVector<Value> partials = addTerms(place.lane);
  if (plan.lanesAreNeighbors)
    for (int64_t distance = 1; distance < LinalgPlan::kWarp; distance *= 2)
      for (unsigned output = 0; output < partials.size(); ++output)
        partials[output] = combine(output, partials[output],
                                   shuffle(partials[output], distance));
  if (plan.getPartials() != 1) {
    Value warp = index(LinalgPlan::kWarp);
    Value isFirst = isZero(rem(place.thread, warp));
    meetInScratch(
        partials, plan.lanesAreNeighbors ? div(place.lane, warp) : place.lane,
        place.slot,
        plan.lanesAreNeighbors
            ? isFirst
            : arith::ConstantOp::create(b, b.getBoolAttr(true)).getResult());
  }
  return partials;
}

/// Adds the sums to what the outputs hold, by one thread of a point.
void LinalgKernelBuilder::storeSums(const RowPlace &place,
                                    ArrayRef<Value> sums) {
  ifThen(arith::AndIOp::create(b, place.exists, isZero(place.lane)), [&] {
    for (auto [i, output] : llvm::enumerate(op.getDpsInitsMutable())) {
      Value sum = sums[i];
      if (!plan.fills[i])
        sum = combine(i,
                      memref::LoadOp::create(b, mapping.lookup(output.get()),
                                             getIndices(&output, ivs)),
                      sum);
      memref::StoreOp::create(b, sum, mapping.lookup(output.get()),
                              getIndices(&output, ivs));
    }
  });
}

void LinalgKernelBuilder::buildRows(const RowPlace &place,
                                    ArrayRef<Value> point,
                                    DenseMap<Value, Value> &rows,
                                    bool isStored) {
  for (auto [loop, iteration] : llvm::zip_equal(plan.points, point))
    ivs[loop] = iteration;
  this->rows = &rows;
  SmallVector<Value> results;
  if (!plan.combiners.empty()) {
    results = sumRows(place);
    for (auto [i, result] : llvm::enumerate(results))
      if (plan.fills[i])
        result =
            combine(i, mapping.lookup(getFillValue(plan.fills[i])), result);
    if (isStored)
      storeSums(place, results);
  } else {
    auto loop = scf::ForOp::create(b, place.lane, countSteps(plan.terms),
                                   index(plan.lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(loop.getBody()->getTerminator());
    setIterations(plan.terms, loop.getInductionVar());
    computeElements(place.exists);
  }
  for (auto [output, result] : llvm::zip(op.getDpsInits(), results))
    rows[output] = result;
}
