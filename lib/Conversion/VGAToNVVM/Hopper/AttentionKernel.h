//===- AttentionKernel.h - A fused attention kernel under construction *- C++
//-*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread block computes tiles of queries. Its first warpgroup, the
// producer, has the copy engine (TMA) bring queries, keys and values to shared
// memory; the others, the consumers, have 64 query rows each, multiply with
// wgmma, and keep scores and accumulators in registers. Rings of stages with
// full and empty barriers lie between the two.
//
// Source of the scheme: FlashAttention-3, arXiv 2407.08608.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_HOPPER_ATTENTIONKERNEL_H
#define VGA_LIB_CONVERSION_VGATONVVM_HOPPER_ATTENTIONKERNEL_H

#include "../AttentionArguments.h"
#include "../OnlineSoftmax.h"
#include "../Scores.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

namespace mlir::vga {
struct Target;
} // namespace mlir::vga

namespace mlir::vga::hopper {

struct Lane;

constexpr int64_t kWarpgroupThreads = 128;
/// Query rows of a warpgroup: M of wgmma.
constexpr int64_t kWarpgroupRows = 64;
/// K of wgmma for 16-bit operands.
constexpr int64_t kProductDepth = 16;
/// Rows of shared memory tiles are 128 bytes, the widest swizzle: 64 channels.
constexpr int64_t kAtomBytes = 128;
constexpr int64_t kAtomChannels = 64;
constexpr int64_t kElementBytes = 2;
/// What a warp keeps of a tile.
constexpr int64_t kKeptTileBytes = 16;
/// The query rows of a warp.
constexpr int64_t kWarpRows = 16;
/// The warps of the producer's warpgroup that gate values.
constexpr int64_t kGaterWarps = 3;
/// The most thread blocks of a kernel that gates values ahead: more than any
/// Hopper GPU has multiprocessors.
constexpr int64_t kMostGatingBlocks = 256;

/// The tiles of a stage ring in shared memory, and its barriers.
struct Ring {
  int64_t stages = 0, stageBytes = 0;
  /// Offsets of the first stage and of the first barrier of each kind.
  int64_t data = 0, full = 0, empty = 0;
  /// What consumers wait for: full, or that the gater is done with it.
  int64_t ready = 0;
};

/// What of an operation is known when its kernel is made: sizes, offsets into
/// shared memory.
struct Plan {
  /// Fails with a diagnostic of `op` if no kernel of this form computes it, or
  /// if the schedule does not fit into the machine.
  static FailureOr<Plan> create(AttentionOp op, GateOp gate,
                                ScheduleAttr schedule, const Target &target);

  int64_t getThreads() const {
    return (schedule.getConsumers() + 1) * kWarpgroupThreads;
  }
  int64_t getKeyAtoms() const {
    return llvm::divideCeil(keyChannels, kAtomChannels);
  }
  int64_t getValueAtoms() const {
    return llvm::divideCeil(valueChannels, kAtomChannels);
  }
  /// Bytes between the atoms of a tile of queries, and of keys or values.
  int64_t getQueryAtomBytes() const {
    return schedule.getQueries() * kAtomBytes;
  }
  int64_t getKeyAtomBytes() const { return schedule.getKeys() * kAtomBytes; }

  /// Whether a consumer begins its next tile before it has ended one: the
  /// scores of the next are computed beside the last output.
  bool overlapsTiles() const {
    return schedule.getPersistent() && schedule.getOutputBuffer();
  }

  /// Whether tiles meet so few blocks of keys that what surrounds the loop over
  /// these counts.
  bool hasShortTiles() const;

  /// Whether values change between their arrival and their product: they are
  /// gated inside, or zeroed past kv_length.
  bool hasGater() const { return !gatesAhead && (gatesValues || endsEarly); }

  /// Registers of a thread: of the producer, of the consumers.
  std::pair<int64_t, int64_t> getRegisters() const;

  ScheduleAttr schedule;
  int64_t queryHeads = 0, kvHeads = 0, keyChannels = 0, valueChannels = 0;
  /// How many keys there are, if that is known.
  int64_t keys = ShapedType::kDynamic;
  AxisOrder axes = AxisOrder(Layout::bhsd);
  Type elementType;
  Band band = Band(std::nullopt, std::nullopt);
  bool isBottomRight = true;
  /// Rows of the output have gates. Values are gated; once, ahead of the tiles
  /// that need them; they end early.
  bool gatesRows = false;
  bool gatesValues = false, gatesAhead = false, endsEarly = false;

