//===- CheckSizes.cpp - Sizes and offsets, at run time --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"

#include "mlir/Analysis/DataFlow/ConstantPropagationAnalysis.h"
#include "mlir/Analysis/DataFlow/DeadCodeAnalysis.h"
#include "mlir/Analysis/DataFlow/IntegerRangeAnalysis.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "mlir/Transforms/CSE.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACHECKSIZESPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// What upstream knows of operations that are not on tensors, such as those of
/// memref.
static void checkByInterface(RuntimeVerifiableOpInterface op,
                             OpBuilder &builder) {
  op.generateRuntimeVerification(
      builder, op.getLoc(), [](Operation *op, StringRef message) {
        return (op->getName().getStringRef() + ": " + message).str();
      });
}

namespace {
struct CheckSizesPass : vga::impl::VGACheckSizesPassBase<CheckSizesPass> {
  using Base::Base;

  void runOnOperation() override {
    DataFlowSolver ranges;
    ranges.load<dataflow::DeadCodeAnalysis>();
    ranges.load<dataflow::SparseConstantPropagation>();
    ranges.load<dataflow::IntegerRangeAnalysis>();
    if (failed(ranges.initializeAndRun(getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> ops;
    getOperation()->walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      check(op, ranges);
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
    eraseRepeated(dominance);
  }

private:
  void check(Operation *op, DataFlowSolver &ranges) {
    OpBuilder builder(op);
    // There is nothing else among the insertions of a loop's results.
    if (isa<tensor::ParallelInsertSliceOp>(op))
      builder.setInsertionPoint(op->getParentOp());
    SizeChecker checker(builder, op, &ranges, readsArrays);
    if (isa<VGADialect>(op->getDialect()))
      checkVGAOp(op, checker);
    else if (isa_and_nonnull<linalg::LinalgDialect>(op->getDialect()))
      checkLinalgOp(op, checker);
    else if (isa_and_nonnull<memref::MemRefDialect>(op->getDialect())) {
      if (auto other = dyn_cast<RuntimeVerifiableOpInterface>(op))
        checkByInterface(other, builder);
    } else
      checkTensorOp(op, checker);
  }

  /// Erases checks of what has been checked.
  void eraseRepeated(DominanceInfo &dominance) {
    DenseMap<Value, SmallVector<CheckOp>> before;
    SmallVector<CheckOp> repeated;
    getOperation()->walk<WalkOrder::PreOrder>([&](CheckOp op) {
      SmallVector<CheckOp> &others = before[op.getCondition()];
      if (llvm::any_of(others, [&](CheckOp other) {
            return dominance.properlyDominates(other, op);
          }))
        repeated.push_back(op);
      else
        others.push_back(op);
    });
    for (CheckOp op : repeated)
      op.erase();
  }
};
} // namespace
