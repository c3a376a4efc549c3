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

namespace {
struct LowerPacksPass : vga::impl::VGACPULowerPacksPassBase<LowerPacksPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    auto lower = [&](Operation *op) {
      rewriter.setInsertionPoint(op);
      if (auto pack = dyn_cast<linalg::PackOp>(op))
        return success(succeeded(linalg::lowerPack(rewriter, pack)));
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
      else if (failed(lower(op))) {
        op->emitError("could not be lowered");
        return signalPassFailure();
      }
    }
  }
};
} // namespace
