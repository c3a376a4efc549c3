//===- Parallelize.cpp - Tasks that are worth a thread each --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tasks.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Utils/LinalgSizes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUPARALLELIZEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

/// The share of an operation with one axis.
static constexpr int64_t kElements = 4096;
/// An operation below this many iterations is not worth waking threads for.
static constexpr int64_t kSmallest = 16384;

bool vga::isSmallTask(LinalgOp op) {
  int64_t iterations = 1;
  for (int64_t range : op.getStaticLoopRanges()) {
    if (ShapedType::isDynamic(range))
      return false;
    iterations *= range;
  }
  return iterations < kSmallest;
}

/// The tile sizes of the loops of `op`; 0 is a loop that is not split.
SmallVector<int64_t> vga::getTaskSizes(LinalgOp op) {
  SmallVector<int64_t> sizes(op.getNumLoops(), 0);
  AffineMap result = op.getIndexingMapsArray().back();
  unsigned axes = result.getNumResults();
  for (auto [axis, loop] : llvm::enumerate(result.getResults())) {
    unsigned position = cast<AffineDimExpr>(loop).getPosition();
    unsigned fromRight = axes - axis;
    if (fromRight > 2)
      sizes[position] = 1;
    else if (fromRight == 2)
      sizes[position] = vga::kTaskRows;
    else if (axes == 1)
      sizes[position] = kElements;
    else if (op.getNumReductionLoops() != 0)
      sizes[position] = vga::kTaskColumns;
  }
  return sizes;
}

namespace {
struct ParallelizePass : vga::impl::VGACPUParallelizePassBase<ParallelizePass> {
  void runOnOperation() override {
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) {
      // A part of a task is no task.
      if (!op->getParentOfType<scf::ParallelOp>())
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (LinalgOp op : ops) {
      bool isSplittable =
          op.hasPureBufferSemantics() && op.getNumDpsInits() &&
          op.getIndexingMapsArray().back().isProjectedPermutation() &&
          vga::getSizeObstacle(op).empty() &&
          !llvm::is_contained(op.getStaticLoopRanges(), 0);
      if (!isSplittable || vga::isSmallTask(op))
        continue;
      auto options = LinalgTilingOptions()
                         .setTileSizes(vga::getTaskSizes(op))
                         .setLoopType(LinalgTilingLoopType::ParallelLoops);
      rewriter.setInsertionPoint(op);
      FailureOr<TiledLinalgOp> tiled = tileLinalgOp(rewriter, op, options);
      if (failed(tiled)) {
        op->emitError("could not be split into tasks");
        return signalPassFailure();
      }
      rewriter.eraseOp(op);
    }
  }
};
} // namespace
