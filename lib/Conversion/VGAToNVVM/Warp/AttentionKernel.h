//===- AttentionKernel.h - An attention kernel of warps ---------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernel for all GPUs since compute capability 8.0: warps copy with
// cp.async, load with ldmatrix and multiply with mma.sync.
//
// A tile is of packed queries: row r is of position r / H and of head r % H of
// the H heads that read one key/value head, so that a few rows are enough for
// one query of all of them. The warps of a team have 16 or 32 rows each, and
// share blocks of keys and values, which come to rings of stages in shared
// memory. Teams have rings of their own, and take turns in the blocks; what
// they have summed up is merged at the end. So are the sums of several blocks
// of threads, where a tile's keys are split over these.
//
// Sources of the scheme: FlashAttention-2, arXiv 2307.08691; Flash-Decoding,
// https://pytorch.org/blog/flash-decoding.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_WARP_ATTENTIONKERNEL_H
#define VGA_LIB_CONVERSION_VGATONVVM_WARP_ATTENTIONKERNEL_H

#include "../AttentionArguments.h"
#include "../MemoryRows.h"
#include "../OnlineSoftmax.h"
#include "../Scores.h"
#include "../WarpMatrices.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

namespace mlir::vga {
struct Target;
} // namespace mlir::vga

namespace mlir::vga::warp {

/// The weights of gates that are computed as scores are elements of 16 bits.
constexpr int64_t kGateElementBytes = 2;

/// What of an operation is known when its kernel is made: sizes, offsets into
/// shared memory.
struct Plan {
  /// Fails with a diagnostic of `op` if no kernel of this form computes it, or
  /// if the schedule does not fit into the machine.
  static FailureOr<Plan> create(AttentionOp op, GateOp gate,
                                WarpScheduleAttr schedule,
                                const Target &target);

  /// Products of 16 rows that a warp has.
  int64_t getRowProducts() const {
    return schedule.getWarpRows() / kProductRows;
  }
  /// Products of 8 columns of the scores of a block, and of the output.
  int64_t getKeyProducts() const { return schedule.getKeys() / 8; }
  int64_t getValueProducts() const { return valueChannels / 8; }
  /// Of the latter, those that a team ends up with when teams merge.
  int64_t getOwnValueProducts() const {
    return llvm::divideCeil(getValueProducts(), schedule.getTeams());
  }

  int64_t getElementBytes() const {
    return elementType.getIntOrFloatBitWidth() / 8;
  }
  /// Whether an element is the sum of two of tf32.
  bool splitsElements() const {
    return elementType.isF32() && !schedule.getTf32();
  }
  /// The elements of a piece of 16 bytes.
  int64_t getPieceElements() const { return kPieceBytes / getElementBytes(); }
  /// Channels of the scores, and keys of the output, that a product sums over.
  int64_t getDepth() const { return getProductDepth(elementType); }
  /// Rows in shared memory, of channels in pairs of pieces, end in an unused
  /// piece: eight rows in a column are in different banks then.
  int64_t getPieces(int64_t channels) const {
    return llvm::alignTo(channels, getDepth()) / getPieceElements();
  }
  int64_t getPitch(int64_t channels) const {
    return (getPieces(channels) + 1) * kPieceBytes;
  }
  int64_t getKeyStageBytes() const {
    return schedule.getKeys() * getPitch(keyChannels);
  }
  int64_t getValueStageBytes() const {
    return schedule.getKeys() * getPitch(valueChannels);
  }
  /// The rings of a team.
  int64_t getTeamBytes() const {
    return schedule.getStages() * (getKeyStageBytes() + getValueStageBytes());
  }

  /// What is kept of a tile to be merged: maximum and sum of each row, then
  /// accumulators.
  int64_t getStatisticsBytes() const { return schedule.getRows() * 8; }
  int64_t getStateBytes() const {
    return getStatisticsBytes() + schedule.getRows() * getValueProducts() * 32;
  }

  WarpScheduleAttr schedule;
  int64_t queryHeads = 0, kvHeads = 0, keyChannels = 0, valueChannels = 0;
  /// Query heads that share tiles.
  int64_t packedHeads = 1;
  AxisOrder axes = AxisOrder(Layout::bhsd);
  Type elementType;
  Band band = Band(std::nullopt, std::nullopt);
  Alignment alignment = Alignment::bottom_right;
  /// The keys of a page, if keys and values are in pages; else 0.
  int64_t pageSize = 0;
  /// Whether values are multiplied by their gates in shared memory: those are
  /// of elements, or are computed and have no terms.
  bool gatesValues = false;
  /// The elements whose sum is a weight of a gate that is computed as the score
  /// of a query; 0 if there is none. How many heads of such gates a tile has: 1
  /// if all of its rows have the same ones.
  int64_t gateTerms = 0, gateHeads = 1;
  /// Whether the queries stay in registers, not only in shared memory.
  bool keepsQueries = false;

