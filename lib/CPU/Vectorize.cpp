//===- Vectorize.cpp - Register tiles of linalg, as vectors --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUVECTORIZEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

/// The tile sizes of one loop, largest first, ending in 1.
using Ladder = SmallVector<int64_t>;

/// The ladders of the loops of `op`.
static SmallVector<Ladder> getLadders(LinalgOp op, unsigned vectorBits) {
  SmallVector<Ladder> ladders(op.getNumLoops(), Ladder{1});
  unsigned bits = 8;
  for (Value operand : op->getOperands())
    if (Type type = getElementTypeOrSelf(operand); type.isIntOrFloat())
      bits = std::max(bits, type.getIntOrFloatBitWidth());
  int64_t lanes = std::max(1u, vectorBits / bits);

  AffineMap result = op.getIndexingMapsArray().back();
  auto loopOf = [&](unsigned axis) {
    return cast<AffineDimExpr>(result.getResult(axis)).getPosition();
  };
  unsigned axes = result.getNumResults();
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  if (!reductions.empty() && isaContractionOpInterface(op)) {
    // 6 rows x 2 vectors of accumulators leave room for the operands in 16
    // registers.
    if (axes >= 1)
      ladders[loopOf(axes - 1)] = {2 * lanes, lanes, 1};
    if (axes >= 2)
      ladders[loopOf(axes - 2)] = {6, 1};
    ladders[reductions.back()] = {4, 1};
  } else if (!reductions.empty()) {
    ladders[reductions.back()] = {2 * lanes, 1};
  } else if (axes >= 1) {
    ladders[loopOf(axes - 1)] = {2 * lanes, 1};
  }
  return ladders;
}

namespace {

/// Replaces a linalg operation on buffers by loops over static tiles.
class RegisterTiling {
public:
  RegisterTiling(RewriterBase &rewriter, LinalgOp op, unsigned vectorBits)
      : rewriter(rewriter), op(op), ladders(getLadders(op, vectorBits)) {}

  void run() {
    rewriter.setInsertionPoint(op);
    for (Range range :
         cast<TilingInterface>(op.getOperation()).getIterationDomain(rewriter))
      extents.push_back(range.size);
    emitLoops(/*loop=*/0);
    rewriter.eraseOp(op);
  }

private:
  /// Emits the loops from `loop` inwards, each covered by its ladder.
  void emitLoops(unsigned loop) {
    if (loop == extents.size())
      return emitTile();
    Location loc = op.getLoc();
    OpFoldResult start = rewriter.getIndexAttr(0);
    for (int64_t step : ladders[loop]) {
      // [start, end) is the largest multiple of the step that is left.
      AffineExpr s, n;
      bindSymbols(rewriter.getContext(), s, n);
      OpFoldResult end = affine::makeComposedFoldedAffineApply(
          rewriter, loc, s + (n - s).floorDiv(step) * step,
          {start, extents[loop]});
      if (isEqualConstantIntOrValue(start, end))
        continue;
      Value from = getValueOrCreateConstantIndexOp(rewriter, loc, start);
      Value to = getValueOrCreateConstantIndexOp(rewriter, loc, end);
      Value by = arith::ConstantIndexOp::create(rewriter, loc, step);
      auto forOp = scf::ForOp::create(rewriter, loc, from, to, by);
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(forOp.getBody());
      offsets.push_back(forOp.getInductionVar());
      sizes.push_back(rewriter.getIndexAttr(step));
      emitLoops(loop + 1);
      offsets.pop_back();
      sizes.pop_back();
      start = end;
    }
  }

  void emitTile() {
    SmallVector<Value> operands =
        makeTiledShapes(rewriter, op.getLoc(), op, op->getOperands(), offsets,
                        sizes, extents, /*omitPartialTileCheck=*/true);
    auto tile = cast<LinalgOp>(
        clone(rewriter, op.getOperation(), TypeRange(), operands));
    offsetIndices(rewriter, tile, offsets);
  }

  RewriterBase &rewriter;
  LinalgOp op;
  SmallVector<Ladder> ladders;
  SmallVector<OpFoldResult> extents, offsets, sizes;
};

struct VectorizePass : vga::impl::VGACPUVectorizePassBase<VectorizePass> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (LinalgOp op : collect())
      if (isTileable(op))
        RegisterTiling(rewriter, op, vectorBits).run();
    if (failed(dropUnitLoops()))
      return signalPassFailure();
    for (LinalgOp op : collect()) {
      rewriter.setInsertionPoint(op);
      if (isWorthVectorizing(op))
        if (FailureOr<VectorizationResult> result = vectorize(rewriter, op);
            succeeded(result)) {
          rewriter.replaceOp(op, result->replacements);
          continue;
        }
      if (failed(linalgOpToLoops(rewriter, op))) {
        op->emitError("could not be lowered to loops");
        return signalPassFailure();
      }
      rewriter.eraseOp(op);
    }
    if (failed(raiseToContractions()))
      return signalPassFailure();
  }

private:
  SmallVector<LinalgOp> collect() {
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) { ops.push_back(op); });
    return ops;
  }

  static bool isTileable(LinalgOp op) {
    auto isSimple = [](AffineMap map) { return map.isProjectedPermutation(); };
    return op.hasPureBufferSemantics() && op.getNumDpsInits() == 1 &&
           llvm::all_of(op.getIndexingMapsArray(), isSimple);
  }

  /// Tiles that are one element wide gain nothing from vectors.
  static bool isWorthVectorizing(LinalgOp op) {
    if (op.hasDynamicShape())
      return false;
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    AffineMap result = op.getIndexingMapsArray().back();
    if (result.getNumResults() == 0)
      return llvm::any_of(ranges, [](int64_t range) { return range >= 4; });
    unsigned innermost =
        cast<AffineDimExpr>(result.getResults().back()).getPosition();
    SmallVector<unsigned> reductions;
    op.getReductionDims(reductions);
    return ranges[innermost] >= 4 ||
           (!reductions.empty() && !isaContractionOpInterface(op) &&
            ranges[reductions.back()] >= 4);
  }

  /// A tile of one row is better off without the row axis.
  LogicalResult dropUnitLoops() {
    RewritePatternSet patterns(&getContext());
    ControlDropUnitDims control;
    control.rankReductionStrategy =
        ControlDropUnitDims::RankReductionStrategy::ExtractInsertSlice;
    populateFoldUnitExtentDimsPatterns(patterns, control);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  /// sum(a * b) is a contraction.
  LogicalResult raiseToContractions() {
    RewritePatternSet patterns(&getContext());
    vector::populateVectorReductionToContractPatterns(patterns);
    vector::populateSinkVectorOpsPatterns(patterns);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
