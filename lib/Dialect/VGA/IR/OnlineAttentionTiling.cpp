//===- OnlineAttentionTiling.cpp - Tiles and parts of the keys -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// TilingInterface: over (j, l)
//===----------------------------------------------------------------------===//

SmallVector<utils::IteratorType> OnlineAttentionOp::getLoopIteratorTypes() {
  return {utils::IteratorType::reduction, utils::IteratorType::parallel};
}

SmallVector<Range> OnlineAttentionOp::getIterationDomain(OpBuilder &b) {
  auto range = [&](Value tensor, int64_t axis) -> Range {
    return {b.getIndexAttr(0), tensor::getMixedSize(b, getLoc(), tensor, axis),
            b.getIndexAttr(1)};
  };
  return {range(getKey(), 0), range(getQuery(), getQueryAxis())};
}

/// The slice of `tensor` along `axis`.
static Value slice(OpBuilder &b, Location loc, Value tensor, unsigned axis,
                   OpFoldResult offset, OpFoldResult size) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, tensor);
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  offsets[axis] = offset;
  sizes[axis] = size;
  return tensor::ExtractSliceOp::create(b, loc, tensor, offsets, sizes,
                                        strides);
}

FailureOr<TilingResult>
OnlineAttentionOp::getTiledImplementation(OpBuilder &b,
                                          ArrayRef<OpFoldResult> offsets,
                                          ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  OpFoldResult j = offsets[0], l = offsets[1];
  SmallVector<Operation *> slices;
  auto take = [&](Value tensor, unsigned axis, unsigned loop) -> Value {
    Value tile = slice(b, loc, tensor, axis, offsets[loop], sizes[loop]);
    slices.push_back(tile.getDefiningOp());
    return tile;
  };
  // The limits count from the first key and the first query of the tile.
  auto shift = [&](Value limit) -> Value {
    AffineExpr s0, s1, s2;
    bindSymbols(b.getContext(), s0, s1, s2);
    OpFoldResult shifted = affine::makeComposedFoldedAffineApply(
        b, loc, s0 - s1 + s2.floorDiv(getGroup()), {limit, j, l});
    return getValueOrCreateConstantIndexOp(b, loc, shifted);
  };

  Value gate, mask, lower, upper, count;
  unsigned queryAxis = getQueryAxis();
  Value query = take(getQuery(), queryAxis, 1);
  Value key = take(getKey(), 0, 0);
  Value value;
  if (getForm() == Form::pairs) {
    auto halve = [&](OpFoldResult extent) {
      return affine::makeComposedFoldedAffineApply(
          b, loc, b.getAffineSymbolExpr(0).floorDiv(2), {extent});
    };
    value = slice(b, loc, getValue(), 1, halve(offsets[0]), halve(sizes[0]));
    slices.push_back(value.getDefiningOp());
  } else {
    value = take(getValue(), 0, 0);
  }
  if (getValueGate())
    gate = take(getValueGate(), 0, 0);
  if (getMask())
    mask = take(take(getMask(), 1 - queryAxis, 0), queryAxis, 1);
  if (getLower())
    lower = shift(getLower());
  if (getUpper())
    upper = shift(getUpper());
  if (getCount()) {
    AffineExpr s0, s1;
    bindSymbols(b.getContext(), s0, s1);
    count =
        getValueOrCreateConstantIndexOp(b, loc,
                                        affine::makeComposedFoldedAffineApply(
                                            b, loc, s0 - s1, {getCount(), j}));
  }
  Value accumulator = take(getAccumulator(), queryAxis, 1);
  Value maximum = take(getMaximum(), 0, 1);
  Value sum = take(getSum(), 0, 1);
  auto tile = OnlineAttentionOp::create(
      b, loc, accumulator.getType(), maximum.getType(), sum.getType(), query,
      key, value, gate, mask, lower, upper, count, accumulator, maximum, sum,
      getGroupAttr(), getScaleAttr(), getSoftcapAttr(), getFormAttr());
  return TilingResult{
      {tile}, SmallVector<Value>(tile->getResults()), std::move(slices)};
}

