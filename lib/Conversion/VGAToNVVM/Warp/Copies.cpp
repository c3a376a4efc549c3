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

KeyPlaces::KeyPlaces(Kernel &kernel, const Tile &tile, Value key)
    : kernel(kernel), b(kernel.b), tile(tile) {
  int64_t pageSize = kernel.plan.pageSize;
  if (pageSize == 0 || pageSize % kernel.plan.schedule.getKeys() != 0)
    return;
  Value number = b.div(key, pageSize);
  page = lookUp(number);
  firstPosition = b.mul(number, pageSize);
}

/// Which page the table has as this one of the sequence. Pages of keys past the
/// end may be any: such keys are not read.
Value KeyPlaces::lookUp(Value number) {
  const Arguments &arguments = kernel.arguments;
  number = b.min(number, b.sub(arguments.tablePages, 1));
  Value entry = b.add(b.mul(b.toI64(tile.batch), b.toI64(arguments.tablePages)),
                      b.toI64(number));
  return LLVM::LoadOp::create(
      b, b.getI32Type(),
      b.elementAddress(arguments.blockTable, b.getI32Type(), entry));
}

KeyPlaces::Place KeyPlaces::get(Value key) {
  int64_t pageSize = kernel.plan.pageSize;
  if (pageSize == 0)
    return {tile.batch, key};
  if (page)
    return {page, b.sub(key, firstPosition)};
  return {lookUp(b.div(key, pageSize)), b.rem(key, pageSize)};
}

MemoryRows KeyPlaces::getRows(Kernel &kernel, AxisOrder axes, int64_t heads) {
  KernelBuilder &b = kernel.b;
  const Arguments &arguments = kernel.arguments;
  if (kernel.plan.pageSize != 0)
    return MemoryRows(b, axes, arguments.pages, heads,
                      b.i32(kernel.plan.pageSize));
  return MemoryRows(b, axes, arguments.batch, heads, arguments.keys);
}

KeyRows::KeyRows(Kernel &kernel, Value array, int64_t channels,
                 const Tile &tile)
    : kernel(kernel), b(kernel.b), tile(tile), array(array),
      rowBytes(channels * kernel.plan.getElementBytes()) {
  if (kernel.plan.pageSize != 0)
    return;
  MemoryRows memory =
      KeyPlaces::getRows(kernel, kernel.plan.axes, kernel.plan.kvHeads);
  firstRow = memory.getRow(b, tile.batch, tile.kvHead, b.i32(0));
  stride = b.mul(b.toI64(memory.getPositionStride(b)), rowBytes);
}

SmallVector<Value> KeyRows::getAddresses(Value key, int64_t distance,
                                         int64_t count) {
  if (kernel.plan.pageSize != 0)
    return getAddressesInPages(key, distance, count);
  // A number takes fewer registers from step to step than two addresses.
  Value start = b.advance(array, b.mul(b.keepHere(firstRow), rowBytes));
  Value first = b.advance(start, b.mul(b.toI64(key), stride));
  SmallVector<Value> addresses;
  for (int64_t i = 0; i < count; ++i)
    addresses.push_back(b.advance(first, b.mul(stride, i * distance)));
  return addresses;
}

SmallVector<Value> KeyRows::getAddressesInPages(Value key, int64_t distance,
                                                int64_t count) {
  MemoryRows memory =
      KeyPlaces::getRows(kernel, kernel.plan.axes, kernel.plan.kvHeads);
  KeyPlaces places(kernel, tile, key);
  SmallVector<Value> addresses;
  for (int64_t i = 0; i < count; ++i) {
    KeyPlaces::Place place = places.get(b.add(key, i * distance));
    Value row = memory.getRow(b, place.entry, tile.kvHead, place.position);
    addresses.push_back(b.advance(array, b.mul(row, rowBytes)));
  }
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
