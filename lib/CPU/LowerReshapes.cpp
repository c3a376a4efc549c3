//===- LowerReshapes.cpp - Reshapes with several dynamic sizes ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGALOWERRESHAPESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether an axis becomes several whose sizes only the run knows.
static bool hasSeveralDynamicSizes(memref::ExpandShapeOp op) {
  return llvm::any_of(op.getReassociationIndices(),
                      [&](const ReassociationIndices &group) {
                        return llvm::count_if(group, [&](int64_t axis) {
                                 return op.getResultType().isDynamicDim(axis);
                               }) > 1;
                      });
}

static void lower(RewriterBase &rewriter, memref::ExpandShapeOp op) {
  Location loc = op.getLoc();
  MemRefType type = op.getResultType();
  auto [typeStrides, typeOffset] = type.getStridesAndOffset();
  auto source =
      memref::ExtractStridedMetadataOp::create(rewriter, loc, op.getSrc());
  // What a type has, memref.reinterpret_cast demands as an attribute.
  auto get = [&](int64_t known, OpFoldResult other) -> OpFoldResult {
    if (ShapedType::isStatic(known))
      return rewriter.getIndexAttr(known);
    return getValueOrCreateConstantIndexOp(rewriter, loc, other);
  };
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape(),
                            strides(type.getRank());
  for (auto [group, sourceStride] :
       llvm::zip_equal(op.getReassociationIndices(), source.getStrides())) {
    Value stride = sourceStride;
    for (int64_t axis : llvm::reverse(group)) {
      strides[axis] = get(typeStrides[axis], stride);
      sizes[axis] = get(type.getDimSize(axis), sizes[axis]);
      stride = rewriter.createOrFold<arith::MulIOp>(
          loc, stride,
          getValueOrCreateConstantIndexOp(rewriter, loc, sizes[axis]));
    }
  }
  rewriter.replaceOpWithNewOp<memref::ReinterpretCastOp>(
      op, type, source.getBaseBuffer(),
      get(typeOffset, OpFoldResult(source.getOffset())), sizes, strides);
}

namespace {
struct LowerReshapesPass
    : vga::impl::VGALowerReshapesPassBase<LowerReshapesPass> {
  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> ops;
    getOperation()->walk([&](memref::ExpandShapeOp op) {
      if (hasSeveralDynamicSizes(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (memref::ExpandShapeOp op : ops) {
      rewriter.setInsertionPoint(op);
      lower(rewriter, op);
    }
  }
};
} // namespace
