//===- OnlineAttention.cpp - Tiling and decomposition --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Emits an error unless `operand` has the given shape and element type.
static LogicalResult expectShape(Operation *op, StringRef name, Value operand,
                                 ArrayRef<int64_t> shape, Type elementType) {
  if (!operand)
    return success();
  auto type = cast<RankedTensorType>(operand.getType());
  auto expected = RankedTensorType::get(shape, elementType);
  if (type.getElementType() != elementType ||
      failed(verifyCompatibleShape(type, expected)))
    return op->emitOpError() << "expected " << name << " to be of type "
                             << expected << ", got " << type;
  return success();
}

LogicalResult OnlineAttentionOp::inferReturnTypes(
    MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr,
    OpaqueProperties, RegionRange, SmallVectorImpl<Type> &results) {
  // The destinations are the last operands.
  llvm::append_range(results, operands.take_back(3).getTypes());
  return success();
}

LogicalResult OnlineAttentionOp::verify() {
  RankedTensorType accumulator = getAccumulator().getType();
  Type type = accumulator.getElementType();
  if (!type.isF32() && !type.isF64())
    return emitOpError() << "expected accumulator to be of f32 or f64, got "
                         << accumulator;
  if (getGroup() < 1)
    return emitOpError() << "expected group to be positive, got " << getGroup();
  if (getSoftcap() && !(getSoftcap()->convertToDouble() > 0))
    return emitOpError() << "expected softcap to be positive, got "
                         << getSoftcap()->convertToDouble();
  RankedTensorType key = getKey().getType();
  int64_t keys = key.getDimSize(0), keyChannels = key.getDimSize(1);
  int64_t valueChannels = accumulator.getDimSize(0);
  int64_t queries = accumulator.getDimSize(1);
  auto expect = [&](StringRef name, Value operand, ArrayRef<int64_t> shape) {
    return expectShape(*this, name, operand, shape, type);
  };
  return success(
      succeeded(expect("query", getQuery(), {keyChannels, queries})) &&
      succeeded(expect("key", getKey(), {keys, keyChannels})) &&
      succeeded(expect("value", getValue(), {keys, valueChannels})) &&
      succeeded(expect("value_gate", getValueGate(), {keys})) &&
      succeeded(expect("mask", getMask(), {keys, queries})) &&
      succeeded(expect("maximum", getMaximum(), {queries})) &&
      succeeded(expect("sum", getSum(), {queries})));
}

//===----------------------------------------------------------------------===//
// TilingInterface: over (j, l)
//===----------------------------------------------------------------------===//

SmallVector<utils::IteratorType> OnlineAttentionOp::getLoopIteratorTypes() {
  return {utils::IteratorType::reduction, utils::IteratorType::parallel};
}

SmallVector<Range> OnlineAttentionOp::getIterationDomain(OpBuilder &b) {
  auto range = [&](Value tensor, int64_t axis) -> Range {
    return {b.getIndexAttr(0), tensor::getMixedSize(b, getLoc(), tensor, axis),
            b.getIndexAttr(1)};
  };
  return {range(getKey(), 0), range(getAccumulator(), 1)};
}

/// The slice of `tensor` along `axis`.
static Value slice(OpBuilder &b, Location loc, Value tensor, unsigned axis,
                   OpFoldResult offset, OpFoldResult size) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor);
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  offsets[axis] = offset;
  sizes[axis] = size;
  return tensor::ExtractSliceOp::create(b, loc, tensor, offsets, sizes,
                                        strides);
}

