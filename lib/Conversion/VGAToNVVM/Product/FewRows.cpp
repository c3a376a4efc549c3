//===- FewRows.cpp - Sums of a few rows -----------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What such a product takes is the time to read rhs, once: so every thread has
// as many loads under way as registers allow, and multiplies what comes from
// registers. Lanes and warps that have the same columns at different depths add
// up their sums at last.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

namespace {
class FewRows {
public:
  explicit FewRows(Kernel &kernel);
  void run();

private:
  /// What is multiplied at a time, by depths: of each row, and of columns.
  struct Terms {
    SmallVector<SmallVector<Value>> lhs, rhs;
  };
  Terms load(Value unit);
  void multiply(const Terms &terms, SmallVectorImpl<Value> &sums);
  void store(ValueRange sums);

  Kernel &kernel;
  KernelBuilder &b;
  const Product &product;
  const Plan &plan;
  const Walk &walk;
  /// Whether the depth is what neighbors of the operands are along.
  bool isLhsAlongDepth, isRhsAlongDepth;
  Value lane, split, column;
  /// The addresses of rows, and of columns or the first of them.
  SmallVector<Value> rows, columns;
};
} // namespace

FewRows::FewRows(Kernel &kernel)
    : kernel(kernel), b(kernel.b), product(kernel.product), plan(kernel.plan),
      walk(kernel.plan.walk),
      isLhsAlongDepth(kernel.product.lhs.isAlong(kernel.product.depth)),
      isRhsAlongDepth(kernel.product.rhs.isAlong(kernel.product.depth)) {
  const Tile &tile = plan.tile;
  Value warp = b.div(kernel.thread, kWarpThreads);
  lane = b.rem(kernel.thread, kWarpThreads);
  split = b.rem(warp, tile.splits);
  column = b.mul(b.add(b.rem(lane, walk.laneColumns),
                       b.mul(b.div(warp, tile.splits), walk.laneColumns)),
                 walk.run);
  // What is outside reads something inside, and is not stored.
  Value lhs = kernel.getPart(kernel.lhs, product.lhs);
  Value rowCount = kernel.getSize(product.row);
  for (int64_t i = 0; i < tile.rows; ++i) {
    Value row = b.min(b.add(kernel.firstRow, i), b.sub(rowCount, 1));
    rows.push_back(b.elementAddress(
        lhs, product.lhs.getElementType(),
        b.mul(b.toI64(row), kernel.getStride(product.lhs, product.row))));
  }
  Value rhs = kernel.getPart(kernel.rhs, product.rhs);
  Value columnCount = kernel.getSize(product.column);
  for (int64_t i = 0; i < (isRhsAlongDepth ? walk.run : 1); ++i) {
    Value place = b.add(b.add(kernel.firstColumn, column), i);
    place = b.select(b.less(place, columnCount), place, b.i32(0));
    columns.push_back(b.elementAddress(
        rhs, product.rhs.getElementType(),
        b.mul(b.toI64(place), kernel.getStride(product.rhs, product.column))));
  }
}

FewRows::Terms FewRows::load(Value unit) {
  Value units = b.div(kernel.getSize(product.depth), walk.unit);
  Value depth = b.toI64(b.mul(unit, walk.unit));
  SmallVector<Value> places;
  if (!product.outerDepth.empty()) {
    places = kernel.getPlaces(b.div(unit, units), product.outerDepth);
    depth = b.toI64(b.mul(b.rem(unit, units), walk.unit));
  }
  auto getOffset = [&](const Array &array) {
    return b.add(kernel.getOffset(array, product.outerDepth, places),
                 b.mul(depth, kernel.getStride(array, product.depth)));
  };
  Terms terms;
  // rhs comes from far away, and first.
  Type rhsType = product.rhs.getElementType();
  Value offset = getOffset(product.rhs);
  for (Value address : columns) {
    Value start = b.elementAddress(address, rhsType, offset);
    if (isRhsAlongDepth) {
      terms.rhs.push_back(loadRun(b, rhsType, start, walk.unit));
      continue;
    }
    Value stride = kernel.getStride(product.rhs, product.depth);
    for (int64_t i = 0; i < walk.unit; ++i)
      terms.rhs.push_back(loadRun(
          b, rhsType, b.elementAddress(start, rhsType, b.mul(stride, i)),
          walk.run));
  }
  Type lhsType = product.lhs.getElementType();
  offset = getOffset(product.lhs);
  for (Value address : rows) {
    Value start = b.elementAddress(address, lhsType, offset);
    terms.lhs.push_back(
        isLhsAlongDepth
            ? loadRun(b, lhsType, start, walk.unit)
            : loadStrided(b, lhsType, start,
                          kernel.getStride(product.lhs, product.depth),
                          walk.unit));
  }
  return terms;
}

void FewRows::multiply(const Terms &terms, SmallVectorImpl<Value> &sums) {
  for (int64_t k = 0; k < walk.unit; ++k)
    for (int64_t i = 0; i < plan.tile.rows; ++i)
      for (int64_t j = 0; j < walk.run; ++j) {
        Value &sum = sums[i * walk.run + j];
        sum = kernel.addTerm(
            terms.lhs[i][k],
            isRhsAlongDepth ? terms.rhs[j][k] : terms.rhs[k][j], sum);
      }
}

void FewRows::store(ValueRange sums) {
  SmallVector<Value> total = llvm::to_vector(sums);
  for (Value &sum : total)
    for (int64_t distance = walk.laneColumns; distance < kWarpThreads;
         distance *= 2)
      sum = b.addF(sum, b.shuffleXor(sum, distance));
  Value address =
      b.advance(kernel.shared, b.add(b.mul(split, plan.getPartBytes()),
                                     b.mul(column, sizeof(float))));
  b.onlyIf(b.less(lane, b.i32(walk.laneColumns)), [&] {
    for (int64_t i = 0; i < plan.tile.rows; ++i)
      for (int64_t j = 0; j < walk.run; ++j)
        LLVM::StoreOp::create(
            b, total[i * walk.run + j],
            b.advance(address, i * plan.getSumRowBytes() + j * sizeof(float)));
  });
}

void FewRows::run() {
  int64_t warpLanes = kWarpThreads / walk.laneColumns;
  int64_t lanes = plan.tile.splits * warpLanes;
  Value first = b.add(b.div(lane, walk.laneColumns), b.mul(split, warpLanes));
  Value units = b.div(kernel.getSize(product.depth), walk.unit);
  for (int64_t axis : product.outerDepth)
    units = b.mul(units, kernel.getSize(axis));
  SmallVector<Value> zeros(plan.tile.rows * walk.run, b.f32(0));
  store(b.loop(first, units, b.i32(lanes * walk.unrolled), zeros,
               [&](Value unit, ValueRange sums) {
                 SmallVector<Terms> terms;
                 for (int64_t i = 0; i < walk.unrolled; ++i)
                   terms.push_back(load(b.add(unit, i * lanes)));
                 SmallVector<Value> result = llvm::to_vector(sums);
                 for (const Terms &some : terms)
                   multiply(some, result);
                 return result;
               }));
}

void product::sumUpFewRows(Kernel &kernel) { FewRows(kernel).run(); }
