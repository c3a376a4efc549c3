//===- Panels.cpp - Reading blocks of packed weights ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Panels.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::linalg;

/// Whether `value` is known to be a multiple of `factor`.
static bool isMultipleOf(OpFoldResult value, int64_t factor) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant % factor == 0;
  auto argument = dyn_cast<BlockArgument>(cast<Value>(value));
  if (!argument)
    return false;
  auto forall = dyn_cast<scf::ForallOp>(argument.getOwner()->getParentOp());
  if (!forall || argument.getArgNumber() >= unsigned(forall.getRank()))
    return false;
  unsigned loop = argument.getArgNumber();
  auto isMultiple = [&](OpFoldResult bound) {
    std::optional<int64_t> constant = getConstantIntValue(bound);
    return constant && *constant % factor == 0;
  };
  return isMultiple(forall.getMixedLowerBound()[loop]) &&
         isMultiple(forall.getMixedStep()[loop]);
}

static bool isAtMost(OpFoldResult value, int64_t bound) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant <= bound;
  FailureOr<int64_t> most = ValueBoundsConstraintSet::computeConstantBound(
      presburger::BoundType::UB, ValueBoundsConstraintSet::Variable(value),
      /*stopCondition=*/nullptr, /*closedUB=*/true);
  return succeeded(most) && *most <= bound;
}

/// Reads a slice of whole columns from the panel that has them.
static void readPanel(RewriterBase &rewriter, tensor::ExtractSliceOp slice) {
  auto unpack = slice.getSource().getDefiningOp<UnPackOp>();
  if (!unpack || unpack.getSourceType().getRank() != 3 ||
      unpack.getDestType().getRank() != 2 ||
      unpack.getInnerDimsPos() != ArrayRef<int64_t>{1} ||
      unpack.getOuterDimsPerm() != ArrayRef<int64_t>{1, 0} ||
      !slice.hasUnitStride() || slice.getType().getRank() != 2)
    return;
  int64_t width = unpack.getStaticTiles().front();
  SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
  SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
  if (ShapedType::isDynamic(width) || !isMultipleOf(offsets[1], width) ||
      !isAtMost(sizes[1], width))
    return;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(slice);
  AffineExpr column;
  bindSymbols(rewriter.getContext(), column);
  OpFoldResult panel = affine::makeComposedFoldedAffineApply(
      rewriter, slice.getLoc(), column.floorDiv(width), {offsets[1]});
  OpFoldResult zero = rewriter.getIndexAttr(0), one = rewriter.getIndexAttr(1);
  rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
      slice, slice.getType(), unpack.getSource(),
      ArrayRef<OpFoldResult>{panel, offsets[0], zero},
      ArrayRef<OpFoldResult>{one, sizes[0], sizes[1]},
      ArrayRef<OpFoldResult>{one, one, one});
}

void vga::readPanels(RewriterBase &rewriter, Operation *root) {
  SmallVector<tensor::ExtractSliceOp> slices;
  root->walk([&](tensor::ExtractSliceOp slice) { slices.push_back(slice); });
  for (tensor::ExtractSliceOp slice : slices)
    readPanel(rewriter, slice);
}