FailureOr<TilingResult>
OnlineAttentionOp::getTiledImplementation(OpBuilder &b,
                                          ArrayRef<OpFoldResult> offsets,
                                          ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  OpFoldResult j = offsets[0], l = offsets[1];
  SmallVector<Operation *> slices;
  auto take = [&](Value tensor, unsigned axis, unsigned loop) -> Value {
    Value tile = slice(b, loc, tensor, axis, offsets[loop], sizes[loop]);
    slices.push_back(tile.getDefiningOp());
    return tile;
  };
  // The limits count from the first key and the first query of the tile.
  auto shift = [&](Value limit) -> Value {
    AffineExpr s0, s1, s2;
    bindSymbols(b.getContext(), s0, s1, s2);
    OpFoldResult shifted = affine::makeComposedFoldedAffineApply(
        b, loc, s0 - s1 + s2.floorDiv(getGroup()), {limit, j, l});
    return getValueOrCreateConstantIndexOp(b, loc, shifted);
  };

  Value gate, mask, lower, upper;
  Value query = take(getQuery(), 1, 1);
  Value key = take(getKey(), 0, 0);
  Value value = take(getValue(), 0, 0);
  if (getValueGate())
    gate = take(getValueGate(), 0, 0);
  if (getMask())
    mask = take(take(getMask(), 0, 0), 1, 1);
  if (getLower())
    lower = shift(getLower());
  if (getUpper())
    upper = shift(getUpper());
  Value accumulator = take(getAccumulator(), 1, 1);
  Value maximum = take(getMaximum(), 0, 1);
  Value sum = take(getSum(), 0, 1);
  auto tile = OnlineAttentionOp::create(
      b, loc, accumulator.getType(), maximum.getType(), sum.getType(), query,
      key, value, gate, mask, lower, upper, accumulator, maximum, sum,
      getGroupAttr(), getSoftcapAttr());
  return TilingResult{
      {tile}, SmallVector<Value>(tile->getResults()), std::move(slices)};
}

