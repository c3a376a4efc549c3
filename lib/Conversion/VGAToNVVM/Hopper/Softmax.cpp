//===- Softmax.cpp - The online softmax of a consumer's rows --------------===//
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

#include "AttentionKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

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

namespace {
/// The softmax of a block of scores.
struct BlockSoftmax {
  KernelBuilder &b;
  ValueRange scores;
  Rows &rows;
  bool mayBeEmpty;
  Value scale, isOutdated;
  Value factors[kLaneRows];
  SmallVector<Value> weights;

  /// Turns the scores of some of the lane's rows into weights, step by step
  /// together.
  void compute(ArrayRef<int64_t> together);

private:
  /// Raises a row's running maximum; returns what its exponents start from.
  Value updateMaximum(int64_t row, Value maximum);
};
} // namespace

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
  if (mayBeEmpty) {
    Value lowest = b.lowest();
    base = b.select(b.compareF(arith::CmpFPredicate::OEQ, maximum, lowest),
                    b.f32(0), maximum);
  }
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

SmallVector<Value> hopper::updateRows(Kernel &kernel, ValueRange scores,
                                      Rows &rows, bool mayBeEmpty,
                                      SmallVectorImpl<Value> &factors,
                                      Value &isOutdated) {
  KernelBuilder &b = kernel.b;
  Value scale = b.f32(getExponentScale(kernel.plan, kernel.op));
  BlockSoftmax softmax{b,     scores, rows, mayBeEmpty,
                       scale, {},     {},   SmallVector<Value>(scores.size())};
  // The assembler stays close to this order. Where exponentials take as long as
  // products (small heads), and in short loops, all of them come in a row; else
  // those of the first row begin before the second's maximum is known.
  if (kernel.plan.valueChannels <= kAtomChannels ||
      kernel.plan.hasShortTiles()) {
    softmax.compute({0, 1});
  } else {
    for (int64_t row = 0; row < kLaneRows; ++row)
      softmax.compute(row);
  }
  llvm::append_range(factors, softmax.factors);
  isOutdated = NVVM::VoteSyncOp::create(
      b, b.getI1Type(), b.i32(-1), softmax.isOutdated,
      NVVM::VoteSyncKindAttr::get(b.getContext(), NVVM::VoteSyncKind::any));
  return softmax.weights;
}

SmallVector<Value> hopper::rescale(Kernel &kernel, ValueRange accumulator,
                                   ValueRange factors, Value isOutdated) {
  KernelBuilder &b = kernel.b;
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

SmallVector<Value> hopper::packWeights(Kernel &kernel, ValueRange weights) {
  SmallVector<Value> packed;
  for (size_t i = 0; i < weights.size(); i += 2)
    packed.push_back(
        kernel.b.pack(weights[i], weights[i + 1], kernel.plan.elementType));
  return packed;
}
