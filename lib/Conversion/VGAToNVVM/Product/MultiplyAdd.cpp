//===- MultiplyAdd.cpp - Products of a stage in f32 -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// 4 by 8 lanes of a warp have its rows and columns. A lane's are neighbors
// where the operand's lines in shared memory are along them, and 4 rows or 8
// columns apart where lines are along the depth: so the loads of a warp meet
// different banks.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

static constexpr int64_t kLaneRows = 4, kLaneColumns = 8;
/// Neighbors that are loaded at a time.
static constexpr int64_t kRun = 4;

namespace {
/// The rows or the columns of a lane.
struct LaneSide {
  /// Where the lane's element `i` is, from its first one.
  int64_t getDistance(int64_t i) const {
    return plan.isAlongDepth ? i * lanes : i % kRun + i / kRun * kRun * lanes;
  }

  const StagePlan &plan;
  Type elementType;
  int64_t lanes, count;
  /// The lane's first row or column in the tile.
  Value first;
};

class MultiplyAdd : public Multiplier {
public:
  explicit MultiplyAdd(const Kernel &kernel);
  SmallVector<Value> multiply(Value stage, ValueRange sums) override;
  void store(ValueRange sums) override;

private:
  LaneSide makeSide(const StagePlan &side, const Array &array, int64_t lanes,
                    int64_t warpSize, Value lane, Value warp);
  /// The lane's elements of kRun depths, by depths.
  SmallVector<SmallVector<Value>> load(Value start, const LaneSide &side,
                                       Value depth);

  LaneSide rows, columns;
};
} // namespace

LaneSide MultiplyAdd::makeSide(const StagePlan &side, const Array &array,
                               int64_t lanes, int64_t warpSize, Value lane,
                               Value warp) {
  Value first = b.add(warp, side.isAlongDepth ? lane : b.mul(lane, kRun));
  return {side, array.getElementType(), lanes, warpSize / lanes, first};
}

MultiplyAdd::MultiplyAdd(const Kernel &kernel)
    : Multiplier(kernel),
      rows(makeSide(plan.lhs, kernel.product.lhs, kLaneRows, plan.tile.warpRows,
                    b.div(place.lane, kLaneColumns), place.row)),
      columns(makeSide(plan.rhs, kernel.product.rhs, kLaneColumns,
                       plan.tile.warpColumns, b.rem(place.lane, kLaneColumns),
                       place.column)) {}

SmallVector<SmallVector<Value>>
MultiplyAdd::load(Value start, const LaneSide &side, Value depth) {
  const StagePlan &stage = side.plan;
  Value address = getOperand(start, stage, side.first, depth);
  SmallVector<SmallVector<Value>> values(kRun);
  if (stage.isAlongDepth) {
    for (int64_t i = 0; i < side.count; ++i) {
      SmallVector<Value> run = loadRun(
          b, side.elementType,
          b.advance(address, side.getDistance(i) * stage.getLineBytes()), kRun);
      for (int64_t k = 0; k < kRun; ++k)
        values[k].push_back(run[k]);
    }
    return values;
  }
  for (int64_t k = 0; k < kRun; ++k)
    for (int64_t i = 0; i < side.count; i += kRun)
      llvm::append_range(values[k],
                         loadRun(b, side.elementType,
                                 b.advance(address, k * stage.getLineBytes() +
                                                        side.getDistance(i) *
                                                            stage.elementBytes),
                                 kRun));
  return values;
}

SmallVector<Value> MultiplyAdd::multiply(Value stage, ValueRange sums) {
  Value rhs = b.advance(stage, plan.lhs.getBytes());
  auto multiplyRun = [&](Value run, ValueRange state) {
    SmallVector<Value> result = llvm::to_vector(state);
    Value depth = b.add(getFirstDepth(), b.mul(run, kRun));
    SmallVector<SmallVector<Value>> x = load(stage, rows, depth),
                                    y = load(rhs, columns, depth);
    for (int64_t k = 0; k < kRun; ++k)
      for (int64_t i = 0; i < rows.count; ++i)
        for (int64_t j = 0; j < columns.count; ++j) {
          Value &sum = result[i * columns.count + j];
          sum = kernel.addTerm(x[k][i], y[k][j], sum);
        }
    return result;
  };
  return b.loop(b.i32(0), b.i32(plan.depth / plan.tile.splits / kRun), b.i32(1),
                sums, multiplyRun);
}

void MultiplyAdd::store(ValueRange sums) {
  Value address = getSumAddress(rows.first, columns.first);
  for (int64_t i = 0; i < rows.count; ++i)
    for (int64_t j = 0; j < columns.count; ++j)
      LLVM::StoreOp::create(
          b, sums[i * columns.count + j],
          b.advance(address, rows.getDistance(i) * plan.getSumRowBytes() +
                                 columns.getDistance(j) * sizeof(float)));
}

std::unique_ptr<Multiplier> product::makeMultiplyAdd(const Kernel &kernel) {
  return std::make_unique<MultiplyAdd>(kernel);
}
