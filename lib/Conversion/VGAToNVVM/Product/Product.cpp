//===- Product.cpp - Finding a product and what it works for --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Product.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "vga/Dialect/VGA/Utils/LinalgSizes.h"
#include <numeric>

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;
using namespace mlir::vga::product;

//===----------------------------------------------------------------------===//
// Elementwise operations
//===----------------------------------------------------------------------===//

/// Whether arrays of these elements are for kernels of products.
static bool isMemoryElement(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->hasTrait<OpTrait::ConstantLike>();
}

/// Whether a body is arithmetic on its arguments and constants.
static bool isScalarBody(Block &body) {
  return llvm::all_of(body, [&](Operation &op) {
    bool isKnown =
        isa<YieldOp>(op) ||
        (isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) &&
         op.getNumRegions() == 0);
    return isKnown && llvm::all_of(op.getOperands(), [&](Value value) {
             return value.getParentBlock() == &body || isConstant(value);
           });
  });
}

bool product::isRead(LinalgOp op, OpOperand &operand) {
  return !op.getMatchingBlockArgument(&operand).use_empty();
}

/// Whether each element of the result is computed from one of each operand.
static bool isStep(LinalgOp op) {
  if (!op || !op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops() || op.hasIndexSemantics() ||
      !op.getIndexingMapsArray().back().isPermutation() ||
      !isMemoryElement(getElementTypeOrSelf(op->getResult(0).getType())) ||
      !isScalarBody(*op.getBlock()))
    return false;
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    if (!isRead(op, operand))
      return true;
    Type type = operand.get().getType();
    if (!isa<RankedTensorType>(type))
      return isConstant(operand.get());
    return isMemoryElement(getElementTypeOrSelf(type)) &&
           op.getMatchingIndexingMap(&operand).isProjectedPermutation();
  });
}

/// Whether an elementwise operation moves elements only, as broadcasts do.
static bool isMove(LinalgOp op) {
  return op.getBlock()->getOperations().size() == 1;
}

SmallVector<unsigned> product::getOperandLoops(Step step, OpOperand &operand) {
  AffineMap map = step.op.getMatchingIndexingMap(&operand);
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr axis) {
    return step.loops[cast<AffineDimExpr>(axis).getPosition()];
  });
}

/// The step of `op` if its result has these loops as axes.
static Step makeStep(LinalgOp op, ArrayRef<unsigned> resultLoops) {
  Step step{op, SmallVector<unsigned>(op.getNumLoops())};
  AffineMap map = op.getIndexingMapsArray().back();
  for (auto [axis, loop] : llvm::enumerate(resultLoops))
    step.loops[map.getDimPosition(axis)] = loop;
  return step;
}

std::optional<Step> product::getInlined(Step user, OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<LinalgOp>();
  if (!isStep(producer) || !(producer->hasOneUse() || isMove(producer)))
    return std::nullopt;
  return makeStep(producer, getOperandLoops(user, operand));
}

//===----------------------------------------------------------------------===//
// The contraction
//===----------------------------------------------------------------------===//

static bool isFactor(Type type) {
  return isa<Float16Type, BFloat16Type, Float32Type>(type);
}

/// The number of the operand that a value of a body is, possibly extended.
static std::optional<unsigned> getFactor(LinalgOp op, Value value) {
  if (auto extension = value.getDefiningOp<arith::ExtFOp>())
    value = extension.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock())
    return std::nullopt;
  return argument.getArgNumber();
}

