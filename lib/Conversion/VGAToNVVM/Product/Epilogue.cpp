//===- Epilogue.cpp - From sums to the output -----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sums of a tile are in shared memory: whoever made them, threads take
// neighbors of the output together, and add the start and what follows.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

namespace {
class Epilogue {
public:
  explicit Epilogue(Kernel &kernel);
  void run();

private:
  void finishRun(Value run);
  /// Loads the parts of sums of a run, added.
  SmallVector<Value> loadSums(Value row, Value column);
  /// Loads what an array has for a run.
  SmallVector<Value> loadArray(int64_t number, Value row, Value column);
  void storeRun(ArrayRef<Value> values, Value address);

  // Of element `i` of a run.
  Value addStart(Value sum, int64_t i);
  Value getOperand(const Step &step, OpOperand &operand, int64_t i);
  /// Copies the body of a step, whose operands `computed` are `value`.
  Value copyBody(const Step &step, Value computed, Value value, int64_t i);

  Kernel &kernel;
  KernelBuilder &b;
  const Product &product;
  const Plan &plan;
  /// Neighboring columns that a thread computes together.
  int64_t width;
  Value output;
  SmallVector<Value> others;
  /// The elements of the other arrays.
  SmallVector<SmallVector<Value>> elements;
};
} // namespace

Epilogue::Epilogue(Kernel &kernel)
    : kernel(kernel), b(kernel.b), product(kernel.product), plan(kernel.plan),
      width(std::min(product.getPiece(product.output, product.column),
                     plan.tile.columns)),
      output(kernel.getPart(kernel.output, product.output)) {
  for (auto [array, pointer] : llvm::zip(product.others, kernel.others))
    others.push_back(kernel.getPart(pointer, array));
}

/// The most bytes that a load or store can have, and that neighbors are known
/// to be aligned to.
static int64_t getAlignment(Type elementType, int64_t count) {
  return std::min<int64_t>(elementType.getIntOrFloatBitWidth() / 8 * count,
                           kPieceBytes);
}

/// Neighbors in memory, as they are.
static SmallVector<Value> loadElements(KernelBuilder &b, Type elementType,
                                       Value address, int64_t count) {
  if (count == 1)
    return {LLVM::LoadOp::create(b, elementType, address)};
  Value vector =
      LLVM::LoadOp::create(b, VectorType::get(count, elementType), address,
                           getAlignment(elementType, count));
  SmallVector<Value> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(LLVM::ExtractElementOp::create(b, vector, b.i32(i)));
  return values;
}

static Value toF32(KernelBuilder &b, Value value) {
  if (value.getType().isF32())
    return value;
  return arith::ExtFOp::create(b, b.getF32Type(), value);
}

SmallVector<Value> product::loadRun(KernelBuilder &b, Type elementType,
                                    Value address, int64_t count) {
  return llvm::map_to_vector(loadElements(b, elementType, address, count),
                             [&](Value value) { return toF32(b, value); });
}

SmallVector<Value> product::loadStrided(KernelBuilder &b, Type elementType,
                                        Value address, Value stride,
                                        int64_t count) {
  SmallVector<Value> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(
        toF32(b, LLVM::LoadOp::create(b, elementType,
                                      b.elementAddress(address, elementType,
                                                       b.mul(stride, i)))));
  return values;
}

SmallVector<Value> Epilogue::loadSums(Value row, Value column) {
  Value address =
      b.advance(kernel.shared, b.add(b.mul(row, plan.getSumRowBytes()),
                                     b.mul(column, sizeof(float))));
  SmallVector<Value> sums;
  for (int64_t part = 0; part < plan.tile.splits; ++part) {
    SmallVector<Value> more =
        loadElements(b, b.getF32Type(),
                     b.advance(address, part * plan.getPartBytes()), width);
    if (part == 0)
      sums = more;
    else
      for (auto [sum, one] : llvm::zip(sums, more))
        sum = b.addF(sum, one);
  }
  return sums;
}

SmallVector<Value> Epilogue::loadArray(int64_t number, Value row,
                                       Value column) {
  const Array &array = product.others[number];
  Type type = array.getElementType();
  Value address = b.elementAddress(
      others[number], type,
      b.add(b.mul(b.toI64(row), kernel.getStride(array, product.row)),
            b.mul(b.toI64(column), kernel.getStride(array, product.column))));
  if (!array.has(product.column))
    return SmallVector<Value>(width, LLVM::LoadOp::create(b, type, address));
  if (array.isAlong(product.column))
    return loadElements(b, type, address, width);
  Value stride = kernel.getStride(array, product.column);
  SmallVector<Value> values;
  for (int64_t i = 0; i < width; ++i)
    values.push_back(LLVM::LoadOp::create(
        b, type, b.elementAddress(address, type, b.mul(stride, i))));
  return values;
}

