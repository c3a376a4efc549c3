//===- ContractionTile.cpp - Register tiles of contractions ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionTile.h"

#include "Contraction.h"
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

/// The same conversions of a vector.
static Value convert(OpBuilder &builder, Value vector,
                     ArrayRef<Operation *> conversions) {
  auto from = cast<VectorType>(vector.getType());
  for (Operation *conversion : conversions)
    vector =
        builder
            .create(conversion->getLoc(), conversion->getName().getIdentifier(),
                    vector, from.clone(conversion->getResult(0).getType()))
            ->getResult(0);
  return vector;
}

bool ContractionTile::matches(LinalgOp op) {
  if (!Contraction::match(op))
    return false;
  // A dot product has a scalar result: that is a reduction.
  AffineMap result = op.getIndexingMapsArray().back();
  if (result.getNumResults() == 0)
    return false;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    unsigned operands = getIndexedOperands(op, loop);
    if (operands != kInLhs + kInRhs && operands != kInLhs + kInResult &&
        operands != kInRhs + kInResult)
      return false;
  }
  return true;
}

void ContractionTile::vectorize(RewriterBase &rewriter, LinalgOp op) {
  Location loc = op.getLoc();
  Value out = op.getDpsInits()[0];
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
    Contraction contraction = *Contraction::match(op);
    a = convert(rewriter, readOperand(0), contraction.conversions[0]);
    b = convert(rewriter, readOperand(1), contraction.conversions[1]);
  }
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  // Upstream makes outer products of rows times columns, and of columns times
  // rows sums of single elements.
  if (!isPairContraction(op) && result.getNumResults() > 1 &&
      llvm::is_contained(maps[0].getResults(), column)) {
    std::swap(a, b);
    std::swap(maps[0], maps[1]);
  }
  Value accumulator = read(rewriter, loc, out);
  SmallVector<Attribute> iterators;
  for (utils::IteratorType iterator : op.getIteratorTypesArray())
    iterators.push_back(vector::IteratorTypeAttr::get(
        rewriter.getContext(), iterator == utils::IteratorType::parallel
                                   ? vector::IteratorType::parallel
                                   : vector::IteratorType::reduction));
  Value sum = vector::ContractionOp::create(
      rewriter, loc, a, b, accumulator, rewriter.getAffineMapArrayAttr(maps),
      rewriter.getArrayAttr(iterators));
  rewriter.replaceOpWithNewOp<vector::TransferWriteOp>(
      op, sum, out, zeros(rewriter, loc, out), inBounds(out));
}
