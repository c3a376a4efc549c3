//===- LowerTensorOps.cpp - Gathers and scatters --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGALOWERTENSOROPSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Slices of an array at indices, as tensor.gather reads and tensor.scatter
/// writes them. Slice number (b0, b1, ...) has the size 1 along `dims` of the
/// array, where `indices[b0, b1, ..., :]` says where it is, and the size of the
/// array along the others.
class Slices {
public:
  Slices(LinalgBuilder &b, Operation *op, Value array, Value indices,
         ArrayRef<int64_t> dims, Value slices, bool isChecked)
      : b(b), op(op), array(array), indices(indices), slices(slices),
        dims(dims), isChecked(isChecked) {
    rank = cast<RankedTensorType>(array.getType()).getRank();
    numbers = cast<RankedTensorType>(indices.getType()).getRank() - 1;
    int64_t all = cast<RankedTensorType>(slices.getType()).getRank();
    areReduced = all == numbers + rank - static_cast<int64_t>(dims.size()) &&
                 !dims.empty();
    for (int64_t i = 0; i < numbers + rank; ++i)
      loops.push_back(b.getAffineDimExpr(i));
    for (int64_t dim : isChecked ? dims : ArrayRef<int64_t>())
      bounds.push_back(b.toValue(b.sizeOf(array, dim)));
  }

  Value gather();
  Value scatterInLoops();
  Value scatterInKernels();

private:
  OpFoldResult at(int64_t value) { return b.getIndexAttr(value); }
  /// The place of an axis of the array among `dims`.
  std::optional<unsigned> getPlace(int64_t axis) {
    const int64_t *it = llvm::find(dims, axis);
    if (it == dims.end())
      return std::nullopt;
    return it - dims.begin();
  }
  /// The axes of the array that an axis of `slices` behind the numbers is of.
  SmallVector<int64_t> getSliceAxes() {
    SmallVector<int64_t> axes;
    for (int64_t axis = 0; axis < rank; ++axis)
      if (!areReduced || !getPlace(axis))
        axes.push_back(axis);
    return axes;
  }
  SmallVector<OpFoldResult> getSliceSizes();
  Value getCoordinate(LinalgBuilder &s, ValueRange number, unsigned place);
  Value getFirstSlices();
  void checkCoordinate(LinalgBuilder &s, unsigned place, Value at);

  LinalgBuilder &b;
  Operation *op;
  Value array, indices, slices;
  ArrayRef<int64_t> dims;
  int64_t rank, numbers;
  bool areReduced, isChecked;
  /// The sizes of the array along `dims`, for checks.
  SmallVector<Value> bounds;
  /// Of the numbers of slices, then of the axes of the array.
  SmallVector<AffineExpr> loops;
};
} // namespace

/// The sizes of `slices`, as the indices and the array say them.
SmallVector<OpFoldResult> Slices::getSliceSizes() {
  SmallVector<OpFoldResult> sizes;
  for (int64_t i = 0; i < numbers; ++i)
    sizes.push_back(b.sizeOf(indices, i));
  for (int64_t axis : getSliceAxes())
    sizes.push_back(getPlace(axis) ? at(1) : b.sizeOf(array, axis));
  return sizes;
}