  /// Shared memory: queries, the weights of gates, and the rings of the teams.
  /// When all blocks of keys are done, states are where these were.
  int64_t queryData = 0, gateData = 0, rings = 0;
  int64_t sharedBytes = 0;
  /// About how many blocks of threads a multiprocessor has at a time.
  int64_t blocksOfMultiprocessor = 1;
};

/// The values of the kernel's parameters, null for those it does not have.
struct Arguments : AttentionArguments {
  Value query, key, value, blockTable, output;
  /// States of tiles whose keys are split, and, as i32, how many blocks of
  /// threads share a tile.
  Value states, splits;
  /// How many pages there are, and how many of them the table has for each
  /// sequence, as i32.
  Value pages, tablePages;
};

/// Where a thread is in its block.
struct Lane {
  Lane() = default;
  explicit Lane(KernelBuilder &b, const Plan &plan);

  /// The thread's number, in the block and in its team.
  Value thread, inTeam;
  /// The team, and the warp in it.
  Value team, warp;
  /// The number in the warp, and the first row and column of its sums.
  Value lane, row, column;
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
  Lane lane;
  /// Counters of the blocks of threads that are done with their part of a tile.
  LLVM::GlobalOp arrivals;

  Value sharedAt(int64_t offset) { return b.advance(shared, offset); }
  bool hasSplits() const { return plan.schedule.getSplits() > 1; }
};

/// The tile that a block of threads works on.
struct Tile {
  /// Its number, and which part of its keys this is.
  Value number, split;
  Value batch, kvHead;
  /// The first of its heads, and its first row among their packed queries.
  Value head, row;
  /// Keys at or past it do not exist, or are past kv_length.
  Value keyEnd;
  /// How far causal masks and windows are shifted: Sk - Sq, kv_length - Sq or
  /// 0.
  Value offset;
  /// The blocks of keys [first, last) that are visible at all, of this part; of
  /// these, [fullFirst, fullLast) are visible to all queries of the tile.
  Value first, last, fullFirst, fullLast;
};

/// Whose a row of a tile is.
struct RowOwner {
  Value head, query;
  /// Whether there is such a row; if not, head and query are those of another.
  Value exists;
};

/// What the blocks of keys so far have made of a warp's rows: by products of 16
/// rows, the running softmax, and the accumulators of a lane.
struct State {
  SmallVector<Rows> rows;
  SmallVector<SmallVector<Value>> accumulators;

  /// That of no key.
  static State getEmpty(KernelBuilder &b, int64_t rowProducts,
                        int64_t valueProducts);
  SmallVector<Value> flatten() const;
  /// The state of `values`, in the shape of this one.
  State withValues(ValueRange values) const;
};

/// The most tiles whose keys are split.
constexpr int64_t kMostSplitTiles = 1024;

/// AttentionKernel.cpp: makes the function, with all parameters declared.
void buildAttentionKernel(Kernel &kernel, gpu::GPUModuleOp module,
                          StringRef name, KernelSignature &signature);

//===----------------------------------------------------------------------===//
// Tiles.cpp: which tiles there are, and which keys they meet
//===----------------------------------------------------------------------===//

Tile locateTile(Kernel &kernel);
/// The same tile, without its keys, computed anew: so it takes no registers
/// meanwhile.
Tile relocateTile(Kernel &kernel);
/// The owner of a row, counted from the tile's first one.
RowOwner getOwner(Kernel &kernel, const Tile &tile, Value row);

//===----------------------------------------------------------------------===//
// Copies.cpp: from global to shared memory
//===----------------------------------------------------------------------===//

/// Copies rows of `channels` to shared memory, with zeros for those that do not
/// exist. A thread has a few pieces of every passRows-th row.
class RowCopies {
public:
  RowCopies(Kernel &kernel, int64_t channels, int64_t rows, Value thread,
            int64_t threads);

  /// The thread's first row, and the distance and the number of its rows.
  Value row;
  int64_t passRows, passes;

  /// The lanes of a row; of its pieces, a lane has every lanes-th one.
  int64_t lanes, lanePieces;

  /// Starts the copies. `getSource` gives the address of the row of a pass in
  /// global memory, and whether it exists.
  void start(Value destination,
             function_ref<std::pair<Value, Value>(int64_t pass)> getSource);
  /// Builds `body` for each of the thread's rows, with the address of its first
  /// piece in shared memory.
  void forEachRow(Value destination,
                  function_ref<void(int64_t pass, Value address)> body);
  /// The first channel of a lane's piece.
  Value getChannel(int64_t lanePiece);

private:
  KernelBuilder &b;
  const Plan &plan;
  int64_t channels, rows;
  Value piece;
};

/// Where keys are: in which entry of the batch axis, which is a sequence or a
/// page, and at which position there.
class KeyPlaces {
public:
  /// Of the block of keys that `key` is in.
  KeyPlaces(Kernel &kernel, const Tile &tile, Value key);

