//===- Producer.cpp - The warpgroup that loads ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

namespace {
/// Fills a ring with tiles of queries, or with blocks of keys or values.
struct Filler {
  Kernel &kernel;
  const Ring &ring;
  Value map;
  int64_t atoms, atomBytes;
  Stage stage;

  void load(Value row, Value head, Value batch) {
    waitUntilEmpty(kernel, stage.getEmpty(kernel, ring), stage.parity);
    Value full = stage.getFull(kernel, ring);
    arriveExpecting(kernel, full, ring.stageBytes);
    loadTile(kernel, map, stage.getData(kernel, ring), full, atoms, atomBytes,
             row, head, batch);
    stage = stage.next(kernel, ring);
  }
  void loadBlock(const Tile &tile, Value block) {
    load(kernel.b.mul(block, kernel.plan.schedule.getKeys()), tile.kvHead,
         tile.batch);
  }
};
} // namespace

/// Loads all that a tile needs: keys of a block before the values of the one
/// before, as the consumers ask for them.
static SmallVector<Value> loadForTile(Kernel &kernel, const Tile &tile,
                                      ValueRange state) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Arguments &arguments = kernel.arguments;
  Filler keys{kernel,
              plan.keyRing,
              arguments.keyMap,
              plan.getKeyAtoms(),
              plan.getKeyAtomBytes(),
              {state[0], state[1]}};
  Filler values{kernel,
                plan.valueRing,
                arguments.valueMap,
                plan.getValueAtoms(),
                plan.getKeyAtomBytes(),
                {state[2], state[3]}};
  Filler queries{kernel,
                 plan.queryRing,
                 arguments.queryMap,
                 plan.getKeyAtoms(),
                 plan.getQueryAtomBytes(),
                 {state[4], state[5]}};

  // Once all values have been gated, no block has to be waited for.
  bool isAhead = plan.gatesAhead;
  Value areGated = state[6];
  if (isAhead)
    areGated = b.bitOr(areGated, areAllGated(kernel));
  auto loadValues = [&](Value block) {
    if (isAhead)
      awaitGatedBlock(kernel, tile, block, areGated);
    values.loadBlock(tile, block);
  };

  Value lastBlock = b.sub(tile.last, 1);
  keys.loadBlock(tile, lastBlock);
  queries.load(tile.query, tile.head, tile.batch);
  SmallVector<Value> stages =
      b.loop(b.i32(0), b.sub(lastBlock, tile.first), b.i32(1),
             {keys.stage.index, keys.stage.parity, values.stage.index,
              values.stage.parity},
             [&](Value i, ValueRange state) -> SmallVector<Value> {
               keys.stage = {state[0], state[1]};
               values.stage = {state[2], state[3]};
               Value block = b.sub(lastBlock, i);
               keys.loadBlock(tile, b.sub(block, 1));
               loadValues(block);
               return {keys.stage.index, keys.stage.parity, values.stage.index,
                       values.stage.parity};
             });
  keys.stage = {stages[0], stages[1]};
  values.stage = {stages[2], stages[3]};
  loadValues(tile.first);
  return {keys.stage.index,
          keys.stage.parity,
          values.stage.index,
          values.stage.parity,
          queries.stage.index,
          queries.stage.parity,
          areGated};
}

static void loadAll(Kernel &kernel) {
  Stage first = Stage::first(kernel);
  Value next;
  forEachTile(
      kernel,
      {first.index, first.parity, first.index, first.parity, first.index,
       first.parity, kernel.b.i32(0)},
      [&](Value parity) {
        // Not before the loads: the consumers are still to take the number
        // that was sent before this one.
        sendTile(kernel, next, parity);
        return next;
      },
      [&](const Tile &tile, ValueRange state) {
        if (kernel.plan.schedule.getPersistent())
          next = takeTile(kernel);
        return loadForTile(kernel, tile, state);
      });
  finishTiles(kernel);
}

void hopper::buildProducer(Kernel &kernel, Value thread) {
  KernelBuilder &b = kernel.b;
  NVVM::SetMaxRegisterOp::create(
      b, b.getI32IntegerAttr(kernel.plan.getRegisters().first),
      NVVM::SetMaxRegisterActionAttr::get(
          b.getContext(), NVVM::SetMaxRegisterAction::decrease));
  auto isFirstWarp = scf::IfOp::create(b, b.less(thread, b.i32(32)),
                                       /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  // One thread of the first warp has all copied.
  b.setInsertionPointToStart(isFirstWarp.thenBlock());
  b.onlyIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()),
           [&] { loadAll(kernel); });
  b.setInsertionPointToStart(isFirstWarp.elseBlock());
  if (kernel.plan.gatesAhead)
    buildAheadGater(kernel, thread);
  else if (kernel.plan.hasGater())
    buildGater(kernel, thread);
}
