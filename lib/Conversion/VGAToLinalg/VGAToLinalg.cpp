//===- VGAToLinalg.cpp - The definition of the operations -----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/VGA.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_CONVERTVGATOLINALGPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
struct ConvertVGAToLinalgPass
    : vga::impl::ConvertVGAToLinalgPassBase<ConvertVGAToLinalgPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    if (attentionOnly) {
      if (failed(checkKernels()))
        return signalPassFailure();
      populateAttentionToLinalgPatterns(patterns);
    } else {
      populateVGAToLinalgPatterns(patterns);
    }
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }

private:
  /// Loops over pages are for the host.
  LogicalResult checkKernels() {
    WalkResult result = getOperation()->walk([](AttentionOp op) {
      if (!op.getBlockTable())
        return WalkResult::advance();
      op.emitOpError("has no definition in operations that are kernels: its "
                     "keys are in pages");
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace

void vga::populateVGAToLinalgPatterns(RewritePatternSet &patterns) {
  populateAppendToLinalgPatterns(patterns);
  populateGateToLinalgPatterns(patterns);
  populateAttentionToLinalgPatterns(patterns);
}
