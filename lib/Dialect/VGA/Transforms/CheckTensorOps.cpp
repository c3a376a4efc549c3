//===- CheckTensorOps.cpp - Sizes, offsets and indices of tensors ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"
#include <functional>

using namespace mlir;
using namespace mlir::vga;

static std::string describeAxis(int64_t axis, StringRef operand = "") {
  std::string text = ("axis " + Twine(axis)).str();
  return operand.empty() ? text : text + " of " + operand.str();
}

//===----------------------------------------------------------------------===//
// Elements and slices
//===----------------------------------------------------------------------===//

static void checkIndices(Value tensor, ValueRange indices,
                         SizeChecker &checker) {
  for (auto [axis, index] : llvm::enumerate(indices))
    checker.expectIndex("index of " + describeAxis(axis),
                        checker.getSize(tensor, axis), index);
}

/// That a slice lies inside of `whole`, which is the operand of this name, and
/// that `part`, if there, has its sizes.
static void checkSlice(OffsetSizeAndStrideOpInterface op, StringRef name,
                       Value whole, Value part,
                       const llvm::SmallBitVector &dropped,
                       SizeChecker &checker) {
  SmallVector<OpFoldResult> offsets = op.getMixedOffsets(),
                            sizes = op.getMixedSizes(),
                            strides = op.getMixedStrides();
  for (unsigned axis = 0; axis < offsets.size(); ++axis)
    checker.expectSlice(describeAxis(axis, name), checker.getSize(whole, axis),
                        offsets[axis], sizes[axis], strides[axis]);
  int64_t partAxis = 0;
  for (unsigned axis = 0; part && axis < sizes.size(); ++axis)
    if (!dropped.test(axis)) {
      checker.expectSize(describeAxis(partAxis, "source"),
                         checker.getValue(sizes[axis]), "the size of the slice",
                         part, partAxis);
      ++partAxis;
    }
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static void check(tensor::ExtractSliceOp op, SizeChecker &checker) {
  checkSlice(op, "source", op.getSource(), Value(), op.getDroppedDims(),
             checker);
  // Without a stride, a slice may be larger than what it is of.
  if (llvm::all_of(op.getMixedStrides(), [](OpFoldResult stride) {
        std::optional<int64_t> step = getConstantIntValue(stride);
        return step && *step != 0;
      }))
    return;
  SmallVector<Value> sizes;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [axis, size] : llvm::enumerate(op.getMixedSizes()))
    if (auto value = dyn_cast<Value>(size); value && !dropped.test(axis))
      sizes.push_back(value);
  checker.expectMemory(op.getType(), sizes);
}

static void check(tensor::CastOp op, SizeChecker &checker) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type)
    return;
  if (!isa<RankedTensorType>(op.getSource().getType()))
    checker.expectEqual("rank of source", checker.index(type.getRank()), "",
                        checker.createOrFold<tensor::RankOp>(op.getSource()));
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (!type.isDynamicDim(axis))
      checker.expectSize(describeAxis(axis, "source"),
                         checker.index(type.getDimSize(axis)), "",
                         op.getSource(), axis);
}

static void check(tensor::ConcatOp op, SizeChecker &checker) {
  RankedTensorType type = op.getResultType();
  int64_t along = op.getDim();
  Value total = checker.index(0);
  for (Value input : op.getInputs())
    total = checker.add(total, checker.getSize(input, along));
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (axis == along) {
      if (!type.isDynamicDim(axis))
        checker.expectEqual(describeAxis(axis, "all operands"),
                            checker.index(type.getDimSize(axis)),
                            "that of the result", total);
      continue;
    }
    Value expected, first = op.getInputs().front();
    std::string source = "that of operand #0";
    if (!type.isDynamicDim(axis)) {
      expected = checker.index(type.getDimSize(axis));
      source = "that of the result";
    } else {
      expected = checker.getSize(first, axis);
    }
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      checker.expectSize(describeAxis(axis, ("operand #" + Twine(i)).str()),
                         expected, source, input, axis);
  }
}

