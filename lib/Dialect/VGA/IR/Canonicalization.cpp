//===- Canonicalization.cpp - Simplification of the vga operations --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;

/// True if every element of `value` is the float `expected`.
static bool isSplatOf(Value value, double expected) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) ||
      !elements.isSplat() || !isa<FloatType>(elements.getElementType()))
    return false;
  return elements.getSplatValue<APFloat>().convertToDouble() == expected;
}

/// True if every element of `value` is the boolean true.
static bool isSplatOfTrue(Value value) {
  DenseElementsAttr elements;
  return value && matchPattern(value, m_Constant(&elements)) &&
         elements.isSplat() && elements.getElementType().isInteger(1) &&
         elements.getSplatValue<bool>();
}

static double activate(Activation activation, double x) {
  switch (activation) {
  case Activation::identity:
    return x;
  case Activation::sigmoid:
    return 1.0 / (1.0 + std::exp(-x));
  case Activation::softplus:
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  }
  llvm_unreachable("unknown activation");
}

namespace {

/// A mask that hides nothing - all true, or all zero - is no mask.
template <typename OpTy>
struct DropNeutralMask : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!isSplatOfTrue(op.getMask()) && !isSplatOf(op.getMask(), 0.0))
      return rewriter.notifyMatchFailure(op, "the mask hides something");
    rewriter.modifyOpInPlace(op, [&] { op.getMaskMutable().clear(); });
    return success();
  }
};

/// Bounds that no query meets - an unbounded window, or a band that covers the
/// whole of a static problem, as causal decoding of one query - are no bounds.
template <typename OpTy>
struct DropFullBand : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getCausal() && !op.getWindow())
      return rewriter.notifyMatchFailure(op, "there are no bounds");
    if (!coversAll(op))
      return rewriter.notifyMatchFailure(op, "the bounds hide something");
    rewriter.modifyOpInPlace(op, [&] {
      op.setCausal(false);
      op.removeWindowAttr();
    });
    return success();
  }

private:
  static bool coversAll(OpTy op) {
    Band band(op);
    if (band.isFull())
      return true;
    AttentionSizes sizes(op);
    // One query at the bottom right is the last row, whatever the key count;
    // so is one at the length.
    if (sizes.queries == 1 && op.getAlignment() != Alignment::top_left &&
        !band.lower && *band.upper >= 0)
      return true;
    if (ShapedType::isDynamic(sizes.queries) ||
        ShapedType::isDynamic(sizes.keys))
      return false;
    std::optional<int64_t> offset =
        getBandOffset(op.getAlignment(), sizes.queries, sizes.keys);
    return offset && band.coversAll(*offset, sizes.queries, sizes.keys);
  }
};

/// True if the gate of a query is the one at its position.
static bool isGatedByPosition(Operation *op) {
  auto gated = dyn_cast<GatedAttentionOp>(op);
  return gated && gated.getSite() == GateSite::output;
}

/// Without causal masks and windows there is nothing to align, but queries with
/// gates at a length.
template <typename OpTy>
struct DropIdleAlignment : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getCausal() || op.getWindow() ||
        op.getAlignment() == Alignment::bottom_right ||
        (op.getAlignment() == Alignment::length && isGatedByPosition(op)))
      return rewriter.notifyMatchFailure(op, "the alignment is in use");
    rewriter.modifyOpInPlace(op,
                             [&] { op.setAlignment(Alignment::bottom_right); });
    return success();
  }
};

/// An lse that nobody reads need not be computed.
template <typename OpTy>
struct DropUnusedLse : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getReturnLse() || !op.getLse().use_empty())
      return rewriter.notifyMatchFailure(op, "the lse is in use");
    SmallVector<NamedAttribute> attributes;
    for (NamedAttribute attribute : op->getAttrs())
      if (attribute.getName() != op.getReturnLseAttrName())
        attributes.push_back(attribute);
    auto withoutLse =
        OpTy::create(rewriter, op.getLoc(), TypeRange(op.getResult().getType()),
                     op->getOperands(), attributes);
    rewriter.replaceAllUsesWith(op.getResult(), withoutLse.getResult());
    rewriter.eraseOp(op);
    return success();
  }
};

/// No result elements, or no keys: nothing to attend to.
template <typename OpTy>
struct FoldEmptyAttention : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> results = emitEmptyAttention(rewriter, op);
    if (failed(results))
      return rewriter.notifyMatchFailure(op, "there is something to attend to");
    rewriter.replaceOp(op, *results);
    return success();
  }
};

/// A gate that is 1 everywhere is open: no gate.
struct DropOpenGates : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    bool dropValueGate = isSplatOf(op.getValueGate(), 1.0);
    bool dropOutputGate = isSplatOf(op.getOutputGate(), 1.0);
    if (!dropValueGate && !dropOutputGate)
      return rewriter.notifyMatchFailure(op, "no gate is all ones");
    rewriter.modifyOpInPlace(op, [&] {
      if (dropValueGate)
        op.getValueGateMutable().clear();
      if (dropOutputGate)
        op.getOutputGateMutable().clear();
    });
    return success();
  }
};

/// A gate with zero weights does not see its source: it is act(b) everywhere.
struct FoldConstantGate : OpRewritePattern<GateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(GateOp op,
                                PatternRewriter &rewriter) const override {
    if (!isSplatOf(op.getWeight(), 0.0))
      return rewriter.notifyMatchFailure(op, "the weight is not zero");
    double bias = 0.0;
    if (op.getBias()) {
      DenseElementsAttr elements;
      if (!matchPattern(op.getBias(), m_Constant(&elements)) ||
          !elements.isSplat())
        return rewriter.notifyMatchFailure(op, "the bias is not a splat");
      bias = elements.getSplatValue<APFloat>().convertToDouble();
    }
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return failure();
    rewriter.replaceOp(op, createSplat(rewriter, op.getLoc(),
                                       op.getResult().getType(), shapes[0],
                                       activate(op.getActivation(), bias)));
    return success();
  }
};

} // namespace

template <typename OpTy>
static void addCommonPatterns(RewritePatternSet &patterns,
                              MLIRContext *context) {
  patterns
      .add<DropNeutralMask<OpTy>, DropFullBand<OpTy>, DropIdleAlignment<OpTy>,
           DropUnusedLse<OpTy>, FoldEmptyAttention<OpTy>>(context);
}

void GateOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<FoldConstantGate>(context);
}

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  addCommonPatterns<AttentionOp>(patterns, context);
  patterns.add<DropOpenGates>(context);
}

void GatedAttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                   MLIRContext *context) {
  addCommonPatterns<GatedAttentionOp>(patterns, context);
}
