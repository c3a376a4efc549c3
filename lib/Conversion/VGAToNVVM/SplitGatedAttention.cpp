//===- SplitGatedAttention.cpp - vga.gated_attention for kernels ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/QueryGates.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUSPLITGATEDATTENTIONPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether the positions of the queries, whose values have their gates, are
/// looked up for each sequence.
static bool looksPositionsUp(GatedAttentionOp op) {
  return op.getSite() == GateSite::output &&
         (op.getBlockTable() || op.getAlignment() == Alignment::length);
}

namespace {
struct VGAGPUSplitGatedAttentionPass
    : vga::impl::VGAGPUSplitGatedAttentionPassBase<
          VGAGPUSplitGatedAttentionPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](GatedAttentionOp op) {
      if (!looksPositionsUp(op))
        return;
      rewriter.setInsertionPoint(op);
      Value gate = gateQueryPositions(rewriter, op, /*isForKernels=*/true);
      replaceByAttention(rewriter, op, /*valueGate=*/Value(), gate);
    });
    RewritePatternSet patterns(&getContext());
    populateSplitGatedAttentionPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