LogicalResult OnlineAttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets = {offsets[1]};
  resultSizes = {sizes[1]};
  if (resultNumber == 0) {
    unsigned channelAxis = 1 - getQueryAxis();
    resultOffsets.insert(resultOffsets.begin() + channelAxis,
                         b.getIndexAttr(0));
    resultSizes.insert(resultSizes.begin() + channelAxis,
                       tensor::getMixedSize(b, getLoc(), getValue(),
                                            getForm() == Form::pairs ? 0 : 1));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// PartialReductionOpInterface: parts of the keys, each with its own state
//===----------------------------------------------------------------------===//

/// One state per part, in which no key has been seen. `sizes` has the number
/// of parts for the keys.
FailureOr<SmallVector<Value>>
OnlineAttentionOp::generateInitialTensorForPartialReduction(
    OpBuilder &b, Location loc, ArrayRef<OpFoldResult> sizes,
    const SetVector<unsigned> &) {
  LinalgBuilder linalg(loc, b);
  FloatType type = getComputeType();
  double lowest =
      APFloat::getLargest(type.getFloatSemantics(), true).convertToDouble();
  SmallVector<Value> states;
  for (Value destination : getDpsInits()) {
    SmallVector<OpFoldResult> shape = linalg.sizesOf(destination);
    shape.insert(shape.begin(), sizes[0]);
    states.push_back(
        linalg.filled(shape, type, destination == getMaximum() ? lowest : 0.0));
  }
  return states;
}

FailureOr<TilingResult> OnlineAttentionOp::tileToPartialReduction(
    OpBuilder &b, Location loc, ReductionTilingStrategy strategy,
    ValueRange init, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, const SetVector<unsigned> &,
    ArrayRef<OpFoldResult> splitReductionIvs) {
  if (strategy != ReductionTilingStrategy::PartialReductionOuterParallel)
    return emitOpError(
        "expected a part of the keys per iteration: a step folds "
        "all of its keys into one state");
  // This operation with the states of one part as its destinations.
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Value> states;
  for (Value state : init) {
    auto type = cast<RankedTensorType>(state.getType());
    SmallVector<OpFoldResult> starts(type.getRank(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> extents = tensor::getMixedSizes(b, loc, state);
    SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
    starts[0] = splitReductionIvs[0];
    extents[0] = b.getIndexAttr(1);
    auto partType = RankedTensorType::get(type.getShape().drop_front(),
                                          type.getElementType());
    states.push_back(tensor::ExtractSliceOp::create(b, loc, partType, state,
                                                    starts, extents, strides));
  }
  SmallVector<Value> operands(getOperands().drop_back(3));
  llvm::append_range(operands, states);
  auto part = cast<OnlineAttentionOp>(
      mlir::clone(b, getOperation(), ValueRange(states).getTypes(), operands));
  FailureOr<TilingResult> tiled =
      part.getTiledImplementation(b, offsets, sizes);
  part.erase();
  return tiled;
}

LogicalResult OnlineAttentionOp::getPartialResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ReductionTilingStrategy,
    ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
    const SetVector<unsigned> &, ArrayRef<OpFoldResult> splitReductionIvs,
    SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  if (failed(getResultTilePosition(b, resultNumber, offsets, sizes,
                                   resultOffsets, resultSizes)))
    return failure();
  resultOffsets.insert(resultOffsets.begin(), splitReductionIvs[0]);
  resultSizes.insert(resultSizes.begin(), b.getIndexAttr(1));
  return success();
}

FailureOr<MergeResult>
OnlineAttentionOp::mergeReductions(OpBuilder &b, Location loc,
                                   ValueRange partialReduce,
                                   const SetVector<unsigned> &) {
  SmallVector<Value> merged =
      mergeParts(b, loc, partialReduce, getDpsInits(), getForm());
  SmallVector<Operation *> ops;
  for (Value value : merged)
    ops.push_back(value.getDefiningOp());
  return MergeResult{ops, merged};
}
