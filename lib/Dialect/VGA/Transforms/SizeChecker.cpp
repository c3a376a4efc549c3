//===- SizeChecker.cpp - What an operation demands of sizes ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"

#include "mlir/Analysis/DataFlow/IntegerRangeAnalysis.h"
#include "mlir/Analysis/DataFlowFramework.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "llvm/ADT/SmallSet.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Value SizeChecker::getValue(OpFoldResult number) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), number);
}

/// A tensor whose size along `axis` is that of the result; null if there is
/// none.
static Value getSourceOfSize(OpResult result) {
  Operation *op = result.getOwner();
  if (auto destinationStyle = dyn_cast<DestinationStyleOpInterface>(op))
    return destinationStyle.getTiedOpOperand(result)->get();
  if (isa<tensor::CastOp>(op))
    return op->getOperand(0);
  if (OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        return operand;
  return {};
}

/// The operation around `op` whose body is done for each element of an array.
static Operation *getElementLoop(Operation *op) {
  for (Operation *parent = op->getParentOp(); parent;
       parent = parent->getParentOp())
    if (isa<linalg::LinalgOp, tensor::GenerateOp, tensor::PadOp>(parent))
      return parent;
  return nullptr;
}

Value SizeChecker::getSize(Value tensor, int64_t axis) {
  InsertionGuard guard(*this);
  // Not once for each element.
  Operation *place = &*getInsertionPoint();
  while (Operation *loop = getElementLoop(place)) {
    if (loop->isAncestor(tensor.getParentRegion()->getParentOp()))
      break;
    setInsertionPoint(loop);
    place = loop;
  }
  while (true) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    if (type && !type.isDynamicDim(axis))
      return index(type.getDimSize(axis));
    auto result = dyn_cast<OpResult>(tensor);
    if (!type || !result)
      break;
    if (Value source = getSourceOfSize(result)) {
      tensor = source;
      continue;
    }
    Operation *producer = result.getOwner();
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(producer))
      return getValue(expand.getMixedOutputShape()[axis]);
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(producer)) {
      Value size = index(1);
      ReassociationIndices axes = collapse.getReassociationIndices()[axis];
      for (int64_t from : axes)
        size = mul(size, getSize(collapse.getSrc(), from));
      return size;
    }
    auto known = dyn_cast<ReifyRankedShapedTypeOpInterface>(producer);
    ReifiedRankedShapedTypeDims shapes;
    if (!known || failed(known.reifyResultShapes(*this, shapes)))
      break;
    Value size = getValue(shapes[result.getResultNumber()][axis]);
    auto dim = size.getDefiningOp<tensor::DimOp>();
    std::optional<int64_t> from =
        dim ? dim.getConstantIndex() : std::optional<int64_t>();
    if (!from || dim.getSource() == tensor)
      return size;
    tensor = dim.getSource();
    axis = *from;
  }
  return createOrFold<tensor::DimOp>(tensor, axis);
}

//===----------------------------------------------------------------------===//
// What is known
//===----------------------------------------------------------------------===//

/// The range of an integer or index, or of what it is cast from.
static std::optional<ConstantIntRanges> getRange(DataFlowSolver *ranges,
                                                 Value value) {
  if (!ranges)
    return std::nullopt;
  const auto *state =
      ranges->lookupState<dataflow::IntegerValueRangeLattice>(value);
  if (!state || state->getValue().isUninitialized())
    return std::nullopt;
  return state->getValue().getValue();
}

/// The axis and the tensor whose size a value is.
static std::optional<int64_t> getSource(Value value, Value &tensor) {
  auto dim = value.getDefiningOp<tensor::DimOp>();
  if (!dim)
    return std::nullopt;
  tensor = dim.getSource();
  return dim.getConstantIndex();
}

