//===- NormalizeSlices.cpp - Strides of axes of one element ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGANORMALIZESLICESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// The strides with 1 for those that nothing is stepped by.
static SmallVector<OpFoldResult>
getStrides(OffsetSizeAndStrideOpInterface slice) {
  SmallVector<OpFoldResult> strides = slice.getMixedStrides();
  for (auto [stride, size] : llvm::zip_equal(strides, slice.getMixedSizes()))
    if (isOneInteger(size))
      stride = Builder(slice.getContext()).getIndexAttr(1);
  return strides;
}

/// Whether operands have no element, whatever they have along the axis that
/// they are joined along.
static bool isEmpty(tensor::ConcatOp op) {
  return llvm::any_of(op.getInputs().getTypes(), [&](Type type) {
    for (auto [axis, size] :
         llvm::enumerate(cast<RankedTensorType>(type).getShape()))
      if (axis != op.getDim() && size == 0)
        return true;
    return false;
  });
}

/// Leaves out operands that are known to be empty: bufferization makes a slice
/// for each, behind the last element for the last, which is no valid slice.
static void dropEmptyOperands(RewriterBase &rewriter, tensor::ConcatOp op) {
  SmallVector<Value> inputs;
  auto getSize = [&](Value input) {
    return cast<RankedTensorType>(input.getType()).getDimSize(op.getDim());
  };
  int64_t known = 0;
  for (Value input : op.getInputs())
    if (ShapedType::isStatic(getSize(input)))
      known += getSize(input);
  // Where the others make up the result, what only the run knows is 0.
  bool areOthersEmpty = op.getResultType().getDimSize(op.getDim()) == known;
  if (!isEmpty(op))
    llvm::copy_if(op.getInputs(), std::back_inserter(inputs), [&](Value input) {
      int64_t size = getSize(input);
      return ShapedType::isDynamic(size) ? !areOthersEmpty : size != 0;
    });
  if (inputs.size() == op.getInputs().size())
    return;
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  RankedTensorType type = op.getResultType();
  if (inputs.size() > 1) {
    rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, type, op.getDim(),
                                                  inputs);
    return;
  }
  Value only;
  if (inputs.empty()) {
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return;
    only = tensor::EmptyOp::create(rewriter, loc, shapes.front(),
                                   type.getElementType());
  } else {
    only = inputs.front();
  }
  if (only.getType() != type)
    only = tensor::CastOp::create(rewriter, loc, type, only);
  rewriter.replaceOp(op, only);
}

/// Takes the sizes that the type of the result has from there: operations on
/// memrefs have no other.
static void takeSizesOfType(RewriterBase &rewriter, tensor::ExpandShapeOp op) {
  RankedTensorType type = op.getResultType();
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  for (auto [size, known] : llvm::zip_equal(sizes, type.getShape()))
    if (ShapedType::isStatic(known))
      size = rewriter.getIndexAttr(known);
  if (sizes == op.getMixedOutputShape())
    return;
  rewriter.setInsertionPoint(op);
  rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
      op, type, op.getSrc(), op.getReassociationIndices(), sizes);
}

/// Leaves out the source of padding that is known to be empty: bufferization
/// makes a slice for it, which may begin behind the last element.
static void dropEmptySource(RewriterBase &rewriter, tensor::PadOp op) {
  if (!llvm::is_contained(op.getSourceType().getShape(), 0))
    return;
  rewriter.setInsertionPoint(op);
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(rewriter, shapes)))
    return;
  SmallVector<Value> sizes;
  for (auto [size, known] :
       llvm::zip_equal(shapes.front(), op.getResultType().getShape()))
    if (ShapedType::isDynamic(known))
      sizes.push_back(
          getValueOrCreateConstantIndexOp(rewriter, op.getLoc(), size));
  auto padding = tensor::GenerateOp::create(rewriter, op.getLoc(),
                                            op.getResultType(), sizes);
  padding.getBody().takeBody(op.getRegion());
  rewriter.replaceOp(op, padding);
}

namespace {
struct NormalizeSlicesPass
    : vga::impl::VGANormalizeSlicesPassBase<NormalizeSlicesPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](OffsetSizeAndStrideOpInterface op) {
      SmallVector<OpFoldResult> strides = getStrides(op);
      if (strides == op.getMixedStrides())
        return;
      rewriter.setInsertionPoint(op);
      if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op.getOperation()))
        rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
            slice, slice.getType(), slice.getSource(), slice.getMixedOffsets(),
            slice.getMixedSizes(), strides);
      else if (auto slice = dyn_cast<tensor::InsertSliceOp>(op.getOperation()))
        rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
            slice, slice.getSource(), slice.getDest(), slice.getMixedOffsets(),
            slice.getMixedSizes(), strides);
    });
    getOperation()->walk(
        [&](tensor::ConcatOp op) { dropEmptyOperands(rewriter, op); });
    getOperation()->walk(
        [&](tensor::PadOp op) { dropEmptySource(rewriter, op); });
    getOperation()->walk(
        [&](tensor::ExpandShapeOp op) { takeSizesOfType(rewriter, op); });
  }
};
} // namespace