/// That `factors` are no less than 0, and `elements` multiplied; no product
/// overflows, as each is bounded by what those before leave of it.
static void checkFactors(ArrayRef<Value> factors,
                         function_ref<std::string(unsigned)> describe,
                         StringRef whole, Value elements,
                         SizeChecker &checker) {
  int64_t constant = 1;
  unsigned numDynamic = 0;
  for (Value factor : factors) {
    if (std::optional<int64_t> number = getConstantIntValue(factor))
      constant *= *number;
    else
      ++numDynamic;
  }
  Value one = checker.index(1), product = one;
  // Where there is none, an axis may have any number.
  Value most = elements;
  if (numDynamic > 1 || constant == 0)
    most = checker.createOrFold<arith::SelectOp>(
        checker.isEqual(elements, checker.index(0)),
        checker.index(int64_t(1) << 61), elements);
  for (auto [i, factor] : llvm::enumerate(factors)) {
    Value left = most;
    if (numDynamic > 1)
      left = checker.createOrFold<arith::DivUIOp>(
          most, checker.createOrFold<arith::MaxSIOp>(product, one));
    if (!getConstantIntValue(factor))
      checker.expectUpTo(describe(i), left, factor);
    product = checker.mul(product, factor);
  }
  checker.expectEqual(whole, product, "the sizes of the result, multiplied",
                      elements);
}

static void check(tensor::ExpandShapeOp op, SizeChecker &checker) {
  SmallVector<OpFoldResult> shape = op.getMixedOutputShape();
  RankedTensorType type = op.getResultType();
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (!type.isDynamicDim(axis)) {
      Value expected = checker.index(type.getDimSize(axis));
      checker.expectEqual("size of " + describeAxis(axis, "the result"),
                          expected, "that of its type",
                          checker.getValue(shape[axis]));
      shape[axis] = expected;
    }
  SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
  for (unsigned axis = 0; axis < groups.size(); ++axis) {
    const ReassociationIndices &group = groups[axis];
    SmallVector<Value> factors = llvm::map_to_vector(
        group, [&](int64_t to) { return checker.getValue(shape[to]); });
    checkFactors(
        factors,
        [&](unsigned i) {
          return "size of " + describeAxis(group[i], "the result");
        },
        describeAxis(axis, "source"), checker.getSize(op.getSrc(), axis),
        checker);
  }
}

static void check(tensor::ReshapeOp op, SizeChecker &checker) {
  auto type = dyn_cast<RankedTensorType>(op.getResult().getType());
  auto source = dyn_cast<RankedTensorType>(op.getSource().getType());
  if (!type || !source || !checker.mayReadArrays())
    return;
  checker.expectSize("axis 0 of shape", checker.index(type.getRank()),
                     "the rank of the result", op.getShape(), 0);
  Value elements = checker.index(1);
  for (int64_t axis = 0; axis < source.getRank(); ++axis)
    elements = checker.mul(elements, checker.getSize(op.getSource(), axis));
  auto describe = [](unsigned i) {
    return ("entry " + Twine(i) + " of shape").str();
  };
  SmallVector<Value> factors;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    Value at = checker.index(axis);
    Value entry = tensor::ExtractOp::create(checker, op.getShape(), at);
    if (!entry.getType().isIndex())
      entry =
          arith::IndexCastOp::create(checker, checker.getIndexType(), entry);
    if (!type.isDynamicDim(axis))
      checker.expectEqual(describe(axis), checker.index(type.getDimSize(axis)),
                          "that of the result", entry);
    factors.push_back(entry);
  }
  checkFactors(factors, describe, "elements of source", elements, checker);
}

