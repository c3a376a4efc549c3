//===- LinalgBuilder.cpp - Short names for the linalg that definitions use ===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlir::vga;

Value LinalgBuilder::empty(ArrayRef<OpFoldResult> sizes, Type elementType) {
  return tensor::EmptyOp::create(*this, sizes, elementType);
}

Value LinalgBuilder::constant(FloatType type, double value) {
  return arith::ConstantOp::create(*this, getFloatAttr(type, value));
}

Value LinalgBuilder::filled(ArrayRef<OpFoldResult> sizes, FloatType type,
                            double value) {
  Value scalar = constant(type, value);
  return linalg::FillOp::create(*this, scalar, empty(sizes, type)).getResult(0);
}

Value LinalgBuilder::generic(ArrayRef<Indexed> ins, Indexed out, Body body) {
  auto single = [&](LinalgBuilder &s, ValueRange e) {
    return SmallVector<Value>{body(s, e)};
  };
  return generic(ins, ArrayRef(out), single).front();
}

SmallVector<Value> LinalgBuilder::generic(ArrayRef<Indexed> ins,
                                          ArrayRef<Indexed> outs,
                                          MultiBody body) {
  // The loops of the operation: those of the results, then the others.
  llvm::SetVector<AffineExpr> order;
  for (const Indexed &out : outs)
    order.insert(out.loops.begin(), out.loops.end());
  for (const Indexed &in : ins)
    order.insert(in.loops.begin(), in.loops.end());
  SmallVector<utils::IteratorType> iterators;
  for (AffineExpr loop : order) {
    bool isParallel = llvm::all_of(outs, [&](const Indexed &out) {
      return llvm::is_contained(out.loops, loop);
    });
    iterators.push_back(isParallel ? utils::IteratorType::parallel
                                   : utils::IteratorType::reduction);
  }

  SmallVector<AffineMap> maps;
  auto addOperands = [&](ArrayRef<Indexed> operands) {
    SmallVector<Value> tensors;
    for (const Indexed &operand : operands) {
      SmallVector<AffineExpr> dims;
      for (AffineExpr loop : operand.loops)
        dims.push_back(
            getAffineDimExpr(llvm::find(order, loop) - order.begin()));
      maps.push_back(AffineMap::get(order.size(), 0, dims, getContext()));
      tensors.push_back(operand.tensor);
    }
    return tensors;
  };
  SmallVector<Value> inputs = addOperands(ins), inits = addOperands(outs);

  auto op = linalg::GenericOp::create(
      *this, TypeRange(ValueRange(inits)), inputs, inits, maps, iterators,
      [&](OpBuilder &nested, Location loc, ValueRange elements) {
        LinalgBuilder scalars(loc, nested);
        scalars.bodyLoops = order.takeVector();
        linalg::YieldOp::create(scalars, body(scalars, elements));
      });
  return op.getResults();
}

Value LinalgBuilder::index(AffineExpr loop) {
  return linalg::IndexOp::create(*this, llvm::find(bodyLoops, loop) -
                                            bodyLoops.begin());
}

Value LinalgBuilder::contract(Indexed a, Indexed b, Indexed out) {
  auto type = cast<FloatType>(getElementTypeOrSelf(out.tensor));
  return generic({a, b}, out, [&](LinalgBuilder &s, ValueRange e) {
    return s.add(e[2], s.mul(s.convert(e[0], type), s.convert(e[1], type)));
  });
}

SmallVector<OpFoldResult> LinalgBuilder::sizesOf(Value tensor) {
  return tensor::getMixedSizes(*this, getLoc(), tensor);
}

OpFoldResult LinalgBuilder::sizeOf(Value tensor, unsigned axis) {
  return tensor::getMixedSize(*this, getLoc(), tensor, axis);
}

/// The reassociation that groups `axis` and `axis + 1` of the larger shape.
static SmallVector<ReassociationIndices> groupAxis(unsigned rank,
                                                   unsigned axis) {
  SmallVector<ReassociationIndices> groups;
  for (unsigned i = 0; i < rank; ++i) {
    if (i == axis)
      groups.push_back({i, i + 1});
    else
      groups.push_back({i < axis ? i : i + 1});
  }
  return groups;
}

Value LinalgBuilder::splitAxis(Value tensor, unsigned axis, int64_t innerSize) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<OpFoldResult> sizes = sizesOf(tensor);
  SmallVector<int64_t> shape(type.getShape());
  sizes[axis] =
      apply(getAffineSymbolExpr(0).floorDiv(innerSize), {sizes[axis]});
  if (!type.isDynamicDim(axis))
    shape[axis] /= innerSize;
  sizes.insert(sizes.begin() + axis + 1, getIndexAttr(innerSize));
  shape.insert(shape.begin() + axis + 1, innerSize);
  return tensor::ExpandShapeOp::create(*this, type.clone(shape), tensor,
                                       groupAxis(type.getRank(), axis), sizes);
}

Value LinalgBuilder::mergeAxis(Value tensor, unsigned axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return tensor::CollapseShapeOp::create(*this, tensor,
                                         groupAxis(type.getRank() - 1, axis));
}

Value LinalgBuilder::slice(Value tensor, ArrayRef<OpFoldResult> offsets,
                           ArrayRef<OpFoldResult> extents,
                           ArrayRef<unsigned> dropped) {
  auto from = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> kept;
  for (auto [axis, extent] : llvm::enumerate(extents))
    if (!llvm::is_contained(dropped, axis))
      kept.push_back(
          getConstantIntValue(extent).value_or(ShapedType::kDynamic));
  SmallVector<OpFoldResult> strides(offsets.size(), getIndexAttr(1));
  return tensor::ExtractSliceOp::create(*this, from.clone(kept), tensor,
                                        offsets, extents, strides);
}

Value LinalgBuilder::insert(Value tile, Value tensor,
                            ArrayRef<OpFoldResult> offsets,
                            ArrayRef<OpFoldResult> extents) {
  SmallVector<OpFoldResult> strides(offsets.size(), getIndexAttr(1));
  return tensor::InsertSliceOp::create(*this, tile, tensor, offsets, extents,
                                       strides);
}

OpFoldResult LinalgBuilder::apply(AffineExpr expr,
                                  ArrayRef<OpFoldResult> symbols) {
  return affine::makeComposedFoldedAffineApply(*this, getLoc(), expr, symbols);
}

OpFoldResult LinalgBuilder::min(OpFoldResult lhs, OpFoldResult rhs) {
  return affine::makeComposedFoldedAffineMin(
      *this, getLoc(), getMultiDimIdentityMap(2), {lhs, rhs});
}

OpFoldResult LinalgBuilder::max(OpFoldResult lhs, OpFoldResult rhs) {
  return affine::makeComposedFoldedAffineMax(
      *this, getLoc(), getMultiDimIdentityMap(2), {lhs, rhs});
}

Value LinalgBuilder::toValue(OpFoldResult index) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), index);
}

Value LinalgBuilder::convert(Value scalar, FloatType type) {
  Value converted = convertScalarToDtype(*this, getLoc(), scalar, type,
                                         /*isUnsignedCast=*/false);
  // Instructions that round to bf16 make zeros of denormals.
  if (converted != scalar && type.isBF16())
    if (auto rounding = converted.getDefiningOp<arith::TruncFOp>())
      rounding.setFastmath(arith::FastMathFlags::afn);
  return converted;
}
