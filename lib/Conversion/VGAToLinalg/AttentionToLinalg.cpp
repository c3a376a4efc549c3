//===- AttentionToLinalg.cpp - The definition of vga.attention ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GatherPages.h"
#include "Patterns.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/IR/Visibility.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {

/// Writes one vga.attention as linalg, one step per function. Everything is
/// indexed by the loops
///
///   b  batch            n  key/value head     g  query head of n
///   i  query            j  key                c  channel
///
/// so that query head h is the pair (n, g), h = n * G + g.
class AttentionDefinition {
public:
  AttentionDefinition(LinalgBuilder &builder, AttentionOp op)
      : linalg(builder), op(op), axes(op.getLayout()), sizes(op),
        type(getComputeType(op.getQuery().getType().getElementType())) {
    bindDims(builder.getContext(), b, n, g, i, j, c);
    batch = builder.sizeOf(op.getQuery(), axes.batch);
    queries = builder.sizeOf(op.getQuery(), axes.sequence);
    keys = builder.sizeOf(op.getKey(), axes.sequence);
    kvHeads = builder.getIndexAttr(sizes.kvHeads);
    group = builder.getIndexAttr(sizes.groupSize());
    valueChannels = builder.getIndexAttr(sizes.valueChannels);
  }

  /// The results that replace the op.
  SmallVector<Value> build() {
    Value scores = maskScores(computeScores());
    Value shift = computeShift(scores);
    Value weights = computeWeights(scores, shift);
    Value sum = sumWeights(weights, shift);
    SmallVector<Value> results = {normalize(sumValues(weights), sum)};
    if (op.getReturnLse())
      results.push_back(computeLse(sum, shift));
    return results;
  }

private:
  Value constant(LinalgBuilder &s, double value) {
    return s.constant(type, value);
  }

  /// Splits the head axis of a tensor with Hq heads into (n, g).
  Value splitHeads(Value tensor, unsigned headAxis) {
    return linalg.splitAxis(tensor, headAxis, sizes.groupSize());
  }

  /// The loops of a rank-4 tensor with query heads, its heads split.
  SmallVector<AffineExpr> queryLoops() {
    SmallVector<AffineExpr> loops = axes.arrange(b, n, i, c);
    loops.insert(loops.begin() + axes.head + 1, g);
    return loops;
  }

  /// A gate along `sequence`, of either rank, with kv heads or query heads.
  Indexed gate(Value tensor, AffineExpr sequence) {
    auto gateType = cast<RankedTensorType>(tensor.getType());
    bool elementwise = gateType.getRank() == 4;
    unsigned headAxis = elementwise ? axes.head : 1;
    SmallVector<AffineExpr> loops = {b, n, sequence};
    if (elementwise)
      loops = axes.arrange(b, n, sequence, c);
    if (gateType.getDimSize(headAxis) != sizes.queryHeads)
      return {tensor, loops};
    loops.insert(loops.begin() + headAxis + 1, g);
    return {splitHeads(tensor, headAxis), loops};
  }

  /// s = <q, k>
  Value computeScores() {
    Indexed query{splitHeads(op.getQuery(), axes.head), queryLoops()};
    Indexed key{op.getKey(), axes.arrange(b, n, j, c)};
    Value zero =
        linalg.filled({batch, kvHeads, group, queries, keys}, type, 0.0);
    return linalg.contract(query, key, {zero, {b, n, g, i, j}});
  }

