//===- DecomposeAggregates.cpp - Linalg operations made of others ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGADECOMPOSEAGGREGATESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Gives input and output all sizes that the type of one of them has:
/// upstream's decomposition takes them from both.
static void shareSizes(IRRewriter &rewriter, linalg::SoftmaxOp op) {
  SmallVector<int64_t> sizes;
  for (auto [input, output] : llvm::zip(op.getInputOperandType().getShape(),
                                        op.getOutputOperandType().getShape()))
    sizes.push_back(ShapedType::isDynamic(input) ? output : input);
  SmallVector<Value> operands;
  for (Value operand : {op.getInput(), op.getOutput()}) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getShape() != ArrayRef(sizes))
      operand = tensor::CastOp::create(rewriter, op.getLoc(), type.clone(sizes),
                                       operand);
    operands.push_back(operand);
  }
  if (operands == SmallVector<Value>(op->getOperands()))
    return;
  auto shared = linalg::SoftmaxOp::create(
      rewriter, op.getLoc(), TypeRange(operands[1].getType()), operands[0],
      operands[1], op.getDimension());
  Value result = shared->getResult(0);
  Type type = op->getResult(0).getType();
  if (result.getType() != type)
    result = tensor::CastOp::create(rewriter, op.getLoc(), type, result);
  rewriter.replaceOp(op, result);
}

static LogicalResult checkSoftmax(linalg::SoftmaxOp op) {
  if (!op.hasPureTensorSemantics())
    return op.emitOpError("expected tensors");
  Type type = op.getInputOperandType().getElementType();
  if (!isa<FloatType>(type))
    return op.emitOpError("expected floats, got ") << type;
  return success();
}

static SmallVector<linalg::SoftmaxOp> getSoftmaxes(Operation *root) {
  SmallVector<linalg::SoftmaxOp> ops;
  root->walk([&](linalg::SoftmaxOp op) { ops.push_back(op); });
  return ops;
}

namespace {
struct DecomposeAggregatesPass
    : vga::impl::VGADecomposeAggregatesPassBase<DecomposeAggregatesPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (linalg::SoftmaxOp op : getSoftmaxes(getOperation())) {
      if (failed(checkSoftmax(op)))
        return signalPassFailure();
      rewriter.setInsertionPoint(op);
      shareSizes(rewriter, op);
    }
    for (linalg::SoftmaxOp op : getSoftmaxes(getOperation())) {
      rewriter.setInsertionPoint(op);
      FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
      if (failed(results)) {
        op->emitError("could not be decomposed");
        return signalPassFailure();
      }
      rewriter.replaceOp(op, *results);
    }
  }
};
} // namespace
