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
    queryTiles = b.ceilDiv(kernel.arguments.queries,
                           kernel.plan.schedule.getQueries());
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
    tile.keyEnd = arguments.keys;
    if (arguments.kvLength) {
      auto type = kernel.op.getKvLength().getType().getElementType();
      Value length = LLVM::LoadOp::create(
          b, type,
          b.elementAddress(arguments.kvLength, type, tile.batch));
      if (type.isInteger(64)) {
        // A length past the end is one of the definition's errors; here it
        // must not wrap.
        Value keys = b.toI64(arguments.keys);
        length = arith::TruncIOp::create(
            b, b.getI32Type(), b.max(b.min(length, keys), b.i64(0)));
      }
      tile.keyEnd = b.max(b.min(length, arguments.keys), zero);
    }

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

void hopper::forEachTile(
    Kernel &kernel, ValueRange state,
    function_ref<SmallVector<Value>(const Tile &, ValueRange)> body) {
  KernelBuilder &b = kernel.b;
  TileOrderer orderer(kernel);
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  if (!kernel.plan.schedule.getPersistent()) {
    body(orderer.getTile(block), state);
    return;
  }
  Value blocks = NVVM::GridDimXOp::create(b, b.getI32Type());
  b.loop(block, orderer.getCount(), blocks, state,
         [&](Value number, ValueRange state) {
           return body(orderer.getTile(number), state);
         });
}