/// The number of the operand that is the weight of a guarded contraction, which
/// adds `weight == 0 ? 0 : weight * factor` (emitGuardedProduct).
static std::optional<unsigned> getWeight(LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0 ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return std::nullopt;
  Block &body = *op.getBlock();
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return std::nullopt;
  Value start = body.getArgument(2);
  Value term = sum.getLhs() == start ? sum.getRhs() : sum.getLhs();
  auto select = term.getDefiningOp<arith::SelectOp>();
  if (!select || (sum.getLhs() != start && sum.getRhs() != start))
    return std::nullopt;
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  auto multiply = select.getFalseValue().getDefiningOp<arith::MulFOp>();
  if (!compare || !multiply ||
      compare.getPredicate() != arith::CmpFPredicate::OEQ ||
      !matchPattern(compare.getRhs(), m_AnyZeroFloat()) ||
      !matchPattern(select.getTrueValue(), m_AnyZeroFloat()))
    return std::nullopt;
  std::optional<unsigned> weight = getFactor(op, compare.getLhs());
  std::optional<unsigned> lhs = getFactor(op, multiply.getLhs());
  std::optional<unsigned> rhs = getFactor(op, multiply.getRhs());
  bool isOfBoth = lhs && rhs && *lhs + *rhs == 1 && *lhs != *rhs;
  return isOfBoth && weight && *weight < 2 ? weight : std::nullopt;
}

bool product::isContraction(LinalgOp op) {
  return isaContractionOpInterface(op) || getWeight(op);
}

/// Whether the body of a contraction is a product that kernels compute.
static bool isProductBody(LinalgOp op) {
  // Sums are in f32 and rounded once, whatever type the body adds in.
  return llvm::all_of(op->getOpOperands(),
                      [](OpOperand &operand) {
                        return isFactor(
                            getElementTypeOrSelf(operand.get().getType()));
                      }) &&
         llvm::all_of(*op.getBlock(), [&](Operation &inner) {
           return isa<arith::MulFOp, arith::AddFOp, arith::ExtFOp, YieldOp>(
                      inner) ||
                  (isa<arith::CmpFOp, arith::SelectOp>(inner) && getWeight(op));
         });
}

/// Step 0: the contraction itself.
static Step getRootStep(LinalgOp op) {
  Step step{op, SmallVector<unsigned>(op.getNumLoops())};
  std::iota(step.loops.begin(), step.loops.end(), 0);
  return step;
}

/// The one operation that uses a value; null if there are none or several.
static Operation *getOnlyUser(Value value) {
  Operation *user = nullptr;
  for (Operation *other : value.getUsers()) {
    if (user && user != other)
      return nullptr;
    user = other;
  }
  return user;
}

/// The step that continues the chain after a result with these loops as axes.
static std::optional<Step> getNext(Value result, ArrayRef<unsigned> loops) {
  auto op = dyn_cast_or_null<LinalgOp>(getOnlyUser(result));
  if (!op || op->getBlock() != result.getParentBlock() || !isStep(op))
    return std::nullopt;
  std::optional<Step> step;
  for (OpOperand &operand : op->getOpOperands()) {
    if (operand.get() != result)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isPermutation() || !isRead(op, operand))
      return std::nullopt;
    Step found{op, SmallVector<unsigned>(op.getNumLoops())};
    for (auto [axis, loop] : llvm::enumerate(loops))
      found.loops[map.getDimPosition(axis)] = loop;
    // x times its transpose is not elementwise.
    if (step && step->loops != found.loops)
      return std::nullopt;
    step = found;
  }
  return step;
}

static SmallVector<unsigned> getResultLoops(Step step) {
  return getOperandLoops(step, *step.op.getDpsInitOperand(0));
}

