//===- SpellOut.cpp - What upstream's rewritings get wrong ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGASPELLOUTPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether a size is 1, or folding may find that it is. What comes from
/// outside, or is read from memory, stays what it is.
static bool mayBeOne(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return *constant == 1;
  auto value = cast<Value>(size);
  if (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  if (auto extract = value.getDefiningOp<tensor::ExtractOp>())
    return !isa<BlockArgument>(extract.getTensor());
  if (auto dim = value.getDefiningOp<tensor::DimOp>()) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (index && type && *index < type.getRank() &&
        isa<BlockArgument>(dim.getSource()))
      return type.getDimSize(*index) == 1;
  }
  return !isa<BlockArgument>(value);
}

/// Whether the axes that a slice drops may become others. Where upstream folds
/// a constant into a slice it drops the first axes of size 1, whichever the
/// slice has dropped: another shape comes of that if it keeps one of them, and
/// behind it one of another size, before the last that it drops. Strides hide
/// which axes these are from what sees the buffer only.
static bool mayDropOthers(OffsetSizeAndStrideOpInterface slice,
                          const llvm::SmallBitVector &dropped) {
  if (!llvm::all_of(slice.getMixedStrides(), isOneInteger))
    return true;
  SmallVector<OpFoldResult> sizes = slice.getMixedSizes();
  auto isStatic = [](ArrayRef<OpFoldResult> numbers) {
    return llvm::all_of(numbers, llvm::IsaPred<Attribute>);
  };
  if (isStatic(sizes) && isStatic(slice.getMixedOffsets()))
    return false;
  bool keepsOne = false, keepsOther = false;
  for (int64_t axis = 0, last = dropped.find_last(); axis < last; ++axis) {
    if (dropped[axis])
      continue;
    keepsOther |= keepsOne && !isOneInteger(sizes[axis]);
    keepsOne |= mayBeOne(sizes[axis]);
  }
  return keepsOther;
}

/// The axes of a slice, those that are dropped with one that is kept.
static SmallVector<ReassociationIndices>
groupAxes(const llvm::SmallBitVector &dropped) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices group;
  for (int64_t axis = 0, rank = dropped.size(); axis < rank; ++axis) {
    // What is dropped goes with the axis before it, the first ones with the
    // first that is kept.
    bool begins = !dropped[axis] && llvm::any_of(group, [&](int64_t other) {
      return !dropped[other];
    });
    if (begins) {
      groups.push_back(group);
      group.clear();
    }
    group.push_back(axis);
  }
  if (!dropped.all())
    groups.push_back(group);
  return groups;
}

/// The type of a slice that keeps all axes.
static RankedTensorType getWholeType(Type element,
                                     ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  return RankedTensorType::get(shape, element);
}

/// Whether the sizes of `tensor` are plainly those of `other`.
static bool hasSizesOf(Value tensor, Value other) {
  if (tensor == other)
    return true;
  auto result = dyn_cast<OpResult>(tensor);
  if (!result)
    return false;
  Operation *op = result.getOwner();
  if (auto destinationStyle = dyn_cast<DestinationStyleOpInterface>(op))
    return hasSizesOf(destinationStyle.getTiedOpOperand(result)->get(), other);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    BlockArgument carried = loop.getRegionIterArgs()[result.getResultNumber()];
    return hasSizesOf(loop.getTiedLoopInit(carried)->get(), other) &&
           hasSizesOf(loop.getTiedLoopYieldedValue(carried)->get(), carried);
  }
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return llvm::all_of(llvm::enumerate(empty.getMixedSizes()), [&](auto size) {
      auto value = dyn_cast<Value>(size.value());
      auto dim = value ? value.template getDefiningOp<tensor::DimOp>()
                       : tensor::DimOp();
      return !value ||
             (dim && dim.getConstantIndex() == int64_t(size.index()) &&
              hasSizesOf(dim.getSource(), other));
    });
  return (isa<tensor::CastOp>(op) ||
          OpTrait::hasElementwiseMappableTraits(op)) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return isa<RankedTensorType>(operand.getType()) &&
                  hasSizesOf(operand, other);
         });
}

namespace {
/// A slice that drops axes, as one that keeps them and a reshape.
struct SpellOutExtraction : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallBitVector dropped = op.getDroppedDims();
    if (dropped.none() || !mayDropOthers(op, dropped))
      return rewriter.notifyMatchFailure(op, "which axes go is plain");
    auto whole = tensor::ExtractSliceOp::create(
        rewriter, op.getLoc(),
        getWholeType(op.getType().getElementType(), op.getMixedSizes()),
        op.getSource(), op.getMixedOffsets(), op.getMixedSizes(),
        op.getMixedStrides());
    rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
        op, op.getType(), whole, groupAxes(dropped));
    return success();
  }
};

