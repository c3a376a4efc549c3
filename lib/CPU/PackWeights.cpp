//===- PackWeights.cpp - Weights of products in panels --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tasks.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/Parameters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUPACKWEIGHTSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

namespace {
/// The operand of a product that is a matrix of weights, whose columns are
/// those of the result.
struct Weights {
  static std::optional<Weights> find(LinalgOp op,
                                     const vga::Parameters &parameters) {
    FailureOr<ContractionDimensions> dims = inferContractionDims(op);
    if (failed(dims) || !isaContractionOpInterface(op) ||
        !op.hasPureTensorSemantics() || op.getNumDpsInputs() != 2 ||
        dims->k.size() != 1)
      return std::nullopt;
    AffineMap result = op.getIndexingMapsArray().back();
    if (result.getNumResults() < 2)
      return std::nullopt;
    unsigned columns = result.getDimPosition(result.getNumResults() - 1);
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      auto type = dyn_cast<RankedTensorType>(operand->get().getType());
      if (!type || !type.hasStaticShape() || map.getNumResults() != 2 ||
          !parameters.contains(operand->get()))
        continue;
      unsigned first = map.getDimPosition(0), second = map.getDimPosition(1);
      if (first == dims->k[0] && second == columns)
        return Weights{operand->getOperandNumber(), columns, dims->k[0],
                       /*isTransposed=*/false};
      if (second == dims->k[0] && first == columns)
        return Weights{operand->getOperandNumber(), columns, dims->k[0],
                       /*isTransposed=*/true};
    }
    return std::nullopt;
  }

  unsigned operand, columnLoop, sumLoop;
  /// Stored by columns, each of which is a row of the tensor.
  bool isTransposed;
};

struct PackWeightsPass : vga::impl::VGACPUPackWeightsPassBase<PackWeightsPass> {
  void runOnOperation() override {
    vga::Parameters parameters(getOperation());
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (LinalgOp op : ops)
      if (std::optional<Weights> weights = Weights::find(op, parameters))
        if (failed(pack(rewriter, op, *weights)))
          return signalPassFailure();
  }

private:
  LogicalResult pack(RewriterBase &rewriter, LinalgOp op, Weights weights) {
    Value matrix = op->getOperand(weights.operand);
    auto type = cast<RankedTensorType>(matrix.getType());
    int64_t rows = type.getDimSize(weights.isTransposed ? 1 : 0);
    int64_t columns = type.getDimSize(weights.isTransposed ? 0 : 1);
    int64_t width = vga::kTaskColumns;
    if (!weights.isTransposed && columns <= width)
      return success(); // One panel: they are as they should be.

    rewriter.setInsertionPoint(op);
    Location loc = op.getLoc();
    OpFoldResult tile = rewriter.getIndexAttr(width);
    Type element = type.getElementType();
    int64_t inner = weights.isTransposed ? 0 : 1;
    SmallVector<int64_t> order = {inner, 1 - inner};
    std::optional<Value> padding;
    if (columns % width != 0)
      padding = arith::ConstantOp::create(rewriter, loc,
                                          rewriter.getZeroAttr(element));
    Value panels = tensor::EmptyOp::create(
        rewriter, loc, {llvm::divideCeilSigned(columns, width), rows, width},
        element);
    Value packed = PackOp::create(rewriter, loc, matrix, panels, {inner},
                                  {tile}, padding, order)
                       ->getResult(0);
    Value empty = tensor::EmptyOp::create(
        rewriter, loc, ArrayRef<int64_t>{rows, columns}, element);
    Value unpacked =
        UnPackOp::create(rewriter, loc, packed, empty, /*innerDimsPos=*/{1},
                         {tile}, /*outerDimsPerm=*/{1, 0})
            ->getResult(0);
    if (!weights.isTransposed) {
      rewriter.modifyOpInPlace(
          op, [&] { op->setOperand(weights.operand, unpacked); });
      return success();
    }
    // The product by rows of what is unpacked by columns.
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    MLIRContext *context = rewriter.getContext();
    maps[weights.operand] =
        AffineMap::get(op.getNumLoops(), 0,
                       {rewriter.getAffineDimExpr(weights.sumLoop),
                        rewriter.getAffineDimExpr(weights.columnLoop)},
                       context);
    GenericOp generic = dyn_cast<GenericOp>(op.getOperation());
    if (!generic) {
      FailureOr<GenericOp> generalized = generalizeNamedOp(rewriter, op);
      if (failed(generalized))
        return op->emitError("could not be generalized");
      generic = *generalized;
    }
    rewriter.modifyOpInPlace(generic, [&] {
      generic->setOperand(weights.operand, unpacked);
      generic.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};
} // namespace
