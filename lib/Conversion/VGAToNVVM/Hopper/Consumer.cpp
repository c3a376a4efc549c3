//===- Consumer.cpp - The warpgroups that compute -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Blocks of keys are taken from the last to the first. In each step the scores
// of a block and the output of the block before are under way together, and
// the softmax runs while the output's product does:
//
//   start S = Q K_i^T;  start O += P V_{i+1};  wait for S
//   P' = softmax of S;  wait for O;  rescale O;  P = P'
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

namespace {
/// Named barriers: 0 is that of all threads, then one for each warpgroup, then
/// one for each warpgroup's turn.
constexpr int64_t kFirstTurn = 5;

class Consumer {
public:
  Consumer(Kernel &kernel, Value thread)
      : kernel(kernel), b(kernel.b), plan(kernel.plan),
        lane(Lane::get(kernel, thread)) {
    Value own = b.mul(lane.warpgroup, kWarpgroupRows * kAtomBytes);
    queries = describeRows(
        kernel, b.advance(kernel.sharedAt(plan.queryRing.data), own));
    keys = describeRows(kernel, kernel.sharedAt(plan.keyRing.data));
    values = describeValues(kernel, kernel.sharedAt(plan.valueRing.data));
  }

  void run();

private:
  /// What goes from step to step.
  struct State {
    SmallVector<Value> accumulator, weights;
    Rows rows;
    Stage query, key, value;
  };
  /// What goes from tile to tile, or, with accumulators, from step to step.
  SmallVector<Value> flatten(const State &state, bool withAccumulator);
  State unflatten(ValueRange values, bool withAccumulator);

  void runTiles();
  void runOverlappedTiles();

  void startTile(const Tile &tile, State &state);
  void computeBlocks(const Tile &tile, State &state);
  void finishTile(State &state);
  void crossOver(const Tile &next, State &state);
  void step(const Tile &tile, Value block, bool isEdge, State &state);
  void steps(const Tile &tile, Value from, Value to, bool isEdge, State &state);

  SmallVector<Value> startScoresOf(State &state);
  void releaseKeys(State &state);
  void releaseValues(State &state);
  /// The queries and the keys of the first block that is taken of a tile, and
  /// its softmax.
  void waitForFirst(const State &state);
  void startRows(const Tile &tile, ValueRange scores, State &state);

  /// The scores of a block, masked; the product is complete.
  SmallVector<Value> finishScores(const Tile &tile, Value block, bool isEdge,
                                  ValueRange scores);
  SmallVector<Value> startOutputOf(State &state);
  /// Has the assembler compute these sums, and so all weights, before what
  /// comes next.
  void finishBefore(const Stage &value, ValueRange sums);
  /// One thread of each warp says that the warp is done with a stage.
  void release(Value barrier) {
    b.onlyIf(lane.isLeader(b), [&] { arrive(kernel, barrier); });
  }

  bool takesTurns() const {
    return plan.schedule.getPingPong() && plan.schedule.getConsumers() > 1;
  }
  int64_t getTurnThreads() const {
    return plan.schedule.getConsumers() * kWarpgroupThreads;
  }
  void awaitTurn();
  void passTurn();
  void giveFirstTurns();

  /// Whether the last block of a tile can have keys that some query does not
  /// see, and whether blocks before it can.
  bool lastIsEdge() const;
  bool allAreEdges() const { return static_cast<bool>(kernel.op.getMask()); }

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  Lane lane;
  Value queries, keys, values;
};
} // namespace

Lane Lane::get(Kernel &kernel, Value threadInConsumers) {
  KernelBuilder &b = kernel.b;
  Lane lane;
  lane.warpgroup = b.broadcast(b.div(threadInConsumers, kWarpgroupThreads));
  lane.thread = b.rem(threadInConsumers, kWarpgroupThreads);
  Value inWarp = b.rem(lane.thread, 32);
  lane.row = b.add(b.add(b.mul(lane.warpgroup, kWarpgroupRows),
                         b.mul(b.div(lane.thread, 32), 16)),
                   b.div(inWarp, 4));
  lane.column = b.mul(b.rem(inWarp, 4), 2);
  return lane;
}

bool Consumer::lastIsEdge() const {
  int64_t numKeys = AttentionSizes(kernel.op).keys;
  return allAreEdges() || plan.band.upper || plan.band.lower ||
         kernel.arguments.kvLength || ShapedType::isDynamic(numKeys) ||
         numKeys == 0 || numKeys % plan.schedule.getKeys() != 0;
}

