//===- Mask.cpp - Which keys a row sees, and what weights are -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is computed here of rows and columns is computed anew for each block
// that needs it: registers are few.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// The lane's row of a product of 16 rows, counted from the tile's first one.
static Value getRow(Kernel &kernel, Value row, int64_t m, int64_t r) {
  return kernel.b.add(row, m * kProductRows + r * kLaneRowDistance);
}

/// The first column of the lane among all keys.
static Value getFirstColumn(Kernel &kernel, Value block) {
  KernelBuilder &b = kernel.b;
  return b.add(b.mul(block, kernel.plan.schedule.getKeys()),
               kernel.lane.column);
}

/// The mask's entries for the lane's rows of a product.
static MaskReader makeMaskReader(Kernel &kernel, const Tile &tile, Value block,
                                 Value row, int64_t m) {
  const Arguments &arguments = kernel.arguments;
  MaskReader reader(kernel.b, kernel.op, arguments.mask, arguments.maskStrides,
                    getFirstColumn(kernel, block), arguments.keys);
  for (int64_t r = 0; r < kLaneRows; ++r) {
    RowOwner owner = getOwner(kernel, tile, getRow(kernel, row, m, r));
    reader.addRow(tile.batch, owner.head, owner.query);
  }
  return reader;
}

void warp::transformScores(Kernel &kernel, const Tile &tile, Value block,
                           Fragments &scores) {
  Value row = kernel.b.keepHere(kernel.lane.row);
  for (auto [m, values] : llvm::enumerate(scores))
    values = vga::transformScores(kernel.b, kernel.op, values, [&, m = m] {
      return makeMaskReader(kernel, tile, block, row, m);
    });
}

void warp::hideKeys(Kernel &kernel, const Tile &tile, Value block,
                    Fragments &scores) {
  KernelBuilder &b = kernel.b;
  const Band &band = kernel.plan.band;
  Value first = getFirstColumn(kernel, block);
  Value row = b.keepHere(kernel.lane.row);
  Value lowest = b.lowest();
  for (auto [m, values] : llvm::enumerate(scores)) {
    // Limits of the column, as distances from the lane's first one.
    SmallVector<Value, kLaneRows> ends, begins;
    for (int64_t r = 0; r < kLaneRows; ++r) {
      RowOwner owner = getOwner(kernel, tile, getRow(kernel, row, m, r));
      Value position = b.add(owner.query, tile.offset);
      Value end = tile.keyEnd;
      if (band.upper)
        end = b.min(end, b.add(position, *band.upper + 1));
      ends.push_back(b.sub(end, first));
      if (band.lower)
        begins.push_back(b.sub(b.add(position, *band.lower), first));
    }
    std::optional<MaskReader> mask;
    if (hasBooleanMask(kernel.op))
      mask.emplace(makeMaskReader(kernel, tile, block, row, m));
    for (auto [i, score] : llvm::enumerate(values)) {
      Value column = b.i32(getLaneColumn(i));
      Value isVisible = b.less(column, ends[getLaneRow(i)]);
      if (band.lower)
        isVisible =
            b.bitAnd(isVisible, b.compare(arith::CmpIPredicate::sge, column,
                                          begins[getLaneRow(i)]));
      if (mask)
        isVisible = b.bitAnd(isVisible, mask->read(i));
      score = b.select(isVisible, score, lowest);
    }
  }
}

void warp::gateWeights(Kernel &kernel, const Tile &tile, Value block,
                       Fragments &weights) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  auto type = kernel.op.getValueGate().getType();
  Type element = type.getElementType();
  int64_t gateHeads = type.getDimSize(1);
  bool isShared = gateHeads == plan.kvHeads;
  Value first = getFirstColumn(kernel, block);
  // Keys past the end have no weight, but their gates may be no numbers.
  Value lastKey = b.sub(tile.keyEnd, 1);
  auto loadGates = [&](Value head) {
    Value line = b.add(b.mul(tile.batch, gateHeads), head);
    Value start =
        b.elementAddress(kernel.arguments.valueGate, element,
                         b.mul(b.toI64(line), b.toI64(kernel.arguments.keys)));
    SmallVector<Value> gates;
    for (int64_t n = 0; n < plan.getKeyProducts(); ++n)
      for (int64_t i = 0; i < kProductRun; ++i) {
        Value key = b.min(b.add(first, n * kProductColumns + i), lastKey);
        gates.push_back(
            b.loadF32(element, b.elementAddress(start, element, key)));
      }
    return gates;
  };
  SmallVector<Value> shared;
  if (isShared)
    shared = loadGates(tile.kvHead);
  Value row = b.keepHere(kernel.lane.row);
  for (auto [m, values] : llvm::enumerate(weights))
    for (int64_t r = 0; r < kLaneRows; ++r) {
      SmallVector<Value> gates = shared;
      if (!isShared)
        gates =
            loadGates(getOwner(kernel, tile, getRow(kernel, row, m, r)).head);
      for (auto [i, weight] : llvm::enumerate(values))
        if (getLaneRow(i) == r)
          weight =
              b.mulF(weight, gates[i / kProductSums * kProductRun + i % 2]);
    }
}
