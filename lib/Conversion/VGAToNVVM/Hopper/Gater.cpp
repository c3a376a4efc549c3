//===- Gater.cpp - The warps that gate values in shared memory ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values that the copy engine has brought are multiplied by their gates where
// they are, before the consumers may read them; rows past the last key become
// zeros, as no weight of 0 makes infinite values harmless. The gates come from
// memory, or from the values themselves: g = act(<v, w> + b).
//
// Eight lanes have a row of an atom, 16 bytes each. A lane has two or four rows
// at a time, and so a warp 8 or 16: all are loaded before the first is gated.
//
//===----------------------------------------------------------------------===//

#include "../GateMath.h"
#include "../GatePieces.h"
#include "../MemoryRows.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

namespace {
constexpr int64_t kRowLanes = kAtomChannels / kPieceElements;
constexpr int64_t kLanesRows = 32 / kRowLanes;
/// A row of a block, as a lane has it: the key, the addresses of its piece in
/// the row's first atom and of the row's gates, the code of its gate if that is
/// a scalar.
struct Row {
  Value key, piece, gates, code;
};

class Gater {
public:
  Gater(Kernel &kernel, Value thread)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), lane(b.rem(thread, 32)),
        warp(b.sub(b.broadcast(b.div(thread, 32)), 1)) {}

  void run();

private:
  void gateBlock(const Tile &tile, Value block, const Stage &stage);
  void gateRows(const Tile &tile, Value block, Value values, Value first,
                Value gates, Value gateLane, bool isEdge);
  void gatePieces(const Tile &tile, ArrayRef<Row> rows, int64_t atom,
                  bool isEdge);

  /// Where a row's gates are in memory, or the weights and the bias of a head.
  Value getGateHead(const Tile &tile, int64_t gateHeads);
  SmallVector<Value> loadGates(const Tile &tile, Value block);
  Value computeGate(const Tile &tile, Value piece);
  Value getElementwiseGates(const Tile &tile, Value key);

  bool isElementwise() const {
    return kernel.arguments.valueGate &&
           kernel.op.getValueGate().getType().getRank() == 4;
  }
  bool readsScalars() const {
    return kernel.arguments.valueGate && !isElementwise();
  }
  /// As many as there are registers for: gates of elements, weights and f32
  /// take more.
  int64_t getRowsOfLane() const {
    return readsScalars() && plan.elementType.isBF16() ? 4 : 2;
  }
  /// The rows of a warp at a time, and how often until the gates that its lanes
  /// have loaded are used up.
  int64_t getWarpRows() const { return kLanesRows * getRowsOfLane(); }
  int64_t getGateRounds() const { return 32 / getWarpRows(); }

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  Value lane, warp;
};
} // namespace

Value Gater::getGateHead(const Tile &tile, int64_t gateHeads) {
  return gateHeads == plan.kvHeads ? tile.kvHead : tile.head;
}

/// The codes of the gates of the warp's rows: round by round, getWarpRows()
/// lanes each.
SmallVector<Value> Gater::loadGates(const Tile &tile, Value block) {
  auto type = kernel.op.getValueGate().getType();
  Type element = type.getElementType();
  int64_t gateHeads = type.getDimSize(1);
  Value head =
      b.add(b.mul(tile.batch, gateHeads), getGateHead(tile, gateHeads));
  Value line =
      b.elementAddress(kernel.arguments.valueGate, element,
                       b.mul(b.toI64(head), b.toI64(kernel.arguments.keys)));
  // Rows past the end become zeros; their gates are not looked at.
  Value lastKey = b.max(b.sub(tile.keyEnd, 1), b.i32(0));
  int64_t keys = plan.schedule.getKeys();
  SmallVector<Value> gates;
  for (int64_t round = 0; round * getWarpRows() * kGaterWarps < keys;
       round += getGateRounds()) {
    Value group = b.add(
        warp, b.mul(b.add(b.div(lane, getWarpRows()), round), kGaterWarps));
    Value row = b.add(b.mul(group, getWarpRows()), b.rem(lane, getWarpRows()));
    Value key = b.min(b.add(b.mul(block, keys), row), lastKey);
    Value gate = b.loadF32(element, b.elementAddress(line, element, key));
    gates.push_back(encodeGate(b, plan.elementType, gate));
  }
  return gates;
}