LogicalResult OnlineAttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets = {offsets[1]};
  resultSizes = {sizes[1]};
  if (resultNumber == 0) {
    resultOffsets.insert(resultOffsets.begin(), b.getIndexAttr(0));
    resultSizes.insert(resultSizes.begin(),
                       tensor::getMixedSize(b, getLoc(), getAccumulator(), 0));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// AggregatedOpInterface: as linalg
//===----------------------------------------------------------------------===//

namespace {
/// Writes one step of the online softmax as linalg, indexed by
///
///   j  key      l  query (the lanes of a vector)      d, c  channels
class OnlineDecomposition {
public:
  OnlineDecomposition(LinalgBuilder &builder, OnlineAttentionOp op)
      : linalg(builder), op(op), type(op.getComputeType()) {
    bindDims(builder.getContext(), j, l, d, c);
  }

  SmallVector<Value> build() {
    Value scores = restrictScores(computeScores());
    Value maximum = updateMaximum(scores);
    Value decay = computeDecay(maximum);
    auto [weights, sum] = computeWeights(scores, maximum, decay);
    return {accumulate(weights, decay), maximum, sum};
  }

private:
  Value constant(LinalgBuilder &s, double value) {
    return s.constant(type, value);
  }

  /// s = <k, q>
  Value computeScores() {
    Value zero = linalg.filled(
        {linalg.sizeOf(op.getKey(), 0), linalg.sizeOf(op.getAccumulator(), 1)},
        type, 0.0);
    return linalg.contract({op.getKey(), {j, d}}, {op.getQuery(), {d, l}},
                           {zero, {j, l}});
  }

  /// s = softcap(s) + mask, and -inf outside the limits.
  Value restrictScores(Value scores) {
    if (!op.getSoftcap() && !op.getMask() && !op.getLower() && !op.getUpper())
      return scores;
    SmallVector<Indexed> ins;
    if (op.getMask())
      ins.push_back({op.getMask(), {j, l}});
    return linalg.generic(
        ins, {scores, {j, l}}, [&](LinalgBuilder &s, ValueRange e) {
          Value score = e.back();
          if (std::optional<APFloat> softcap = op.getSoftcap())
            score = cap(s, score, softcap->convertToDouble());
          if (op.getMask())
            score = s.add(score, e.front());
          score = limit(s, score, arith::CmpIPredicate::sge, op.getLower());
          return limit(s, score, arith::CmpIPredicate::sle, op.getUpper());
        });
  }

  /// c * tanh(s / c)
  Value cap(LinalgBuilder &s, Value score, double softcap) {
    Value scaled = s.mul(score, constant(s, 1.0 / softcap));
    return s.mul(math::TanhOp::create(s, scaled), constant(s, softcap));
  }

  /// The score where `j - floor(l / group)` compares to `bound`, else -inf.
  Value limit(LinalgBuilder &s, Value score, arith::CmpIPredicate predicate,
              Value bound) {
    if (!bound)
      return score;
    Value position = s.index(l);
    if (op.getGroup() != 1)
      position = arith::DivUIOp::create(
          s, position, arith::ConstantIndexOp::create(s, op.getGroup()));
    // 32 bits make twice as many lanes as an index.
    auto narrow = [&](Value index) -> Value {
      return arith::IndexCastOp::create(s, s.getI32Type(), index);
    };
    Value distance =
        arith::SubIOp::create(s, narrow(s.index(j)), narrow(bound));
    Value isVisible =
        arith::CmpIOp::create(s, predicate, distance, narrow(position));
    Value hidden = constant(s, -std::numeric_limits<double>::infinity());
    return arith::SelectOp::create(s, isVisible, score, hidden);
  }

  /// m' = max(m, max_j s). A comparison instead of a maximum, which would
  /// have to look at NaNs.
  Value updateMaximum(Value scores) {
    return linalg.generic(
        {{scores, {j, l}}}, {op.getMaximum(), {l}},
        [&](LinalgBuilder &s, ValueRange e) -> Value {
          Value isLarger =
              arith::CmpFOp::create(s, arith::CmpFPredicate::OGT, e[0], e[1]);
          return arith::SelectOp::create(s, isLarger, e[0], e[1]);
        });
  }

  /// exp(x) for x <= 0, in base 2. The product costs what is far below the
  /// largest weight some precision; nothing else notices.
  Value exp(LinalgBuilder &s, Value x) {
    Value scaled = s.mul(x, constant(s, llvm::numbers::log2e));
    return math::Exp2Op::create(s, scaled);
  }

  /// a = exp(m - m')
  Value computeDecay(Value maximum) {
    return linalg.generic(
        {{op.getMaximum(), {l}}, {maximum, {l}}},
        {linalg.empty({linalg.sizeOf(maximum, 0)}, type), {l}},
        [&](LinalgBuilder &s, ValueRange e) -> Value {
          return exp(s, s.sub(e[0], e[1]));
        });
  }

  /// p = exp(s - m'), and sum' = a sum + sum_j p; the gate comes after the sum.
  std::pair<Value, Value> computeWeights(Value scores, Value maximum,
                                         Value decay) {
    Value sum = linalg.generic(
        {{decay, {l}}}, {op.getSum(), {l}},
        [&](LinalgBuilder &s, ValueRange e) { return s.mul(e[1], e[0]); });
    SmallVector<Indexed> ins = {{maximum, {l}}};
    if (op.getValueGate())
      ins.push_back({op.getValueGate(), {j}});
    SmallVector<Value> results =
        linalg.generic(ins, ArrayRef<Indexed>{{scores, {j, l}}, {sum, {l}}},
                       [&](LinalgBuilder &s, ValueRange e) {
                         Value weight = exp(s, s.sub(e[ins.size()], e[0]));
                         Value total = s.add(e[ins.size() + 1], weight);
                         if (op.getValueGate())
                           weight = s.mul(weight, e[1]);
                         return SmallVector<Value>{weight, total};
                       });
    return {results[0], results[1]};
  }

  /// acc' = a acc + sum_j p v
  Value accumulate(Value weights, Value decay) {
    Value decayed = linalg.generic(
        {{decay, {l}}}, {op.getAccumulator(), {c, l}},
        [&](LinalgBuilder &s, ValueRange e) { return s.mul(e[1], e[0]); });
    return linalg.contract({op.getValue(), {j, c}}, {weights, {j, l}},
                           {decayed, {c, l}});
  }

  LinalgBuilder &linalg;
  OnlineAttentionOp op;
  FloatType type;
  AffineExpr j, l, d, c;
};
} // namespace

FailureOr<SmallVector<Value>>
OnlineAttentionOp::decomposeOperation(OpBuilder &b) {
  LinalgBuilder builder(getLoc(), b);
  SmallVector<Value> results = OnlineDecomposition(builder, *this).build();
  b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
  return results;
}
