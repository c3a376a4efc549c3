//===- Contraction.cpp - Sums of products, and nothing else ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

static bool isConversion(Operation *op) {
  return isa<arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp,
             arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp>(op);
}

/// What `value` is converted from; fills in how.
static Value skipConversions(Value value,
                             SmallVectorImpl<Operation *> &conversions) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isConversion(op))
      break;
    conversions.insert(conversions.begin(), op);
    value = op->getOperand(0);
  }
  return value;
}

std::optional<Contraction> Contraction::match(LinalgOp op) {
  if (!isaContractionOpInterface(op) || op.getNumDpsInputs() != 2 ||
      op.getNumDpsInits() != 1)
    return std::nullopt;
  Block *body = op.getBlock();
  Operation *sum = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(sum))
    return std::nullopt;
  Value accumulator = body->getArgument(2);
  unsigned place = sum->getOperand(0) == accumulator ? 0 : 1;
  if (sum->getOperand(place) != accumulator)
    return std::nullopt;
  Operation *product = sum->getOperand(1 - place).getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::MulIOp>(product))
    return std::nullopt;
  Contraction result;
  for (Value factor : product->getOperands()) {
    SmallVector<Operation *, 2> conversions;
    auto source = dyn_cast<BlockArgument>(skipConversions(factor, conversions));
    if (!source || source.getOwner() != body || source.getArgNumber() > 1)
      return std::nullopt;
    result.conversions[source.getArgNumber()] = conversions;
  }
  return result;
}

bool Contraction::hasSimpleConversions() const {
  return llvm::all_of(conversions, [](ArrayRef<Operation *> ofFactor) {
    return ofFactor.empty() ||
           (ofFactor.size() == 1 &&
            isa<arith::ExtFOp, arith::TruncFOp>(ofFactor[0]));
  });
}

unsigned vga::getIndexedOperands(LinalgOp op, unsigned loop) {
  unsigned operands = 0;
  for (auto [number, map] : llvm::enumerate(op.getIndexingMapsArray()))
    if (map.isFunctionOfDim(loop))
      operands |= 1u << number;
  return operands;
}

bool vga::areContiguous(Value memref, unsigned axes) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (type.getRank() < axes ||
      failed(type.getStridesAndOffset(strides, offset)))
    return false;
  int64_t expected = 1;
  for (unsigned i = 1; i <= axes; ++i) {
    unsigned axis = type.getRank() - i;
    if (strides[axis] != expected)
      return false;
    if (i < axes && type.isDynamicDim(axis))
      return false;
    expected *= type.getDimSize(axis);
  }
  return true;
}
