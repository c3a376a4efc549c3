//===- ValueGate.cpp - Values times their gates in shared memory ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread gates the pieces that it has copied itself: they are there for it
// when its own copies are complete, and for the others at the barrier that they
// wait for anyway. The gates come from memory, an own one for each element, or
// from the values themselves: g = act(<v, w> + b), where the tensor cores do
// not compute them (ComputedGate.cpp): in f32, and in f16 with other weights.
//
//===----------------------------------------------------------------------===//

#include "../GateMath.h"
#include "../MemoryRows.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

namespace {
class ValueGater {
public:
  ValueGater(Kernel &kernel, const Tile &tile, RowCopies &copies)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), tile(tile),
        copies(copies) {}

  void run(Value block, Value values);

private:
  /// The head of the gates of a tile, among so many.
  Value getHead(int64_t heads) {
    return heads == plan.kvHeads ? tile.kvHead : tile.head;
  }
  /// A lane's piece of a row, in f32.
  SmallVector<Value> load(Value row, int64_t lanePiece);
  void store(Value row, int64_t lanePiece, ArrayRef<Value> values);
  Value getPiece(Value row, int64_t lanePiece) {
    return b.advance(row, lanePiece * copies.lanes * kPieceBytes);
  }
  /// As many elements of an array in global memory as a piece has, in f32;
  /// those of channels that do not exist are others.
  SmallVector<Value> loadFactors(Value array, Type type, Value line,
                                 int64_t lanePiece);

  void loadWeights();
  Value computeGate(ArrayRef<SmallVector<Value>> pieces);
  SmallVector<SmallVector<Value>> loadGates(Value key);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  const Tile &tile;
  RowCopies &copies;
  /// The weights of a gate that is computed, by the lane's pieces.
  SmallVector<SmallVector<Value>> weights;
};
} // namespace

SmallVector<Value> ValueGater::load(Value row, int64_t lanePiece) {
  Value address = getPiece(row, lanePiece);
  if (plan.elementType.isF32())
    return loadVector(b, plan.getPieceElements(), address);
  return b.loadPiece(plan.elementType, address);
}

void ValueGater::store(Value row, int64_t lanePiece, ArrayRef<Value> values) {
  Value address = getPiece(row, lanePiece);
  if (plan.elementType.isF32())
    return storeVector(b, values, address);
  Value piece = LLVM::PoisonOp::create(b, VectorType::get(4, b.getI32Type()));
  for (int64_t i = 0; i < 4; ++i) {
    Value pair = b.pack(values[2 * i], values[2 * i + 1], plan.elementType);
    piece = LLVM::InsertElementOp::create(b, piece, pair, b.i32(i));
  }
  b.storePacked(address, piece);
}

SmallVector<Value> ValueGater::loadFactors(Value array, Type type, Value line,
                                           int64_t lanePiece) {
  int64_t size = plan.getPieceElements();
  Value channel =
      b.min(copies.getChannel(lanePiece), b.i32(plan.valueChannels - size));
  Value address = b.elementAddress(array, type, b.add(line, b.toI64(channel)));
  Value vector = LLVM::LoadOp::create(b, VectorType::get(size, type), address,
                                      /*alignment=*/size *
                                          type.getIntOrFloatBitWidth() / 8);
  SmallVector<Value> factors;
  for (int64_t i = 0; i < size; ++i) {
    Value factor = LLVM::ExtractElementOp::create(b, vector, b.i32(i));
    factors.push_back(type.isF32()
                          ? factor
                          : LLVM::FPExtOp::create(b, b.getF32Type(), factor));
  }
  return factors;
}

void ValueGater::loadWeights() {
  GateOp gate = kernel.gate;
  Type type = gate.getWeight().getType().getElementType();
  Value line = b.mul(b.toI64(getHead(gate.getNumHeads())), plan.valueChannels);
  for (int64_t i = 0; i < copies.lanePieces; ++i)
    weights.push_back(loadFactors(kernel.arguments.gateWeight, type, line, i));
}

/// The gate of a row, of which the lane has these pieces. Channels that do not
/// exist are zeros.
Value ValueGater::computeGate(ArrayRef<SmallVector<Value>> pieces) {
  Value sum = b.f32(0);
  for (auto [values, factors] : llvm::zip(pieces, weights))
    for (auto [value, factor] : llvm::zip(values, factors))
      sum = b.fma(value, factor, sum);
  return finishGate(b, kernel.gate, sum, copies.lanes,
                    kernel.arguments.gateBias,
                    getHead(kernel.gate.getNumHeads()));
}

/// The gates of a key, by the lane's pieces. Keys past the end are zeros, but
/// their gates may be no numbers.
SmallVector<SmallVector<Value>> ValueGater::loadGates(Value key) {
  auto type = kernel.op.getValueGate().getType();
  int64_t heads = type.getDimSize(plan.axes.head);
  key = b.min(key, b.sub(tile.keyEnd, 1));
  KeyPlaces::Place place = KeyPlaces(kernel, tile, key).get(key);
  Value row = KeyPlaces::getRows(kernel, plan.axes, heads)
                  .getRow(b, place.entry, getHead(heads), place.position);
  Value line = b.mul(row, plan.valueChannels);
  SmallVector<SmallVector<Value>> gates;
  for (int64_t i = 0; i < copies.lanePieces; ++i)
    gates.push_back(loadFactors(kernel.arguments.valueGate,
                                type.getElementType(), line, i));
  return gates;
}

void ValueGater::run(Value block, Value values) {
  if (kernel.gate)
    loadWeights();
  Value first = b.add(b.mul(block, plan.schedule.getKeys()), copies.row);
  copies.forEachRow(values, [&](int64_t pass, Value row) {
    SmallVector<SmallVector<Value>> pieces, gates;
    for (int64_t i = 0; i < copies.lanePieces; ++i)
      pieces.push_back(load(row, i));
    if (kernel.gate) {
      SmallVector<Value> gate(plan.getPieceElements(), computeGate(pieces));
      gates.assign(copies.lanePieces, gate);
    } else {
      gates = loadGates(b.add(first, pass * copies.passRows));
    }
    for (int64_t i = 0; i < copies.lanePieces; ++i) {
      for (auto [value, gate] : llvm::zip(pieces[i], gates[i]))
        value = b.mulF(value, gate);
      store(row, i, pieces[i]);
    }
  });
}

void warp::gateValues(Kernel &kernel, const Tile &tile, Value block,
                      RowCopies &copies, Value values) {
  ValueGater(kernel, tile, copies).run(block, values);
}
