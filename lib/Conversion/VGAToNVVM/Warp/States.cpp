//===- States.cpp - Merging what teams and blocks of threads have ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Teams leave their states in shared memory, and blocks of threads in global
// memory, where the last one to arrive finds all of them. In either, a lane
// finds the accumulators of its rows and columns as it would have left them.
// Each team merges a part of the channels.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

State State::getEmpty(KernelBuilder &b, int64_t rowProducts,
                      int64_t valueProducts) {
  State state;
  Rows rows;
  rows.maximum.assign(kLaneRows, b.lowest());
  rows.sum.assign(kLaneRows, b.f32(0));
  state.rows.assign(rowProducts, rows);
  state.accumulators.assign(
      rowProducts, SmallVector<Value>(valueProducts * kProductSums, b.f32(0)));
  return state;
}

SmallVector<Value> State::flatten() const {
  SmallVector<Value> values;
  for (auto [row, accumulator] : llvm::zip(rows, accumulators)) {
    llvm::append_range(values, row.maximum);
    llvm::append_range(values, row.sum);
    llvm::append_range(values, accumulator);
  }
  return values;
}

State State::withValues(ValueRange values) const {
  State state = *this;
  size_t next = 0;
  for (auto [row, accumulator] : llvm::zip(state.rows, state.accumulators)) {
    for (Value &value : row.maximum)
      value = values[next++];
    for (Value &value : row.sum)
      value = values[next++];
    for (Value &value : accumulator)
      value = values[next++];
  }
  return state;
}

//===----------------------------------------------------------------------===//
// States in memory
//===----------------------------------------------------------------------===//

namespace {
/// States in memory, one after the other.
class StoredStates {
public:
  StoredStates(Kernel &kernel, Value start)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), start(start) {}

  /// Stores a state, whose sums are of whole rows, from a product on.
  void store(Value number, const State &state, Value firstProduct);
  /// Merges `count` states, at most `most` at a time, from a product on.
  State merge(Value count, int64_t most, Value firstProduct);

private:
  Value getState(Value number) {
    return b.advance(start, b.mul(b.toI64(number), plan.getStateBytes()));
  }
  /// The address of maximum and sum of a row of the lane, and that of a lane's
  /// part of a product.
  Value getStatistics(Value state, int64_t m, int64_t r);
  Value getSums(Value state, int64_t m, Value product);
  Value getProduct(Value firstProduct, int64_t i) {
    // Past the last product comes the last again, with the same sums.
    return b.min(b.add(firstProduct, i), b.i32(plan.getValueProducts() - 1));
  }
  /// Adds a few states, which are loaded together.
  State add(State state, Value number, Value count, int64_t together,
            Value firstProduct);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  Value start;
};
} // namespace

Value StoredStates::getStatistics(Value state, int64_t m, int64_t r) {
  Value row = b.add(kernel.lane.row, m * kProductRows + r * kLaneRowDistance);
  return b.advance(state, b.mul(row, 8));
}

Value StoredStates::getSums(Value state, int64_t m, Value product) {
  Value rows = b.add(b.mul(kernel.lane.warp, plan.getRowProducts()), m);
  Value place = b.add(b.mul(rows, plan.getValueProducts()), product);
  Value lane = b.add(b.mul(place, kWarpThreads), kernel.lane.lane);
  return b.advance(b.advance(state, plan.getStatisticsBytes()),
                   b.mul(lane, kProductSums * 4));
}

void warp::storeVector(KernelBuilder &b, ArrayRef<Value> values,
                       Value address) {
  int64_t size = values.size();
  auto type = VectorType::get(size, b.getF32Type());
  Value vector = LLVM::PoisonOp::create(b, type);
  for (auto [i, value] : llvm::enumerate(values))
    vector = LLVM::InsertElementOp::create(b, vector, value, b.i32(i));
  LLVM::StoreOp::create(b, vector, address, /*alignment=*/4 * size);
}

SmallVector<Value> warp::loadVector(KernelBuilder &b, int64_t size,
                                    Value address) {
  auto type = VectorType::get(size, b.getF32Type());
  Value vector = LLVM::LoadOp::create(b, type, address, /*alignment=*/4 * size);
  SmallVector<Value> values;
  for (int64_t i = 0; i < size; ++i)
    values.push_back(LLVM::ExtractElementOp::create(b, vector, b.i32(i)));
  return values;
}

void StoredStates::store(Value number, const State &state, Value firstProduct) {
  Value place = getState(number);
  for (auto [m, rows] : llvm::enumerate(state.rows)) {
    for (int64_t r = 0; r < kLaneRows; ++r)
      storeVector(b, {rows.maximum[r], rows.sum[r]},
                  getStatistics(place, m, r));
    ArrayRef<Value> sums = state.accumulators[m];
    for (size_t i = 0; i < sums.size() / kProductSums; ++i)
      storeVector(b, sums.slice(i * kProductSums, kProductSums),
                  getSums(place, m, getProduct(firstProduct, i)));
  }
}

