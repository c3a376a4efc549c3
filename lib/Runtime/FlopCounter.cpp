//===- FlopCounter.cpp - How much work a function is ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs the function on shapes instead of tensors. A size that is not known is
// ShapedType::kDynamic, and only matters once a counted operation needs it.
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/FlopCounter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

using Shape = SmallVector<int64_t, 4>;

static bool isKnown(int64_t size) { return !ShapedType::isDynamic(size); }

namespace {
/// Counts the operations of one call of one function.
class Frame {
public:
  Frame(func::FuncOp function, unsigned depth)
      : function(function), depth(depth) {}

  /// The count; the shapes of the results go to `results`.
  std::optional<double> run(ArrayRef<Shape> arguments,
                            SmallVectorImpl<Shape> &results);

private:
  std::optional<double> visitBlock(Block &block);
  std::optional<double> visit(Operation *op);
  std::optional<double> visitCall(func::CallOp call);
  std::optional<double> visitLoop(scf::ForOp loop);
  std::optional<double> visitAttention(AttentionInterface op);
  std::optional<double> visitContraction(linalg::LinalgOp op);

  void evaluate(Operation *op);
  Shape inferShape(Operation *op, Value result);

  /// What is known of a value: its shape, or its value as an integer.
  Shape getShape(Value value) const;
  int64_t getNumber(OpFoldResult value) const;
  Shape getNumbers(ArrayRef<OpFoldResult> values) const {
    return llvm::map_to_vector<4>(
        values, [&](OpFoldResult value) { return getNumber(value); });
  }
  int64_t applyMap(AffineMap map, ValueRange operands, bool isMin) const;

  /// Calls may recurse for ever; real programs are not this deep.
  static constexpr unsigned kMaxDepth = 64;

  func::FuncOp function;
  unsigned depth;
  DenseMap<Value, Shape> shapes;
  DenseMap<Value, int64_t> numbers;
};
} // namespace

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Shape Frame::getShape(Value value) const {
  auto it = shapes.find(value);
  if (it != shapes.end())
    return it->second;
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return Shape(type.getShape());
  return {};
}

int64_t Frame::getNumber(OpFoldResult value) const {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant;
  return numbers.lookup_or(dyn_cast<Value>(value), ShapedType::kDynamic);
}

/// Applies an arithmetic operation to numbers that are known.
static std::optional<int64_t> apply(Operation *op, int64_t lhs, int64_t rhs) {
  return TypeSwitch<Operation *, std::optional<int64_t>>(op)
      .Case([&](arith::AddIOp) { return lhs + rhs; })
      .Case([&](arith::SubIOp) { return lhs - rhs; })
      .Case([&](arith::MulIOp) { return lhs * rhs; })
      .Case([&](arith::MaxSIOp) { return std::max(lhs, rhs); })
      .Case([&](arith::MinSIOp) { return std::min(lhs, rhs); })
      .Case<arith::DivSIOp, arith::DivUIOp>(
          [&](auto) -> std::optional<int64_t> {
            if (lhs < 0 || rhs <= 0)
              return std::nullopt;
            return lhs / rhs;
          })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>(
          [&](auto) -> std::optional<int64_t> {
            if (lhs < 0 || rhs <= 0)
              return std::nullopt;
            return llvm::divideCeil(lhs, rhs);
          })
      .Default(std::nullopt);
}

int64_t Frame::applyMap(AffineMap map, ValueRange operands, bool isMin) const {
  Builder builder(map.getContext());
  SmallVector<Attribute> attributes;
  for (Value operand : operands) {
    int64_t number = getNumber(operand);
    if (!isKnown(number))
      return ShapedType::kDynamic;
    attributes.push_back(builder.getIndexAttr(number));
  }
  SmallVector<Attribute> folded;
  if (failed(map.constantFold(attributes, folded)))
    return ShapedType::kDynamic;
  auto values = llvm::map_range(
      folded, [](Attribute attr) { return cast<IntegerAttr>(attr).getInt(); });
  return isMin ? *llvm::min_element(values) : *llvm::max_element(values);
}

