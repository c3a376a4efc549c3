//===- OnlineAttentionDecomposition.cpp - A step as linalg ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/IR/Visibility.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

namespace {
/// exp(x) for x <= 0, in base 2. The product costs what is far below the
/// largest weight some precision; nothing else notices.
Value emitExp(LinalgBuilder &s, Value x) {
  Value log2e = s.constant(cast<FloatType>(x.getType()), llvm::numbers::log2e);
  return math::Exp2Op::create(s, Value(s.mul(x, log2e)));
}

/// The larger of an element of a row and what its reduction holds.
Value emitMaximum(LinalgBuilder &s, Value element, Value maximum, bool isRow) {
  // Along a vector, the reduction has to be one that vectors know.
  if (isRow)
    return arith::MaxNumFOp::create(s, element, maximum);
  // A maximum would have to look at NaNs; a comparison does not.
  Value isLarger =
      arith::CmpFOp::create(s, arith::CmpFPredicate::OGT, element, maximum);
  return arith::SelectOp::create(s, isLarger, element, maximum);
}

/// Writes one step of the online softmax as linalg, indexed by
///
///   j  key      l  query      d, c  channels      v  element of a pair
///
/// The lanes of a vector are queries, or in the form `rows` keys and channels.
class OnlineDecomposition {
public:
  OnlineDecomposition(LinalgBuilder &builder, OnlineAttentionOp op)
      : linalg(builder), op(op), type(op.getComputeType()) {
    bindDims(builder.getContext(), j, l, d, c, v);
  }

  SmallVector<Value> build() {
    Value scores = restrictScores(computeScores());
    Value maximum = updateMaximum(scores);
    Value decay = computeDecay(maximum);
    auto [weights, sum] = computeWeights(scores, maximum, decay);
    return {accumulate(weights, decay), maximum, sum};
  }

private:
  bool isRows() { return op.getForm() == Form::rows; }
  bool isPairs() { return op.getForm() == Form::pairs; }

  /// The loops of a matrix with queries, in this form.
  SmallVector<AffineExpr> byQuery(AffineExpr other) {
    if (isRows())
      return {l, other};
    return {other, l};
  }

  Value constant(LinalgBuilder &s, double value) {
    return s.constant(type, value);
  }

  /// s = <k, q>
  Value computeScores() {
    SmallVector<OpFoldResult> shape = {linalg.sizeOf(op.getKey(), 0),
                                       linalg.sizeOf(op.getMaximum(), 0)};
    Indexed key{op.getKey(), {j, d}}, query{op.getQuery(), byQuery(d)};
    if (isPairs()) {
      key.loops.push_back(v);
      query.loops.push_back(v);
    }
    if (isRows()) {
      std::swap(shape[0], shape[1]);
      std::swap(key, query);
    }
    return linalg.contract(key, query,
                           {linalg.filled(shape, type, 0.0), byQuery(j)});
  }