static Value getNumber(LinalgBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

static Value toIndex(LinalgBuilder &b, Value value) {
  if (value.getType().isIndex())
    return value;
  return arith::IndexCastOp::create(b, b.getIndexType(), value);
}

/// Where slice `number` is along axis dims[place].
Value Slices::getCoordinate(LinalgBuilder &s, ValueRange number,
                            unsigned place) {
  SmallVector<Value> position(number);
  position.push_back(getNumber(s, place));
  return toIndex(s, tensor::ExtractOp::create(s, indices, position));
}

Value Slices::gather() {
  Indexed out{b.empty(getSliceSizes(), getElementTypeOrSelf(array)), {}};
  out.loops.append(loops.begin(), loops.begin() + numbers);
  for (int64_t axis : getSliceAxes())
    out.loops.push_back(loops[numbers + axis]);
  return b.generic({}, out, [&](LinalgBuilder &s, ValueRange) {
    SmallVector<Value> number, position;
    for (int64_t i = 0; i < numbers; ++i)
      number.push_back(s.index(loops[i]));
    for (int64_t axis = 0; axis < rank; ++axis) {
      std::optional<unsigned> place = getPlace(axis);
      position.push_back(place ? getCoordinate(s, number, *place)
                               : s.index(loops[numbers + axis]));
      if (place)
        checkCoordinate(s, *place, position.back());
    }
    return tensor::ExtractOp::create(s, array, position).getResult();
  });
}

/// One slice after the other, each in place.
Value Slices::scatterInLoops() {
  SmallVector<Value> starts(numbers, getNumber(b, 0)),
      steps(numbers, getNumber(b, 1)), ends;
  for (int64_t i = 0; i < numbers; ++i)
    ends.push_back(b.toValue(b.sizeOf(indices, i)));
  auto insert = [&](OpBuilder &inner, Location loc, ValueRange number,
                    ValueRange carried) -> scf::ValueVector {
    LinalgBuilder s(loc, inner);
    SmallVector<OpFoldResult> from(number.begin(), number.end());
    SmallVector<OpFoldResult> extents(numbers, at(1));
    SmallVector<unsigned> dropped;
    for (int64_t i = 0; i < numbers; ++i)
      dropped.push_back(i);
    for (int64_t axis : getSliceAxes()) {
      from.push_back(at(0));
      extents.push_back(getPlace(axis) ? at(1) : s.sizeOf(array, axis));
    }
    SmallVector<OpFoldResult> to, sizes;
    for (int64_t axis = 0; axis < rank; ++axis) {
      std::optional<unsigned> place = getPlace(axis);
      to.push_back(place ? OpFoldResult(getCoordinate(s, number, *place))
                         : at(0));
      sizes.push_back(place ? at(1) : s.sizeOf(array, axis));
    }
    Value slice = s.slice(slices, from, extents, dropped);
    return {s.insert(slice, carried.front(), to, sizes)};
  };
  return scf::buildLoopNest(b, b.getLoc(), starts, ends, steps,
                            ValueRange(array), insert)
      .results.front();
}

/// For each place along `dims`, the number of the slice that is there, counted
/// in the order of the indices; -1 where there is none.
Value Slices::getFirstSlices() {
  SmallVector<OpFoldResult> sizes;
  Indexed out;
  for (int64_t dim : dims) {
    sizes.push_back(b.sizeOf(array, dim));
    out.loops.push_back(loops[numbers + dim]);
  }
  Value none = arith::ConstantOp::create(b, b.getI64IntegerAttr(-1));
  out.tensor = linalg::FillOp::create(b, none, b.empty(sizes, b.getI64Type()))
                   .getResult(0);
  SmallVector<Indexed> coordinates;
  for (unsigned place = 0; place < dims.size(); ++place) {
    SmallVector<OpFoldResult> offsets(numbers, at(0)), extents;
    for (int64_t i = 0; i < numbers; ++i)
      extents.push_back(b.sizeOf(indices, i));
    offsets.push_back(at(place));
    extents.push_back(at(1));
    coordinates.push_back(
        {b.slice(indices, offsets, extents, {static_cast<unsigned>(numbers)}),
         SmallVector<AffineExpr>(loops.begin(), loops.begin() + numbers)});
  }
  SmallVector<Value> counts;
  for (int64_t i = 0; i < numbers; ++i)
    counts.push_back(b.toValue(b.sizeOf(indices, i)));
  return b.generic(coordinates, out, [&](LinalgBuilder &s, ValueRange values) {
    Value isHere, number = getNumber(s, 0);
    for (auto [place, dim] : llvm::enumerate(dims)) {
      Value at = toIndex(s, values[place]);
      checkCoordinate(s, place, at);
      Value is = arith::CmpIOp::create(s, arith::CmpIPredicate::eq, at,
                                       s.index(loops[numbers + dim]));
      isHere = isHere ? arith::AndIOp::create(s, isHere, is).getResult() : is;
    }
    for (int64_t i = 0; i < numbers; ++i)
      number = arith::AddIOp::create(
          s, arith::MulIOp::create(s, number, counts[i]), s.index(loops[i]));
    number = arith::IndexCastOp::create(s, s.getI64Type(), number);
    return arith::SelectOp::create(s, isHere, number, values.back())
        .getResult();
  });
}

/// Each element of the result looks for itself which slice it is of.
Value Slices::scatterInKernels() {
  if (dims.empty())
    return scatterInLoops();
  Indexed first{getFirstSlices(), {}}, old{array, {}},
      out{b.empty(b.sizesOf(array), getElementTypeOrSelf(array)), {}};
  for (int64_t dim : dims)
    first.loops.push_back(loops[numbers + dim]);
  old.loops.append(loops.begin() + numbers, loops.end());
  out.loops = old.loops;
  SmallVector<Value> counts;
  for (int64_t i = 0; i < numbers; ++i)
    counts.push_back(b.toValue(b.sizeOf(indices, i)));
  return b.generic({first, old}, out, [&](LinalgBuilder &s, ValueRange values) {
    Value none = arith::ConstantOp::create(s, s.getI64IntegerAttr(0));
    Value isWritten = arith::CmpIOp::create(s, arith::CmpIPredicate::sge,
                                            values.front(), none);
    SmallVector<Value> element(numbers);
    for (int64_t axis : getSliceAxes())
      element.push_back(getPlace(axis) ? getNumber(s, 0)
                                       : s.index(loops[numbers + axis]));
    auto branch = scf::IfOp::create(s, TypeRange(values[1].getType()),
                                    isWritten, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(s);
    s.setInsertionPointToStart(branch.thenBlock());
    Value rest = toIndex(s, values.front());
    for (int64_t i = numbers - 1; i >= 0; --i) {
      element[i] = arith::RemUIOp::create(s, rest, counts[i]);
      rest = arith::DivUIOp::create(s, rest, counts[i]);
    }
    scf::YieldOp::create(
        s, tensor::ExtractOp::create(s, slices, element).getResult());
    s.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(s, values[1]);
    return branch.getResult(0);
  });
}

/// That a kernel finds a slice inside of the array.
void Slices::checkCoordinate(LinalgBuilder &s, unsigned place, Value at) {
  if (!isChecked)
    return;
  Value isIn =
      arith::CmpIOp::create(s, arith::CmpIPredicate::ult, at, bounds[place]);
  CheckOp::create(s, isIn, describeOutside(op, dims[place]),
                  {bounds[place], at});
}

namespace {
struct LowerTensorOpsPass
    : vga::impl::VGALowerTensorOpsPassBase<LowerTensorOpsPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<tensor::GatherOp, tensor::ScatterOp, tensor::BitcastOp,
              tensor::ReshapeOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      IRRewriter rewriter(op);
      LinalgBuilder builder(op->getLoc(), rewriter);
      builder.setInsertionPoint(op);
      llvm::TypeSwitch<Operation *>(op)
          .Case<tensor::GatherOp, tensor::ScatterOp, tensor::BitcastOp,
                tensor::ReshapeOp>([&](auto op) { lower(builder, op); });
    }
  }

private:
  static void replace(LinalgBuilder &b, Operation *op, Value value) {
    Type type = op->getResult(0).getType();
    if (value.getType() != type)
      value = tensor::CastOp::create(b, type, value);
    op->replaceAllUsesWith(ValueRange(value));
    op->erase();
  }

  void lower(LinalgBuilder &b, tensor::GatherOp op) {
    Slices slices(b, op, op.getSource(), op.getIndices(), op.getGatherDims(),
                  op.getResult(), kernels && checks);
    replace(b, op, slices.gather());
  }

  void lower(LinalgBuilder &b, tensor::ScatterOp op) {
    Slices slices(b, op, op.getDest(), op.getIndices(), op.getScatterDims(),
                  op.getSource(), kernels && checks);
    replace(b, op,
            kernels ? slices.scatterInKernels() : slices.scatterInLoops());
  }

  void lower(LinalgBuilder &b, tensor::BitcastOp op) {
    auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
    Type element = getElementTypeOrSelf(op.getType());
    if (source && isa<RankedTensorType>(op.getType()) &&
        source.getElementType().isSignlessIntOrFloat() &&
        element.isSignlessIntOrFloat())
      replace(
          b, op,
          arith::BitcastOp::create(b, source.clone(element), op.getSource()));
  }

  void lower(LinalgBuilder &b, tensor::ReshapeOp op) {
    auto type = cast<RankedTensorType>(op.getShape().getType());
    if (type.getElementType().isIndex())
      return;
    op.getShapeMutable().assign(arith::IndexCastOp::create(
        b, type.clone(b.getIndexType()), op.getShape()));
  }
};
} // namespace
