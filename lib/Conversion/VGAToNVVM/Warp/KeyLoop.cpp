//===- KeyLoop.cpp - The loop over the blocks of keys of a team -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys and values have a ring of stages each. Where a block's keys were, those
// of a later block are on their way as soon as the scores are done, and the
// same with values and the output:
//
//   wait for K_i;  copy V_{i+s-1};  S = Q K_i^T
//   wait for V_i;  copy K_{i+s};    P = softmax of S;  O += P V_i
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

namespace {
class KeyLoop {
public:
  KeyLoop(Kernel &kernel, const Tile &tile)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), tile(tile),
        keyCopies(kernel, plan.keyChannels, plan.schedule.getKeys(),
                  kernel.lane.inTeam, plan.schedule.getTeamThreads()),
        valueCopies(kernel, plan.valueChannels, plan.schedule.getKeys(),
                    kernel.lane.inTeam, plan.schedule.getTeamThreads()),
        keyRows(kernel, kernel.arguments.key, plan.keyChannels, tile),
        valueRows(kernel, kernel.arguments.value, plan.valueChannels, tile),
        stages(plan.schedule.getStages()), teams(plan.schedule.getTeams()) {
    keyRing = b.advance(kernel.sharedAt(plan.rings),
                        b.mul(kernel.lane.team, plan.getTeamBytes()));
    valueRing = b.advance(keyRing, stages * plan.getKeyStageBytes());
  }

  State run();

private:
  State step(Value block, Value stage, State state);

  Value getKeys(Value stage) {
    return b.advance(keyRing, b.mul(stage, plan.getKeyStageBytes()));
  }
  Value getValues(Value stage) {
    return b.advance(valueRing, b.mul(stage, plan.getValueStageBytes()));
  }
  void copy(RowCopies &copies, KeyRows &rows, Value block, Value destination);
  void copyKeys(Value block, Value stage) {
    copy(keyCopies, keyRows, block, getKeys(stage));
  }
  void copyValues(Value block, Value stage) {
    copy(valueCopies, valueRows, block, getValues(stage));
  }
  void waitForCopies(int64_t pending, function_ref<void()> finish);
  void syncTeam();
  void syncMissingRound();

  void hideKeysOfEdge(Value block, Fragments &scores);
  Fragments computeWeights(Fragments scores, State &state);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  const Tile &tile;
  RowCopies keyCopies, valueCopies;
  KeyRows keyRows, valueRows;
  int64_t stages, teams;
  Value keyRing, valueRing;
  SmallVector<Fragments> queries;
};
} // namespace

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Starts the copy of a block, if there is one, and ends a group of copies.
void KeyLoop::copy(RowCopies &copies, KeyRows &rows, Value block,
                   Value destination) {
  b.onlyIf(b.less(block, tile.last), [&] {
    Value first = b.add(b.mul(block, plan.schedule.getKeys()), copies.row);
    SmallVector<Value> addresses =
        rows.getAddresses(first, copies.passRows, copies.passes);
    copies.start(destination, [&](int64_t pass) -> std::pair<Value, Value> {
      Value key = b.add(first, pass * copies.passRows);
      return {addresses[pass], b.less(key, tile.keyEnd)};
    });
  });
  NVVM::CpAsyncCommitGroupOp::create(b);
}

/// Waits until all but the last `pending` groups of copies are complete, of all
/// threads of the team, and until these are done with what they read before.
/// Each thread finishes what it has copied itself.
void KeyLoop::waitForCopies(int64_t pending, function_ref<void()> finish) {
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(pending));
  finish();
  syncTeam();
}

void KeyLoop::syncTeam() {
  if (plan.schedule.getWarps() == 1) {
    NVVM::SyncWarpOp::create(b, b.i32(-1));
    return;
  }
  if (teams == 1) {
    NVVM::BarrierOp::create(b);
    return;
  }
  // Barrier 0 is that of all threads.
  NVVM::BarrierOp::create(b, TypeRange(), b.add(kernel.lane.team, 1),
                          b.i32(plan.schedule.getTeamThreads()),
                          NVVM::BarrierReductionAttr(), Value());
}