/// The gate of a row, of which the lane has this piece.
Value Gater::computeGate(const Tile &tile, Value piece) {
  GateOp gate = kernel.gate;
  Type weightType = gate.getWeight().getType().getElementType();
  Value head = getGateHead(tile, gate.getNumHeads());
  Value first = b.mul(b.rem(lane, kRowLanes), kPieceElements);
  Value sum = b.f32(0);
  for (int64_t atom = 0; atom < plan.getValueAtoms(); ++atom) {
    Value channel = b.add(first, atom * kAtomChannels);
    // Values past the last channel are 0, whatever their weights.
    Value exists = b.less(channel, b.i32(plan.valueChannels));
    channel = b.select(exists, channel, b.i32(0));
    // Weights are loaded for every row, and values again when they are gated:
    // registers are few.
    Value place = b.keepHere(b.add(b.mul(head, plan.valueChannels), channel));
    Value weights =
        b.elementAddress(kernel.arguments.gateWeight, weightType, place);
    SmallVector<Value> values = b.loadPiece(
        plan.elementType, b.advance(piece, atom * plan.getKeyAtomBytes()),
        /*isVolatile=*/true);
    Value part = dotPiece(b, values, weightType, weights);
    if ((atom + 1) * kAtomChannels > plan.valueChannels)
      part = b.select(exists, part, b.f32(0));
    sum = b.addF(sum, part);
  }
  return finishGate(b, gate, sum, kRowLanes, kernel.arguments.gateBias, head);
}

/// The address of the gates of a key.
Value Gater::getElementwiseGates(const Tile &tile, Value key) {
  auto type = kernel.op.getValueGate().getType();
  const AxisOrder &axes = plan.axes;
  int64_t gateHeads = type.getDimSize(axes.head);
  Value last = b.max(b.sub(tile.keyEnd, 1), b.i32(0));
  MemoryRows memory(b, axes, kernel.arguments.batch, gateHeads,
                    kernel.arguments.keys);
  Value index = memory.getRow(b, tile.batch, getGateHead(tile, gateHeads),
                              b.min(key, last));
  return b.elementAddress(kernel.arguments.valueGate, type.getElementType(),
                          b.mul(index, plan.valueChannels));
}

/// Gates the pieces of an atom: all are loaded before the first is stored.
void Gater::gatePieces(const Tile &tile, ArrayRef<Row> rows, int64_t atom,
                       bool isEdge) {
  Type elementType = plan.elementType;
  SmallVector<Value> pieces;
  auto address = [&](const Row &row) {
    return b.advance(row.piece, atom * plan.getKeyAtomBytes());
  };
  for (const Row &row : rows)
    pieces.push_back(b.loadPacked(address(row)));
  for (auto [row, piece] : llvm::zip(rows, pieces)) {
    if (row.code)
      piece = gatePiece(b, elementType, piece, row.code);
    if (row.gates) {
      Type type = kernel.op.getValueGate().getType().getElementType();
      Value channel = b.add(b.mul(b.rem(lane, kRowLanes), kPieceElements),
                            atom * kAtomChannels);
      channel = b.select(b.less(channel, b.i32(plan.valueChannels)), channel,
                         b.i32(0));
      piece = gatePieceByElements(b, elementType, piece, type,
                                  b.elementAddress(row.gates, type, channel));
    }
    if (isEdge)
      piece = keepPieceIf(b, b.less(row.key, tile.keyEnd), piece);
    b.storePacked(address(row), piece);
  }
}

