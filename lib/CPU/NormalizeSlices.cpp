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
  }
};
} // namespace
