//===- TileTasks.cpp - A contraction with all that follows it, as a task --===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A group is an operation whose result others need (the root) and the
// operations that only work for it: the product under an activation, the zeros
// or the bias under the product, the sums of squares under a norm. A task
// computes a block of the root's result, and of the rest what that block needs,
// while it is in the cache.
//
//===----------------------------------------------------------------------===//

#include "Panels.h"
#include "Tasks.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Utils/LinalgSizes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUTILETASKSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

namespace {
/// A root and what is computed with it.
class TaskGroup {
public:
  explicit TaskGroup(LinalgOp root) : root(root) { grow(root); }

  /// What only goes over elements is as well split up later, on buffers.
  bool hasReductions() {
    return root.getNumReductionLoops() != 0 ||
           llvm::any_of(members, [](Operation *member) {
             return cast<LinalgOp>(member).getNumReductionLoops() != 0;
           });
  }

  bool contains(Operation *op) const {
    return op == root || members.contains(op);
  }

  /// Replaces the group by a parallel loop over blocks of the root's result.
  LogicalResult tile(RewriterBase &rewriter) {
    scf::SCFTilingOptions tiling;
    tiling.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
    tiling.setTileSizes(
        getAsIndexOpFoldResult(rewriter.getContext(), getSizes()));
    scf::SCFTileAndFuseOptions options;
    options.setTilingOptions(tiling);
    using ControlResult = scf::SCFTileAndFuseOptions::ControlFnResult;
    options.setFusionControlFn([this](tensor::ExtractSliceOp, OpResult producer,
                                      bool) -> std::optional<ControlResult> {
      if (!members.contains(producer.getOwner()))
        return std::nullopt;
      return ControlResult{/*yieldProducerReplacement=*/false};
    });
    rewriter.setInsertionPoint(root);
    FailureOr<scf::SCFTileAndFuseResult> tiled =
        scf::tileConsumerAndFuseProducersUsingSCF(
            rewriter, cast<TilingInterface>(root.getOperation()), options);
    if (failed(tiled))
      return failure();
    for (OpResult result : root->getResults())
      rewriter.replaceAllUsesWith(result, tiled->replacements.lookup(result));
    rewriter.eraseOp(root);
    return success();
  }

private:
  /// Adds the producers of `consumer` that nothing else needs.
  void grow(LinalgOp consumer) {
    for (OpOperand &operand : consumer->getOpOperands()) {
      auto producer = operand.get().getDefiningOp<LinalgOp>();
      if (!producer || members.contains(producer) ||
          !operand.get().hasOneUse() || producer->getNumResults() != 1 ||
          !producer.hasPureTensorSemantics() ||
          !isComputedOnce(consumer, operand, producer))
        continue;
      members.insert(producer);
      grow(producer);
    }
  }

  /// Whether no two tasks need the same element of an operand: blocks of rows
  /// and columns share the rows and columns that a product multiplies. Sums
  /// along rows are needed once because such tasks have whole rows.
  static bool isComputedOnce(LinalgOp consumer, OpOperand &operand,
                             LinalgOp producer) {
    if (isaContractionOpInterface(consumer))
      return consumer.isDpsInit(&operand);
    AffineMap map = consumer.getMatchingIndexingMap(&operand);
    AffineMap result = consumer.getIndexingMapsArray().back();
    if (!map.isProjectedPermutation() || !result.isProjectedPermutation())
      return false;
    auto isMissing = [&](AffineExpr loop) {
      return !llvm::is_contained(map.getResults(), loop);
    };
    ArrayRef<AffineExpr> blocks = result.getResults();
    if (isRowSum(producer) && !blocks.empty())
      blocks = blocks.drop_back();
    return llvm::none_of(blocks, isMissing);
  }

  /// Blocks of rows; of columns too, unless something is summed along them.
  SmallVector<int64_t> getSizes() {
    SmallVector<int64_t> sizes = vga::getTaskSizes(root);
    unsigned columns =
        root.getIndexingMapsArray().back().getDimPosition(getNumAxes() - 1);
    bool hasRowSums = llvm::any_of(members, [&](Operation *member) {
      return isRowSum(cast<LinalgOp>(member));
    });
    if (hasRowSums || isRowSum(root))
      sizes[columns] = 0;
    else if (getNumAxes() >= 2)
      sizes[columns] = vga::kTaskColumns;
    return sizes;
  }

  static bool isRowSum(LinalgOp op) {
    return op.getNumReductionLoops() != 0 && !isaContractionOpInterface(op);
  }

  unsigned getNumAxes() {
    return root.getIndexingMapsArray().back().getNumResults();
  }

  LinalgOp root;
  llvm::SetVector<Operation *> members;
};

struct TileTasksPass : vga::impl::VGACPUTileTasksPassBase<TileTasksPass> {
  void runOnOperation() override {
    // Consumers come first: a group is found from its root.
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) {
      if (!op->getParentOfType<scf::ForallOp>())
        ops.push_back(op);
    });
    llvm::SmallPtrSet<Operation *, 16> done;
    SmallVector<TaskGroup> groups;
    for (LinalgOp op : llvm::reverse(ops)) {
      if (done.contains(op) || !isRoot(op))
        continue;
      TaskGroup group(op);
      if (!group.hasReductions())
        continue;
      for (LinalgOp member : ops)
        if (group.contains(member))
          done.insert(member);
      groups.push_back(std::move(group));
    }
    IRRewriter rewriter(&getContext());
    for (TaskGroup &group : groups)
      if (failed(group.tile(rewriter))) {
        getOperation()->emitError("a product could not be split into tasks");
        return signalPassFailure();
      }
    vga::readPanels(rewriter, getOperation());
  }

private:
  static bool isRoot(LinalgOp op) {
    return op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
           (op.getNumReductionLoops() == 0 || isaContractionOpInterface(op)) &&
           !vga::isSmallTask(op) &&
           // Of no elements there are no tasks.
           !llvm::is_contained(op.getStaticLoopRanges(), 0) &&
           vga::getSizeObstacle(op).empty() &&
           op.getIndexingMapsArray().back().isProjectedPermutation() &&
           op.getIndexingMapsArray().back().getNumResults() >= 1;
  }
};
} // namespace