  /// s = softcap(scale * s) + mask, and -inf where key j is not visible.
  Value maskScores(Value scores) {
    SmallVector<Indexed> ins = {{scores, {b, n, g, i, j}}};
    int maskPosition = -1, lengthPosition = -1;
    if (op.getMask()) {
      maskPosition = ins.size();
      ins.push_back(broadcastMask());
    }
    if (op.getKvLength()) {
      lengthPosition = ins.size();
      ins.push_back({op.getKvLength(), {b}});
    }
    std::optional<Value> lower, upper;
    std::tie(lower, upper) = bandLimits();
    double scale = getScoreScale(op);
    Value numKeys = linalg.toValue(keys);

    return linalg.generic(
        ins, {emptyScores(), {b, n, g, i, j}},
        [&](LinalgBuilder &s, ValueRange e) {
          Value score = s.mul(e[0], constant(s, scale));
          if (std::optional<APFloat> softcap = op.getSoftcap())
            score = cap(s, score, softcap->convertToDouble());
          Value visible;
          if (maskPosition >= 0) {
            Value mask = e[maskPosition];
            if (mask.getType().isInteger(1))
              visible = mask;
            else
              score = emitMaskedScore(s, score, emitMaskEntry(s, mask, type));
          }
          if (lengthPosition >= 0)
            visible = both(s, visible, isWithin(s, e[lengthPosition]));
          // lower <= j - i <= upper, with the offset in the limits; a length
          // in it is that of the batch.
          auto hide = [&](arith::CmpIPredicate predicate, Value limit) {
            if (op.getAlignment() == Alignment::length)
              limit = arith::AddIOp::create(
                  s, limit, countKeys(s, e[lengthPosition], numKeys));
            visible = both(s, visible, compare(s, predicate, limit));
          };
          if (lower)
            hide(arith::CmpIPredicate::sge, *lower);
          if (upper)
            hide(arith::CmpIPredicate::sle, *upper);
          if (!visible)
            return score;
          return Value(arith::SelectOp::create(s, visible, score,
                                               constant(s, -kInfinity)));
        });
  }

  /// c * tanh(s / c)
  Value cap(LinalgBuilder &s, Value score, double softcap) {
    Value scaled = s.mul(score, constant(s, 1.0 / softcap));
    return s.mul(math::TanhOp::create(s, scaled), constant(s, softcap));
  }

  static Value both(LinalgBuilder &s, Value a, Value b) {
    return a ? Value(arith::AndIOp::create(s, a, b)) : b;
  }

  /// True where the key lies before `length`.
  Value isWithin(LinalgBuilder &s, Value length) {
    Value limit = arith::IndexCastOp::create(s, s.getIndexType(), length);
    return arith::CmpIOp::create(s, arith::CmpIPredicate::slt, s.index(j),
                                 limit);
  }

  /// True where `j - i` compares to `limit`.
  Value compare(LinalgBuilder &s, arith::CmpIPredicate predicate, Value limit) {
    Value bound = arith::AddIOp::create(s, s.index(i), limit);
    return arith::CmpIOp::create(s, predicate, s.index(j), bound);
  }

  /// How many of the keys a length counts.
  static Value countKeys(LinalgBuilder &s, Value length, Value numKeys) {
    length = arith::IndexCastOp::create(s, s.getIndexType(), length);
    Value zero = arith::ConstantIndexOp::create(s, 0);
    return arith::MaxSIOp::create(s, zero,
                                  arith::MinSIOp::create(s, length, numKeys));
  }

  /// The limits of j - i that causal masks and windows set, offset included but
  /// for a length.
  std::pair<std::optional<Value>, std::optional<Value>> bandLimits() {
    Band band(op);
    if (band.isFull())
      return {};
    AffineExpr sq, sk;
    bindDims(linalg.getContext(), sq, sk);
    AffineExpr offset = -sq;
    if (op.getAlignment() == Alignment::bottom_right)
      offset = sk - sq;
    else if (op.getAlignment() == Alignment::top_left)
      offset = linalg.getAffineConstantExpr(0);
    auto limit = [&](std::optional<int64_t> bound) -> std::optional<Value> {
      if (!bound)
        return std::nullopt;
      OpFoldResult value = affine::makeComposedFoldedAffineApply(
          linalg, linalg.getLoc(), offset + *bound, {queries, keys});
      return getValueOrCreateConstantIndexOp(linalg, linalg.getLoc(), value);
    };
    return {limit(band.lower), limit(band.upper)};
  }

  /// The mask without its broadcast dimensions, and the loops of the rest.
  Indexed broadcastMask() {
    auto maskType = cast<RankedTensorType>(op.getMask().getType());
    SmallVector<int64_t> kept;
    SmallVector<AffineExpr> loops;
    std::optional<unsigned> headAxis;
    for (int64_t axis = 0; axis < maskType.getRank(); ++axis) {
      if (maskType.getDimSize(axis) == 1)
        continue;
      int64_t fullAxis = axis + 4 - maskType.getRank();
      if (fullAxis == 1)
        headAxis = kept.size();
      kept.push_back(maskType.getDimSize(axis));
      loops.push_back(ArrayRef<AffineExpr>{b, n, i, j}[fullAxis]);
    }
    Value mask = tensor::createCanonicalRankReducingExtractSliceOp(
        linalg, linalg.getLoc(), op.getMask(), maskType.clone(kept));
    if (headAxis) {
      // A dynamic dimension is a full one.
      kept[*headAxis] = sizes.queryHeads;
      if (mask.getType() != maskType.clone(kept))
        mask = tensor::CastOp::create(linalg, linalg.getLoc(),
                                      maskType.clone(kept), mask);
      mask = splitHeads(mask, *headAxis);
      loops.insert(loops.begin() + *headAxis + 1, g);
    }
    return {mask, loops};
  }

