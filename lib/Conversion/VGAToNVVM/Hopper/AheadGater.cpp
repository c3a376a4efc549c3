//===- AheadGater.cpp - Warps that gate values ahead of the tiles ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every value is gated once, however many tiles of queries it meets, while the
// tensor cores are busy with earlier ones. The idle warps of the producer's
// warpgroup take blocks of values - those that the first tiles need first -
// from global memory, gate them, and write them to a copy there, which is what
// the copy engine loads. Block n is the work of thread block n modulo the grid;
// how many of its blocks a thread block has done stands in global memory, and
// producers wait for that until all are done. All thread blocks run at the same
// time (cooperative), and gaters wait for nobody.
//
//===----------------------------------------------------------------------===//

#include "../MemoryRows.h"
#include "../ValueGating.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

namespace {
/// The named barrier of the gater's warps.
constexpr int64_t kGaterBarrier = 15;
constexpr int64_t kGaterThreads = kGaterWarps * 32;

/// A block of keys of a key/value head.
struct Block {
  /// batch * kvHeads + kvHead
  Value line;
  Value number;
};

/// The order in which blocks are gated: that in which tiles need them, each
/// from its last block to its first.
class BlockOrder {
public:
  explicit BlockOrder(Kernel &kernel) : b(kernel.b) {
    const Plan &plan = kernel.plan;
    lines = b.mul(kernel.arguments.batch, plan.kvHeads);
    blocks = b.ceilDiv(kernel.arguments.keys, plan.schedule.getKeys());
    sectionLines = plan.schedule.getOrder() == TileOrder::linear
                       ? b.i32(1)
                       : b.div(kernel.arguments.sectionHeads,
                               plan.queryHeads / plan.kvHeads);
  }

  Value getCount() { return b.mul(lines, blocks); }

  Value getPosition(const Block &block) {
    Value first = b.mul(b.div(block.line, sectionLines), sectionLines);
    Value fromLast = b.sub(b.sub(blocks, 1), block.number);
    return b.add(b.add(b.mul(first, blocks), b.mul(fromLast, inSection(first))),
                 b.sub(block.line, first));
  }

  Block getBlock(Value position) {
    Value sectionBlocks = b.mul(sectionLines, blocks);
    Value first = b.mul(b.div(position, sectionBlocks), sectionLines);
    Value rest = b.sub(position, b.mul(first, blocks));
    Value width = inSection(first);
    Block block;
    block.line = b.add(first, b.rem(rest, width));
    block.number = b.sub(b.sub(blocks, 1), b.div(rest, width));
    return block;
  }

private:
  /// How many lines the section that begins with `first` has.
  Value inSection(Value first) {
    return b.min(sectionLines, b.sub(lines, first));
  }

  KernelBuilder &b;
  Value lines, blocks, sectionLines;
};
} // namespace

/// The address of how many blocks a thread block has gated.
static Value getProgress(Kernel &kernel, Value threadBlock) {
  KernelBuilder &b = kernel.b;
  Value array = LLVM::AddressOfOp::create(b, kernel.progress);
  return b.elementAddress(array, b.getI32Type(), threadBlock);
}

/// Orders what threads have stored in global memory before what the copy engine
/// reads there, on either side of a flag.
static void fenceGlobal(KernelBuilder &b) {
  NVVM::FenceProxyOp::create(
      b,
      NVVM::ProxyKindAttr::get(b.getContext(), NVVM::ProxyKind::async_global),
      NVVM::SharedSpaceAttr());
}

//===----------------------------------------------------------------------===//
// The producer's side
//===----------------------------------------------------------------------===//

/// Reads a count that others write, and all that they have written before.
static Value loadCount(KernelBuilder &b, Value address) {
  return LLVM::LoadOp::create(
      b, b.getI32Type(), address, /*alignment=*/4, /*isVolatile=*/false,
      /*isNonTemporal=*/false, /*isInvariant=*/false,
      /*isInvariantGroup=*/false, LLVM::AtomicOrdering::acquire, "device");
}

