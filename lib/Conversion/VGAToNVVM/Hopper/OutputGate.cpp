//===- OutputGate.cpp - Gates of the rows of the output -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gates of rows are loaded before the last product of a tile, beside which they
// arrive. Where tiles are short, that is too late: they are on their way to
// shared memory from the beginning of a tile on, by copies that make nobody
// wait. Gates of elements are loaded when they are needed.
//
//===----------------------------------------------------------------------===//

#include "../MemoryRows.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// The query of a row of the tile, or the last one.
static Value getQuery(Kernel &kernel, const Tile &tile, Value row) {
  KernelBuilder &b = kernel.b;
  return b.min(b.add(tile.query, row), b.sub(kernel.arguments.queries, 1));
}

//===----------------------------------------------------------------------===//
// Gates of rows
//===----------------------------------------------------------------------===//

/// Copies are of words: one gate in f32, or one of two.
constexpr int64_t kWordBytes = 4;

static int64_t getGatesInWord(Kernel &kernel) {
  Type type = kernel.op.getOutputGate().getType().getElementType();
  return kWordBytes * 8 / type.getIntOrFloatBitWidth();
}

/// Where the word with the gate of a warp's row is kept.
static Value getKeptGate(Kernel &kernel, const Lane &lane, Value rowInWarp) {
  KernelBuilder &b = kernel.b;
  Value place = b.add(b.mul(lane.getWarp(b), kWarpRows), rowInWarp);
  return b.advance(kernel.sharedAt(kernel.plan.rowGates),
                   b.mul(place, kWordBytes));
}

/// The number of the gate of a warp's row in [B, Hq, Sq], as i32: there are far
/// fewer gates than values.
static Value getGateIndex(Kernel &kernel, const Tile &tile, const Lane &lane,
                          Value rowInWarp) {
  KernelBuilder &b = kernel.b;
  Value row = b.add(b.mul(lane.getWarp(b), kWarpRows), rowInWarp);
  Value head = b.add(b.mul(tile.batch, kernel.plan.queryHeads), tile.head);
  return b.add(b.mul(head, kernel.arguments.queries),
               getQuery(kernel, tile, row));
}

void hopper::keepRowGates(Kernel &kernel, const Tile &tile, const Lane &lane) {
  if (!kernel.plan.gatesRows || !kernel.plan.hasShortTiles())
    return;
  KernelBuilder &b = kernel.b;
  // Addresses are computed here, not kept in registers from tile to tile.
  Lane here = lane;
  here.thread = b.keepHere(lane.thread);
  // Two lanes copy each word.
  Value rowInWarp = b.rem(here.thread, kWarpRows);
  Value index = getGateIndex(kernel, tile, here, rowInWarp);
  Value word = b.elementAddress(kernel.arguments.outputGate, b.getI32Type(),
                                b.div(index, getGatesInWord(kernel)));
  NVVM::CpAsyncOp::create(b, getKeptGate(kernel, here, rowInWarp), word,
                          b.getI32IntegerAttr(kWordBytes),
                          NVVM::LoadCacheModifierKindAttr::get(
                              b.getContext(), NVVM::LoadCacheModifierKind::CA),
                          Value());
  NVVM::CpAsyncCommitGroupOp::create(b);
}

/// The gates of the lane's rows.
static SmallVector<Value> recallRowGates(Kernel &kernel, const Tile &tile,
                                         const Lane &lane) {
  KernelBuilder &b = kernel.b;
  Type type = kernel.op.getOutputGate().getType().getElementType();
  NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(0));
  NVVM::SyncWarpOp::create(b, b.i32(-1));
  Lane here = lane;
  here.thread = b.keepHere(lane.thread);
  SmallVector<Value> gates;
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value rowInWarp = b.add(b.div(b.rem(here.thread, 32), 4), 8 * r);
    Value address = getKeptGate(kernel, here, rowInWarp);
    if (int64_t inWord = getGatesInWord(kernel); inWord > 1) {
      Value index = getGateIndex(kernel, tile, here, rowInWarp);
      address = b.elementAddress(address, type, b.rem(index, inWord));
    }
    Value gate = LLVM::LoadOp::create(b, type, address, /*alignment=*/0,
                                      /*isVolatile=*/true);
    if (!type.isF32())
      gate = LLVM::FPExtOp::create(b, b.getF32Type(), gate);
    gates.push_back(gate);
  }
  return gates;
}

SmallVector<Value> hopper::loadRowGates(Kernel &kernel, const Tile &tile,
                                        const Lane &lane) {
  SmallVector<Value> gates;
  if (!kernel.plan.gatesRows || kernel.plan.hasShortTiles())
    return gates;
  KernelBuilder &b = kernel.b;
  Type type = kernel.op.getOutputGate().getType().getElementType();
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value rowInWarp = b.add(b.div(b.rem(lane.thread, 32), 4), 8 * r);
    Value index = b.toI64(getGateIndex(kernel, tile, lane, rowInWarp));
    gates.push_back(b.loadF32(
        type, b.elementAddress(kernel.arguments.outputGate, type, index)));
  }
  return gates;
}

//===----------------------------------------------------------------------===//
// Multiplication
//===----------------------------------------------------------------------===//

SmallVector<Value> hopper::gateOutput(Kernel &kernel, const Tile &tile,
                                      const Lane &lane, ValueRange rowGates,
                                      ValueRange output) {
  SmallVector<Value> result = llvm::to_vector(output);
  if (!kernel.arguments.outputGate)
    return result;
  KernelBuilder &b = kernel.b;
  if (kernel.plan.gatesRows) {
    SmallVector<Value> gates = kernel.plan.hasShortTiles()
                                   ? recallRowGates(kernel, tile, lane)
                                   : llvm::to_vector(rowGates);
    for (size_t i = 0; i < output.size(); ++i)
      result[i] = b.mulF(output[i], gates[getLaneRow(i)]);
    return result;
  }
  Type elementType = kernel.op.getOutputGate().getType().getElementType();
  MemoryRows memory(b, kernel.plan.axes, kernel.arguments.batch,
                    kernel.plan.queryHeads, kernel.arguments.queries);
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value query = getQuery(kernel, tile, b.add(lane.row, 8 * r));
    Value row = memory.getRow(b, tile.batch, tile.head, query);
    Value index =
        b.add(b.mul(row, kernel.plan.valueChannels), b.toI64(lane.column));
    Value line =
        b.elementAddress(kernel.arguments.outputGate, elementType, index);
    // Channels come in pairs, and lines have an even number of them.
    for (size_t i = 2 * r; i < output.size(); i += 4) {
      auto pairType = VectorType::get(2, elementType);
      Value pair = LLVM::LoadOp::create(
          b, pairType,
          b.elementAddress(line, elementType, b.i32(getLaneColumn(i))),
          /*alignment=*/elementType.getIntOrFloatBitWidth() / 4);
      for (int64_t j : {0, 1}) {
        Value gate = LLVM::ExtractElementOp::create(b, pair, b.i32(j));
        if (!elementType.isF32())
          gate = LLVM::FPExtOp::create(b, b.getF32Type(), gate);
        result[i + j] = b.mulF(output[i + j], gate);
      }
    }
  }
  return result;
}