Shape Frame::inferShape(Operation *op, Value result) {
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return getShape(style.getTiedOpOperand(cast<OpResult>(result))->get());
  if (auto attention = dyn_cast<AttentionInterface>(op)) {
    if (result != op->getResult(0))
      return Shape(cast<RankedTensorType>(result.getType()).getShape());
    Shape shape = getShape(attention.getQuery());
    shape.back() = getShape(attention.getValue()).back();
    return shape;
  }
  return TypeSwitch<Operation *, Shape>(op)
      .Case([&](tensor::EmptyOp op) { return getNumbers(op.getMixedSizes()); })
      .Case([&](tensor::CastOp op) { return getShape(op.getSource()); })
      .Case([&](tensor::InsertSliceOp op) { return getShape(op.getDest()); })
      .Case([&](tensor::ExpandShapeOp op) {
        return getNumbers(getMixedValues(op.getStaticOutputShape(),
                                         op.getOutputShape(), op.getContext()));
      })
      .Case([&](tensor::CollapseShapeOp op) {
        Shape source = getShape(op.getSrc()), shape;
        for (const ReassociationIndices &group : op.getReassociationIndices()) {
          int64_t size = 1;
          for (int64_t axis : group)
            size = isKnown(size) && isKnown(source[axis])
                       ? size * source[axis]
                       : ShapedType::kDynamic;
          shape.push_back(size);
        }
        return shape;
      })
      .Case([&](tensor::ExtractSliceOp op) {
        llvm::SmallBitVector dropped = op.getDroppedDims();
        Shape shape;
        for (auto [axis, size] : llvm::enumerate(op.getMixedSizes()))
          if (!dropped.test(axis))
            shape.push_back(getNumber(size));
        return shape;
      })
      .Default([&](Operation *op) {
        auto type = cast<RankedTensorType>(result.getType());
        // An elementwise operation has the shape of any of its operands.
        if (OpTrait::hasElementwiseMappableTraits(op))
          for (Value operand : op->getOperands())
            if (isa<RankedTensorType>(operand.getType()))
              return getShape(operand);
        return Shape(type.getShape());
      });
}