  /// Shared memory: the output, which may be where the queries are, and the
  /// rings.
  int64_t outputData = 0;
  /// The next tile's number, and its barriers.
  int64_t tileNumber = 0, tileFull = 0, tileEmpty = 0;
  /// What each consumer warp keeps of its tile, and the words with the output
  /// gates of its rows.
  int64_t tileKept = 0, rowGates = 0;
  Ring queryRing, keyRing, valueRing;
  int64_t sharedBytes = 0;
};

/// The values of the kernel's parameters, null for those it does not have.
struct Arguments : AttentionArguments {
  Value queryMap, keyMap, valueMap, outputMap;
  /// The same arrays by their addresses, where rows may have to be computed
  /// again (GuardedRow.h).
  Value query, key, value;
  /// Values that are gated ahead, before and after; `valueMap` is of the
  /// latter.
  Value values, gatedValues;
};

/// A kernel under construction.
struct Kernel {
  KernelBuilder &b;
  AttentionOp op;
  /// The op of the value gate, if this kernel computes it.
  GateOp gate;
  const Plan &plan;
  Arguments arguments;
  /// The start of shared memory.
  Value shared;
  /// Counters of tiles in global memory, if blocks are persistent.
  LLVM::GlobalOp counters;
  /// How many blocks of values each thread block has gated ahead, and, as the
  /// last one, how many thread blocks have gated all of theirs.
  LLVM::GlobalOp progress;

  Value sharedAt(int64_t offset) { return b.advance(shared, offset); }
};

/// The tile that a thread block works on.
struct Tile {
  Value batch, head, kvHead;
  /// The first query.
  Value query;
  /// Keys at or past it do not exist, or are past kv_length.
  Value keyEnd;
  /// Sk - Sq or 0: how far causal masks and windows are shifted.
  Value offset;
  /// The blocks of keys [first, last) that are visible at all, at least one;
  /// of these, [fullFirst, fullLast) are visible to all queries of the tile.
  Value first, last, fullFirst, fullLast;
};

/// AttentionKernel.cpp: makes the function, with all parameters declared.
void buildAttentionKernel(Kernel &kernel, gpu::GPUModuleOp module,
                          StringRef name, KernelSignature &signature);

//===----------------------------------------------------------------------===//
// Tiles.cpp: which tiles there are, and which keys they meet
//===----------------------------------------------------------------------===//

/// The tile with this number, and whether there is one.
Tile getTile(Kernel &kernel, Value number);
Value hasTile(Kernel &kernel, Value number);
/// Builds `body` for all tiles of this thread block, with a state. `getNext`
/// gives the number of the next tile; its argument alternates between 0 and 1.
void forEachTile(
    Kernel &kernel, ValueRange state, function_ref<Value(Value)> getNext,
    function_ref<SmallVector<Value>(const Tile &, ValueRange)> body);
/// The same for a body that looks ahead: it gets a tile's number, and returns
/// that of the next.
void forEachTileNumber(
    Kernel &kernel, ValueRange state,
    function_ref<std::pair<Value, SmallVector<Value>>(Value, ValueRange)> body);
/// The producer takes the next tile, and sends its number to the consumers.
Value takeTile(Kernel &kernel);
void sendTile(Kernel &kernel, Value number, Value parity);
/// `isLeader` is true for one thread of each warp, which speaks for all.
Value receiveTile(Kernel &kernel, Value isLeader, Value parity);
/// Puts what the epilogue needs of a tile - batch, head, query, gates of rows -
/// into shared memory, so that it takes no registers meanwhile.
void keepTile(Kernel &kernel, const Lane &lane, const Tile &tile);
Tile recallTile(Kernel &kernel, const Lane &lane);
/// Leaves the counters as they were; the last act of the producer, and of warps
/// that gate ahead.
void finishTiles(Kernel &kernel);
/// The key at which those of a batch end.
Value getKeyEnd(Kernel &kernel, Value batch);

//===----------------------------------------------------------------------===//
// Pipeline.cpp: barriers and stages
//===----------------------------------------------------------------------===//

/// A place in a ring: the number of the stage, and the parity of the round.
struct Stage {
  Value index, parity;

  static Stage first(Kernel &kernel);
  Stage next(Kernel &kernel, const Ring &ring) const;