  Value emptyScores() {
    return linalg.empty({batch, kvHeads, group, queries, keys}, type);
  }
  SmallVector<OpFoldResult> rowSizes() {
    return {batch, kvHeads, group, queries};
  }

  /// One sink logit per row, in the compute type.
  Value broadcastSink() {
    Value sink = splitHeads(op.getSink(), 0);
    return linalg.generic(
        {{sink, {n, g}}}, {linalg.empty(rowSizes(), type), {b, n, g, i}},
        [&](LinalgBuilder &s, ValueRange e) { return s.convert(e[0], type); });
  }

  /// The largest logit of a row, by which the softmax is shifted; 0 for a row
  /// without any, so that -inf - shift stays -inf.
  Value computeShift(Value scores) {
    Value start = op.getSink() ? broadcastSink()
                               : linalg.filled(rowSizes(), type, -kInfinity);
    Value largest =
        linalg.generic({{scores, {b, n, g, i, j}}}, {start, {b, n, g, i}},
                       [&](LinalgBuilder &s, ValueRange e) {
                         return arith::MaxNumFOp::create(s, e[0], e[1]);
                       });
    return linalg.generic(
        {{largest, {b, n, g, i}}},
        {linalg.empty(rowSizes(), type), {b, n, g, i}},
        [&](LinalgBuilder &s, ValueRange e) {
          Value isEmpty = arith::CmpFOp::create(s, arith::CmpFPredicate::OEQ,
                                                e[0], constant(s, -kInfinity));
          return arith::SelectOp::create(s, isEmpty, constant(s, 0.0), e[0]);
        });
  }

  /// p = exp(s - shift)
  Value computeWeights(Value scores, Value shift) {
    return linalg.generic({{scores, {b, n, g, i, j}}, {shift, {b, n, g, i}}},
                          {emptyScores(), {b, n, g, i, j}},
                          [&](LinalgBuilder &s, ValueRange e) {
                            return math::ExpOp::create(s, s.sub(e[0], e[1]));
                          });
  }

  /// l = sum_j p, and the sink's exp(sink - shift).
  Value sumWeights(Value weights, Value shift) {
    Value start;
    if (op.getSink())
      start = linalg.generic(
          {{broadcastSink(), {b, n, g, i}}, {shift, {b, n, g, i}}},
          {linalg.empty(rowSizes(), type), {b, n, g, i}},
          [&](LinalgBuilder &s, ValueRange e) {
            return math::ExpOp::create(s, s.sub(e[0], e[1]));
          });
    else
      start = linalg.filled(rowSizes(), type, 0.0);
    return linalg.generic(
        {{weights, {b, n, g, i, j}}}, {start, {b, n, g, i}},
        [&](LinalgBuilder &s, ValueRange e) { return s.add(e[0], e[1]); });
  }

  /// The values that the weights meet: gated, and 0 at or past kv_length,
  /// where the weight is 0 but the value may be anything.
  Indexed gateValues() {
    SmallVector<Indexed> ins = {{op.getValue(), axes.arrange(b, n, j, c)}};
    if (!op.getValueGate() && !op.getKvLength())
      return ins[0];
    SmallVector<OpFoldResult> outSizes = {batch, kvHeads, keys, valueChannels};
    SmallVector<AffineExpr> outLoops = {b, n, j, c};
    if (op.getValueGate()) {
      ins.push_back(gate(op.getValueGate(), j));
      // Gates of the query heads make values of the query heads.
      if (llvm::is_contained(ins.back().loops, g)) {
        outSizes.insert(outSizes.begin() + 2, group);
        outLoops.insert(outLoops.begin() + 2, g);
      }
    }
    if (op.getKvLength())
      ins.push_back({op.getKvLength(), {b}});
    Value gated = linalg.generic(
        ins, {linalg.empty(outSizes, type), outLoops},
        [&](LinalgBuilder &s, ValueRange e) {
          Value result = s.convert(e[0], type);
          if (op.getValueGate())
            result = s.mul(result, s.convert(e[1], type));
          if (op.getKvLength())
            result = arith::SelectOp::create(s, isWithin(s, e[ins.size() - 1]),
                                             result, constant(s, 0.0));
          return result;
        });
    return {gated, outLoops};
  }