namespace {
/// What upstream knows of bounds. Its models of arith.addi, muli and others are
/// for numbers, and undefined for sizes of tensors that these compute: nothing
/// is asked of such tensors.
class Bounds : public ValueBoundsConstraintSet {
public:
  explicit Bounds(MLIRContext *context)
      : ValueBoundsConstraintSet(context, isElementwiseTensor) {}

private:
  static bool isElementwiseTensor(Value value, std::optional<int64_t>,
                                  ValueBoundsConstraintSet &) {
    Operation *op = value.getDefiningOp();
    return op && isa<ShapedType>(value.getType()) &&
           OpTrait::hasElementwiseMappableTraits(op);
  }
};
} // namespace

bool SizeChecker::isKnownEqual(Value a, Value b) {
  if (a == b)
    return true;
  std::optional<int64_t> x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x || y)
    return x && y && *x == *y;
  Value s, t;
  std::optional<int64_t> i = getSource(a, s), j = getSource(b, t);
  if (i && s == t && i == j)
    return true;
  return areBoundsKnown(a, b) &&
         Bounds(getContext()).populateAndCompare(a, Bounds::EQ, b);
}

/// Whether it is worth asking for the bounds of two values: something is known
/// of them, and they are computed from little.
bool SizeChecker::areBoundsKnown(Value a, Value b) {
  constexpr size_t kMostOperations = 16;
  SmallVector<Value> worklist = {a, b};
  SmallPtrSet<Operation *, 16> seen;
  bool isKnown = false;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    Operation *producer = value.getDefiningOp();
    if (!producer) {
      auto argument = cast<BlockArgument>(value);
      isKnown |= isa<LoopLikeOpInterface>(argument.getOwner()->getParentOp());
      continue;
    }
    if (producer->hasTrait<OpTrait::ConstantLike>() ||
        !seen.insert(producer).second)
      continue;
    isKnown = true;
    if (seen.size() > kMostOperations)
      return false;
    for (Value operand : producer->getOperands())
      if (operand.getType().isIndex() || isa<ShapedType>(operand.getType()))
        worklist.push_back(operand);
  }
  return isKnown;
}

bool SizeChecker::isKnownAtMost(Value a, Value b) {
  Value s, t;
  std::optional<int64_t> i = getSource(a, s), j = getSource(b, t);
  if (a == b || (i && s == t && i == j))
    return true;
  std::optional<int64_t> x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (x && y)
    return *x <= *y;
  if (x && *x <= 0 && b.getDefiningOp<tensor::DimOp>())
    return true;
  if (std::optional<ConstantIntRanges> range = getRange(ranges, a); range && y)
    if (range->smax().getSExtValue() <= *y)
      return true;
  if (std::optional<ConstantIntRanges> range = getRange(ranges, b); range && x)
    if (range->smin().getSExtValue() >= *x)
      return true;
  return areBoundsKnown(a, b) &&
         Bounds(getContext()).populateAndCompare(a, Bounds::LE, b);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::string SizeChecker::format(Value number, SmallVectorImpl<Value> &values) {
  if (std::optional<int64_t> constant = getConstantIntValue(number))
    return std::to_string(*constant);
  values.push_back(number);
  return "{" + std::to_string(values.size() - 1) + "}";
}

void SizeChecker::expect(Value condition, const Twine &what,
                         const Twine &expected, const Twine &got,
                         ValueRange values) {
  CheckOp::create(*this, condition,
                  (op->getName().getStringRef() + ": " + what + ": expected " +
                   expected + ", got " + got)
                      .str(),
                  values);
}

void SizeChecker::expectEqual(const Twine &what, Value expected,
                              const Twine &source, Value got) {
  if (isKnownEqual(expected, got))
    return;
  SmallVector<Value> values;
  std::string text = format(expected, values);
  if (!source.isTriviallyEmpty())
    text += " (" + source.str() + ")";
  std::string gotText = format(got, values);
  expect(isEqual(got, expected), what, text, gotText, values);
}

void SizeChecker::expectAtLeast(const Twine &what, int64_t least, Value got) {
  Value bound = index(least);
  if (isKnownAtMost(bound, got))
    return;
  SmallVector<Value> values;
  std::string text = format(got, values);
  expect(createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, got, bound),
         what, "at least " + Twine(least), text, values);
}

