//===- LowerPacks.cpp - Packing as padding and transposition --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPULOWERPACKSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Upstream's verifier lets other elements pass, and so does its lowering.
static LogicalResult checkElements(Operation *op) {
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  for (Value operand : op->getOperands()) {
    Type type = operand.getType();
    if (!type.isIndex() && getElementTypeOrSelf(type) != element)
      return op->emitOpError("expected elements of ")
             << element << ", got " << getElementTypeOrSelf(type);
  }
  return success();
}

/// Whether there is nothing to pack: no slice of an empty tensor is valid.
static bool isEmpty(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && llvm::is_contained(tensor.getShape(), 0);
}

/// Gives the destination of a pack the sizes that its source says: upstream's
/// lowering takes them from both.
static linalg::PackOp refine(RewriterBase &rewriter, linalg::PackOp op) {
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  auto dest = dyn_cast<RankedTensorType>(op.getDest().getType());
  if (!source || !dest)
    return op;
  auto inferred = linalg::PackOp::inferPackedType(
      source, op.getStaticInnerTiles(), op.getInnerDimsPos(),
      op.getOuterDimsPerm());
  SmallVector<int64_t> shape(dest.getShape());
  for (auto [size, known] : llvm::zip_equal(shape, inferred.getShape()))
    if (ShapedType::isDynamic(size))
      size = known;
  if (dest.getShape() == ArrayRef(shape))
    return op;
  Location loc = op.getLoc();
  Value cast =
      tensor::CastOp::create(rewriter, loc, dest.clone(shape), op.getDest());
  auto refined = linalg::PackOp::create(
      rewriter, loc, op.getSource(), cast, op.getInnerDimsPos(),
      op.getMixedTiles(), op.getPaddingValue(), op.getOuterDimsPerm());
  rewriter.replaceOpWithNewOp<tensor::CastOp>(op, dest, refined->getResult(0));
  return refined;
}

namespace {
struct LowerPacksPass : vga::impl::VGACPULowerPacksPassBase<LowerPacksPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    auto lower = [&](Operation *op) {
      rewriter.setInsertionPoint(op);
      if (auto pack = dyn_cast<linalg::PackOp>(op)) {
        pack = refine(rewriter, pack);
        rewriter.setInsertionPoint(pack);
        return success(succeeded(linalg::lowerPack(rewriter, pack)));
      }
      if (auto unpack = dyn_cast<linalg::UnPackOp>(op))
        return success(succeeded(linalg::lowerUnPack(rewriter, unpack)));
      return success();
    };
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<linalg::PackOp, linalg::UnPackOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (isOpTriviallyDead(op))
        rewriter.eraseOp(op);
      else if (failed(checkElements(op)))
        return signalPassFailure();
      else if (isEmpty(op->getResult(0).getType()))
        rewriter.replaceOp(op,
                           cast<DestinationStyleOpInterface>(op).getDpsInits());
      else if (Location loc = op->getLoc(); failed(lower(op))) {
        emitError(loc, "could not be lowered");
        return signalPassFailure();
      }
    }
  }
};
} // namespace