Value hopper::areAllGated(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  Value done = loadCount(b, getProgress(kernel, b.i32(kMostGatingBlocks)));
  fenceGlobal(b);
  Value grid = NVVM::GridDimXOp::create(b, b.getI32Type());
  return b.createOrFold<arith::ExtUIOp>(
      b.getI32Type(), b.compare(arith::CmpIPredicate::eq, done, grid));
}

void hopper::awaitGatedBlock(Kernel &kernel, const Tile &tile, Value number,
                             Value areGated) {
  KernelBuilder &b = kernel.b;
  b.onlyIf(b.equal(areGated, 0), [&] {
    // Computed here, not kept in registers from block to block.
    Value line =
        b.keepHere(b.add(b.mul(tile.batch, kernel.plan.kvHeads), tile.kvHead));
    Value position = BlockOrder(kernel).getPosition({line, number});
    Value grid = NVVM::GridDimXOp::create(b, b.getI32Type());
    Value before = b.div(position, grid);
    Value progress = getProgress(kernel, b.rem(position, grid));
    scf::WhileOp::create(
        b, TypeRange(), ValueRange(),
        [&](OpBuilder &, Location, ValueRange) {
          Value waits = b.compare(arith::CmpIPredicate::sle,
                                  loadCount(b, progress), before);
          scf::ConditionOp::create(b, waits, ValueRange());
        },
        [&](OpBuilder &, Location, ValueRange) {
          scf::YieldOp::create(b, ValueRange());
        });
    fenceGlobal(b);
  });
}

//===----------------------------------------------------------------------===//
// The gater's side
//===----------------------------------------------------------------------===//

namespace {
class AheadGater {
public:
  AheadGater(Kernel &kernel, Value thread)
      : kernel(kernel), b(kernel.b), plan(kernel.plan),
        thread(b.sub(thread, 32)), gating(kernel.op, kernel.gate) {
    gating.arrays.weight = kernel.arguments.gateWeight;
    gating.arrays.bias = kernel.arguments.gateBias;
  }

  void run();

private:
  void startAt(Value line, Value row, Value key);
  void gateBlock(const Block &block);
  void publish(Value done);
  void pause(Value done);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  Value thread;
  ValueGating gating;
};
} // namespace

/// Has vectors and gates counted from a row and a key of a line, so that what
/// is different among the vectors of a block takes one register each.
void AheadGater::startAt(Value line, Value row, Value key) {
  const Arguments &arguments = kernel.arguments;
  Value element = b.mul(row, plan.valueChannels);
  auto advance = [&](Value array) {
    return b.elementAddress(array, plan.elementType, element);
  };
  gating.arrays.source = advance(arguments.values);
  gating.arrays.destination = advance(arguments.gatedValues);
  if (!arguments.valueGate)
    return;
  auto type = kernel.op.getValueGate().getType();
  if (type.getRank() == 3)
    element =
        b.add(b.mul(b.toI64(line), b.toI64(arguments.keys)), b.toI64(key));
  gating.arrays.gates =
      b.elementAddress(arguments.valueGate, type.getElementType(), element);
}

