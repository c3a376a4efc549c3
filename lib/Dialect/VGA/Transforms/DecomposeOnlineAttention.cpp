//===- DecomposeOnlineAttention.cpp - Online attention as linalg ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGADECOMPOSEONLINEATTENTIONPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
struct DecomposeOnlineAttentionPass
    : vga::impl::VGADecomposeOnlineAttentionPassBase<
          DecomposeOnlineAttentionPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk(
        [&](OnlineAttentionOp op) { decomposeOnlineAttention(rewriter, op); });
  }
};
} // namespace

void vga::decomposeOnlineAttention(RewriterBase &rewriter,
                                   OnlineAttentionOp op) {
  rewriter.setInsertionPoint(op);
  FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
  assert(succeeded(results) && "the decomposition does not fail");
  rewriter.replaceOp(op, *results);
}
