//===- GateToLinalg.cpp - The definition of vga.gate ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::vga;

namespace {

/// g = act(source . W + b): one contraction, then the activation.
struct GateToLinalg : OpRewritePattern<GateOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GateOp op,
                                PatternRewriter &rewriter) const override {
    LinalgBuilder b(op.getLoc(), rewriter);
    AxisOrder axes(op.getLayout());
    bool elementwise = op.isElementwise();
    bool perHead = op.getMixing() == Mixing::per_head;
    auto type = cast<FloatType>(op.getResult().getType().getElementType());
    Value source = op.getSource(), weight = op.getWeight(), bias = op.getBias();
    int64_t heads = op.getNumHeads();
    int64_t sourceHeads = op.getSource().getType().getDimSize(axes.head);

    // A gate head is a pair: for per_head, the source head and one of the
    // gates that share it; for cross_head, 1 and the gate head.
    int64_t inner = perHead ? heads / sourceHeads : heads;
    unsigned weightHeadAxis = perHead ? 0 : 2;
    weight = b.splitAxis(weight, weightHeadAxis, inner);
    if (bias)
      bias = b.splitAxis(bias, 0, inner);

    AffineExpr batch, outer, innerHead, sequence, gateChannel, mixed, channel;
    bindDims(b.getContext(), batch, outer, innerHead, sequence, gateChannel,
             mixed, channel);
    AffineExpr sourceHead = perHead ? outer : mixed;
    Indexed sourceElement{source,
                          axes.arrange(batch, sourceHead, sequence, channel)};
    SmallVector<AffineExpr> weightLoops = {outer, innerHead, channel};
    if (!perHead)
      weightLoops = {sourceHead, channel, outer, innerHead};
    if (elementwise)
      weightLoops.push_back(gateChannel);

    // The result, with the heads still a pair.
    SmallVector<OpFoldResult> sizes = {b.sizeOf(source, axes.batch),
                                       b.getIndexAttr(heads / inner),
                                       b.sizeOf(source, axes.sequence)};
    SmallVector<AffineExpr> loops = {batch, outer, sequence};
    unsigned headAxis = 1;
    if (elementwise) {
      OpFoldResult channels =
          b.getIndexAttr(op.getResult().getType().getDimSize(axes.channel));
      sizes = axes.arrange(sizes[0], sizes[1], sizes[2], channels);
      loops = axes.arrange(batch, outer, sequence, gateChannel);
      headAxis = axes.head;
    }
    sizes.insert(sizes.begin() + headAxis + 1, b.getIndexAttr(inner));
    loops.insert(loops.begin() + headAxis + 1, innerHead);

    Value logits = b.filled(sizes, type, 0.0);
    if (bias) {
      SmallVector<AffineExpr> biasLoops = {outer, innerHead};
      if (elementwise)
        biasLoops.push_back(gateChannel);
      logits = b.generic({{bias, biasLoops}}, {b.empty(sizes, type), loops},
                         [&](LinalgBuilder &s, ValueRange e) {
                           return s.convert(e[0], type);
                         });
    }
    logits = b.contract(sourceElement, {weight, weightLoops}, {logits, loops});
    if (op.getActivation() != Activation::identity)
      logits = b.generic({{logits, loops}}, {b.empty(sizes, type), loops},
                         [&](LinalgBuilder &s, ValueRange e) {
                           return emitActivation(s, op.getActivation(), e[0]);
                         });
    rewriter.replaceOp(op, b.mergeAxis(logits, headAxis));
    return success();
  }
};

} // namespace

void vga::populateGateToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<GateToLinalg>(patterns.getContext());
}