State StoredStates::add(State state, Value number, Value count,
                        int64_t together, Value firstProduct) {
  Value scale = b.f32(getExponentScale(kernel.op));
  Value lowest = b.lowest();
  SmallVector<Value> places, exist;
  for (int64_t i = 0; i < together; ++i) {
    Value own = b.add(number, i);
    exist.push_back(b.less(own, count));
    places.push_back(getState(b.min(own, b.sub(count, 1))));
  }
  for (auto [m, rows] : llvm::enumerate(state.rows)) {
    // Of each row, the factors of the state so far and of those that are added.
    SmallVector<Value> factors[kLaneRows];
    for (int64_t r = 0; r < kLaneRows; ++r) {
      SmallVector<Value> maxima = {rows.maximum[r]}, sums = {rows.sum[r]};
      for (auto [place, exists] : llvm::zip(places, exist)) {
        SmallVector<Value> loaded =
            loadVector(b, 2, getStatistics(place, m, r));
        maxima.push_back(b.select(exists, loaded[0], lowest));
        sums.push_back(loaded[1]);
      }
      Value maximum = maxima.front();
      for (Value other : ArrayRef(maxima).drop_front())
        maximum = b.maxF(maximum, other);
      Value base =
          b.select(b.compareF(arith::CmpFPredicate::OEQ, maximum, lowest),
                   b.f32(0), maximum);
      Value sum = b.f32(0);
      for (auto [other, part] : llvm::zip(maxima, sums)) {
        factors[r].push_back(b.exp2(b.mulF(b.subF(other, base), scale)));
        sum = b.fma(part, factors[r].back(), sum);
      }
      rows.maximum[r] = maximum;
      rows.sum[r] = sum;
    }
    MutableArrayRef<Value> sums = state.accumulators[m];
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = b.mulF(sums[i], factors[getLaneRow(i)][0]);
    for (auto [s, place] : llvm::enumerate(places))
      for (size_t i = 0; i < sums.size(); i += kProductSums) {
        Value product = getProduct(firstProduct, i / kProductSums);
        for (auto [j, part] : llvm::enumerate(
                 loadVector(b, kProductSums, getSums(place, m, product))))
          sums[i + j] = b.fma(part, factors[getLaneRow(j)][s + 1], sums[i + j]);
      }
  }
  return state;
}

State StoredStates::merge(Value count, int64_t most, Value firstProduct) {
  // Loads in a row wait for memory once: as many as there are registers for.
  constexpr int64_t kRegisters = 128;
  int64_t sums =
      plan.getRowProducts() * plan.getOwnValueProducts() * kProductSums;
  int64_t together = std::clamp<int64_t>(kRegisters / sums, 1, most);
  State empty =
      State::getEmpty(b, plan.getRowProducts(), plan.getOwnValueProducts());
  return empty.withValues(b.loop(b.i32(0), count, b.i32(together),
                                 empty.flatten(),
                                 [&](Value number, ValueRange values) {
                                   return add(empty.withValues(values), number,
                                              count, together, firstProduct)
                                       .flatten();
                                 }));
}

//===----------------------------------------------------------------------===//
// Teams, and blocks of threads
//===----------------------------------------------------------------------===//

/// Whether this block of threads is the last one that arrives at its tile; the
/// counter is 0 again then. What all have stored before is there for it.
static Value arriveLast(Kernel &kernel, const Tile &tile) {
  KernelBuilder &b = kernel.b;
  Value last = b.sub(kernel.arguments.splits, 1);
  auto fence = [&] {
    LLVM::FenceOp::create(b, LLVM::AtomicOrdering::acq_rel,
                          StringRef("device"));
  };
  fence();
  NVVM::BarrierOp::create(b);
  b.onlyIf(b.equal(kernel.lane.thread, 0), [&] {
    Value counter =
        b.elementAddress(LLVM::AddressOfOp::create(b, kernel.arrivals),
                         b.getI32Type(), tile.number);
    Value before = LLVM::AtomicRMWOp::create(
        b, LLVM::AtomicBinOp::uinc_wrap, counter, last,
        LLVM::AtomicOrdering::acq_rel, "device");
    LLVM::StoreOp::create(b, before, kernel.shared);
  });
  NVVM::BarrierOp::create(b);
  fence();
  Value before = LLVM::LoadOp::create(b, b.getI32Type(), kernel.shared);
  return b.compare(arith::CmpIPredicate::eq, before, last);
}

/// Merges the states of all teams; returns the team's first product.
static Value mergeTeams(Kernel &kernel, State &state) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  StoredStates stored(kernel, kernel.shared);
  // All are done with the keys and values that were there.
  NVVM::BarrierOp::create(b);
  stored.store(kernel.lane.team, state, b.i32(0));
  NVVM::BarrierOp::create(b);
  Value first = b.mul(kernel.lane.team, plan.getOwnValueProducts());
  int64_t teams = plan.schedule.getTeams();
  state = stored.merge(b.i32(teams), teams, first);
  return first;
}

void warp::mergeStates(
    Kernel &kernel, const Tile &tile, State state,
    function_ref<void(const State &state, Value firstProduct)> finish) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  for (Rows &rows : state.rows)
    for (Value &sum : rows.sum)
      sum = sumOfRow(b, sum);
  Value first = b.i32(0);
  if (plan.schedule.getTeams() > 1)
    first = mergeTeams(kernel, state);
  if (!kernel.hasSplits()) {
    finish(state, first);
    return;
  }

  Value splits = kernel.arguments.splits;
  SmallVector<Value> own = state.flatten();
  own.push_back(arith::ConstantOp::create(b, b.getBoolAttr(true)));
  auto branch =
      scf::IfOp::create(b, TypeRange(ValueRange(own)), b.less(b.i32(1), splits),
                        /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value tileStates =
        b.advance(kernel.arguments.states,
                  b.mul(b.mul(b.toI64(tile.number), b.toI64(splits)),
                        plan.getStateBytes()));
    StoredStates stored(kernel, tileStates);
    stored.store(tile.split, state, first);
    Value isLast = arriveLast(kernel, tile);
    Value count = b.select(isLast, splits, b.i32(0));
    constexpr int64_t kMostTogether = 8;
    SmallVector<Value> merged =
        stored.merge(count, kMostTogether, first).flatten();
    merged.push_back(isLast);
    scf::YieldOp::create(b, merged);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, own);
  }
  b.onlyIf(branch.getResults().back(), [&] {
    finish(state.withValues(branch.getResults().drop_back()), first);
  });
}
