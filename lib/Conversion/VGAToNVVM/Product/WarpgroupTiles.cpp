//===- WarpgroupTiles.cpp - Products by warpgroups ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread of the last warp, the producer, has the copy engine bring tiles of
// both operands to a ring of stages; each warpgroup multiplies 64 rows of lhs
// by the columns of rhs, and its sums stay in registers. Two blocks of threads
// share a multiprocessor: while one waits, or finishes its tile, the other
// multiplies.
//
//===----------------------------------------------------------------------===//

#include "../WarpgroupMatrices.h"
#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

namespace {
/// A place in the ring: the number of the stage, and the parity of the round.
struct Stage {
  Value index, parity;
};

class WarpgroupTiles {
public:
  explicit WarpgroupTiles(Kernel &kernel);
  void build();

private:
  Value getFull(Value stage) {
    return b.advance(barriers, b.mul(stage, warpgroup::kBarrierBytes));
  }
  Value getEmpty(Value stage) {
    return b.advance(getFull(stage), plan.stages * warpgroup::kBarrierBytes);
  }
  Value getData(Value stage) {
    return b.advance(kernel.shared, b.mul(stage, plan.getStageBytes()));
  }
  Stage getNext(const Stage &stage);

  void initializeBarriers();
  void copySide(const Array &array, Value map, const StagePlan &side,
                int64_t axis, Value first, Value depth, Value destination,
                Value barrier);
  void produce();
  /// Starts the product of what a stage holds.
  SmallVector<Value> startStage(Value data, ValueRange sums);
  void consume();
  void store(ValueRange sums);

  Kernel &kernel;
  KernelBuilder &b;
  const Product &product;
  const Plan &plan;
  int64_t consumers, consumerThreads;
  Value barriers, steps, warpgroupNumber;
};
} // namespace

WarpgroupTiles::WarpgroupTiles(Kernel &kernel)
    : kernel(kernel), b(kernel.b), product(kernel.product), plan(kernel.plan),
      consumers(plan.tile.rows / warpgroup::kRows),
      consumerThreads(consumers * warpgroup::kThreads),
      barriers(b.advance(kernel.shared, plan.stages * plan.getStageBytes())),
      steps(b.ceilDiv(kernel.getSize(product.depth), plan.depth)),
      warpgroupNumber(b.div(kernel.thread, warpgroup::kThreads)) {}

Stage WarpgroupTiles::getNext(const Stage &stage) {
  Value following = b.add(stage.index, 1);
  Value wraps = b.equal(following, plan.stages);
  return {b.select(wraps, b.i32(0), following),
          b.bitXor(stage.parity,
                   b.createOrFold<arith::ExtUIOp>(b.getI32Type(), wraps))};
}

void WarpgroupTiles::initializeBarriers() {
  b.onlyIf(b.equal(kernel.thread, 0), [&] {
    for (int64_t i = 0; i < plan.stages; ++i) {
      warpgroup::initializeBarrier(b, getFull(b.i32(i)), 1);
      warpgroup::initializeBarrier(b, getEmpty(b.i32(i)),
                                   consumers * warpgroup::kWarps);
    }
    warpgroup::fenceInitialization(b);
  });
  NVVM::BarrierOp::create(b);
}

/// Copies an operand's part of a stage: lines of 128 bytes, of as many atoms as
/// it is wide.
void WarpgroupTiles::copySide(const Array &array, Value map,
                              const StagePlan &side, int64_t axis, Value first,
                              Value depth, Value destination, Value barrier) {
  int64_t atoms = side.extent / warpgroup::kAtomElements;
  for (int64_t atom = 0; atom < atoms; ++atom) {
    SmallVector<Value> coordinates;
    for (int64_t each : array.axes) {
      if (each == product.depth)
        coordinates.push_back(depth);
      else if (each == axis)
        coordinates.push_back(b.add(first, atom * warpgroup::kAtomElements));
      else
        coordinates.push_back(kernel.outer[llvm::find(product.outer, each) -
                                           product.outer.begin()]);
    }
    warpgroup::copyBox(
        b, map,
        b.advance(destination, atom * side.lines * warpgroup::kAtomBytes),
        barrier, coordinates);
  }
}