/// Records what follows about the results of an operation.
void Frame::evaluate(Operation *op) {
  for (Value result : op->getResults()) {
    if (auto type = dyn_cast<RankedTensorType>(result.getType())) {
      if (type.hasStaticShape())
        continue;
      // Sizes that the type has win: casts and the like may know more.
      Shape shape = inferShape(op, result);
      if (shape.size() != static_cast<size_t>(type.getRank()))
        shape.assign(type.getRank(), ShapedType::kDynamic);
      for (auto [size, known] : llvm::zip(shape, type.getShape()))
        if (isKnown(known))
          size = known;
      shapes[result] = std::move(shape);
    } else if (result.getType().isIntOrIndex()) {
      int64_t number = ShapedType::kDynamic;
      if (auto dim = dyn_cast<tensor::DimOp>(op)) {
        std::optional<int64_t> axis = dim.getConstantIndex();
        Shape shape = getShape(dim.getSource());
        if (axis && *axis >= 0 && *axis < static_cast<int64_t>(shape.size()))
          number = shape[*axis];
      } else if (auto map = dyn_cast<affine::AffineApplyOp>(op)) {
        number = applyMap(map.getMap(), map.getOperands(), /*isMin=*/true);
      } else if (auto min = dyn_cast<affine::AffineMinOp>(op)) {
        number = applyMap(min.getMap(), min.getOperands(), /*isMin=*/true);
      } else if (auto max = dyn_cast<affine::AffineMaxOp>(op)) {
        number = applyMap(max.getMap(), max.getOperands(), /*isMin=*/false);
      } else if (isa<arith::IndexCastOp, arith::ExtSIOp>(op)) {
        number = getNumber(op->getOperand(0));
      } else if (op->getNumOperands() == 2) {
        int64_t lhs = getNumber(op->getOperand(0));
        int64_t rhs = getNumber(op->getOperand(1));
        if (isKnown(lhs) && isKnown(rhs))
          number = apply(op, lhs, rhs).value_or(ShapedType::kDynamic);
      }
      numbers[result] = number;
    }
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// The product of sizes, if all are known.
static std::optional<double> multiply(double factor, ArrayRef<int64_t> sizes) {
  for (int64_t size : sizes) {
    if (!isKnown(size))
      return std::nullopt;
    factor *= static_cast<double>(size);
  }
  return factor;
}

std::optional<double> Frame::visitAttention(AttentionInterface op) {
  AxisOrder axes(op.getLayout());
  Shape query = getShape(op.getQuery()), key = getShape(op.getKey()),
        value = getShape(op.getValue());
  int64_t queries = query[axes.sequence], keys = key[axes.sequence];
  if (Value table = op.getBlockTable()) {
    int64_t pages = getShape(table).back();
    keys = isKnown(pages) ? pages * keys : ShapedType::kDynamic;
  }
  bool isHalf = op.getCausal() && queries == keys;
  return multiply(isHalf ? 1 : 2,
                  {query[axes.batch], query[axes.head], queries, keys,
                   query[axes.channel] + value[axes.channel]});
}

std::optional<double> Frame::visitContraction(linalg::LinalgOp op) {
  SmallVector<int64_t> loops(op.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [expr, size] :
         llvm::zip(map.getResults(), getShape(operand.get())))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        if (isKnown(size))
          loops[dim.getPosition()] = size;
  }
  return multiply(2, loops);
}

std::optional<double> Frame::visitCall(func::CallOp call) {
  auto callee = dyn_cast_or_null<func::FuncOp>(
      SymbolTable::lookupNearestSymbolFrom(function, call.getCalleeAttr()));
  if (!callee || callee.isDeclaration() || depth >= kMaxDepth)
    return std::nullopt;
  SmallVector<Shape> arguments, results;
  for (Value operand : call.getOperands())
    arguments.push_back(getShape(operand));
  std::optional<double> count =
      Frame(callee, depth + 1).run(arguments, results);
  if (count)
    for (auto [value, shape] : llvm::zip(call.getResults(), results))
      shapes[value] = shape;
  return count;
}

std::optional<double> Frame::visitLoop(scf::ForOp loop) {
  int64_t lower = getNumber(loop.getLowerBound());
  int64_t upper = getNumber(loop.getUpperBound());
  int64_t step = getNumber(loop.getStep());
  // What changes from one iteration to the next stays unknown in the body.
  std::optional<double> body = visitBlock(*loop.getBody());
  if (body == 0.0)
    return 0.0;
  if (!body || !isKnown(lower) || !isKnown(upper) || !isKnown(step) ||
      step <= 0)
    return std::nullopt;
  return *body * static_cast<double>(llvm::divideCeil(
                     std::max<int64_t>(upper - lower, 0), step));
}

/// True for what is counted, or may be.
static bool isCounted(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return linalg::isaContractionOpInterface(linalgOp);
  return isa<AttentionInterface, CallOpInterface>(op);
}

std::optional<double> Frame::visit(Operation *op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return visitCall(call);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitLoop(loop);
  evaluate(op);
  if (auto attention = dyn_cast<AttentionInterface>(op))
    return visitAttention(attention);
  if (isCounted(op)) {
    auto contraction = dyn_cast<linalg::LinalgOp>(op);
    return contraction ? visitContraction(contraction) : std::nullopt;
  }
  // How often other regions run is not known.
  for (Region &region : op->getRegions())
    if (region
            .walk([](Operation *nested) {
              return isCounted(nested) ? WalkResult::interrupt()
                                       : WalkResult::advance();
            })
            .wasInterrupted())
      return std::nullopt;
  return 0.0;
}

std::optional<double> Frame::visitBlock(Block &block) {
  double count = 0;
  for (Operation &op : block) {
    std::optional<double> part = visit(&op);
    if (!part)
      return std::nullopt;
    count += *part;
  }
  return count;
}

std::optional<double> Frame::run(ArrayRef<Shape> arguments,
                                 SmallVectorImpl<Shape> &results) {
  if (!function.getBody().hasOneBlock())
    return std::nullopt;
  Block &body = function.getBody().front();
  for (auto [value, shape] : llvm::zip(body.getArguments(), arguments))
    if (isa<RankedTensorType>(value.getType()))
      shapes[value] = shape;
  std::optional<double> count = visitBlock(body);
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(getShape(value));
  return count;
}

std::optional<double>
vga::countFlops(func::FuncOp function,
                ArrayRef<ArrayRef<int64_t>> argumentShapes) {
  SmallVector<Shape> arguments, results;
  for (ArrayRef<int64_t> shape : argumentShapes)
    arguments.push_back(Shape(shape));
  return Frame(function, /*depth=*/0).run(arguments, results);
}
