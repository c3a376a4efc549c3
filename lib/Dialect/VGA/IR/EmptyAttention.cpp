//===- EmptyAttention.cpp - Attention to nothing --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

Value vga::createSplat(OpBuilder &builder, Location loc, RankedTensorType type,
                       ArrayRef<OpFoldResult> shape, double value) {
  if (llvm::is_contained(type.getShape(), 0))
    return tensor::EmptyOp::create(builder, loc, shape, type.getElementType());
  auto attribute = FloatAttr::get(type.getElementType(), value);
  if (type.hasStaticShape())
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, attribute));
  SmallVector<Value> dynamicSizes;
  for (auto [size, extent] : llvm::zip_equal(shape, type.getShape()))
    if (ShapedType::isDynamic(extent))
      dynamicSizes.push_back(
          getValueOrCreateConstantIndexOp(builder, loc, size));
  Value scalar = arith::ConstantOp::create(builder, loc, attribute);
  return tensor::SplatOp::create(builder, loc, type, scalar, dynamicSizes);
}

/// True if there is no key, or no page for one.
static bool hasNoKeys(AttentionInterface op) {
  auto key = cast<RankedTensorType>(op.getKey().getType());
  return AttentionSizes(op).keys == 0 ||
         (op.getBlockTable() &&
          key.getDimSize(AxisOrder(op.getLayout()).batch) == 0);
}

bool vga::isEmpty(AttentionInterface op) {
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  return hasNoKeys(op) || llvm::is_contained(result.getShape(), 0);
}

/// The lse of rows without a key: that of the sink, if there is one.
static Value emitLseWithoutKeys(OpBuilder &builder, AttentionInterface op,
                                ArrayRef<OpFoldResult> shape) {
  auto type = cast<RankedTensorType>(op->getResult(1).getType());
  if (!op.getSink())
    return createSplat(builder, op.getLoc(), type, shape,
                       -std::numeric_limits<double>::infinity());
  LinalgBuilder b(op.getLoc(), builder);
  AffineExpr batch, head, query;
  bindDims(b.getContext(), batch, head, query);
  auto element = cast<FloatType>(type.getElementType());
  Value lse = b.generic(
      {{op.getSink(), {head}}}, {b.empty(shape, element), {batch, head, query}},
      [&](LinalgBuilder &s, ValueRange e) { return s.convert(e[0], element); });
  builder.setInsertionPointAfterValue(lse);
  return lse;
}

FailureOr<SmallVector<Value>> vga::emitEmptyAttention(OpBuilder &builder,
                                                      AttentionInterface op) {
  if (!isEmpty(op))
    return failure();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  bool hasRows = true;
  if (op.getReturnLse())
    hasRows = !llvm::is_contained(
        cast<RankedTensorType>(op->getResult(1).getType()).getShape(), 0);
  if (op.getReturnLse() && hasRows && !hasNoKeys(op))
    return failure();
  ReifiedRankedShapedTypeDims shapes;
  auto shaped = cast<ReifyRankedShapedTypeOpInterface>(op.getOperation());
  if (failed(shaped.reifyResultShapes(builder, shapes)))
    return failure();
  SmallVector<Value> results = {
      createSplat(builder, op.getLoc(), type, shapes[0], 0.0)};
  if (op.getReturnLse())
    results.push_back(emitLseWithoutKeys(builder, op, shapes[1]));
  return results;
}
