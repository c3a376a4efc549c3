//===- ContractionTile.cpp - Register tiles of contractions ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionTile.h"

#include "PairContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

static SmallVector<Value> zeros(OpBuilder &builder, Location loc,
                                Value memref) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return SmallVector<Value>(cast<MemRefType>(memref.getType()).getRank(), zero);
}

static SmallVector<bool> inBounds(Value memref) {
  return SmallVector<bool>(cast<MemRefType>(memref.getType()).getRank(), true);
}

static Value read(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  return vector::TransferReadOp::create(
      builder, loc, VectorType::get(type.getShape(), type.getElementType()),
      memref, zeros(builder, loc, memref), /*padding=*/std::nullopt,
      ArrayRef<bool>(inBounds(memref)));
}

/// The same vector, of scalars. A vector of six floats would be two registers
/// to the machine, which it takes apart again by shuffles.
static Value readElements(OpBuilder &builder, Location loc, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<Value> elements;
  SmallVector<int64_t> strides = computeSuffixProduct(type.getShape());
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<Value> indices;
    for (int64_t index : delinearize(i, strides))
      indices.push_back(arith::ConstantIndexOp::create(builder, loc, index));
    elements.push_back(memref::LoadOp::create(builder, loc, memref, indices));
  }
  return vector::FromElementsOp::create(
      builder, loc, VectorType::get(type.getShape(), type.getElementType()),
      elements);
}

static Value convert(OpBuilder &builder, Location loc, Value vector,
                     FloatType type) {
  auto from = cast<VectorType>(vector.getType());
  auto to = from.clone(type);
  if (from == to)
    return vector;
  if (from.getElementTypeBitWidth() < type.getWidth())
    return arith::ExtFOp::create(builder, loc, to, vector);
  return arith::TruncFOp::create(builder, loc, to, vector);
}

bool ContractionTile::matches(LinalgOp op) {
  // A dot product has a scalar result: that is a reduction.
  return isaContractionOpInterface(op) && op.getNumDpsInputs() == 2 &&
         op.getIndexingMapsArray().back().getNumResults() != 0 &&
         llvm::all_of(op->getOperandTypes(), [](Type type) {
           return isa<FloatType>(getElementTypeOrSelf(type));
         });
}

void ContractionTile::vectorize(RewriterBase &rewriter, LinalgOp op) {
  Location loc = op.getLoc();
  Value out = op.getDpsInits()[0];
  auto type = cast<FloatType>(getElementTypeOrSelf(out));
  // What vectors run along is loaded as vectors; of the other operand each
  // element meets a whole vector, and is loaded by itself.
  AffineMap result = op.getIndexingMapsArray().back();
  AffineExpr column = result.getResults().back();
  auto readOperand = [&](unsigned index) {
    AffineMap map = op.getIndexingMapsArray()[index];
    return llvm::is_contained(map.getResults(), column)
               ? read(rewriter, loc, op->getOperand(index))
               : readElements(rewriter, loc, op->getOperand(index));
  };
  Value a, b;
  if (isPairContraction(op)) {
    a = read(rewriter, loc, op->getOperand(0));
    b = readPairs(rewriter, loc, op->getOperand(1));
  } else {
    a = convert(rewriter, loc, readOperand(0), type);
    b = convert(rewriter, loc, readOperand(1), type);
  }
  Value accumulator = read(rewriter, loc, out);
  SmallVector<Attribute> iterators;
  for (utils::IteratorType iterator : op.getIteratorTypesArray())
    iterators.push_back(vector::IteratorTypeAttr::get(
        rewriter.getContext(), iterator == utils::IteratorType::parallel
                                   ? vector::IteratorType::parallel
                                   : vector::IteratorType::reduction));
  Value sum = vector::ContractionOp::create(
      rewriter, loc, a, b, accumulator,
      rewriter.getAffineMapArrayAttr(op.getIndexingMapsArray()),
      rewriter.getArrayAttr(iterators));
  rewriter.replaceOpWithNewOp<vector::TransferWriteOp>(
      op, sum, out, zeros(rewriter, loc, out), inBounds(out));
}
