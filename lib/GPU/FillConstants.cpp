//===- FillConstants.cpp - Constants of one value are filled in -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUFILLCONSTANTSPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

static void fill(PatternRewriter &rewriter, Operation *op, Value value,
                 ValueRange sizes) {
  Value empty = tensor::EmptyOp::create(rewriter, op->getLoc(),
                                        op->getResult(0).getType(), sizes);
  rewriter.replaceOpWithNewOp<linalg::FillOp>(op, value, empty);
}

namespace {
struct FillConstant : OpRewritePattern<arith::ConstantOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ConstantOp op,
                                PatternRewriter &rewriter) const override {
    auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!isa<RankedTensorType>(op.getType()) || !elements)
      return failure();
    // An empty array has no value, but a fill needs one.
    TypedAttr value = elements.isSplat()
                          ? elements.getSplatValue<TypedAttr>()
                          : rewriter.getZeroAttr(elements.getElementType());
    if (!elements.isSplat() && !elements.empty())
      return failure();
    fill(rewriter, op, arith::ConstantOp::create(rewriter, op.getLoc(), value),
         {});
    return success();
  }
};

struct FillSplat : OpRewritePattern<tensor::SplatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::SplatOp op,
                                PatternRewriter &rewriter) const override {
    fill(rewriter, op, op.getInput(), op.getDynamicSizes());
    return success();
  }
};

struct FillConstantsPass
    : vga::impl::VGAGPUFillConstantsPassBase<FillConstantsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FillConstant, FillSplat>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
