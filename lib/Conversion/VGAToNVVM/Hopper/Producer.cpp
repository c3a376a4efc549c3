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
/// Fills a ring with blocks of keys or of values.
struct Filler {
  Kernel &kernel;
  const Ring &ring;
  Value map;
  int64_t atoms;
  Stage stage;

  void load(const Tile &tile, Value block) {
    KernelBuilder &b = kernel.b;
    waitUntilEmpty(kernel, stage.getEmpty(kernel, ring), stage.parity);
    Value full = stage.getFull(kernel, ring);
    arriveExpecting(kernel, full, ring.stageBytes);
    loadTile(kernel, map, stage.getData(kernel, ring), full, atoms,
             kernel.plan.getKeyAtomBytes(),
             b.mul(block, kernel.plan.schedule.getKeys()), tile.kvHead,
             tile.batch);
    stage = stage.next(kernel, ring);
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
              {state[0], state[1]}};
  Filler values{kernel,
                plan.valueRing,
                arguments.valueMap,
                plan.getValueAtoms(),
                {state[2], state[3]}};
  Value queryParity = state[4];

  Value lastBlock = b.sub(tile.last, 1);
  keys.load(tile, lastBlock);
  waitUntilEmpty(kernel, kernel.sharedAt(plan.queryEmpty), queryParity);
  Value queryFull = kernel.sharedAt(plan.queryFull);
  arriveExpecting(kernel, queryFull,
                  plan.getKeyAtoms() * plan.getQueryAtomBytes());
  loadTile(kernel, arguments.queryMap, kernel.sharedAt(plan.queryData),
           queryFull, plan.getKeyAtoms(), plan.getQueryAtomBytes(), tile.query,
           tile.head, tile.batch);

  SmallVector<Value> stages =
      b.loop(b.i32(0), b.sub(lastBlock, tile.first), b.i32(1),
             {keys.stage.index, keys.stage.parity, values.stage.index,
              values.stage.parity},
             [&](Value i, ValueRange state) -> SmallVector<Value> {
               keys.stage = {state[0], state[1]};
               values.stage = {state[2], state[3]};
               Value block = b.sub(lastBlock, i);
               keys.load(tile, b.sub(block, 1));
               values.load(tile, block);
               return {keys.stage.index, keys.stage.parity, values.stage.index,
                       values.stage.parity};
             });
  keys.stage = {stages[0], stages[1]};
  values.stage = {stages[2], stages[3]};
  values.load(tile, tile.first);
  return {keys.stage.index, keys.stage.parity, values.stage.index,
          values.stage.parity, b.bitXor(queryParity, b.i32(1))};
}

void hopper::buildProducer(Kernel &kernel, Value thread) {
  KernelBuilder &b = kernel.b;
  NVVM::SetMaxRegisterOp::create(
      b, b.getI32IntegerAttr(kernel.plan.getRegisters().first),
      NVVM::SetMaxRegisterActionAttr::get(
          b.getContext(), NVVM::SetMaxRegisterAction::decrease));
  // One thread of the first warp; the other warps have nothing to do.
  b.onlyIf(b.less(thread, b.i32(32)), [&] {
    b.onlyIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()), [&] {
      Stage first = Stage::first(kernel);
      Value next;
      forEachTile(
          kernel,
          {first.index, first.parity, first.index, first.parity, b.i32(0)},
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
    });
  });
}