//===----------------------------------------------------------------------===//
// Turns of the warpgroups
//===----------------------------------------------------------------------===//

void Consumer::awaitTurn() {
  if (takesTurns())
    syncNamed(kernel, b.add(lane.warpgroup, kFirstTurn), getTurnThreads());
}

/// A warpgroup has its turn when all others have passed theirs.
void Consumer::passTurn() {
  if (!takesTurns())
    return;
  int64_t consumers = plan.schedule.getConsumers();
  for (int64_t i = 1; i < consumers; ++i)
    arriveNamed(kernel,
                b.add(b.rem(b.add(lane.warpgroup, i), consumers), kFirstTurn),
                getTurnThreads());
}

/// At first the lower number goes first.
void Consumer::giveFirstTurns() {
  if (!takesTurns())
    return;
  for (int64_t i = 0; i + 1 < plan.schedule.getConsumers(); ++i)
    b.onlyIf(b.less(b.i32(i), lane.warpgroup), [&] {
      arriveNamed(kernel, b.i32(kFirstTurn + i), getTurnThreads());
    });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

SmallVector<Value> Consumer::flatten(const State &state, bool withAccumulator) {
  SmallVector<Value> values;
  for (const Stage &stage : {state.query, state.key, state.value})
    values.append({stage.index, stage.parity});
  llvm::append_range(values, state.rows.maximum);
  llvm::append_range(values, state.rows.sum);
  llvm::append_range(values, state.weights);
  if (withAccumulator)
    llvm::append_range(values, state.accumulator);
  return values;
}

Consumer::State Consumer::unflatten(ValueRange values, bool withAccumulator) {
  State state;
  auto take = [&](int64_t count) {
    ValueRange taken = values.take_front(count);
    values = values.drop_front(count);
    return taken;
  };
  for (Stage *stage : {&state.query, &state.key, &state.value})
    *stage = {take(1)[0], take(1)[0]};
  state.rows.maximum = llvm::to_vector<kLaneRows>(take(kLaneRows));
  state.rows.sum = llvm::to_vector<kLaneRows>(take(kLaneRows));
  state.weights = llvm::to_vector(take(plan.schedule.getKeys() / 4));
  int64_t size = plan.valueChannels / 2;
  if (withAccumulator)
    state.accumulator = llvm::to_vector(take(size));
  else
    state.accumulator.assign(size, b.f32(0));
  return state;
}

SmallVector<Value> Consumer::finishScores(const Tile &tile, Value block,
                                          bool isEdge, ValueRange scores) {
  SmallVector<Value> result =
      transformScores(kernel, tile, lane, block, scores);
  return isEdge ? hideKeys(kernel, tile, lane, block, result) : result;
}

SmallVector<Value> Consumer::startOutputOf(State &state) {
  waitFor(kernel, state.value.getReady(kernel, plan.valueRing),
          state.value.parity);
  Value offset = b.mul(state.value.index, plan.valueRing.stageBytes);
  return startOutput(kernel, state.accumulator, state.weights,
                     moveDescriptor(kernel, values, offset));
}

/// ptxas moves the wait for the output above the exponentials, which then run
/// after the product, not beside it, unless something that it can not move
/// needs them: here the wait for values, which are there already. Sums are
/// never negative.
void Consumer::finishBefore(const Stage &value, ValueRange sums) {
  Value never =
      b.compareF(arith::CmpFPredicate::OLT, b.addF(sums[0], sums[1]), b.f32(0));
  Value parity = b.bitXor(
      value.parity, b.createOrFold<arith::ExtUIOp>(b.getI32Type(), never));
  waitFor(kernel, value.getReady(kernel, plan.valueRing), parity);
}

SmallVector<Value> Consumer::startScoresOf(State &state) {
  Value query = b.mul(state.query.index, plan.queryRing.stageBytes);
  Value key = b.mul(state.key.index, plan.keyRing.stageBytes);
  return startScores(kernel, moveDescriptor(kernel, queries, query),
                     moveDescriptor(kernel, keys, key));
}

void Consumer::releaseKeys(State &state) {
  release(state.key.getEmpty(kernel, plan.keyRing));
  state.key = state.key.next(kernel, plan.keyRing);
}

void Consumer::releaseValues(State &state) {
  release(state.value.getEmpty(kernel, plan.valueRing));
  state.value = state.value.next(kernel, plan.valueRing);
}

//===----------------------------------------------------------------------===//
// The first and the last block that are taken of a tile
//===----------------------------------------------------------------------===//

void Consumer::waitForFirst(const State &state) {
  waitFor(kernel, state.query.getFull(kernel, plan.queryRing),
          state.query.parity);
  waitFor(kernel, state.key.getFull(kernel, plan.keyRing), state.key.parity);
}

/// The softmax of the block; nothing is there to be rescaled.
void Consumer::startRows(const Tile &tile, ValueRange scores, State &state) {
  state.rows.maximum.assign(kLaneRows, b.lowest());
  state.rows.sum.assign(kLaneRows, b.f32(0));
  state.accumulator.assign(plan.valueChannels / 2, b.f32(0));
  Value block = b.sub(tile.last, 1);
  bool isEdge = lastIsEdge();
  SmallVector<Value> finished = finishScores(tile, block, isEdge, scores);
  SmallVector<Value> factors;
  Value isOutdated;
  SmallVector<Value> weights =
      updateRows(kernel, finished, state.rows, isEdge, factors, isOutdated);
  state.weights = packWeights(kernel, weights);
}

/// Begins a tile: the scores of its first block, beside which there is no
/// output to make.
void Consumer::startTile(const Tile &tile, State &state) {
  keepTile(kernel, lane, tile);
  waitForFirst(state);
  awaitTurn();
  SmallVector<Value> scores = startScoresOf(state);
  passTurn();
  scores = waitForProducts(kernel, scores, 0);
  releaseKeys(state);
  startRows(tile, scores, state);
}

/// Ends a tile: the output of its last block.
void Consumer::finishTile(State &state) {
  Tile tile = recallTile(kernel, lane);
  SmallVector<Value> rowGates = loadRowGates(kernel, tile, lane);
  SmallVector<Value> accumulator = startOutputOf(state);
  accumulator = waitForProducts(kernel, accumulator, 0);
  releaseValues(state);
  writeTile(kernel, tile, lane, rowGates, accumulator, state.rows);
}

/// Ends a tile and begins the next: its scores are under way while the output
/// is written.
void Consumer::crossOver(const Tile &next, State &state) {
  Tile tile = recallTile(kernel, lane);
  SmallVector<Value> rowGates = loadRowGates(kernel, tile, lane);
  waitForFirst(state);
  awaitTurn();
  SmallVector<Value> accumulator = startOutputOf(state);
  SmallVector<Value> scores = startScoresOf(state);
  passTurn();

  accumulator = waitForProducts(kernel, accumulator, 1);
  releaseValues(state);
  writeTile(kernel, tile, lane, rowGates, accumulator, state.rows);
  keepTile(kernel, lane, next);
  scores = waitForProducts(kernel, scores, 0);
  releaseKeys(state);
  startRows(next, scores, state);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void Consumer::step(const Tile &tile, Value block, bool isEdge, State &state) {
  waitFor(kernel, state.key.getFull(kernel, plan.keyRing), state.key.parity);
  awaitTurn();
  SmallVector<Value> scores = startScoresOf(state);
  SmallVector<Value> accumulator = startOutputOf(state);
  passTurn();

  scores = waitForProducts(kernel, scores, 1);
  releaseKeys(state);
  scores = finishScores(tile, block, isEdge, scores);
  SmallVector<Value> factors;
  Value isOutdated;
  SmallVector<Value> weights =
      updateRows(kernel, scores, state.rows, isEdge, factors, isOutdated);

  finishBefore(state.value, state.rows.sum);
  accumulator = waitForProducts(kernel, accumulator, 0);
  releaseValues(state);
  state.accumulator = rescale(b, accumulator, factors, isOutdated);
  // Not earlier: the registers of the weights before are read until now.
  state.weights = packWeights(kernel, weights);
}

/// Steps through the blocks [from, to), from the last to the first.
void Consumer::steps(const Tile &tile, Value from, Value to, bool isEdge,
                     State &state) {
  SmallVector<Value> last =
      b.loop(b.i32(0), b.sub(to, from), b.i32(1), flatten(state, true),
             [&](Value i, ValueRange values) {
               State inner = unflatten(values, true);
               step(tile, b.sub(b.sub(to, 1), i), isEdge, inner);
               return flatten(inner, true);
             });
  state = unflatten(last, true);
}

/// All blocks of a tile but the first that is taken.
void Consumer::computeBlocks(const Tile &tile, State &state) {
  // Blocks at the upper edge of what is visible, those that are visible to all
  // queries, those at the lower edge.
  Value begin = tile.first, end = b.sub(tile.last, 1);
  if (allAreEdges()) {
    steps(tile, begin, end, /*isEdge=*/true, state);
  } else {
    Value upper = end, lower = begin;
    if (plan.band.upper)
      upper = b.max(b.min(tile.fullLast, end), begin);
    if (plan.band.lower)
      lower = b.max(b.min(tile.fullFirst, upper), begin);
    if (plan.band.upper)
      steps(tile, upper, end, /*isEdge=*/true, state);
    steps(tile, lower, upper, /*isEdge=*/false, state);
    if (plan.band.lower)
      steps(tile, begin, lower, /*isEdge=*/true, state);
  }
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// One tile after the other.
void Consumer::runTiles() {
  State first;
  first.query = first.key = first.value = Stage::first(kernel);
  SmallVector<Value> stages;
  for (int64_t i = 0; i < 3; ++i)
    stages.append({first.query.index, first.query.parity});
  forEachTile(
      kernel, stages,
      [&](Value parity) {
        return receiveTile(kernel, lane.isLeader(b), parity);
      },
      [&](const Tile &tile, ValueRange carried) -> SmallVector<Value> {
        State state;
        state.query = {carried[0], carried[1]};
        state.key = {carried[2], carried[3]};
        state.value = {carried[4], carried[5]};
        startTile(tile, state);
        computeBlocks(tile, state);
        auto releaseQueries = [&] {
          release(state.query.getEmpty(kernel, plan.queryRing));
        };
        if (plan.schedule.getOutputBuffer())
          releaseQueries();
        finishTile(state);
        if (!plan.schedule.getOutputBuffer())
          releaseQueries();
        state.query = state.query.next(kernel, plan.queryRing);
        return {state.query.index, state.query.parity, state.key.index,
                state.key.parity,  state.value.index,  state.value.parity};
      });
}

/// Each tile begins before the one before has ended.
void Consumer::runOverlappedTiles() {
  State first;
  first.query = first.key = first.value = Stage::first(kernel);
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  startTile(getTile(kernel, block), first);
  SmallVector<Value> carried = flatten(first, false);
  carried.push_back(b.i32(0));
  forEachTileNumber(
      kernel, carried,
      [&](Value number,
          ValueRange carried) -> std::pair<Value, SmallVector<Value>> {
        Value parity = carried.back();
        State state = unflatten(carried.drop_back(), false);
        computeBlocks(getTile(kernel, number), state);
        release(state.query.getEmpty(kernel, plan.queryRing));
        state.query = state.query.next(kernel, plan.queryRing);
        Value next = receiveTile(kernel, lane.isLeader(b), parity);

        SmallVector<Value> before = flatten(state, false);
        auto branch =
            scf::IfOp::create(b, TypeRange(ValueRange(before)),
                              hasTile(kernel, next), /*withElseRegion=*/true);
        {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToStart(branch.thenBlock());
          State following = state;
          crossOver(getTile(kernel, next), following);
          scf::YieldOp::create(b, flatten(following, false));
          b.setInsertionPointToStart(branch.elseBlock());
          finishTile(state);
          scf::YieldOp::create(b, before);
        }
        SmallVector<Value> after =
            llvm::to_vector_of<Value>(branch.getResults());
        after.push_back(b.bitXor(parity, b.i32(1)));
        return {next, after};
      });
}

void Consumer::run() {
  NVVM::SetMaxRegisterOp::create(
      b, b.getI32IntegerAttr(plan.getRegisters().second),
      NVVM::SetMaxRegisterActionAttr::get(
          b.getContext(), NVVM::SetMaxRegisterAction::increase));
  giveFirstTurns();
  if (plan.overlapsTiles())
    runOverlappedTiles();
  else
    runTiles();
  // Shared memory must last until the output has been read from it.
  b.onlyIf(b.equal(lane.thread, 0), [&] {
    NVVM::CpAsyncBulkWaitGroupOp::create(b, b.getI32IntegerAttr(0),
                                         b.getUnitAttr());
  });
}

void hopper::buildConsumer(Kernel &kernel, Value thread) {
  Consumer(kernel, thread).run();
}
