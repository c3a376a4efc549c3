//===- CheckSizes.cpp - Sizes and offsets, at run time --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/SupportedOps.h"

#include "mlir/Analysis/DataFlow/ConstantPropagationAnalysis.h"
#include "mlir/Analysis/DataFlow/DeadCodeAnalysis.h"
#include "mlir/Analysis/DataFlow/IntegerRangeAnalysis.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"
#include "mlir/Transforms/CSE.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACHECKSIZESPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// What upstream knows of operations that are not on tensors, such as those of
/// memref, as vga.check: kernels have no cf.assert.
static void checkByInterface(RuntimeVerifiableOpInterface op) {
  struct : OpBuilder::Listener {
    void notifyOperationInserted(Operation *op,
                                 OpBuilder::InsertPoint) override {
      if (auto assertion = dyn_cast<cf::AssertOp>(op))
        assertions.push_back(assertion);
    }
    SmallVector<cf::AssertOp> assertions;
  } listener;
  OpBuilder builder(op, &listener);
  op.generateRuntimeVerification(
      builder, op.getLoc(), [](Operation *op, StringRef message) {
        return (op->getName().getStringRef() + ": " + message).str();
      });
  for (cf::AssertOp assertion : listener.assertions) {
    builder.setInsertionPoint(assertion);
    CheckOp::create(builder, assertion.getLoc(), assertion.getArg(),
                    assertion.getMsg(), ValueRange());
    assertion.erase();
  }
}

/// Whether types of tensors follow from the sizes, offsets or amounts of an
/// operation, so that wrong ones are no valid IR once they are part of a type.
static bool areSizesInTypes(Operation *op) {
  return !isa<tensor::DimOp, tensor::ExtractOp, tensor::InsertOp,
              tensor::EmptyOp, tensor::GenerateOp, tensor::SplatOp>(op) &&
         llvm::any_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>) &&
         !isa<LoopLikeOpInterface>(op);
}

/// Fails if every call of the function would fail at `op`, as its check says
/// which is in front of it.
static LogicalResult refuseIfWrong(Operation *op, CheckOp check) {
  std::optional<int64_t> holds = getConstantIntValue(check.getCondition());
  if (!holds || *holds || !check.getValues().empty() || !areSizesInTypes(op) ||
      !isa<FunctionOpInterface>(op->getParentOp()) ||
      !op->getBlock()->isEntryBlock())
    return success();
  StringRef what = check.getMessage();
  what.consume_front(op->getName().getStringRef());
  what.consume_front(": ");
  return op->emitOpError(what);
}

namespace {
struct CheckSizesPass : vga::impl::VGACheckSizesPassBase<CheckSizesPass> {
  using Base::Base;

  void runOnOperation() override {
    // Upstream's bounds of values die of an axis that is not there.
    auto findObstacle = [](Operation *op) {
      std::string obstacle = getObstacleOfSizes(op);
      if (obstacle.empty())
        return WalkResult::advance();
      op->emitOpError(obstacle);
      return WalkResult::interrupt();
    };
    if (getOperation()->walk(findObstacle).wasInterrupted())
      return signalPassFailure();
    DataFlowSolver ranges;
    ranges.load<dataflow::DeadCodeAnalysis>();
    ranges.load<dataflow::SparseConstantPropagation>();
    ranges.load<dataflow::IntegerRangeAnalysis>();
    if (failed(ranges.initializeAndRun(getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> ops;
    getOperation()->walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops) {
      Operation *before = op->getBlock() ? op->getPrevNode() : nullptr;
      check(op, ranges);
      for (Operation *other = op->getBlock() ? op->getPrevNode() : nullptr;
           other && other != before; other = other->getPrevNode())
        if (auto check = dyn_cast<CheckOp>(other);
            check && failed(refuseIfWrong(op, check)))
          return signalPassFailure();
    }
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
    if (isa_and_nonnull<VGADialect>(op->getDialect()))
      checkVGAOp(op, checker);
    else if (isa_and_nonnull<linalg::LinalgDialect>(op->getDialect()))
      checkLinalgOp(op, checker);
    else if (isa_and_nonnull<memref::MemRefDialect>(op->getDialect())) {
      if (auto other = dyn_cast<RuntimeVerifiableOpInterface>(op))
        checkByInterface(other);
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
