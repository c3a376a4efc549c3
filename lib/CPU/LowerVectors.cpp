//===- LowerVectors.cpp - Vector operations to 1-D vectors ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairContraction.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/SupportedOps.h"

#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Hoisting.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPULOWERVECTORSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// True for a transfer of a vector whose elements are apart in memory. Upstream
/// has loads and stores of neighbours only.
template <typename Transfer>
static bool isStrided(Transfer op) {
  auto type = dyn_cast<MemRefType>(op.getBase().getType());
  return type && op.getVectorType().getRank() <= 1 && type.getRank() > 0 &&
         !op.getVectorType().isScalable() && !op.getMask() &&
         !op.hasOutOfBoundsDim() && op.getPermutationMap().isMinorIdentity() &&
         !type.isLastDimUnitStride();
}

namespace {
/// Calls `access` with the indices of each element.
template <typename Transfer>
static void
forEachElement(Transfer op, PatternRewriter &rewriter,
               function_ref<void(ArrayRef<int64_t>, ValueRange)> access) {
  Location loc = op.getLoc();
  SmallVector<Value> indices(op.getIndices());
  Value first = indices.back();
  if (op.getVectorType().getRank() == 0)
    return access({}, indices);
  for (int64_t i = 0; i < op.getVectorType().getNumElements(); ++i) {
    indices.back() = arith::AddIOp::create(
        rewriter, loc, first, arith::ConstantIndexOp::create(rewriter, loc, i));
    access(i, indices);
  }
}

struct ReadStrided : OpRewritePattern<vector::TransferReadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::TransferReadOp op,
                                PatternRewriter &rewriter) const override {
    if (!isStrided(op))
      return rewriter.notifyMatchFailure(op, "elements are neighbours");
    SmallVector<Value> elements;
    forEachElement(op, rewriter, [&](ArrayRef<int64_t>, ValueRange indices) {
      elements.push_back(
          memref::LoadOp::create(rewriter, op.getLoc(), op.getBase(), indices));
    });
    rewriter.replaceOpWithNewOp<vector::FromElementsOp>(op, op.getVectorType(),
                                                        elements);
    return success();
  }
};

struct WriteStrided : OpRewritePattern<vector::TransferWriteOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::TransferWriteOp op,
                                PatternRewriter &rewriter) const override {
    if (!isStrided(op))
      return rewriter.notifyMatchFailure(op, "elements are neighbours");
    forEachElement(op, rewriter,
                   [&](ArrayRef<int64_t> place, ValueRange indices) {
                     Value element = vector::ExtractOp::create(
                         rewriter, op.getLoc(), op.getVector(), place);
                     memref::StoreOp::create(rewriter, op.getLoc(), element,
                                             op.getBase(), indices);
                   });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerVectorsPass
    : vga::impl::VGACPULowerVectorsPassBase<LowerVectorsPass> {
  void runOnOperation() override {
    if (failed(checkMath()) || failed(checkVectors()))
      return signalPassFailure();
    hoistTransfers();
    if (failed(lowerContractions()) || failed(lowerTransfers()) ||
        failed(lowerShapes()) || failed(approximateMath()))
      signalPassFailure();
  }

private:
  /// What is unrolled must have an end.
  LogicalResult checkVectors() {
    auto check = [](Operation *op) {
      for (Type type : llvm::concat<const Type>(op->getOperandTypes(),
                                                op->getResultTypes())) {
        std::string obstacle;
        if (isa<VectorType>(type))
          obstacle = vga::getObstacleOnCPU(type);
        if (obstacle.empty())
          continue;
        op->emitOpError(obstacle);
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    };
    return failure(getOperation()->walk(check).wasInterrupted());
  }

  /// Moves what a loop reads and writes in each iteration out of it. Upstream
  /// starts over with each transfer that it moves, so it is shown one nest of
  /// loops at a time, which no transfer leaves.
  void hoistTransfers() {
    SmallVector<scf::ForOp> nests;
    getOperation()->walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      nests.push_back(loop);
      return WalkResult::skip();
    });
    IRRewriter rewriter(&getContext());
    for (scf::ForOp nest : nests) {
      // Upstream replaces loops, but not what it is called for.
      rewriter.setInsertionPoint(nest);
      auto scope = scf::ExecuteRegionOp::create(rewriter, nest.getLoc(),
                                                nest.getResultTypes());
      rewriter.replaceAllUsesWith(nest.getResults(), scope.getResults());
      Block *body = rewriter.createBlock(&scope.getRegion());
      auto yield =
          scf::YieldOp::create(rewriter, nest.getLoc(), nest.getResults());
      rewriter.moveOpBefore(nest, yield);
      linalg::hoistRedundantVectorTransfers(scope, /*verifyNonZeroTrip=*/false);
      rewriter.replaceAllUsesWith(scope.getResults(),
                                  body->getTerminator()->getOperands());
      rewriter.eraseOp(body->getTerminator());
      rewriter.inlineBlockBefore(body, scope);
      rewriter.eraseOp(scope);
    }
  }

  LogicalResult apply(function_ref<void(RewritePatternSet &)> populate) {
    RewritePatternSet patterns(&getContext());
    populate(patterns);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  LogicalResult lowerContractions() {
    return apply([](RewritePatternSet &patterns) {
      vga::populatePairContractionPatterns(patterns);
      vector::populateVectorContractLoweringPatterns(
          patterns, vector::VectorContractLowering::OuterProduct);
      vector::populateVectorOuterProductLoweringPatterns(patterns);
      vector::populateVectorMultiReductionLoweringPatterns(
          patterns, vector::VectorMultiReductionLowering::InnerReduction);
      vector::populateCastAwayVectorLeadingOneDimPatterns(patterns);
    });
  }

  LogicalResult lowerTransfers() {
    return apply([](RewritePatternSet &patterns) {
      patterns.add<ReadStrided, WriteStrided>(patterns.getContext());
      vector::populateVectorTransferPermutationMapLoweringPatterns(patterns);
      vector::populateVectorTransferLoweringPatterns(patterns,
                                                     /*maxTransferRank=*/1);
      populateVectorToSCFConversionPatterns(
          patterns, VectorTransferToSCFOptions().enableFullUnroll());
    });
  }

  LogicalResult lowerShapes() {
    return apply([](RewritePatternSet &patterns) {
      vector::populateVectorBroadcastLoweringPatterns(patterns);
      vector::populateVectorShapeCastLoweringPatterns(patterns);
      vector::populateVectorTransposeLoweringPatterns(
          patterns, vector::VectorTransposeLowering::Shuffle1D);
    });
  }

  /// Upstream's polynomials are of numbers and vectors, and do not look.
  LogicalResult checkMath() {
    WalkResult result = getOperation()->walk([](Operation *op) -> WalkResult {
      if (!isa_and_present<math::MathDialect>(op->getDialect()))
        return WalkResult::advance();
      for (Type type : op->getResultTypes())
        if (isa<TensorType>(type))
          return op->emitOpError("expected numbers or vectors, got ") << type;
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// Functions of f32 become polynomials; those of f64 are left to libm. exp,
  /// expm1 and log follow in a pass of their own.
  LogicalResult approximateMath() {
    return apply([](RewritePatternSet &patterns) {
      populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
        return llvm::is_contained({"math.log1p", "math.tanh", "math.erf"},
                                  name);
      });
    });
  }
};

} // namespace
