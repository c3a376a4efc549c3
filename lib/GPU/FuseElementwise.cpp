//===- FuseElementwise.cpp - Elementwise into all that reads it -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "vga/Dialect/VGA/Utils/LinalgFusion.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUFUSEELEMENTWISEPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Users that may compute the same again, and operations that they may repeat:
/// beyond, a way through memory is cheaper.
static constexpr unsigned kMostUses = 3, kMostOperations = 24;

/// Whether a linalg.generic reads `operand` as an input.
static bool isFusible(OpOperand *operand) {
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  return consumer && consumer.isDpsInput(operand);
}

static bool isElementwise(linalg::GenericOp op) {
  return op && op.getNumReductionLoops() == 0 && op->getNumResults() == 1;
}

/// Gives each user a copy of its own, if all can take it in.
static void copyForUsers(linalg::GenericOp op) {
  SmallVector<OpOperand *> uses =
      llvm::map_to_vector(op->getUses(), [](OpOperand &use) { return &use; });
  // What reads nothing is a number wherever it goes.
  bool isNumber = op.getNumDpsInputs() == 0;
  if (!isNumber && (uses.size() > kMostUses ||
                    op.getBody()->getOperations().size() > kMostOperations ||
                    !llvm::all_of(uses, isFusible)))
    return;
  for (OpOperand *use : llvm::make_filter_range(uses, isFusible))
    if (!op->hasOneUse())
      use->set(OpBuilder(op).clone(*op)->getResult(0));
}

namespace {
struct FuseElementwisePass
    : vga::impl::VGAGPUFuseElementwisePassBase<FuseElementwisePass> {
  void runOnOperation() override {
    // Before, to see who the users are.
    if (failed(fuse()))
      return signalPassFailure();
    // The last come first: what they read gets the users that they have become.
    SmallVector<linalg::GenericOp> producers;
    getOperation()->walk([&](linalg::GenericOp op) {
      if (isElementwise(op))
        producers.push_back(op);
    });
    for (linalg::GenericOp op : llvm::reverse(producers))
      copyForUsers(op);
    if (failed(fuse()))
      signalPassFailure();
  }

private:
  LogicalResult fuse() {
    RewritePatternSet patterns(&getContext());
    // Uses that are none: of sizes, and of the same once more.
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::populateElementwiseOpsFusionPatterns(
        patterns, [](OpOperand *operand) {
          return isElementwise(
                     operand->get().getDefiningOp<linalg::GenericOp>()) &&
                 operand->get().hasOneUse() && isFusible(operand) &&
                 vga::isRepeatable(operand);
        });
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