/// The same for an insertion, whose source gets the axes that it lacks.
struct SpellOutInsertion : OpRewritePattern<tensor::InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::InsertSliceOp op,
                                PatternRewriter &rewriter) const override {
    llvm::SmallBitVector dropped = op.getDroppedDims();
    if (dropped.none() || !mayDropOthers(op, dropped))
      return rewriter.notifyMatchFailure(op, "which axes are new is plain");
    Value whole = tensor::ExpandShapeOp::create(
        rewriter, op.getLoc(),
        getWholeType(op.getSourceType().getElementType(), op.getMixedSizes()),
        op.getSource(), groupAxes(dropped), op.getMixedSizes());
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
        op, whole, op.getDest(), op.getMixedOffsets(), op.getMixedSizes(),
        op.getMixedStrides());
    return success();
  }
};

/// An operation on tensors as linalg, whose body `compute` makes.
static void replaceWithLinalg(
    Operation *op, PatternRewriter &rewriter,
    function_ref<Value(OpBuilder &, Location, ValueRange)> compute) {
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = tensor::EmptyOp::create(
      rewriter, loc, tensor::getMixedSizes(rewriter, loc, op->getOperand(0)),
      type.getElementType());
  SmallVector<AffineMap> maps(op->getNumOperands() + 1,
                              rewriter.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  rewriter.replaceOpWithNewOp<linalg::GenericOp>(
      op, type, op->getOperands(), empty, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        linalg::YieldOp::create(b, loc, compute(b, loc, arguments.drop_back()));
      });
}

/// Operations on tensors of dynamic sizes as linalg: of x < x, x ^ x and
/// (x - y) - x upstream makes a constant of the tensor's type, which none has.
template <typename OpTy>
struct SpellOutConstant : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not of tensors of dynamic sizes");
    replaceWithLinalg(op, rewriter,
                      [&](OpBuilder &b, Location loc, ValueRange arguments) {
                        IRMapping mapping;
                        mapping.map(op->getOperands(), arguments);
                        Operation *scalar = b.cloneWithoutRegions(*op, mapping);
                        scalar->getResult(0).setType(type.getElementType());
                        return scalar->getResult(0);
                      });
    return success();
  }
};

/// The arc tangent of two zeros, which upstream folds to NaN, as that of the
/// first one and 1 or -1.
struct SpellOutArcTangent : OpRewritePattern<math::Atan2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Atan2Op op,
                                PatternRewriter &rewriter) const override {
    auto compute = [&](OpBuilder &b, Location loc, ValueRange operands) {
      Value y = operands[0], x = operands[1];
      auto getNumber = [&](double number) -> Value {
        return arith::ConstantOp::create(b, loc,
                                         b.getFloatAttr(x.getType(), number));
      };
      auto isZero = [&](Value value) -> Value {
        return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, value,
                                     getNumber(0.0));
      };
      Value areZero = arith::AndIOp::create(b, loc, isZero(y), isZero(x));
      Value one = math::CopySignOp::create(b, loc, getNumber(1.0), x);
      x = arith::SelectOp::create(b, loc, areZero, one, x);
      return math::Atan2Op::create(b, loc, y, x, op.getFastmath()).getResult();
    };
    if (isa<FloatType>(op.getType())) {
      rewriter.replaceOp(op, compute(rewriter, op.getLoc(), op->getOperands()));
      return success();
    }
    if (!isa<RankedTensorType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "neither of numbers nor tensors");
    replaceWithLinalg(op, rewriter, compute);
    return success();
  }
};

/// Carried tensors whose sizes an iteration may change begin as copies, whose
/// types stay as they are: where what a loop begins with is cast from a tensor
/// of static sizes, upstream takes these for the sizes of all that is carried.
struct SpellOutCarried : OpRewritePattern<scf::ForOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(scf::ForOp op,
                                PatternRewriter &rewriter) const override {
    bool changes = false;
    for (OpOperand &init : op.getInitArgsMutable()) {
      auto type = dyn_cast<RankedTensorType>(init.get().getType());
      BlockArgument carried = op.getTiedLoopRegionIterArg(&init);
      if (!type || type.hasStaticShape() ||
          init.get().getDefiningOp<bufferization::AllocTensorOp>() ||
          hasSizesOf(op.getTiedLoopYieldedValue(carried)->get(), carried))
        continue;
      Value copy = bufferization::AllocTensorOp::create(
          rewriter, op.getLoc(), type, /*dynamicSizes=*/ValueRange(),
          /*copy=*/init.get());
      rewriter.modifyOpInPlace(op, [&] { init.set(copy); });
      changes = true;
    }
    return success(changes);
  }
};

struct SpellOutPass : vga::impl::VGASpellOutPassBase<SpellOutPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<
        SpellOutExtraction, SpellOutInsertion, SpellOutConstant<arith::CmpIOp>,
        SpellOutConstant<arith::SubIOp>, SpellOutConstant<arith::XOrIOp>,
        SpellOutArcTangent, SpellOutCarried>(&getContext());
    // Each operation once, and nothing else: folding is what this is ahead of.
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};
} // namespace