Value Epilogue::getOperand(const Step &step, OpOperand &operand, int64_t i) {
  if (!isa<RankedTensorType>(operand.get().getType()))
    return b.clone(*operand.get().getDefiningOp())->getResult(0);
  if (std::optional<Step> inlined = getInlined(step, operand))
    return copyBody(*inlined, Value(), Value(), i);
  SmallVector<unsigned> loops = getOperandLoops(step, operand);
  for (auto [array, values] : llvm::zip(product.others, elements))
    if (array.value == operand.get() && array.loops == loops)
      return values[i];
  llvm_unreachable("an array that is not among those of the product");
}

Value Epilogue::copyBody(const Step &step, Value computed, Value value,
                         int64_t i) {
  linalg::LinalgOp op = step.op;
  IRMapping mapping;
  for (OpOperand &operand : op->getOpOperands())
    if (isRead(op, operand))
      mapping.map(op.getMatchingBlockArgument(&operand),
                  computed && operand.get() == computed
                      ? value
                      : getOperand(step, operand, i));
  Block &body = *op.getBlock();
  for (Operation &inner : body.without_terminator()) {
    for (Value operand : inner.getOperands())
      if (operand.getParentBlock() != &body && !mapping.contains(operand))
        mapping.map(operand, b.clone(*operand.getDefiningOp())->getResult(0));
    b.clone(inner, mapping);
  }
  Value result = body.getTerminator()->getOperand(0);
  if (result.getParentBlock() != &body && !mapping.contains(result))
    return b.clone(*result.getDefiningOp())->getResult(0);
  return mapping.lookup(result);
}

/// The contraction's element: the sum and its start in f32, rounded once.
Value Epilogue::addStart(Value sum, int64_t i) {
  linalg::LinalgOp op = product.op;
  Step root{op, llvm::to_vector(llvm::seq<unsigned>(0, op.getNumLoops()))};
  Value start = getOperand(root, *op.getDpsInitOperand(0), i);
  if (!matchPattern(start, m_AnyZeroFloat()))
    sum = b.addF(sum, toF32(b, start));
  Type type = start.getType();
  return type.isF32() ? sum : arith::TruncFOp::create(b, type, sum).getResult();
}

void Epilogue::storeRun(ArrayRef<Value> values, Value address) {
  if (width == 1) {
    LLVM::StoreOp::create(b, values.front(), address);
    return;
  }
  Type type = values.front().getType();
  Value vector = LLVM::PoisonOp::create(b, VectorType::get(width, type));
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(b, vector, value, b.i32(i));
  LLVM::StoreOp::create(b, vector, address, getAlignment(type, width));
}

void Epilogue::finishRun(Value run) {
  int64_t rowRuns = plan.tile.columns / width;
  Value tileRow = b.div(run, rowRuns), tileRun = b.rem(run, rowRuns);
  // Threads beside each other store beside each other.
  if (product.row != kNoAxis && product.output.isAlong(product.row)) {
    tileRow = b.rem(run, plan.tile.rows);
    tileRun = b.div(run, plan.tile.rows);
  }
  Value tileColumn = b.mul(tileRun, width);
  Value row = b.add(kernel.firstRow, tileRow);
  Value column = b.add(kernel.firstColumn, tileColumn);
  Value isInside = b.bitAnd(b.less(row, kernel.getSize(product.row)),
                            b.less(column, kernel.getSize(product.column)));
  b.onlyIf(isInside, [&] {
    elements.clear();
    for (size_t i = 0; i < product.others.size(); ++i)
      elements.push_back(loadArray(i, row, column));
    SmallVector<Value> values;
    for (auto [i, sum] : llvm::enumerate(loadSums(tileRow, tileColumn))) {
      Value value = addStart(sum, i);
      linalg::LinalgOp before = product.op;
      for (const Step &step : product.chain) {
        value = copyBody(step, before->getResult(0), value, i);
        before = step.op;
      }
      values.push_back(value);
    }
    const Array &array = product.output;
    Value place =
        b.add(b.mul(b.toI64(row), kernel.getStride(array, product.row)),
              b.mul(b.toI64(column), kernel.getStride(array, product.column)));
    storeRun(values, b.elementAddress(output, array.getElementType(), place));
  });
}

void Epilogue::run() {
  // All sums have been stored.
  NVVM::BarrierOp::create(b);
  int64_t runs = plan.tile.rows * plan.tile.columns / width;
  b.loop(kernel.thread, b.i32(runs), b.i32(plan.getThreads()), {},
         [&](Value run, ValueRange) {
           finishRun(run);
           return SmallVector<Value>();
         });
}

void product::storeOutput(Kernel &kernel) { Epilogue(kernel).run(); }