/// Gates getWarpRows() rows of a block. `gates` are those of the rows if they
/// are scalars in memory, a lane each from `gateLane` on.
void Gater::gateRows(const Tile &tile, Value block, Value values, Value first,
                     Value gates, Value gateLane, bool isEdge) {
  // The swizzle: the number of a piece xor that of its row, which is the same
  // for every other of the lane's rows.
  static_assert(2 * kLanesRows == kRowLanes);
  Value inWarp = b.div(lane, kRowLanes);
  Value place = b.bitXor(b.rem(lane, kRowLanes), inWarp);
  Value start = b.add(b.mul(b.add(first, inWarp), kAtomBytes),
                      b.mul(place, kPieceElements * kElementBytes));
  Value twisted =
      b.bitXor(start, b.i32(kLanesRows * kPieceElements * kElementBytes));
  Value even = b.advance(values, start), odd = b.advance(values, twisted);
  Value key =
      b.add(b.mul(block, plan.schedule.getKeys()), b.add(first, inWarp));
  SmallVector<Row> rows(getRowsOfLane());
  for (auto [i, row] : llvm::enumerate(rows)) {
    row.key = b.add(key, i * kLanesRows);
    row.piece = b.advance(i % 2 == 0 ? even : odd, i * kLanesRows * kAtomBytes);
    if (kernel.gate)
      row.code = encodeGate(b, plan.elementType, computeGate(tile, row.piece));
    else if (gates)
      row.code =
          b.shuffle(gates, b.add(b.add(gateLane, inWarp), i * kLanesRows));
    else if (isElementwise())
      row.gates = getElementwiseGates(tile, row.key);
  }
  for (int64_t atom = 0; atom < plan.getValueAtoms(); ++atom)
    gatePieces(tile, rows, atom, isEdge);
}

void Gater::gateBlock(const Tile &tile, Value block, const Stage &stage) {
  // Loads of gates are under way while values are waited for.
  int64_t keys = plan.schedule.getKeys();
  SmallVector<Value> gates(
      llvm::divideCeil(keys, getWarpRows() * kGaterWarps * getGateRounds()));
  if (readsScalars())
    gates = loadGates(tile, block);
  waitFor(kernel, stage.getFull(kernel, plan.valueRing), stage.parity);
  Value values = stage.getData(kernel, plan.valueRing);
  Value rounds = b.div(
      b.sub(b.i32(keys / getWarpRows() + kGaterWarps - 1), warp), kGaterWarps);
  auto gateAll = [&](bool isEdge) {
    for (size_t i = 0; i < gates.size(); ++i) {
      int64_t done = i * getGateRounds();
      Value left = b.min(b.sub(rounds, done), b.i32(getGateRounds()));
      b.loop(b.i32(0), left, b.i32(1), {},
             [&](Value round, ValueRange) -> SmallVector<Value> {
               Value place =
                   b.add(warp, b.mul(b.add(round, done), kGaterWarps));
               gateRows(tile, block, values, b.mul(place, getWarpRows()),
                        gates[i], b.mul(round, getWarpRows()), isEdge);
               return {};
             });
    }
    fenceSharedStores(kernel);
  };
  Value isEdge = b.less(tile.keyEnd, b.mul(b.add(block, 1), keys));
  b.onlyIf(isEdge, [&] { gateAll(/*isEdge=*/true); });
  if (plan.gatesValues)
    b.onlyIf(
        b.bitXor(isEdge, arith::ConstantOp::create(b, b.getBoolAttr(true))),
        [&] { gateAll(/*isEdge=*/false); });
  NVVM::SyncWarpOp::create(b, b.i32(-1));
  b.onlyIf(b.equal(lane, 0),
           [&] { arrive(kernel, stage.getReady(kernel, plan.valueRing)); });
}

void Gater::run() {
  Stage first = Stage::first(kernel);
  forEachTile(
      kernel, {first.index, first.parity},
      [&](Value parity) {
        return receiveTile(kernel, b.equal(lane, 0), parity);
      },
      [&](const Tile &tile, ValueRange state) {
        return b.loop(b.i32(0), b.sub(tile.last, tile.first), b.i32(1), state,
                      [&](Value i, ValueRange state) -> SmallVector<Value> {
                        Stage stage{state[0], state[1]};
                        gateBlock(tile, b.sub(b.sub(tile.last, 1), i), stage);
                        stage = stage.next(kernel, plan.valueRing);
                        return {stage.index, stage.parity};
                      });
      });
}

void hopper::buildGater(Kernel &kernel, Value thread) {
  Gater(kernel, thread).run();
}