  struct Place {
    Value entry, position;
  };
  Place get(Value key);

  /// The vectors of an array with so many heads and these places.
  static MemoryRows getRows(Kernel &kernel, AxisOrder axes, int64_t heads);

private:
  Value lookUp(Value page);

  Kernel &kernel;
  KernelBuilder &b;
  const Tile &tile;
  /// The page of the whole block, if that is in one, and its first position.
  Value page, firstPosition;
};

/// Where the keys, or the values, of a tile are in global memory.
class KeyRows {
public:
  KeyRows(Kernel &kernel, Value array, int64_t channels, const Tile &tile);

  /// The addresses of `count` keys, `distance` from each other. Those at or
  /// past the end of the keys may be anywhere: they are not read.
  SmallVector<Value> getAddresses(Value key, int64_t distance, int64_t count);

private:
  SmallVector<Value> getAddressesInPages(Value key, int64_t distance,
                                         int64_t count);

  Kernel &kernel;
  KernelBuilder &b;
  const Tile &tile;
  Value array;
  int64_t rowBytes;
  /// The number of the first key in the order of memory, and the bytes from one
  /// key to the next: of keys that are not in pages.
  Value firstRow, stride;
};

/// Starts to copy the queries of a tile.
void copyQueries(Kernel &kernel, const Tile &tile);

//===----------------------------------------------------------------------===//
// Products.cpp: on the tensor cores
//===----------------------------------------------------------------------===//

using Fragments = SmallVector<SmallVector<Value>>;

/// Where the lane finds its warp's queries, and those at a depth, as they are
/// loaded: by products of 16 rows.
Value pointToQueries(Kernel &kernel);
Fragments loadQueries(Kernel &kernel, Value rows, int64_t depth);
/// The scores of a block, by products of 16 rows. `queries` has the operands
/// for all depths, or is empty.
Fragments computeScores(Kernel &kernel, ArrayRef<Fragments> queries,
                        Value keys);
/// The logits of the gates of a block's values, by products of 16 rows; of one
/// only, if all rows have the same.
Fragments computeGateLogits(Kernel &kernel, const Tile &tile, Value values);
/// Adds weights times values to the accumulators.
void addWeightedValues(Kernel &kernel, const Fragments &weights, Value values,
                       State &state);

//===----------------------------------------------------------------------===//
// Mask.cpp, ComputedGate.cpp, ValueGate.cpp, KeyLoop.cpp, States.cpp,
// Epilogue.cpp
//===----------------------------------------------------------------------===//

/// What scores are before they are compared; see transformScores.
void transformScores(Kernel &kernel, const Tile &tile, Value block,
                     Fragments &scores);
/// Sets scores of keys that a row does not see to -inf.
void hideKeys(Kernel &kernel, const Tile &tile, Value block, Fragments &scores);
/// Multiplies weights by the gates of their keys, which are scalars in memory.
void gateWeights(Kernel &kernel, const Tile &tile, Value block,
                 Fragments &weights);

/// Puts the weights of gates that are computed as scores where they stay.
void storeGateWeights(Kernel &kernel, const Tile &tile);
/// Multiplies weights by the gates of a block's values, which are computed.
void multiplyByComputedGates(Kernel &kernel, const Tile &tile, Value values,
                             Fragments &weights);

/// Multiplies the values that a thread has copied of a block by their gates,
/// where they are in shared memory.
void gateValues(Kernel &kernel, const Tile &tile, Value block,
                RowCopies &copies, Value values);

/// The state of all blocks of keys that the team has of a tile.
State computeKeys(Kernel &kernel, const Tile &tile);

/// Values of f32 as a vector in memory, and back.
void storeVector(KernelBuilder &b, ArrayRef<Value> values, Value address);
SmallVector<Value> loadVector(KernelBuilder &b, int64_t size, Value address);

/// Merges the states of teams, and of blocks of threads; builds `finish` for
/// the threads that have a tile's state then. A thread has the accumulators of
/// the value products from `firstProduct` on.
void mergeStates(
    Kernel &kernel, const Tile &tile, State state,
    function_ref<void(const State &state, Value firstProduct)> finish);

/// Divides by the sums, applies the output gate, writes output and lse.
void writeOutput(Kernel &kernel, const Tile &tile, const State &state,
                 Value firstProduct);

} // namespace mlir::vga::warp

#endif // VGA_LIB_CONVERSION_VGATONVVM_WARP_ATTENTIONKERNEL_H