/// Passes the barriers of the last round if the team had no block in it. The
/// hardware does not ask for it, but compute-sanitizer's racecheck does: where
/// threads have passed named barriers unequally often, it reports hazards
/// between them that a later barrier of all threads excludes.
void KeyLoop::syncMissingRound() {
  if (teams == 1 || plan.schedule.getWarps() == 1)
    return;
  // The teams with a block in the last round; all of them if it is 0.
  Value busy = b.rem(b.sub(tile.last, tile.first), teams);
  Value isIdle =
      b.bitAnd(b.less(b.i32(0), busy),
               b.compare(arith::CmpIPredicate::sle, busy, kernel.lane.team));
  b.onlyIf(isIdle, [&] {
    syncTeam();
    syncTeam();
  });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// Hides keys in blocks on the edge of a band or at the end; in all, if there
/// is a mask.
void KeyLoop::hideKeysOfEdge(Value block, Fragments &scores) {
  if (kernel.op.getMask()) {
    hideKeys(kernel, tile, block, scores);
    return;
  }
  Value isEdge =
      b.bitOr(b.less(block, tile.fullFirst),
              b.compare(arith::CmpIPredicate::sge, block, tile.fullLast));
  SmallVector<Value> before;
  for (const SmallVector<Value> &values : scores)
    llvm::append_range(before, values);
  auto branch = scf::IfOp::create(b, TypeRange(ValueRange(before)), isEdge,
                                  /*withElseRegion=*/true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    hideKeys(kernel, tile, block, scores);
    SmallVector<Value> hidden;
    for (const SmallVector<Value> &values : scores)
      llvm::append_range(hidden, values);
    scf::YieldOp::create(b, hidden);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, before);
  }
  size_t next = 0;
  for (SmallVector<Value> &values : scores)
    for (Value &value : values)
      value = branch.getResult(next++);
}

/// The softmax of a block's scores; accumulators are rescaled.
Fragments KeyLoop::computeWeights(Fragments scores, State &state) {
  bool mayBeEmpty = !plan.band.isFull() || kernel.op.getMask();
  Value scale = b.f32(getExponentScale(kernel.op));
  Fragments weights;
  SmallVector<SmallVector<Value>> factors;
  Value isOutdated;
  for (auto [m, values] : llvm::enumerate(scores)) {
    BlockSoftmax softmax{b, values, state.rows[m], mayBeEmpty, scale};
    softmax.compute({0, 1});
    weights.push_back(softmax.weights);
    factors.push_back(SmallVector<Value>(std::begin(softmax.factors),
                                         std::end(softmax.factors)));
    isOutdated = isOutdated ? b.bitOr(isOutdated, softmax.isOutdated)
                            : softmax.isOutdated;
  }
  isOutdated = holdsInAnyLane(b, isOutdated);
  for (auto [m, accumulator] : llvm::enumerate(state.accumulators))
    accumulator = rescale(b, accumulator, factors[m], isOutdated);
  return weights;
}

State KeyLoop::step(Value block, Value stage, State state) {
  int64_t pending = 2 * stages - 2;
  waitForCopies(pending, [] {});
  // The values of the block before are where these are copied to.
  Value before = stages == 1 ? stage : b.rem(b.add(stage, stages - 1), stages);
  copyValues(b.add(block, (stages - 1) * teams), before);
  Fragments scores = computeScores(kernel, queries, getKeys(stage));

  waitForCopies(pending, [&] {
    if (plan.gatesValues)
      gateValues(kernel, tile, block, valueCopies, getValues(stage));
  });
  copyKeys(b.add(block, stages * teams), stage);
  transformScores(kernel, tile, block, scores);
  hideKeysOfEdge(block, scores);
  Fragments weights = computeWeights(scores, state);
  if (plan.gateTerms != 0)
    multiplyByComputedGates(kernel, tile, getValues(stage), weights);
  else if (kernel.arguments.valueGate && !plan.gatesValues)
    gateWeights(kernel, tile, block, weights);
  addWeightedValues(kernel, weights, getValues(stage), state);
  return state;
}

State KeyLoop::run() {
  copyQueries(kernel, tile);
  NVVM::CpAsyncCommitGroupOp::create(b);
  Value first = b.add(tile.first, kernel.lane.team);
  for (int64_t stage = 0; stage < stages; ++stage) {
    Value block = b.add(first, stage * teams);
    copyKeys(block, b.i32(stage));
    if (stage + 1 < stages)
      copyValues(block, b.i32(stage));
  }
  if (plan.gateTerms != 0)
    storeGateWeights(kernel, tile);
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(2 * stages - 1));
  NVVM::BarrierOp::create(b);
  if (plan.keepsQueries) {
    Value rows = pointToQueries(kernel);
    for (int64_t depth = 0; depth < plan.keyChannels; depth += plan.getDepth())
      queries.push_back(loadQueries(kernel, rows, depth));
  }

  State empty =
      State::getEmpty(b, plan.getRowProducts(), plan.getValueProducts());
  SmallVector<Value> carried = empty.flatten();
  carried.push_back(b.i32(0));
  SmallVector<Value> last =
      b.loop(first, tile.last, b.i32(teams), carried,
             [&](Value block, ValueRange values) {
               Value stage = values.back();
               State state =
                   step(block, stage, empty.withValues(values.drop_back()));
               SmallVector<Value> next = state.flatten();
               Value following = b.add(stage, 1);
               next.push_back(
                   b.select(b.equal(following, stages), b.i32(0), following));
               return next;
             });
  keepRolled(last.front().getDefiningOp<scf::ForOp>());
  syncMissingRound();
  return empty.withValues(ArrayRef(last).drop_back());
}

State warp::computeKeys(Kernel &kernel, const Tile &tile) {
  return KeyLoop(kernel, tile).run();
}
