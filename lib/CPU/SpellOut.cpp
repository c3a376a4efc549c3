//===- SpellOut.cpp - What upstream's rewritings get wrong ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGASPELLOUTPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether folding may find that a size is 1. What comes from outside, or is
/// read from memory, stays what it is.
static bool mayFoldToOne(OpFoldResult size) {
  auto value = dyn_cast<Value>(size);
  if (!value)
    return false;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant == 1;
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  if (auto extract = value.getDefiningOp<tensor::ExtractOp>())
    return !isa<BlockArgument>(extract.getTensor());
  if (auto dim = value.getDefiningOp<tensor::DimOp>()) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (index && type && *index < type.getRank() &&
        isa<BlockArgument>(dim.getSource()))
      return type.getDimSize(*index) == 1;
  }
  return !isa<BlockArgument>(value);
}

/// Whether the axes that a slice drops may become others: a size that turns out
/// to be 1 is taken for one of them, and a stride hides which they are.
static bool mayDropOthers(OffsetSizeAndStrideOpInterface slice) {
  return llvm::any_of(slice.getMixedSizes(), mayFoldToOne) ||
         !llvm::all_of(slice.getMixedStrides(), isOneInteger);
}

/// The axes of a slice, those that are dropped with one that is kept.
static SmallVector<ReassociationIndices>
groupAxes(const llvm::SmallBitVector &dropped) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices group;
  for (int64_t axis = 0, rank = dropped.size(); axis < rank; ++axis) {
    // What is dropped goes with the axis before it, the first ones with the
    // first that is kept.
    bool begins = !dropped[axis] && llvm::any_of(group, [&](int64_t other) {
      return !dropped[other];
    });
    if (begins) {
      groups.push_back(group);
      group.clear();
    }
    group.push_back(axis);
  }
  if (!dropped.all())
    groups.push_back(group);
  return groups;
}

/// The type of a slice that keeps all axes.
static RankedTensorType getWholeType(Type element,
                                     ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  return RankedTensorType::get(shape, element);
}

namespace {
/// A slice that drops axes, as one that keeps them and a reshape.
struct SpellOutExtraction : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallBitVector dropped = op.getDroppedDims();
    if (dropped.none() || !mayDropOthers(op))
      return rewriter.notifyMatchFailure(op, "which axes go is plain");
    auto whole = tensor::ExtractSliceOp::create(
        rewriter, op.getLoc(),
        getWholeType(op.getType().getElementType(), op.getMixedSizes()),
        op.getSource(), op.getMixedOffsets(), op.getMixedSizes(),
        op.getMixedStrides());
    rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
        op, op.getType(), whole, groupAxes(dropped));
    return success();
  }
};

/// The same for an insertion, whose source gets the axes that it lacks.
struct SpellOutInsertion : OpRewritePattern<tensor::InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::InsertSliceOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallBitVector dropped = op.getDroppedDims();
    if (dropped.none() || !mayDropOthers(op))
      return rewriter.notifyMatchFailure(op, "which axes are new is plain");
    Value whole = tensor::ExpandShapeOp::create(
        rewriter, op.getLoc(),
        getWholeType(op.getSourceType().getElementType(), op.getMixedSizes()),
        op.getSource(), groupAxes(dropped), op.getMixedSizes());
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
        op, whole, op.getDest(), op.getMixedOffsets(), op.getMixedSizes(),
        op.getMixedStrides());
    return success();
  }
};

/// A comparison of tensors as linalg: that of a tensor with itself would be
/// folded to a constant, even where its size is not known.
struct SpellOutComparison : OpRewritePattern<arith::CmpIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::CmpIOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not of tensors of dynamic sizes");
    Location loc = op.getLoc();
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, op.getLhs()),
        type.getElementType());
    SmallVector<AffineMap> maps(
        3, rewriter.getMultiDimIdentityMap(type.getRank()));
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, op.getOperands(), empty, maps, iterators,
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          Value result = arith::CmpIOp::create(b, loc, op.getPredicate(),
                                               arguments[0], arguments[1]);
          linalg::YieldOp::create(b, loc, result);
        });
    return success();
  }
};

struct SpellOutPass : vga::impl::VGASpellOutPassBase<SpellOutPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SpellOutExtraction, SpellOutInsertion, SpellOutComparison>(
        &getContext());
    // Each operation once, and nothing else: folding is what this is ahead of.
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
