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
    if (attentionOnly) {
      IRRewriter rewriter(&getContext());
      getOperation()->walk([&](AttentionOp op) {
        replaceByDefinition(rewriter, op, /*isForKernels=*/true);
      });
      return;
    }
    RewritePatternSet patterns(&getContext());
    populateVGAToLinalgPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace

void vga::populateVGAToLinalgPatterns(RewritePatternSet &patterns) {
  populateAppendToLinalgPatterns(patterns);
  populateGateToLinalgPatterns(patterns);
  populateAttentionToLinalgPatterns(patterns);
}