void SizeChecker::expectUpTo(const Twine &what, Value most, Value got) {
  if (isKnownAtMost(index(0), got) && isKnownAtMost(got, most))
    return;
  SmallVector<Value> values;
  std::string text = format(most, values), gotText = format(got, values);
  expect(isUnsignedAtMost(got, most), what, "0 to " + text, gotText, values);
}

/// The iterations of the loop that an index counts; null if it is none.
static Value getIterations(SizeChecker &checker, Value index) {
  if (auto loop = index.getDefiningOp<linalg::IndexOp>()) {
    auto op = loop->getParentOfType<linalg::LinalgOp>();
    for (OpOperand &operand : op->getOpOperands())
      for (auto [axis, expression] :
           llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
        if (expression == getAffineDimExpr(loop.getDim(), checker.getContext()))
          return checker.getSize(operand.get(), axis);
    return {};
  }
  auto argument = dyn_cast<BlockArgument>(index);
  if (!argument)
    return {};
  Operation *parent = argument.getOwner()->getParentOp();
  if (isa<tensor::GenerateOp, tensor::PadOp>(parent)) {
    auto type = cast<RankedTensorType>(parent->getResult(0).getType());
    unsigned axis = argument.getArgNumber();
    if (!type.isDynamicDim(axis))
      return checker.index(type.getDimSize(axis));
    if (auto generate = dyn_cast<tensor::GenerateOp>(parent))
      return generate.getDynamicExtents()[type.getDynamicDimIndex(axis)];
  }
  return {};
}

void SizeChecker::expectIndex(const Twine &what, Value size, Value index) {
  Value first = this->index(0);
  if (Value iterations = getIterations(*this, index)) {
    if (isKnownAtMost(iterations, size))
      return;
  } else if (isKnownAtMost(first, index)) {
    std::optional<int64_t> constant = getConstantIntValue(size);
    Value last =
        constant ? this->index(*constant - 1) : sub(size, this->index(1));
    if (isKnownAtMost(index, last))
      return;
  }
  SmallVector<Value> values;
  std::string text = format(size, values), gotText = format(index, values);
  expect(createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, index, size),
         what, "at least 0 and less than " + text, gotText, values);
}

void SizeChecker::expectSlice(const Twine &axis, Value extent,
                              OpFoldResult offset, OpFoldResult size,
                              OpFoldResult stride) {
  Value offsetValue = getValue(offset), sizeValue = getValue(size);
  std::optional<int64_t> step = getConstantIntValue(stride);
  if (!step || *step <= 0)
    return expectMultiplied(axis, extent, offsetValue, sizeValue,
                            getValue(stride));
  // An iteration that there is may be what shows that there is an element.
  if (*step == 1 && isKnownAtMost(index(0), offsetValue) &&
      isKnownAtMost(index(0), sizeValue) &&
      isKnownAtMost(add(offsetValue, sizeValue), extent))
    return;
  expectUpTo("size of " + axis,
             *step == 1 ? extent : ceilDiv(extent, index(*step)), sizeValue);
  // What fits from 0 on has just been checked.
  if (getConstantIntValue(offset) == 0)
    return;
  Value span = sizeValue;
  if (*step != 1) {
    Value last = mul(sub(sizeValue, index(1)), index(*step));
    span = createOrFold<arith::SelectOp>(isEqual(sizeValue, index(0)), index(0),
                                         add(last, index(1)));
  }
  expectUpTo("offset of " + axis, sub(extent, span), offsetValue);
}

