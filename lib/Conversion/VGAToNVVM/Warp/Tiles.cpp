//===- Tiles.cpp - Tiles of packed queries, and the keys they meet --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// Finds the tile's heads and its first row.
static void setRows(Kernel &kernel, Tile &tile) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t packs = plan.queryHeads / plan.packedHeads;
  Value rows = b.mul(kernel.arguments.queries, plan.packedHeads);
  Value rowTiles = b.ceilDiv(rows, plan.schedule.getRows());
  Value heads = b.mul(kernel.arguments.batch, packs);
  Value rowTile, head;
  if (plan.schedule.getOrder() == TileOrder::linear) {
    rowTile = b.rem(tile.number, rowTiles);
    head = b.div(tile.number, rowTiles);
  } else {
    // Sections of heads whose keys and values fit into the cache; in a section
    // all last tiles, which meet the most keys, come first.
    Value sectionTiles = b.mul(kernel.arguments.sectionHeads, rowTiles);
    Value section = b.div(tile.number, sectionTiles);
    Value rest = b.sub(tile.number, b.mul(section, sectionTiles));
    Value firstHead = b.mul(section, kernel.arguments.sectionHeads);
    Value sectionHeads =
        b.min(kernel.arguments.sectionHeads, b.sub(heads, firstHead));
    rowTile = b.sub(b.sub(rowTiles, 1), b.div(rest, sectionHeads));
    head = b.add(firstHead, b.rem(rest, sectionHeads));
  }
  tile.batch = b.div(head, packs);
  tile.head = b.mul(b.rem(head, packs), plan.packedHeads);
  tile.kvHead = b.div(tile.head, plan.queryHeads / plan.kvHeads);
  tile.row = b.mul(rowTile, plan.schedule.getRows());
}

/// Visibility as bounds of the loop over blocks of keys.
static void setKeys(Kernel &kernel, Tile &tile) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Arguments &arguments = kernel.arguments;
  int64_t blockKeys = plan.schedule.getKeys();
  Value zero = b.i32(0);
  tile.offset =
      plan.isBottomRight ? b.sub(arguments.keys, arguments.queries) : zero;
  tile.keyEnd =
      getKeyEnd(b, kernel.op, arguments.kvLength, arguments.keys, tile.batch);

  // The first and the last position of the tile among the keys.
  Value lastRow = b.add(tile.row, plan.schedule.getRows() - 1);
  Value lastQuery =
      b.min(b.div(lastRow, plan.packedHeads), b.sub(arguments.queries, 1));
  Value position = b.add(b.div(tile.row, plan.packedHeads), tile.offset);
  Value lastPosition = b.add(lastQuery, tile.offset);
  Value end = tile.keyEnd, fullEnd = tile.keyEnd;
  if (plan.band.upper) {
    end = b.min(end, b.add(lastPosition, *plan.band.upper + 1));
    fullEnd = b.min(fullEnd, b.add(position, *plan.band.upper + 1));
  }
  tile.last = b.ceilDiv(b.max(end, zero), blockKeys);
  tile.first = tile.fullFirst = zero;
  if (plan.band.lower) {
    Value begin = b.max(b.add(position, *plan.band.lower), zero);
    tile.first = b.min(b.div(begin, blockKeys), tile.last);
    Value fullBegin = b.max(b.add(lastPosition, *plan.band.lower), zero);
    tile.fullFirst = b.ceilDiv(fullBegin, blockKeys);
  }
  tile.fullLast = b.div(b.max(fullEnd, zero), blockKeys);

  if (!kernel.hasSplits())
    return;
  Value count = b.sub(tile.last, tile.first);
  Value share =
      b.div(b.add(count, b.sub(arguments.splits, 1)), arguments.splits);
  tile.first = b.min(b.add(tile.first, b.mul(tile.split, share)), tile.last);
  tile.last = b.min(b.add(tile.first, share), tile.last);
}

/// The tile of a block of threads, without its keys.
static Tile getTile(Kernel &kernel, Value block) {
  KernelBuilder &b = kernel.b;
  Tile tile;
  tile.number = block;
  if (kernel.hasSplits()) {
    tile.number = b.div(block, kernel.arguments.splits);
    tile.split = b.rem(block, kernel.arguments.splits);
  }
  setRows(kernel, tile);
  return tile;
}

Tile warp::locateTile(Kernel &kernel) {
  Value block = NVVM::BlockIdXOp::create(kernel.b, kernel.b.getI32Type());
  Tile tile = getTile(kernel, block);
  setKeys(kernel, tile);
  return tile;
}

Tile warp::relocateTile(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  return getTile(kernel, b.keepHere(block));
}

RowOwner warp::getOwner(Kernel &kernel, const Tile &tile, Value row) {
  KernelBuilder &b = kernel.b;
  int64_t heads = kernel.plan.packedHeads;
  Value number = b.add(tile.row, row);
  RowOwner owner;
  owner.query = b.div(number, heads);
  owner.exists = b.less(owner.query, kernel.arguments.queries);
  owner.query = b.min(owner.query, b.sub(kernel.arguments.queries, 1));
  owner.head = heads == 1 ? tile.head : b.add(tile.head, b.rem(number, heads));
  return owner;
}
