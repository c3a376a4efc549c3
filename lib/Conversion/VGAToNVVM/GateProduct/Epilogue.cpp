//===- Epilogue.cpp - From sums to gates in memory ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../GateMath.h"
#include "../MemoryRows.h"
#include "GateProduct.h"
#include <numeric>

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::gate_product;

namespace {
/// Where gates are: scalar ones as if they had one channel, in bhsd.
class GateMemory {
public:
  explicit GateMemory(Kernel &kernel)
      : kernel(kernel), b(kernel.b), channels(kernel.plan.gateChannels),
        axes(kernel.op.isElementwise() ? kernel.plan.axes
                                       : AxisOrder(Layout::bhsd)) {}

  /// The gate of head 0 at a row.
  Value getLine(Value row) {
    MemoryRows memory(b, axes, kernel.batch, kernel.plan.gateHeads,
                      kernel.positions);
    auto [batch, position] = kernel.getPosition(row);
    Value vector = memory.getRow(b, batch, b.i32(0), position);
    return b.elementAddress(kernel.result, b.getF32Type(),
                            b.mul(vector, channels));
  }
  /// From there to the gate of a column.
  Value getOffset(Value column) {
    Value head = b.add(kernel.product, b.div(column, channels));
    Value vectors = b.toI64(head);
    bool areHeadsNeighbors = axes.head == 2;
    if (!areHeadsNeighbors)
      vectors = b.mul(vectors, b.toI64(kernel.positions));
    return b.add(b.mul(vectors, channels), b.toI64(b.rem(column, channels)));
  }

private:
  Kernel &kernel;
  KernelBuilder &b;
  int64_t channels;
  AxisOrder axes;
};
} // namespace

/// The biases of the columns from `column` on, which may be outside.
static SmallVector<Value> loadBiases(Kernel &kernel, Value column,
                                     int64_t width) {
  KernelBuilder &b = kernel.b;
  if (!kernel.bias)
    return {};
  Type type = kernel.op.getBias().getType().getElementType();
  Value isInside = b.less(column, b.i32(kernel.plan.columns));
  Value first = b.add(b.mul(kernel.product, kernel.plan.columns),
                      b.select(isInside, column, b.i32(0)));
  SmallVector<Value> biases;
  for (int64_t i = 0; i < width; ++i)
    biases.push_back(
        b.loadF32(type, b.elementAddress(kernel.bias, type, b.add(first, i))));
  return biases;
}

/// Stores neighboring values, which start at a multiple of their size.
static void storeValues(KernelBuilder &b, ArrayRef<Value> values,
                        Value address) {
  int64_t width = values.size();
  if (width == 1) {
    LLVM::StoreOp::create(b, values[0], address);
    return;
  }
  Value vector =
      LLVM::PoisonOp::create(b, VectorType::get(width, b.getF32Type()));
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(b, vector, value, b.i32(i));
  LLVM::StoreOp::create(b, vector, address, width * sizeof(float));
}

void gate_product::storeGates(Kernel &kernel, const Sums &sums) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  GateMemory memory(kernel);
  // Of neighboring columns, `width` are stored together: they are in a head,
  // and all inside or none.
  int64_t width = std::gcd(sums.run, plan.gateChannels);
  SmallVector<Value> columns;
  SmallVector<SmallVector<Value>> biases;
  for (Value column : sums.columns)
    for (int64_t i = 0; i < sums.run; i += width) {
      columns.push_back(b.add(kernel.firstColumn, b.add(column, i)));
      biases.push_back(loadBiases(kernel, columns.back(), width));
    }
  SmallVector<Value> lines, isRow;
  for (Value tileRow : sums.rows) {
    Value row = b.add(kernel.firstRow, tileRow);
    isRow.push_back(b.less(row, kernel.rows));
    lines.push_back(memory.getLine(row));
  }

  auto storeColumns = [&](int64_t i, int64_t j, Value offset) {
    SmallVector<Value> gates;
    for (int64_t k = 0; k < width; ++k) {
      Value x = sums.values[(j * columns.size() + i) * width + k];
      if (kernel.bias)
        x = b.addF(x, biases[i][k]);
      gates.push_back(applyActivation(b, kernel.op.getActivation(), x));
    }
    storeValues(b, gates, b.elementAddress(lines[j], b.getF32Type(), offset));
  };
  for (int64_t i = 0, e = columns.size(); i < e; ++i)
    b.onlyIf(b.less(columns[i], b.i32(plan.columns)), [&] {
      Value offset = memory.getOffset(columns[i]);
      for (int64_t j = 0, f = lines.size(); j < f; ++j)
        b.onlyIf(isRow[j], [&] { storeColumns(i, j, offset); });
    });
}