static void check(tensor::PadOp op, SizeChecker &checker) {
  RankedTensorType type = op.getResultType();
  SmallVector<OpFoldResult> low = op.getMixedLowPad(),
                            high = op.getMixedHighPad();
  SmallVector<Value> dynamicSizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    Value size = checker.getSize(op.getSource(), axis);
    Value total = size;
    for (auto [name, amount] :
         {std::pair("low", low[axis]), std::pair("high", high[axis])}) {
      Value value = checker.getValue(amount);
      std::string what = (Twine(name) + " of " + describeAxis(axis)).str();
      // Sums of three of these can be counted.
      Value most = checker.index(int64_t(1) << 61);
      if (getConstantIntValue(amount))
        checker.expectAtLeast(what, 0, value);
      else
        checker.expectUpTo(what, most, value);
      total = checker.add(total, value);
    }
    if (type.isDynamicDim(axis))
      dynamicSizes.push_back(total);
    else
      checker.expectEqual(describeAxis(axis, "the result"),
                          checker.index(type.getDimSize(axis)), "", total);
  }
  checker.expectMemory(type, dynamicSizes);
}

//===----------------------------------------------------------------------===//
// Gathers and scatters
//===----------------------------------------------------------------------===//

/// That all slices of `array` are inside of it. In kernels,
/// vga-lower-tensor-ops checks that.
static void checkCoordinates(Operation *op, Value array, Value indices,
                             ArrayRef<int64_t> dims, SizeChecker &checker) {
  if (!checker.mayReadArrays())
    return;
  SmallVector<Value> bounds;
  for (int64_t dim : dims)
    bounds.push_back(checker.getSize(array, dim));
  int64_t numbers = cast<RankedTensorType>(indices.getType()).getRank() - 1;
  SmallVector<Value> position;
  std::function<void()> visit = [&] {
    if (int64_t axis = position.size(); axis < numbers)
      return checker.forEach(checker.index(0), checker.getSize(indices, axis),
                             [&](Value i) {
                               position.push_back(i);
                               visit();
                               position.pop_back();
                             });
    for (auto [place, bound] : llvm::enumerate(bounds)) {
      position.push_back(checker.index(place));
      Value at = checker.load(indices, position);
      position.pop_back();
      Value isIn =
          arith::CmpIOp::create(checker, arith::CmpIPredicate::ult, at, bound);
      CheckOp::create(checker, isIn, describeOutside(op, dims[place]),
                      {bound, at});
    }
  };
  if (!dims.empty())
    visit();
}

static void check(tensor::GatherOp op, SizeChecker &checker) {
  checkCoordinates(op, op.getSource(), op.getIndices(), op.getGatherDims(),
                   checker);
}

/// There is a slice for each of the indices, as large as its part of `dest`.
static void check(tensor::ScatterOp op, SizeChecker &checker) {
  int64_t numbers = op.getIndicesType().getRank() - 1;
  for (int64_t axis = 0; axis < numbers; ++axis)
    checker.expectSize(describeAxis(axis, "source"),
                       checker.getSize(op.getIndices(), axis),
                       "that of indices", op.getSource(), axis);
  ArrayRef<int64_t> dims = op.getScatterDims();
  int64_t destRank = op.getDestType().getRank();
  bool isReduced = !dims.empty() &&
                   op.getSourceType().getRank() ==
                       numbers + destRank - static_cast<int64_t>(dims.size());
  int64_t sourceAxis = numbers;
  for (int64_t axis = 0; axis < destRank; ++axis) {
    bool isIndexed = llvm::is_contained(dims, axis);
    if (isIndexed && isReduced)
      continue;
    checker.expectSize(describeAxis(sourceAxis, "source"),
                       isIndexed ? checker.index(1)
                                 : checker.getSize(op.getDest(), axis),
                       isIndexed ? "that of an index" : "that of dest",
                       op.getSource(), sourceAxis);
    ++sourceAxis;
  }
  checkCoordinates(op, op.getDest(), op.getIndices(), dims, checker);
}

//===----------------------------------------------------------------------===//
// Elementwise operations on tensors
//===----------------------------------------------------------------------===//