  /// The address of the stage's data and of its barriers.
  Value getData(Kernel &kernel, const Ring &ring) const;
  Value getFull(Kernel &kernel, const Ring &ring) const;
  Value getReady(Kernel &kernel, const Ring &ring) const;
  Value getEmpty(Kernel &kernel, const Ring &ring) const;
};

/// One thread initializes all barriers; then all threads meet.
void initializeBarriers(Kernel &kernel);
/// Waits until the phase of this parity is complete.
void waitFor(Kernel &kernel, Value barrier, Value parity);
/// Waits until a slot is free: at first, it is.
void waitUntilEmpty(Kernel &kernel, Value barrier, Value parity);
void arrive(Kernel &kernel, Value barrier);
/// Arrives, and has the barrier wait for bytes of the copy engine.
void arriveExpecting(Kernel &kernel, Value barrier, int64_t bytes);
/// Shows the thread's stores to shared memory to wgmma and the copy engine; a
/// barrier must follow.
void fenceSharedStores(Kernel &kernel);
/// A barrier among `threads` threads of the block, by number.
void syncNamed(Kernel &kernel, Value number, int64_t threads);
void arriveNamed(Kernel &kernel, Value number, int64_t threads);

//===----------------------------------------------------------------------===//
// TensorMaps.cpp: copies between global and shared memory
//===----------------------------------------------------------------------===//

/// Copies a tile of `atoms` atoms to shared memory; rows and channels that do
/// not exist are zeros.
void loadTile(Kernel &kernel, Value map, Value destination, Value barrier,
              int64_t atoms, int64_t atomBytes, Value row, Value head,
              Value batch);
/// Copies 64 rows to global memory; rows that do not exist stay out.
void storeRows(Kernel &kernel, Value map, Value source, int64_t atoms,
               int64_t atomBytes, Value row, Value head, Value batch);

//===----------------------------------------------------------------------===//
// Wgmma.cpp: products of tiles
//===----------------------------------------------------------------------===//

/// Starts S = Q K^T; `queries` and `keys` are descriptors.
SmallVector<Value> startScores(Kernel &kernel, Value queries, Value keys);
/// Starts O += P V, with P in registers.
SmallVector<Value> startOutput(Kernel &kernel, ValueRange accumulator,
                               ValueRange weights, Value values);
/// Waits until at most `pending` products are under way; `registers` are
/// results of one that is not.
SmallVector<Value> waitForProducts(Kernel &kernel, ValueRange registers,
                                   int64_t pending);
/// The descriptor, as i32, of a tile whose rows are summed over, or, for
/// values, whose columns are kept.
Value describeRows(Kernel &kernel, Value address);
Value describeValues(Kernel &kernel, Value address);
/// A descriptor moved on by bytes.
Value moveDescriptor(Kernel &kernel, Value descriptor, Value bytes);

//===----------------------------------------------------------------------===//
// The registers of a consumer
//===----------------------------------------------------------------------===//

/// Where a thread's registers are in its warpgroup's tile of 64 rows: it has
/// rows `row` and `row + 8`, and of every 8 columns `column` and `column + 1`.
struct Lane {
  Value warpgroup; // among the consumers
  Value thread;    // in the warpgroup
  Value row, column;

  static Lane get(Kernel &kernel, Value threadInConsumers);
  /// The warp, among those of all consumers.
  Value getWarp(KernelBuilder &b) const {
    return b.add(b.mul(warpgroup, 4), b.div(thread, 32));
  }
  /// Whether this is the first lane of its warp, who speaks for all.
  Value isLeader(KernelBuilder &b) const {
    return b.equal(b.rem(thread, 32), 0);
  }
};

//===----------------------------------------------------------------------===//
// Softmax.cpp, Mask.cpp, OutputGate.cpp, Epilogue.cpp
//===----------------------------------------------------------------------===//

/// Turns the scores of a block of keys into weights. `factors` are those by
/// which accumulators become outdated, `isOutdated` whether they do.
SmallVector<Value> updateRows(Kernel &kernel, ValueRange scores, Rows &rows,
                              bool mayBeEmpty, SmallVectorImpl<Value> &factors,
                              Value &isOutdated);
/// Weights as operands of wgmma.
SmallVector<Value> packWeights(Kernel &kernel, ValueRange weights);

/// What scores are before they are compared: scaled, capped and with the mask
/// added, if that can not wait for the exponent.
SmallVector<Value> transformScores(Kernel &kernel, const Tile &tile,
                                   const Lane &lane, Value block,
                                   ValueRange scores);
/// Sets scores of keys that a row does not see to -inf.
SmallVector<Value> hideKeys(Kernel &kernel, const Tile &tile, const Lane &lane,
                            Value block, ValueRange scores);
/// Begins to copy the output gates of the warp's rows to shared memory, if they
/// are scalars and tiles are short.
void keepRowGates(Kernel &kernel, const Tile &tile, const Lane &lane);
/// The output gates of the lane's rows, if they are scalars and have not been
/// kept.
SmallVector<Value> loadRowGates(Kernel &kernel, const Tile &tile,
                                const Lane &lane);
/// Multiplies outputs by the gates of their rows, which are `rowGates` if they
/// have been loaded, or by their own.
SmallVector<Value> gateOutput(Kernel &kernel, const Tile &tile,
                              const Lane &lane, ValueRange rowGates,
                              ValueRange output);

/// Divides by the sums, applies the output gate, writes output and lse.
void writeTile(Kernel &kernel, const Tile &tile, const Lane &lane,
               ValueRange rowGates, ValueRange accumulator, Rows rows);

//===----------------------------------------------------------------------===//
// Producer.cpp, Gater.cpp, AheadGater.cpp, Consumer.cpp
//===----------------------------------------------------------------------===//

/// The role of the first warpgroup.
void buildProducer(Kernel &kernel, Value thread);
/// The role of its other warps, where values are gated or end early.
void buildGater(Kernel &kernel, Value thread);
/// Their role where values are gated ahead.
void buildAheadGater(Kernel &kernel, Value thread);
/// Whether all values have been gated ahead, as i32.
Value areAllGated(Kernel &kernel);
/// The producer waits until the block of values has been gated ahead.
void awaitGatedBlock(Kernel &kernel, const Tile &tile, Value block,
                     Value areGated);
/// The role of the others.
void buildConsumer(Kernel &kernel, Value thread);

} // namespace mlir::vga::hopper

#endif // VGA_LIB_CONVERSION_VGATONVVM_HOPPER_ATTENTIONKERNEL_H
