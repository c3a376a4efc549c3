//===- Copies.cpp - Queries, keys and values to shared memory -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../MemoryRows.h"
#include "AttentionKernel.h"
#include <numeric>

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

RowCopies::RowCopies(Kernel &kernel, int64_t channels, int64_t rows,
                     Value thread, int64_t threads)
    : b(kernel.b), plan(kernel.plan), channels(channels), rows(rows) {
  // As many lanes as divide the pieces of a row, so that none is idle.
  int64_t pieces = plan.getPieces(channels);
  lanes = std::gcd(pieces, kWarpThreads);
  lanePieces = pieces / lanes;
  passRows = threads / lanes;
  passes = llvm::divideCeil(rows, passRows);
  row = b.div(thread, lanes);
  piece = b.rem(thread, lanes);
}

void RowCopies::forEachRow(
    Value destination, function_ref<void(int64_t pass, Value address)> body) {
  int64_t pitch = plan.getPitch(channels);
  Value offset = b.add(b.mul(row, pitch), b.mul(piece, kPieceBytes));
  // All addresses are distances from one, which is in a register.
  Value place = b.advance(destination, b.keepHere(offset));
  for (int64_t pass = 0; pass < passes; ++pass) {
    Value address = b.advance(place, pass * passRows * pitch);
    if ((pass + 1) * passRows <= rows)
      body(pass, address);
    else
      b.onlyIf(b.less(row, b.i32(rows - pass * passRows)),
               [&] { body(pass, address); });
  }
}

Value RowCopies::getChannel(int64_t lanePiece) {
  return b.mul(b.add(piece, lanePiece * lanes), plan.getPieceElements());
}

void RowCopies::start(
    Value destination,
    function_ref<std::pair<Value, Value>(int64_t pass)> getSource) {
  forEachRow(destination, [&](int64_t pass, Value address) {
    auto [source, exists] = getSource(pass);
    Value bytes = b.select(exists, b.i32(kPieceBytes), b.i32(0));
    source = b.advance(source, b.mul(b.toI64(piece), kPieceBytes));
    for (int64_t i = 0; i < lanePieces; ++i) {
      Value read = bytes;
      // The last piece may be there for the depth of a product only.
      if ((i + 1) * lanes * plan.getPieceElements() > channels)
        read =
            b.select(b.less(getChannel(i), b.i32(channels)), bytes, b.i32(0));
      int64_t step = i * lanes * kPieceBytes;
      copyAsync(b, b.advance(address, step), b.advance(source, step),
                kPieceBytes, read);
    }
  });
}

//===----------------------------------------------------------------------===//
// Keys and values
//===----------------------------------------------------------------------===//

KeyRows::KeyRows(Kernel &kernel, Value array, int64_t channels,
                 const Tile &tile)
    : b(kernel.b) {
  Type elementType = kernel.plan.elementType;
  MemoryRows memory(b, kernel.plan.axes, kernel.arguments.batch,
                    kernel.plan.kvHeads, kernel.arguments.keys);
  Value first = memory.getRow(b, tile.batch, tile.kvHead, b.i32(0));
  start = b.elementAddress(array, elementType, b.mul(first, channels));
  stride = b.mul(b.toI64(memory.getPositionStride(b)),
                 channels * elementType.getIntOrFloatBitWidth() / 8);
}

SmallVector<Value> KeyRows::getAddresses(Value key, int64_t distance,
                                         int64_t count) {
  Value first = b.advance(start, b.mul(b.toI64(key), stride));
  SmallVector<Value> addresses;
  for (int64_t i = 0; i < count; ++i)
    addresses.push_back(b.advance(first, b.mul(stride, i * distance)));
  return addresses;
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

void warp::copyQueries(Kernel &kernel, const Tile &tile) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  MemoryRows memory(b, plan.axes, kernel.arguments.batch, plan.queryHeads,
                    kernel.arguments.queries);
  RowCopies copies(kernel, plan.keyChannels, plan.schedule.getRows(),
                   kernel.lane.thread, plan.schedule.getThreads());
  copies.start(kernel.sharedAt(plan.queryData),
               [&](int64_t pass) -> std::pair<Value, Value> {
                 Value row = b.add(copies.row, pass * copies.passRows);
                 RowOwner owner = getOwner(kernel, tile, row);
                 Value vector =
                     memory.getRow(b, tile.batch, owner.head, owner.query);
                 Value source =
                     b.elementAddress(kernel.arguments.query, plan.elementType,
                                      b.mul(vector, plan.keyChannels));
                 return {source, owner.exists};
               });
}