/// Adds what a step reads to the arrays of the product.
static void collectArrays(Product &product, Step step, Value computed) {
  for (OpOperand &operand : step.op->getOpOperands()) {
    if (operand.get() == computed || !isRead(step.op, operand) ||
        !isa<RankedTensorType>(operand.get().getType()))
      continue;
    if (std::optional<Step> inlined = getInlined(step, operand)) {
      collectArrays(product, *inlined, Value());
      continue;
    }
    Array array{operand.get(), getOperandLoops(step, operand), {}};
    if (llvm::none_of(product.others, [&](const Array &other) {
          return other.value == array.value && other.loops == array.loops;
        }))
      product.others.push_back(array);
  }
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

static SmallVector<Array *> getArrays(Product &product) {
  SmallVector<Array *> arrays = {&product.lhs, &product.rhs, &product.output};
  for (Array &array : product.others)
    arrays.push_back(&array);
  return arrays;
}

/// Whether axis `y` follows axis `x` wherever there is one of them.
static bool areNeighbors(ArrayRef<Array *> arrays, int64_t x, int64_t y) {
  bool isAnywhere = false;
  for (Array *array : arrays) {
    if (array->has(x) != array->has(y))
      return false;
    if (!array->has(x))
      continue;
    isAnywhere = true;
    if (llvm::find(array->axes, x) + 1 != llvm::find(array->axes, y))
      return false;
  }
  return isAnywhere;
}

/// Makes an axis of each loop, and one of neighbors.
static void makeAxes(Product &product) {
  SmallVector<Array *> arrays = getArrays(product);
  for (auto [loop, size] : llvm::enumerate(product.op.getStaticLoopRanges())) {
    bool isDynamic = ShapedType::isDynamic(size);
    product.axes.push_back(
        {{static_cast<unsigned>(loop)}, size, isDynamic ? 1 : size});
  }
  for (Array *array : arrays)
    for (unsigned loop : array->loops)
      if (product.axes[loop].size != 1)
        array->axes.push_back(loop);
  int64_t count = product.axes.size();
  auto mergeOnce = [&] {
    for (int64_t x = 0; x < count; ++x)
      for (int64_t y = 0; y < count; ++y) {
        if (x == y || !areNeighbors(arrays, x, y))
          continue;
        Axis &first = product.axes[x], &second = product.axes[y];
        bool isDynamic = ShapedType::isDynamic(first.size) ||
                         ShapedType::isDynamic(second.size);
        llvm::append_range(first.loops, second.loops);
        first.multiple *= second.multiple;
        first.size =
            isDynamic ? ShapedType::kDynamic : first.size * second.size;
        second = Axis();
        for (Array *array : arrays)
          llvm::erase(array->axes, y);
        return true;
      }
    return false;
  };
  while (mergeOnce())
    ;
}

/// Of several axes, the one whose neighbors are neighbors in `array`, or else
/// the largest.
static int64_t chooseAxis(const Product &product, ArrayRef<int64_t> axes,
                          const Array &array) {
  int64_t chosen = kNoAxis;
  auto isLarger = [&](int64_t x, int64_t y) {
    return ShapedType::isDynamic(product.getSize(x)) ||
           (!ShapedType::isDynamic(product.getSize(y)) &&
            product.getSize(x) > product.getSize(y));
  };
  for (int64_t axis : axes)
    if (array.isAlong(axis) || chosen == kNoAxis ||
        (!array.isAlong(chosen) && isLarger(axis, chosen)))
      chosen = axis;
  return chosen;
}

/// Whether a size is known to be that of a few rows.
static bool isFew(int64_t size) {
  constexpr int64_t kFew = 16;
  return !ShapedType::isDynamic(size) && size <= kFew;
}

/// Says which axes are rows, columns and depth. The two operands may change
/// places: columns are neighbors in the output, and many.
static void assignAxes(Product &product) {
  SmallVector<int64_t> ofLhs, ofRhs, ofBoth;
  for (int64_t axis = 0, e = product.axes.size(); axis < e; ++axis) {
    bool lhs = product.lhs.has(axis), rhs = product.rhs.has(axis);
    if (!product.output.has(axis) && lhs && rhs)
      ofBoth.push_back(axis);
    else if (product.output.has(axis) && lhs && !rhs)
      ofLhs.push_back(axis);
    else if (product.output.has(axis) && rhs && !lhs)
      ofRhs.push_back(axis);
  }
  int64_t rows = product.getSize(ofLhs), columns = product.getSize(ofRhs);
  bool isTransposed = !product.output.axes.empty() &&
                      llvm::is_contained(ofLhs, product.output.axes.back());
  if ((isFew(columns) && !isFew(rows)) || (!isFew(rows) && isTransposed)) {
    std::swap(product.lhs, product.rhs);
    std::swap(ofLhs, ofRhs);
    if (product.weights != Product::Weights::none)
      product.weights = product.weights == Product::Weights::lhs
                            ? Product::Weights::rhs
                            : Product::Weights::lhs;
  }
  product.row = chooseAxis(product, ofLhs, Array());
  product.column = chooseAxis(product, ofRhs, product.rhs);
  bool isRhsAlong = !product.rhs.axes.empty() &&
                    llvm::is_contained(ofBoth, product.rhs.axes.back());
  product.depth =
      chooseAxis(product, ofBoth, isRhsAlong ? product.rhs : product.lhs);
  for (int64_t axis : product.output.axes)
    if (axis != product.row && axis != product.column)
      product.outer.push_back(axis);
  for (int64_t axis : ofBoth)
    if (axis != product.depth)
      product.outerDepth.push_back(axis);
}

int64_t Product::getPiece(const Array &array, int64_t axis) const {
  constexpr int64_t kMostBytes = 16;
  if (axis == kNoAxis || !array.isAlong(axis))
    return 1;
  return std::gcd(kMostBytes / array.getElementBytes(), getMultiple(axis));
}

int64_t Product::getSize(ArrayRef<int64_t> several) const {
  int64_t size = 1;
  for (int64_t axis : several)
    size = ShapedType::isDynamic(size) || ShapedType::isDynamic(getSize(axis))
               ? ShapedType::kDynamic
               : size * getSize(axis);
  return size;
}

FailureOr<Product> Product::match(LinalgOp op, std::string &obstacle) {
  if (!op.hasPureTensorSemantics() || !isContraction(op) ||
      op->getNumResults() != 1)
    return failure();
  Step root = getRootStep(op);
  auto operands = op->getOpOperands().begin();
  SmallVector<unsigned> lhs = getOperandLoops(root, operands[0]);
  SmallVector<unsigned> rhs = getOperandLoops(root, operands[1]);
  SmallVector<unsigned> result = getResultLoops(root);
  bool hasRows = false, hasColumns = false;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    bool inLhs = llvm::is_contained(lhs, loop),
         inRhs = llvm::is_contained(rhs, loop),
         inResult = llvm::is_contained(result, loop);
    // A sum of one operand only.
    if (!inResult && !(inLhs && inRhs))
      return failure();
    hasRows |= inResult && inLhs && !inRhs;
    hasColumns |= inResult && inRhs && !inLhs;
  }
  // Dot products are sums.
  if (!hasRows && !hasColumns)
    return failure();
  obstacle = getSizeObstacle(op);
  // So are products of other types and bodies, and of nothing.
  if (!obstacle.empty() || !isProductBody(op) ||
      llvm::is_contained(op.getStaticLoopRanges(), 0))
    return failure();

  Product product;
  product.op = op;
  product.lhs = {operands[0].get(), lhs, {}};
  product.rhs = {operands[1].get(), rhs, {}};
  if (std::optional<unsigned> weight = getWeight(op))
    product.weights =
        *weight == 0 ? Product::Weights::lhs : Product::Weights::rhs;
  // The start is what the contraction reads beside its factors.
  OpOperand &start = *op.getDpsInitOperand(0);
  if (std::optional<Step> inlined = getInlined(root, start))
    collectArrays(product, *inlined, Value());
  else
    product.others.push_back({start.get(), result, {}});
  Value output = op->getResult(0);
  while (std::optional<Step> next = getNext(output, result)) {
    collectArrays(product, *next, output);
    output = next->op->getResult(0);
    result = getResultLoops(*next);
    product.chain.push_back(*next);
  }
  product.output = {output, result, {}};
  makeAxes(product);
  assignAxes(product);
  return product;
}