/// The same for strides that are 0, negative or not known. No product of
/// integers that anybody can pass in may overflow unnoticed.
void SizeChecker::expectMultiplied(const Twine &axis, Value extent,
                                   Value offset, Value size, Value stride) {
  expectAtLeast("size of " + axis, 0, size);
  SmallVector<Value> values;
  std::string extentText = format(extent, values),
              offsetText = format(offset, values),
              sizeText = format(size, values),
              strideText = format(stride, values);
  auto toI64 = [&](Value value) -> Value {
    return createOrFold<arith::IndexCastOp>(getI64Type(), value);
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) {
    return createOrFold<arith::CmpIOp>(predicate, a, b);
  };
  auto product = arith::MulSIExtendedOp::create(
      *this, toI64(sub(size, index(1))), toI64(stride));
  Value bits = arith::ConstantOp::create(*this, getI64IntegerAttr(63));
  Value sign = createOrFold<arith::ShRSIOp>(product.getLow(), bits);
  Value distance =
      createOrFold<arith::IndexCastOp>(getIndexType(), product.getLow());
  Value isInside = compare(arith::CmpIPredicate::ult, offset, extent);
  isInside = both(isInside,
                  compare(arith::CmpIPredicate::eq, sign, product.getHigh()));
  isInside =
      both(isInside, isAtMost(distance, sub(sub(extent, index(1)), offset)));
  isInside = both(isInside, isAtMost(sub(index(0), offset), distance));
  Value holds = createOrFold<arith::SelectOp>(
      isEqual(size, index(0)), isUnsignedAtMost(offset, extent), isInside);
  if (matchPattern(holds, m_One()))
    return;
  expect(
      holds, axis,
      "offset + (size - 1) * stride from offset on at least 0 and less than " +
          extentText,
      offsetText + " + (" + sizeText + " - 1) * " + strideText, values);
}

/// Whether sizes are those of all dynamic axes of one tensor, which is in
/// memory, so that they may be multiplied, and by a small factor, too.
static bool areSizesOfMemory(ValueRange sizes, int64_t factor) {
  constexpr int64_t kSmallFactor = 1 << 14;
  Value tensor;
  llvm::SmallSet<int64_t, 4> axes;
  for (Value size : sizes) {
    Value source;
    std::optional<int64_t> axis = getSource(size, source);
    if (!axis || (tensor && tensor != source) || !axes.insert(*axis).second)
      return false;
    tensor = source;
  }
  auto type = tensor ? dyn_cast<RankedTensorType>(tensor.getType()) : nullptr;
  return type && factor <= kSmallFactor &&
         type.getNumDynamicDims() == sizes.size() &&
         !llvm::is_contained(type.getShape(), 0);
}

void SizeChecker::expectMemory(RankedTensorType type, ValueRange dynamicSizes) {
  if (dynamicSizes.empty())
    return;
  Type element = type.getElementType();
  int64_t bytes = element.isIntOrFloat()
                      ? llvm::divideCeil(element.getIntOrFloatBitWidth(), 8)
                      : sizeof(int64_t);
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size) &&
        llvm::MulOverflow(bytes, std::max<int64_t>(size, 1), bytes))
      return expect(arith::ConstantOp::create(*this, getBoolAttr(false)),
                    "result", "less than 2^63 bytes", "more");
  int64_t most = std::numeric_limits<int64_t>::max() / bytes;
  if (areSizesOfMemory(dynamicSizes, bytes))
    return;
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      axes.push_back(axis);
  auto what = [&](unsigned i) {
    return ("size of axis " + Twine(axes[i])).str();
  };
  if (dynamicSizes.size() == 1)
    return expectUpTo(what(0), index(most), dynamicSizes.front());
  for (auto [i, size] : llvm::enumerate(dynamicSizes))
    expectAtLeast(what(i), 0, size);
  // The sizes before, multiplied, and this one.
  Value zero = arith::ConstantOp::create(*this, getI64IntegerAttr(0));
  Value total = arith::ConstantOp::create(*this, getI64IntegerAttr(bytes));
  for (auto [i, size] : llvm::enumerate(dynamicSizes)) {
    auto product = arith::MulSIExtendedOp::create(
        *this, total,
        arith::IndexCastOp::create(*this, getI64Type(), size).getResult());
    Value fits = both(arith::CmpIOp::create(*this, arith::CmpIPredicate::eq,
                                            product.getHigh(), zero),
                      arith::CmpIOp::create(*this, arith::CmpIPredicate::sge,
                                            product.getLow(), zero));
    SmallVector<Value> values;
    std::string text = format(size, values);
    expect(fits, what(i), "less than 2^63 bytes with the axes before", text,
           values);
    total = product.getLow();
  }
}