  /// z = sum_j p * gated v, over visible keys: where some may be hidden from
  /// some queries, what has no weight is left out, whatever it is.
  Value sumValues(Value weights) {
    Value zero = linalg.filled({batch, kvHeads, group, queries, valueChannels},
                               type, 0.0);
    Indexed weight{weights, {b, n, g, i, j}}, sums{zero, {b, n, g, i, c}};
    if (!op.getMask() && Band(op).isFull())
      return linalg.contract(weight, gateValues(), sums);
    return linalg.generic(
        {weight, gateValues()}, sums, [&](LinalgBuilder &s, ValueRange e) {
          return s.add(e[2],
                       emitGuardedProduct(s, e[0], s.convert(e[1], type)));
        });
  }

  /// True for a row whose query sees no key and has no sink.
  Value isEmptyRow(LinalgBuilder &s, Value sum) {
    return arith::CmpFOp::create(s, arith::CmpFPredicate::OEQ, sum,
                                 constant(s, 0.0));
  }

  /// out = output_gate * z / l, in the layout and type of the result.
  Value normalize(Value values, Value sum) {
    auto resultType =
        cast<FloatType>(op.getResult().getType().getElementType());
    SmallVector<OpFoldResult> outSizes =
        axes.arrange(batch, kvHeads, queries, valueChannels);
    outSizes.insert(outSizes.begin() + axes.head + 1, group);
    Indexed out{linalg.empty(outSizes, resultType), queryLoops()};

    SmallVector<Indexed> ins = {{values, {b, n, g, i, c}}, {sum, {b, n, g, i}}};
    if (op.getOutputGate())
      ins.push_back(gate(op.getOutputGate(), i));
    Value result =
        linalg.generic(ins, out, [&](LinalgBuilder &s, ValueRange e) {
          Value z = s.div(e[0], e[1]);
          if (op.getOutputGate())
            z = s.mul(z, s.convert(e[2], type));
          z = arith::SelectOp::create(s, isEmptyRow(s, e[1]), constant(s, 0.0),
                                      z);
          return s.convert(z, resultType);
        });
    return linalg.mergeAxis(result, axes.head);
  }

  /// lse = log(l) + shift, and -inf for an empty row.
  Value computeLse(Value sum, Value shift) {
    Value lse = linalg.generic(
        {{sum, {b, n, g, i}}, {shift, {b, n, g, i}}},
        {linalg.empty(rowSizes(), type), {b, n, g, i}},
        [&](LinalgBuilder &s, ValueRange e) {
          Value value = s.add(math::LogOp::create(s, e[0]), e[1]);
          return arith::SelectOp::create(s, isEmptyRow(s, e[0]),
                                         constant(s, -kInfinity), value);
        });
    return linalg.mergeAxis(lse, 1);
  }

  LinalgBuilder &linalg;
  AttentionOp op;
  AxisOrder axes;
  AttentionSizes sizes;
  FloatType type;
  AffineExpr b, n, g, i, j, c;
  OpFoldResult batch, kvHeads, group, queries, keys, valueChannels;
};

struct AttentionToLinalg : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    replaceByDefinition(rewriter, op);
    return success();
  }
};

} // namespace

void vga::replaceByDefinition(RewriterBase &rewriter, AttentionOp op,
                              bool isForKernels) {
  rewriter.setInsertionPoint(op);
  FailureOr<SmallVector<Value>> nothing = emitEmptyAttention(rewriter, op);
  if (succeeded(nothing)) {
    rewriter.replaceOp(op, *nothing);
    return;
  }
  LinalgBuilder builder(op.getLoc(), rewriter);
  AttentionOp attention = op;
  if (op.getBlockTable())
    attention = gatherPages(builder, op, /*byElement=*/isForKernels);
  rewriter.replaceOp(op, AttentionDefinition(builder, attention).build());
  if (attention != op)
    rewriter.eraseOp(attention);
}

void vga::populateAttentionToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<AttentionToLinalg>(patterns.getContext());
}
