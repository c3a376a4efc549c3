//===- Tiles.cpp - Tiles of queries, and the keys they meet ---------------===//
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
/// Finds the tile with this number.
class TileOrderer {
public:
  explicit TileOrderer(Kernel &kernel) : kernel(kernel), b(kernel.b) {
    queryTiles =
        b.ceilDiv(kernel.arguments.queries, kernel.plan.schedule.getQueries());
    heads = b.mul(kernel.arguments.batch, kernel.plan.queryHeads);
  }

  Value getCount() { return b.mul(queryTiles, heads); }

  Tile getTile(Value number) {
    Value queryTile, head;
    if (kernel.plan.schedule.getOrder() == TileOrder::linear) {
      queryTile = b.rem(number, queryTiles);
      head = b.div(number, queryTiles);
    } else {
      // Sections of heads whose keys and values fit into the cache; in a
      // section all last tiles, which meet the most keys, come first.
      Value sectionTiles = b.mul(kernel.arguments.sectionHeads, queryTiles);
      Value section = b.div(number, sectionTiles);
      Value rest = b.sub(number, b.mul(section, sectionTiles));
      Value firstHead = b.mul(section, kernel.arguments.sectionHeads);
      Value sectionHeads =
          b.min(kernel.arguments.sectionHeads, b.sub(heads, firstHead));
      queryTile = b.sub(b.sub(queryTiles, 1), b.div(rest, sectionHeads));
      head = b.add(firstHead, b.rem(rest, sectionHeads));
    }
    Tile tile;
    tile.batch = b.div(head, kernel.plan.queryHeads);
    tile.head = b.rem(head, kernel.plan.queryHeads);
    tile.kvHead =
        b.div(tile.head, kernel.plan.queryHeads / kernel.plan.kvHeads);
    tile.query = b.mul(queryTile, kernel.plan.schedule.getQueries());
    setKeys(tile);
    return tile;
  }

private:
  /// Visibility as bounds of the loop over blocks of keys.
  void setKeys(Tile &tile) {
    int64_t blockKeys = kernel.plan.schedule.getKeys();
    const Band &band = kernel.plan.band;
    const Arguments &arguments = kernel.arguments;
    Value zero = b.i32(0);
    tile.offset = kernel.plan.isBottomRight
                      ? b.sub(arguments.keys, arguments.queries)
                      : zero;
    tile.keyEnd = getKeyEnd(kernel, tile.batch);

    // The first and the last position of the tile among the keys.
    Value position = b.add(tile.query, tile.offset);
    Value lastPosition = b.add(position, kernel.plan.schedule.getQueries() - 1);
    Value end = tile.keyEnd, fullEnd = tile.keyEnd;
    if (band.upper) {
      end = b.min(end, b.add(lastPosition, *band.upper + 1));
      fullEnd = b.min(fullEnd, b.add(position, *band.upper + 1));
    }
    tile.last = b.max(b.ceilDiv(b.max(end, zero), blockKeys), b.i32(1));
    tile.first = tile.fullFirst = zero;
    if (band.lower) {
      Value begin = b.max(b.add(position, *band.lower), zero);
      tile.first = b.min(b.div(begin, blockKeys), b.sub(tile.last, 1));
      Value fullBegin = b.max(b.add(lastPosition, *band.lower), zero);
      tile.fullFirst = b.ceilDiv(fullBegin, blockKeys);
    }
    tile.fullLast = b.div(b.max(fullEnd, zero), blockKeys);
  }

  Kernel &kernel;
  KernelBuilder &b;
  Value queryTiles, heads;
};
} // namespace

Value hopper::getKeyEnd(Kernel &kernel, Value batch) {
  return vga::getKeyEnd(kernel.b, kernel.op, kernel.arguments.kvLength,
                        kernel.arguments.keys, batch);
}

//===----------------------------------------------------------------------===//
// Who takes which tile
//===----------------------------------------------------------------------===//
//
// Thread blocks take the next tile when they are done with one: tiles differ in
// their keys, and multiprocessors in how far they are from memory. The producer
// counts up in global memory and tells the consumers through shared memory.

/// The kernel's counters in global memory: tiles taken, blocks that are done.
/// Both are 0 when a launch begins, and left so when it ends.
static Value getCounters(Kernel &kernel) {
  return LLVM::AddressOfOp::create(kernel.b, kernel.counters);
}

Value hopper::takeTile(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  Value taken = LLVM::AtomicRMWOp::create(
      b, LLVM::AtomicBinOp::add, getCounters(kernel), b.i32(1),
      LLVM::AtomicOrdering::monotonic, "device");
  // The first ones went to the blocks by their numbers.
  return b.add(taken, NVVM::GridDimXOp::create(b, b.getI32Type()));
}

void hopper::sendTile(Kernel &kernel, Value number, Value parity) {
  const Plan &plan = kernel.plan;
  waitUntilEmpty(kernel, kernel.sharedAt(plan.tileEmpty), parity);
  LLVM::StoreOp::create(kernel.b, number, kernel.sharedAt(plan.tileNumber));
  arrive(kernel, kernel.sharedAt(plan.tileFull));
}