void WarpgroupTiles::produce() {
  b.loop(b.i32(0), steps, b.i32(1), {b.i32(0), b.i32(1)},
         [&](Value step, ValueRange state) -> SmallVector<Value> {
           Stage stage{state[0], state[1]};
           // The first round finds all stages empty.
           warpgroup::waitFor(b, getEmpty(stage.index), stage.parity);
           Value full = getFull(stage.index), data = getData(stage.index);
           warpgroup::arriveExpecting(b, full, plan.getStageBytes());
           Value depth = b.mul(step, plan.depth);
           copySide(product.lhs, kernel.lhs, plan.lhs, product.row,
                    kernel.firstRow, depth, data, full);
           copySide(product.rhs, kernel.rhs, plan.rhs, product.column,
                    kernel.firstColumn, depth,
                    b.advance(data, plan.lhs.getBytes()), full);
           Stage next = getNext(stage);
           return {next.index, next.parity};
         });
}

SmallVector<Value> WarpgroupTiles::startStage(Value data, ValueRange sums) {
  bool isLhsTransposed = !plan.lhs.isAlongDepth;
  // A warpgroup's rows are lines, or an atom.
  int64_t rowsBytes = (isLhsTransposed ? plan.lhs.lines : warpgroup::kRows) *
                      warpgroup::kAtomBytes;
  warpgroup::Operand rows(b, b.advance(data, b.mul(warpgroupNumber, rowsBytes)),
                          isLhsTransposed);
  warpgroup::Operand columns(b, b.advance(data, plan.lhs.getBytes()),
                             !plan.rhs.isAlongDepth,
                             plan.rhs.lines * warpgroup::kAtomBytes);
  return warpgroup::startProduct(b, product.lhs.getElementType(), rows, columns,
                                 plan.depth, sums);
}

/// One product is under way while the next one is started: the stage before is
/// empty when the one that reads it has ended.
void WarpgroupTiles::consume() {
  int64_t count = warpgroup::kRows * plan.tile.columns / warpgroup::kThreads;
  SmallVector<Value> state(count, b.f32(0));
  state.append({b.i32(0), b.i32(0), b.i32(0)});
  Value isLeader = b.equal(b.rem(kernel.thread, kWarpThreads), 0);
  state = b.loop(
      b.i32(0), steps, b.i32(1), state, [&](Value step, ValueRange state) {
        Stage stage{state[count], state[count + 1]};
        Value before = state[count + 2];
        warpgroup::waitFor(b, getFull(stage.index), stage.parity);
        SmallVector<Value> next = warpgroup::waitForProducts(
            b, startStage(getData(stage.index), state.take_front(count)), 1);
        Value isEmptied = b.bitAnd(isLeader, b.less(b.i32(0), step));
        b.onlyIf(isEmptied, [&] { warpgroup::arrive(b, getEmpty(before)); });
        Stage following = getNext(stage);
        next.append({following.index, following.parity, stage.index});
        return next;
      });
  keepRolled(state.front().getDefiningOp<scf::ForOp>());
  SmallVector<Value> sums =
      warpgroup::waitForProducts(b, ValueRange(state).take_front(count), 0);
  // Sums take the place of stages.
  NVVM::BarrierOp::create(b, TypeRange(), b.i32(1), b.i32(consumerThreads),
                          NVVM::BarrierReductionAttr(), Value());
  store(sums);
}

void WarpgroupTiles::store(ValueRange sums) {
  constexpr int64_t kLaneGroup = 4;
  Value lane = b.rem(kernel.thread, kWarpThreads);
  Value warp = b.div(kernel.thread, kWarpThreads);
  Value row = b.add(b.mul(warp, kProductRows), b.div(lane, kLaneGroup));
  Value column = b.mul(b.rem(lane, kLaneGroup), kProductRun);
  Value address =
      b.advance(kernel.shared, b.add(b.mul(row, plan.getSumRowBytes()),
                                     b.mul(column, sizeof(float))));
  storeSums(b, plan, address, plan.tile.columns / kProductColumns, sums);
}

void WarpgroupTiles::build() {
  initializeBarriers();
  Value isConsumer = b.less(kernel.thread, b.i32(consumerThreads));
  auto roles = scf::IfOp::create(b, isConsumer, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(roles.thenBlock());
  consume();
  b.setInsertionPointToStart(roles.elseBlock());
  b.onlyIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()),
           [&] { produce(); });
}

void product::sumUpWarpgroups(Kernel &kernel) {
  WarpgroupTiles(kernel).build();
}
