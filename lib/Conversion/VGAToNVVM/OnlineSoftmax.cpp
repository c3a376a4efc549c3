//===- OnlineSoftmax.cpp - The running softmax of a lane's rows -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are powers of two of scores that were scaled by log2(e): exponents
// are one fused multiply-add and one instruction of the special function unit.
//
//===----------------------------------------------------------------------===//

#include "OnlineSoftmax.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

/// Accumulators are rescaled when a maximum has grown by more than 2^8, not
/// before: sums and accumulators in f32 bear that, and their quotient is the
/// same.
static constexpr double kLargestExponent = 8;

/// Combines the values of a row that are in this lane, in chains that can run
/// side by side.
static Value reduceInLane(ValueRange registers, int64_t row,
                          function_ref<Value(Value, Value)> combine) {
  constexpr size_t kChains = 4;
  SmallVector<Value, kChains> chains;
  size_t next = 0;
  for (auto [i, value] : llvm::enumerate(registers)) {
    if (getLaneRow(i) != row)
      continue;
    if (chains.size() < kChains)
      chains.push_back(value);
    else
      chains[next] = combine(chains[next], value);
    next = (next + 1) % kChains;
  }
  while (chains.size() > 1) {
    Value last = chains.pop_back_val();
    chains[chains.size() / 2] = combine(chains[chains.size() / 2], last);
  }
  return chains.front();
}

static Value isLowest(KernelBuilder &b, Value x) {
  Value lowest = b.lowest();
  return b.compareF(arith::CmpFPredicate::OEQ, x, lowest);
}

Value BlockSoftmax::updateMaximum(int64_t row, Value maximum) {
  Value old = rows.maximum[row];
  maximum = b.maxF(maximum, old);
  Value growth = b.mulF(b.subF(maximum, old), scale);
  Value hasGrown =
      b.compareF(arith::CmpFPredicate::UGT, growth, b.f32(kLargestExponent));
  maximum = b.select(hasGrown, maximum, old);
  isOutdated = isOutdated ? b.bitOr(isOutdated, hasGrown) : hasGrown;
  rows.maximum[row] = maximum;

  // A row that has seen no key subtracts 0, not -inf.
  Value base = maximum;
  if (mayBeEmpty)
    base = b.select(isLowest(b, maximum), b.f32(0), maximum);
  Value shift = b.negF(b.mulF(base, scale));
  factors[row] = b.exp2(b.fma(old, scale, shift));
  return shift;
}

void BlockSoftmax::compute(ArrayRef<int64_t> together) {
  Value maxima[kLaneRows], shifts[kLaneRows];
  for (int64_t row : together)
    maxima[row] = reduceInLane(scores, row,
                               [&](Value x, Value y) { return b.maxF(x, y); });
  // Four neighboring lanes share a row.
  for (int64_t distance : {1, 2})
    for (int64_t row : together)
      maxima[row] = b.maxF(maxima[row], b.shuffleXor(maxima[row], distance));
  for (int64_t row : together)
    shifts[row] = updateMaximum(row, maxima[row]);
  for (int64_t row : together) {
    for (auto [i, score] : llvm::enumerate(scores))
      if (getLaneRow(i) == row)
        weights[i] = b.exp2(b.fma(score, scale, shifts[row]));
    Value sum = reduceInLane(weights, row,
                             [&](Value x, Value y) { return b.addF(x, y); });
    rows.sum[row] = b.fma(rows.sum[row], factors[row], sum);
  }
}

Value vga::holdsInAnyLane(KernelBuilder &b, Value condition) {
  return NVVM::VoteSyncOp::create(
      b, b.getI1Type(), b.i32(-1), condition,
      NVVM::VoteSyncKindAttr::get(b.getContext(), NVVM::VoteSyncKind::any));
}

SmallVector<Value> vga::rescale(KernelBuilder &b, ValueRange accumulator,
                                ValueRange factors, Value isOutdated) {
  auto op = scf::IfOp::create(b, accumulator.getTypes(), isOutdated,
                              /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    SmallVector<Value> scaled;
    for (auto [i, value] : llvm::enumerate(accumulator))
      scaled.push_back(b.mulF(value, factors[getLaneRow(i)]));
    scf::YieldOp::create(b, scaled);
    b.setInsertionPointToStart(op.elseBlock());
    scf::YieldOp::create(b, accumulator);
  }
  return llvm::to_vector_of<Value>(op.getResults());
}

Value vga::sumOfRow(KernelBuilder &b, Value sum) {
  for (int64_t distance : {1, 2})
    sum = b.addF(sum, b.shuffleXor(sum, distance));
  return sum;
}

FinishedRow FinishedRow::get(KernelBuilder &b, Value maximum, Value sum,
                             Value sink) {
  FinishedRow row;
  Value factor;
  if (sink) {
    Value top = b.maxF(maximum, sink);
    top = b.select(isLowest(b, top), b.f32(0), top);
    factor = b.exp2(b.subF(maximum, top));
    sum = b.fma(sum, factor, b.exp2(b.subF(sink, top)));
    maximum = top;
  } else {
    maximum = b.select(isLowest(b, maximum), b.f32(0), maximum);
  }
  Value inverse = b.select(b.compareF(arith::CmpFPredicate::OEQ, sum, b.f32(0)),
                           b.f32(0), b.reciprocal(sum));
  row.factor = factor ? b.mulF(factor, inverse) : inverse;
  row.maximum = maximum;
  row.sum = sum;
  return row;
}

Value FinishedRow::getLse(KernelBuilder &b) const {
  // log2 of a sum of 0 is -inf, as it is to be.
  return b.mulF(b.addF(maximum, b.log2(sum)), b.f32(llvm::numbers::ln2));
}