Value hopper::receiveTile(Kernel &kernel, Value isLeader, Value parity) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  waitFor(kernel, kernel.sharedAt(plan.tileFull), parity);
  Value number =
      LLVM::LoadOp::create(b, b.getI32Type(), kernel.sharedAt(plan.tileNumber),
                           /*alignment=*/4, /*isVolatile=*/true);
  NVVM::SyncWarpOp::create(b, b.i32(-1));
  b.onlyIf(isLeader, [&] { arrive(kernel, kernel.sharedAt(plan.tileEmpty)); });
  return b.broadcast(number);
}

void hopper::finishTiles(Kernel &kernel) {
  if (!kernel.plan.schedule.getPersistent())
    return;
  KernelBuilder &b = kernel.b;
  Value grid = NVVM::GridDimXOp::create(b, b.getI32Type());
  // The producers, and the warps that gate ahead.
  Value last = b.sub(kernel.progress ? b.mul(grid, 2) : grid, 1);
  // Wraps to 0 with the last one, who then is the only one left.
  Value counters = getCounters(kernel);
  Value done = LLVM::AtomicRMWOp::create(
      b, LLVM::AtomicBinOp::uinc_wrap, b.advance(counters, 4), last,
      LLVM::AtomicOrdering::acq_rel, "device");
  b.onlyIf(b.compare(arith::CmpIPredicate::eq, done, last), [&] {
    LLVM::StoreOp::create(b, b.i32(0), counters);
    if (!kernel.progress)
      return;
    Value progress = LLVM::AddressOfOp::create(b, kernel.progress);
    auto reset = [&](Value i) {
      LLVM::StoreOp::create(b, b.i32(0),
                            b.elementAddress(progress, b.getI32Type(), i));
    };
    reset(b.i32(kMostGatingBlocks));
    b.loop(b.i32(0), grid, b.i32(1), {},
           [&](Value i, ValueRange) -> SmallVector<Value> {
             reset(i);
             return {};
           });
  });
}

Tile hopper::getTile(Kernel &kernel, Value number) {
  return TileOrderer(kernel).getTile(number);
}

Value hopper::hasTile(Kernel &kernel, Value number) {
  return kernel.b.less(number, TileOrderer(kernel).getCount());
}

void hopper::forEachTile(
    Kernel &kernel, ValueRange state, function_ref<Value(Value)> getNext,
    function_ref<SmallVector<Value>(const Tile &, ValueRange)> body) {
  KernelBuilder &b = kernel.b;
  SmallVector<Value> carried = {b.i32(0)};
  llvm::append_range(carried, state);
  forEachTileNumber(kernel, carried,
                    [&](Value number, ValueRange values)
                        -> std::pair<Value, SmallVector<Value>> {
                      SmallVector<Value> last =
                          body(getTile(kernel, number), values.drop_front());
                      if (!kernel.plan.schedule.getPersistent())
                        return {};
                      Value next = getNext(values[0]);
                      last.insert(last.begin(), b.bitXor(values[0], b.i32(1)));
                      return {next, last};
                    });
}

void hopper::forEachTileNumber(
    Kernel &kernel, ValueRange state,
    function_ref<std::pair<Value, SmallVector<Value>>(Value, ValueRange)>
        body) {
  KernelBuilder &b = kernel.b;
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  if (!kernel.plan.schedule.getPersistent()) {
    body(block, state);
    return;
  }
  Value count = TileOrderer(kernel).getCount();
  SmallVector<Value> carried = {block};
  llvm::append_range(carried, state);
  TypeRange types = ValueRange(carried).getTypes();
  auto loop = scf::WhileOp::create(
      b, types, carried,
      [&](OpBuilder &, Location loc, ValueRange values) {
        scf::ConditionOp::create(b, b.less(values[0], count), values);
      },
      [&](OpBuilder &, Location loc, ValueRange values) {
        auto [next, last] = body(values[0], values.drop_front());
        SmallVector<Value> following = {next};
        llvm::append_range(following, last);
        scf::YieldOp::create(b, following);
      });
  b.setInsertionPointAfter(loop);
}

//===----------------------------------------------------------------------===//
// What the epilogue has to know
//===----------------------------------------------------------------------===//

/// A warp's own 16 bytes.
static Value getKeptTile(Kernel &kernel, const Lane &lane) {
  KernelBuilder &b = kernel.b;
  return b.advance(kernel.sharedAt(kernel.plan.tileKept),
                   b.mul(lane.getWarp(b), kKeptTileBytes));
}

void hopper::keepTile(Kernel &kernel, const Lane &lane, const Tile &tile) {
  KernelBuilder &b = kernel.b;
  Value place = getKeptTile(kernel, lane);
  b.onlyIf(lane.isLeader(b), [&] {
    for (auto [i, value] :
         llvm::enumerate(ArrayRef({tile.batch, tile.head, tile.query})))
      LLVM::StoreOp::create(b, value, b.advance(place, 4 * i), /*alignment=*/4,
                            /*isVolatile=*/true);
  });
  keepRowGates(kernel, tile, lane);
  NVVM::SyncWarpOp::create(b, b.i32(-1));
}

Tile hopper::recallTile(Kernel &kernel, const Lane &lane) {
  KernelBuilder &b = kernel.b;
  Value place = getKeptTile(kernel, lane);
  auto load = [&](int64_t i) -> Value {
    return LLVM::LoadOp::create(b, b.getI32Type(), b.advance(place, 4 * i),
                                /*alignment=*/4, /*isVolatile=*/true);
  };
  Tile tile;
  tile.batch = load(0);
  tile.head = load(1);
  tile.query = load(2);
  return tile;
}