static void checkElementwise(Operation *op, SizeChecker &checker) {
  SmallVector<OpOperand *> tensors;
  for (OpOperand &operand : op->getOpOperands())
    if (isa<RankedTensorType>(operand.get().getType()))
      tensors.push_back(&operand);
  if (tensors.empty())
    return;
  auto result = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!result)
    return;
  for (int64_t axis = 0; axis < result.getRank(); ++axis) {
    auto isStatic = [&](OpOperand *operand) {
      return !cast<RankedTensorType>(operand->get().getType())
                  .isDynamicDim(axis);
    };
    auto *known = llvm::find_if(tensors, isStatic);
    OpOperand *first = known == tensors.end() ? tensors.front() : *known;
    std::string source =
        ("that of operand #" + Twine(first->getOperandNumber())).str();
    Value expected = checker.getSize(first->get(), axis);
    if (!result.isDynamicDim(axis)) {
      expected = checker.index(result.getDimSize(axis));
      source = "that of the result";
      first = nullptr;
    }
    for (OpOperand *operand : tensors)
      if (operand != first)
        checker.expectSize(
            describeAxis(
                axis, ("operand #" + Twine(operand->getOperandNumber())).str()),
            expected, source, operand->get(), axis);
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static void checkSteps(ArrayRef<OpFoldResult> steps, SizeChecker &checker) {
  for (auto [i, step] : llvm::enumerate(steps)) {
    Value value = dyn_cast<Value>(step);
    if (value && value.getType().isIndex())
      checker.expectAtLeast(steps.size() == 1 ? std::string("step")
                                              : "step " + std::to_string(i),
                            1, value);
  }
}

void vga::checkTensorOp(Operation *op, SizeChecker &checker) {
  TypeSwitch<Operation *>(op)
      .Case([&](tensor::DimOp dim) {
        auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
        if (type)
          checker.expectIndex("index", checker.index(type.getRank()),
                              dim.getIndex());
      })
      .Case([&](tensor::ExtractOp extract) {
        checkIndices(extract.getTensor(), extract.getIndices(), checker);
      })
      .Case([&](tensor::InsertOp insert) {
        checkIndices(insert.getDest(), insert.getIndices(), checker);
      })
      .Case([&](tensor::InsertSliceOp slice) {
        checkSlice(slice, "dest", slice.getDest(), slice.getSource(),
                   slice.getDroppedDims(), checker);
      })
      .Case([&](tensor::ParallelInsertSliceOp slice) {
        checkSlice(slice, "dest", slice.getDest(), slice.getSource(),
                   slice.getDroppedDims(), checker);
      })
      .Case<tensor::CastOp, tensor::ConcatOp, tensor::ExpandShapeOp,
            tensor::ExtractSliceOp, tensor::GatherOp, tensor::ReshapeOp,
            tensor::ScatterOp, tensor::PadOp>(
          [&](auto shaped) { check(shaped, checker); })
      .Case([&](tensor::BitcastOp bitcast) { checkElementwise(op, checker); })
      .Case([&](tensor::EmptyOp empty) {
        checker.expectMemory(empty.getType(), empty.getDynamicSizes());
      })
      .Case([&](tensor::GenerateOp generate) {
        checker.expectMemory(
            cast<RankedTensorType>(generate.getResult().getType()),
            generate.getDynamicExtents());
      })
      .Case([&](tensor::SplatOp splat) {
        checker.expectMemory(
            cast<RankedTensorType>(splat.getAggregate().getType()),
            splat.getDynamicSizes());
      })
      .Case([&](bufferization::AllocTensorOp alloc) {
        checker.expectMemory(alloc.getType(), alloc.getDynamicSizes());
      })
      .Case([&](scf::ForOp loop) { checkSteps({loop.getStep()}, checker); })
      .Case(
          [&](scf::ForallOp loop) { checkSteps(loop.getMixedStep(), checker); })
      .Case([&](scf::ParallelOp loop) {
        checkSteps(getAsOpFoldResult(loop.getStep()), checker);
      })
      .Default([&](Operation *) {
        if (OpTrait::hasElementwiseMappableTraits(op))
          checkElementwise(op, checker);
      });
}
