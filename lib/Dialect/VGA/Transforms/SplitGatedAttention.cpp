//===- SplitGatedAttention.cpp - vga.gated_attention = gate + attention ---===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/QueryGates.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGASPLITGATEDATTENTIONPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Shifts the gate of every key to the query at its position: query i takes
/// the gate of key i + (Sk - Sq), and 0 where there is no such key.
static Value alignGateWithQueries(OpBuilder &builder, Location loc, Value gate,
                                  unsigned axis, OpFoldResult queries,
                                  int64_t staticQueries) {
  auto type = cast<RankedTensorType>(gate.getType());
  OpFoldResult keys = tensor::getMixedSize(builder, loc, gate, axis);
  if (isEqualConstantIntOrValue(keys, queries))
    return gate;
  // Slices of nothing are no slices: a gate of no query, or of no position.
  SmallVector<int64_t> wanted(type.getShape());
  wanted[axis] = staticQueries;
  if (llvm::is_contained(type.getShape(), 0) || staticQueries == 0) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, gate);
    sizes[axis] = queries;
    return createSplat(builder, loc, type.clone(wanted), sizes, 0.0);
  }

  // At most one of the two differences is positive.
  AffineExpr a, b;
  bindDims(builder.getContext(), a, b);
  auto surplus = AffineMap::get(2, 0, {a - b, builder.getAffineConstantExpr(0)},
                                builder.getContext());
  OpFoldResult missing = affine::makeComposedFoldedAffineMax(
      builder, loc, surplus, {queries, keys});
  OpFoldResult skipped = affine::makeComposedFoldedAffineMax(
      builder, loc, surplus, {keys, queries});

  SmallVector<OpFoldResult> low(type.getRank(), builder.getIndexAttr(0));
  if (!isZeroInteger(missing)) {
    SmallVector<OpFoldResult> high = low;
    low[axis] = missing;
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = ShapedType::kDynamic;
    if (auto known = getConstantIntValue(missing))
      if (!type.isDynamicDim(axis))
        shape[axis] = type.getDimSize(axis) + *known;
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(type.getElementType()));
    gate = tensor::PadOp::create(builder, loc, type.clone(shape), gate, low,
                                 high, zero, /*nofold=*/false);
  }
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
  offsets[axis] = skipped;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, gate);
  sizes[axis] = queries;
  SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = staticQueries;
  if (isZeroInteger(skipped) &&
      cast<RankedTensorType>(gate.getType()).getShape() == ArrayRef(shape))
    return gate;
  return tensor::ExtractSliceOp::create(builder, loc, type.clone(shape), gate,
                                        offsets, sizes, strides);
}

namespace {

struct SplitGatedAttention : OpRewritePattern<GatedAttentionOp> {
  SplitGatedAttention(MLIRContext *context, bool keepTileable)
      : OpRewritePattern(context), keepTileable(keepTileable) {}

  LogicalResult matchAndRewrite(GatedAttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (keepTileable && isTileable(op))
      return failure();
    Value valueGate, outputGate;
    if (op.getSite() == GateSite::value)
      valueGate = gateAllValues(rewriter, op);
    else if (op.getBlockTable() || op.getAlignment() == Alignment::length)
      outputGate = gateQueryPositions(rewriter, op);
    else
      outputGate = moveToQueries(rewriter, op, gateAllValues(rewriter, op));

    replaceByAttention(rewriter, op, valueGate, outputGate);
    return success();
  }

private:
  static Value gateAllValues(OpBuilder &builder, GatedAttentionOp op) {
    return GateOp::create(builder, op.getLoc(), op.getValue(), op.getWeight(),
                          op.getBias(), op.getActivation(), op.getMixing(),
                          op.getLayout());
  }

  static Value moveToQueries(OpBuilder &builder, GatedAttentionOp op,
                             Value gate) {
    AxisOrder axes(op.getLayout());
    bool elementwise = cast<RankedTensorType>(gate.getType()).getRank() == 4;
    return alignGateWithQueries(
        builder, op.getLoc(), gate, elementwise ? axes.sequence : 2,
        tensor::getMixedSize(builder, op.getLoc(), op.getQuery(),
                             axes.sequence),
        AttentionSizes(op).queries);
  }

  bool keepTileable;
};

struct SplitGatedAttentionPass
    : vga::impl::VGASplitGatedAttentionPassBase<SplitGatedAttentionPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateSplitGatedAttentionPatterns(patterns,
                                        /*keepTileable=*/keepTileable);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

AttentionOp vga::replaceByAttention(RewriterBase &rewriter, GatedAttentionOp op,
                                    Value valueGate, Value outputGate) {
  auto attention = AttentionOp::create(
      rewriter, op.getLoc(), op.getResultTypes(), op.getQuery(), op.getKey(),
      op.getValue(), valueGate, outputGate, op.getMask(), op.getKvLength(),
      op.getBlockTable(), op.getSink(), op.getCausalAttr(), op.getWindowAttr(),
      op.getAlignmentAttr(), op.getScaleAttr(), op.getSoftcapAttr(),
      op.getLayoutAttr(), op.getScheduleAttr(), op.getReturnLseAttr());
  attention->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.replaceOp(op, attention);
  return attention;
}

void vga::populateSplitGatedAttentionPatterns(RewritePatternSet &patterns,
                                              bool keepTileable) {
  patterns.add<SplitGatedAttention>(patterns.getContext(), keepTileable);
}
