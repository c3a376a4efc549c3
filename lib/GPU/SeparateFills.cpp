//===- SeparateFills.cpp - A fill for each that starts from it ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUSEPARATEFILLSPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether an operation makes a tensor without reading one.
static bool isFill(linalg::LinalgOp op) {
  return op->getNumResults() == 1 && op.getNumReductionLoops() == 0 &&
         op.getRegionOutputArgs().front().use_empty() &&
         llvm::none_of(op.getDpsInputs(), [](Value input) {
           return isa<ShapedType>(input.getType());
         });
}

namespace {
struct SeparateFillsPass
    : vga::impl::VGAGPUSeparateFillsPassBase<SeparateFillsPass> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> fills;
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && isFill(op))
        fills.push_back(op);
    });
    for (linalg::LinalgOp fill : fills)
      for (OpOperand &use : llvm::make_early_inc_range(fill->getUses())) {
        auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
        if (user && user.isDpsInit(&use) && !fill->hasOneUse())
          use.set(OpBuilder(fill).clone(*fill)->getResult(0));
      }
  }
};
} // namespace