void AheadGater::gateBlock(const Block &block) {
  Value batch = b.div(block.line, plan.kvHeads);
  Value head = b.rem(block.line, plan.kvHeads);
  int64_t blockKeys = plan.schedule.getKeys();
  Value first = b.mul(block.number, blockKeys);
  Value visibleEnd;
  if (kernel.arguments.kvLength)
    visibleEnd = b.sub(getKeyEnd(kernel, batch), first);
  Value count = b.min(b.sub(kernel.arguments.keys, first), b.i32(blockKeys));
  MemoryRows memory(b, plan.axes, kernel.arguments.batch, plan.kvHeads,
                    kernel.arguments.keys);
  startAt(block.line, memory.getRow(b, batch, head, first), first);
  Value stride = memory.getPositionStride(b);

  // Vectors that a lane has loaded before it gates the first: as many as there
  // are registers for.
  bool hasScalars =
      !kernel.gate && kernel.op.getValueGate().getType().getRank() == 3;
  int64_t vectorsOfLane = hasScalars ? 2 : 1;
  if (plan.schedule.getConsumers() < 3)
    vectorsOfLane = hasScalars ? 6 : 4;
  int64_t together = kGaterThreads / gating.getLanes();
  int64_t rounds = llvm::divideCeil(blockKeys, together * vectorsOfLane);
  Value own = b.div(thread, gating.getLanes());
  b.loop(b.i32(0), b.i32(rounds), b.i32(1), {},
         [&](Value round, ValueRange) -> SmallVector<Value> {
           Value start = b.add(own, b.mul(round, together * vectorsOfLane));
           SmallVector<ValueGating::Vector> vectors(vectorsOfLane);
           for (auto [i, vector] : llvm::enumerate(vectors)) {
             Value key = b.add(start, i * together);
             vector.exists = b.less(key, count);
             // Lanes past the end compute something that is there.
             key = b.min(key, b.sub(count, 1));
             vector.head = head;
             vector.gate = key;
             vector.row = b.mul(key, stride);
             if (visibleEnd)
               vector.isVisible = b.less(key, visibleEnd);
           }
           gating.gate(b, thread, vectors);
           return {};
         });
}

/// Says that this thread block has gated so many of its blocks.
void AheadGater::publish(Value done) {
  fenceGlobal(b);
  syncNamed(kernel, b.i32(kGaterBarrier), kGaterThreads);
  b.onlyIf(b.equal(thread, 0), [&] {
    Value threadBlock = NVVM::BlockIdXOp::create(b, b.getI32Type());
    LLVM::StoreOp::create(b, done, getProgress(kernel, threadBlock),
                          /*alignment=*/4, /*isVolatile=*/false,
                          /*isNonTemporal=*/false, /*isInvariantGroup=*/false,
                          LLVM::AtomicOrdering::release, "device");
  });
}

/// Loads and stores in a row would take the bandwidth of the second-level cache
/// from the consumers, if these are two: three have more queries for what they
/// load. Once the first tiles have what they need, a thread block gates its
/// next block after a part of the time in which its tiles come to need one:
/// as long as several tiles take for a block.
void AheadGater::pause(Value done) {
  if (plan.schedule.getConsumers() > 2)
    return;
  constexpr int64_t kEagerBlocks = 4, kNanosecondsPerTile = 256,
                    kLongest = 1 << 15;
  Value tiles =
      b.mul(b.ceilDiv(kernel.arguments.queries, plan.schedule.getQueries()),
            plan.queryHeads / plan.kvHeads);
  if (plan.band.upper)
    tiles = b.div(tiles, 2);
  Value time = b.min(b.mul(tiles, kNanosecondsPerTile), b.i32(kLongest));
  b.onlyIf(b.less(b.i32(kEagerBlocks), done),
           [&] { NVVM::NanosleepOp::create(b, time); });
}

void AheadGater::run() {
  BlockOrder order(kernel);
  Value grid = NVVM::GridDimXOp::create(b, b.getI32Type());
  Value threadBlock = NVVM::BlockIdXOp::create(b, b.getI32Type());
  b.loop(threadBlock, order.getCount(), grid, b.i32(0),
         [&](Value position, ValueRange state) -> SmallVector<Value> {
           gateBlock(order.getBlock(position));
           Value done = b.add(state[0], 1);
           publish(done);
           pause(done);
           return {done};
         });
  b.onlyIf(b.equal(thread, 0), [&] {
    LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add,
                              getProgress(kernel, b.i32(kMostGatingBlocks)),
                              b.i32(1), LLVM::AtomicOrdering::release,
                              "device");
    finishTiles(kernel);
  });
}

void hopper::buildAheadGater(Kernel &kernel, Value thread) {
  AheadGater(kernel, thread).run();
}