  /// s = softcap(scale * s) + mask, and -inf outside the limits.
  Value restrictScores(Value scores) {
    if (!op.getScale() && !op.getSoftcap() && !op.getMask() && !op.getLower() &&
        !op.getUpper() && !op.getCount())
      return scores;
    SmallVector<Indexed> ins;
    if (op.getMask())
      ins.push_back({op.getMask(), byQuery(j)});
    return linalg.generic(
        ins, {scores, byQuery(j)}, [&](LinalgBuilder &s, ValueRange e) {
          Value score = e.back();
          if (std::optional<APFloat> scale = op.getScale())
            score = s.mul(score, constant(s, scale->convertToDouble()));
          if (std::optional<APFloat> softcap = op.getSoftcap())
            score = cap(s, score, softcap->convertToDouble());
          if (op.getMask())
            score = emitMaskedScore(s, score, e.front());
          score = limit(s, score, arith::CmpIPredicate::sge, op.getLower());
          score = limit(s, score, arith::CmpIPredicate::sle, op.getUpper());
          return countKeys(s, score);
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

  /// The score of a key that counts, else -inf.
  Value countKeys(LinalgBuilder &s, Value score) {
    if (!op.getCount())
      return score;
    Value counts = arith::CmpIOp::create(s, arith::CmpIPredicate::slt,
                                         s.index(j), op.getCount());
    Value hidden = constant(s, -std::numeric_limits<double>::infinity());
    return arith::SelectOp::create(s, counts, score, hidden);
  }

  /// m' = max(m, max_j s)
  Value updateMaximum(Value scores) {
    return linalg.generic({{scores, byQuery(j)}}, {op.getMaximum(), {l}},
                          [&](LinalgBuilder &s, ValueRange e) {
                            return emitMaximum(s, e[0], e[1], isRows());
                          });
  }

  /// a = exp(m - m')
  Value computeDecay(Value maximum) {
    return linalg.generic(
        {{op.getMaximum(), {l}}, {maximum, {l}}},
        {linalg.empty({linalg.sizeOf(maximum, 0)}, type), {l}},
        [&](LinalgBuilder &s, ValueRange e) -> Value {
          return emitExp(s, s.sub(e[0], e[1]));
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
        linalg.generic(ins, ArrayRef<Indexed>{{scores, byQuery(j)}, {sum, {l}}},
                       [&](LinalgBuilder &s, ValueRange e) {
                         Value weight = emitExp(s, s.sub(e[ins.size()], e[0]));
                         Value total = s.add(e[ins.size() + 1], weight);
                         if (op.getValueGate())
                           weight = applyGate(s, weight, e[1]);
                         return SmallVector<Value>{weight, total};
                       });
    return {results[0], results[1]};
  }

  /// Whether keys may be hidden from some of the queries. Keys that do not
  /// count are padding, which is finite.
  bool hidesKeys() { return op.getMask() || op.getLower() || op.getUpper(); }

  Value applyGate(LinalgBuilder &s, Value weight, Value gate) {
    return hidesKeys() ? emitGuardedProduct(s, weight, gate)
                       : s.mul(weight, gate);
  }

  /// acc' = a acc + sum_j p v
  Value accumulate(Value weights, Value decay) {
    Indexed accumulator{op.getAccumulator(), byQuery(c)};
    if (hidesKeys() && isRows()) {
      Value values = weighVisibleValues(weights);
      return linalg.generic({{decay, {l}}, {values, byQuery(c)}}, accumulator,
                            [&](LinalgBuilder &s, ValueRange e) {
                              return s.add(e[1], s.mul(e[2], e[0]));
                            });
    }
    Value decayed = linalg.generic(
        {{decay, {l}}}, accumulator,
        [&](LinalgBuilder &s, ValueRange e) { return s.mul(e[1], e[0]); });
    if (!hidesKeys())
      return weighValues(weights, decayed);
    Value isFinite = areNumbers(op.getValue());
    Value all = runOnce(isFinite, decayed, [&](Value start) {
      return weighValues(weights, start);
    });
    Value isOther = arith::XOrIOp::create(
        linalg, isFinite, arith::ConstantIntOp::create(linalg, 1, 1));
    return runOnce(isOther, all,
                   [&](Value start) { return weighGuarded(weights, start); });
  }

  /// What is computed from `start` if the condition holds, else `start`. It is
  /// a loop, which bufferization keeps in place: what a branch results in, it
  /// would copy.
  Value runOnce(Value condition, Value start,
                function_ref<Value(Value)> compute) {
    Value zero = arith::ConstantIndexOp::create(linalg, 0);
    Value one = arith::ConstantIndexOp::create(linalg, 1);
    Value times = arith::SelectOp::create(linalg, condition, one, zero);
    auto loop = scf::ForOp::create(linalg, zero, times, one, start);
    OpBuilder::InsertionGuard guard(linalg);
    linalg.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(linalg, compute(loop.getRegionIterArg(0)));
    return loop.getResult(0);
  }

  /// The result of one of two ways to compute a matrix.
  Value choose(Value condition, function_ref<Value()> computeThen,
               function_ref<Value()> computeElse) {
    auto choice =
        scf::IfOp::create(linalg, op.getAccumulator().getType(), condition,
                          /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(linalg);
    linalg.setInsertionPointToStart(choice.thenBlock());
    Value result = computeThen();
    scf::YieldOp::create(linalg, result);
    linalg.setInsertionPointToStart(choice.elseBlock());
    result = computeElse();
    scf::YieldOp::create(linalg, result);
    return choice.getResult(0);
  }

  /// Whether all of a block of values are finite. Blocks meet many queries, in
  /// several steps: it is found out where the block is made.
  Value areNumbers(Value block) {
    OpBuilder::InsertionGuard guard(linalg);
    if (Operation *producer = block.getDefiningOp())
      linalg.setInsertionPointAfter(producer);
    if (isPairs())
      block = linalg.mergeAxis(block, 1);
    auto element = cast<FloatType>(getElementTypeOrSelf(block));
    Type bits = linalg.getIntegerType(element.getWidth());
    const llvm::fltSemantics &format = element.getFloatSemantics();
    APInt infinity = APFloat::getInf(format).bitcastToAPInt();
    auto integer = [&](LinalgBuilder &s, const APInt &value) -> Value {
      return arith::ConstantOp::create(s, IntegerAttr::get(bits, value));
    };
    auto lowest = [&](ArrayRef<OpFoldResult> shape) {
      Value zero = integer(linalg, APInt(element.getWidth(), 0));
      Value start = linalg.empty(shape, bits);
      return linalg::FillOp::create(linalg, zero, start).getResult(0);
    };
    // The largest of the numbers without their signs, as integers.
    AffineExpr row, column;
    bindDims(linalg.getContext(), row, column);
    Value line = linalg.generic(
        {{block, {row, column}}}, {lowest({linalg.sizeOf(block, 1)}), {column}},
        [&](LinalgBuilder &s, ValueRange e) -> Value {
          Value number = arith::BitcastOp::create(s, bits, e[0]);
          APInt mask = APInt::getSignedMaxValue(element.getWidth());
          number = arith::AndIOp::create(s, number, integer(s, mask));
          return arith::MaxUIOp::create(s, number, e[1]);
        });
    Value largest =
        linalg.generic({{line, {column}}}, {lowest({}), {}},
                       [&](LinalgBuilder &s, ValueRange e) -> Value {
                         return arith::MaxUIOp::create(s, e[0], e[1]);
                       });
    Value number = tensor::ExtractOp::create(linalg, largest, ValueRange());
    return arith::CmpIOp::create(linalg, arith::CmpIPredicate::ult, number,
                                 integer(linalg, infinity));
  }

  /// start + sum_j p v
  Value weighValues(Value weights, Value start) {
    Indexed value{op.getValue(), {j, c}}, weight{weights, byQuery(j)};
    if (isPairs()) {
      value.loops = {c, j, v};
      weight = pairWeights(weights);
    }
    if (isRows())
      std::swap(value, weight);
    return linalg.contract(value, weight, {start, byQuery(c)});
  }

  /// sum_j p v of the values with a weight, for few queries: their sums are
  /// fewer than the values, and are computed again if one is no number.
  Value weighVisibleValues(Value weights) {
    Value zeros = linalg.filled(linalg.sizesOf(op.getAccumulator()), type, 0.0);
    Value values = weighValues(weights, zeros);
    Value isNumber =
        arith::CmpFOp::create(linalg, arith::CmpFPredicate::ORD,
                              sumOfZeros(values), linalg.constant(type, 0.0));
    return choose(
        isNumber, [&] { return values; },
        [&] {
          Value zero = linalg.constant(type, 0.0);
          auto again = linalg::FillOp::create(linalg, zero, values);
          return weighGuarded(weights, again.getResult(0));
        });
  }

  /// 0 times all elements of a matrix, added up: 0, or NaN if one is no number.
  Value sumOfZeros(Value matrix) {
    auto addZeros = [&](LinalgBuilder &s, ValueRange e) {
      return s.add(e[1], s.mul(e[0], constant(s, 0.0)));
    };
    auto add = [&](LinalgBuilder &s, ValueRange e) {
      return s.add(e[1], e[0]);
    };
    // First along the axis that vectors do not run along.
    AffineExpr contiguous = byQuery(c).back();
    OpFoldResult extent = linalg.sizeOf(matrix, 1);
    Value line = linalg.generic(
        {{matrix, byQuery(c)}},
        {linalg.filled({extent}, type, 0.0), {contiguous}}, addZeros);
    Value sum = linalg.generic({{line, {contiguous}}},
                               {linalg.filled({}, type, 0.0), {}}, add);
    return tensor::ExtractOp::create(linalg, sum, ValueRange());
  }

  /// start + sum_j p v without products of a weight that is 0, whose value may
  /// be anything.
  Value weighGuarded(Value weights, Value start) {
    Indexed value{op.getValue(), {j, c}}, weight{weights, byQuery(j)};
    if (isPairs()) {
      value.loops = {c, j, v};
      weight = {linalg.splitAxis(weights, 0, 2), {j, v, l}};
    }
    return linalg.generic(
        {value, weight}, {start, byQuery(c)},
        [&](LinalgBuilder &s, ValueRange e) {
          return s.add(e[2],
                       emitGuardedProduct(s, e[1], s.convert(e[0], type)));
        });
  }

  /// The weights of pairs of keys, in bf16.
  Indexed pairWeights(Value weights) {
    Value rows = linalg.splitAxis(weights, 0, 2);
    SmallVector<OpFoldResult> shape = {
        linalg.sizeOf(rows, 0), linalg.sizeOf(rows, 2), linalg.getIndexAttr(2)};
    auto bf16 = BFloat16Type::get(linalg.getContext());
    SmallVector<AffineExpr> loops = {j, l, v};
    Value pairs = linalg.generic(
        {{rows, {j, v, l}}}, {linalg.empty(shape, bf16), loops},
        [&](LinalgBuilder &s, ValueRange e) { return s.convert(e[0], bf16); });
    return {pairs, loops};
  }

  LinalgBuilder &linalg;
  OnlineAttentionOp op;
  FloatType type;
  AffineExpr j, l, d, c, v;
};
} // namespace

FailureOr<SmallVector<Value>>
OnlineAttentionOp::decomposeOperation(OpBuilder &b) {
  LinalgBuilder builder(getLoc(), b);
  SmallVector<Value> results = OnlineDecomposition(builder, *this).build();
  b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
  return results;
}

SmallVector<Value> OnlineAttentionOp::mergeParts(OpBuilder &builder,
                                                 Location loc, ValueRange parts,
                                                 ValueRange destinations,
                                                 Form form) {
  LinalgBuilder b(loc, builder);
  AffineExpr p, l, c;
  bindDims(b.getContext(), p, l, c);
  SmallVector<AffineExpr> accumulator = {c, l}, part = {p, c, l};
  if (form == Form::rows) {
    accumulator = {l, c};
    part = {p, l, c};
  }
  Value maximum =
      b.generic({{parts[1], {p, l}}}, {destinations[1], {l}},
                [](LinalgBuilder &s, ValueRange e) {
                  return emitMaximum(s, e[0], e[1], /*isRow=*/false);
                });
  // x' = exp(m - m') x + sum_p exp(m_p - m') x_p
  auto merge = [&](unsigned index, SmallVector<AffineExpr> loops,
                   SmallVector<AffineExpr> partLoops) {
    Value own = b.generic({{destinations[1], {l}}, {maximum, {l}}},
                          {destinations[index], loops},
                          [](LinalgBuilder &s, ValueRange e) {
                            return s.mul(e[2], emitExp(s, s.sub(e[0], e[1])));
                          });
    // The decay of a part is computed where it is used: it would be a buffer
    // as long as there are parts.
    return b.generic(
        {{parts[index], partLoops}, {parts[1], {p, l}}, {maximum, {l}}},
        {own, loops}, [](LinalgBuilder &s, ValueRange e) {
          Value decay = emitExp(s, s.sub(e[1], e[2]));
          return s.add(e[3], s.mul(e[0], decay));
        });
  };
  SmallVector<Value> merged = {merge(0, accumulator, part), maximum,
                               merge(2, {l}, {p, l})};
  builder.setInsertionPoint(b.getInsertionBlock(), b.getInsertionPoint());
  return merged;
}
