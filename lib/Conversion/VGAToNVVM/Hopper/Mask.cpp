//===- Mask.cpp - Which keys a row sees, and what scores are --------------===//
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

/// The mask's entries for a lane's rows.
static MaskReader makeMaskReader(Kernel &kernel, const Tile &tile,
                                 const Lane &lane, Value block) {
  KernelBuilder &b = kernel.b;
  const Arguments &arguments = kernel.arguments;
  Value firstColumn =
      b.add(b.mul(block, kernel.plan.schedule.getKeys()), lane.column);
  MaskReader reader(b, kernel.op, arguments.mask, arguments.maskStrides,
                    firstColumn, arguments.keys);
  for (int64_t r = 0; r < kLaneRows; ++r) {
    // Rows that do not exist read others' entries; nothing comes of it.
    Value row = b.add(b.add(tile.query, lane.row), kLaneRowDistance * r);
    reader.addRow(tile.batch, tile.head,
                  b.min(row, b.sub(arguments.queries, 1)));
  }
  return reader;
}

SmallVector<Value> hopper::transformScores(Kernel &kernel, const Tile &tile,
                                           const Lane &lane, Value block,
                                           ValueRange scores) {
  return vga::transformScores(kernel.b, kernel.op, scores, [&] {
    return makeMaskReader(kernel, tile, lane, block);
  });
}

SmallVector<Value> hopper::hideKeys(Kernel &kernel, const Tile &tile,
                                    const Lane &lane, Value block,
                                    ValueRange scores) {
  KernelBuilder &b = kernel.b;
  const Band &band = kernel.plan.band;
  // Limits of the column, as distances from the lane's first one in the block.
  Value first =
      b.add(b.mul(block, kernel.plan.schedule.getKeys()), lane.column);
  SmallVector<Value, kLaneRows> ends, begins;
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value position =
        b.add(b.add(b.add(tile.query, lane.row), 8 * r), tile.offset);
    Value end = tile.keyEnd;
    if (band.upper)
      end = b.min(end, b.add(position, *band.upper + 1));
    ends.push_back(b.sub(end, first));
    if (band.lower)
      begins.push_back(b.sub(b.add(position, *band.lower), first));
  }

  std::optional<MaskReader> mask;
  if (hasBooleanMask(kernel.op))
    mask.emplace(makeMaskReader(kernel, tile, lane, block));
  Value lowest = b.lowest();
  SmallVector<Value> result;
  for (auto [i, score] : llvm::enumerate(scores)) {
    Value column = b.i32(getLaneColumn(i));
    Value isVisible = b.less(column, ends[getLaneRow(i)]);
    if (band.lower)
      isVisible = b.bitAnd(isVisible, b.compare(arith::CmpIPredicate::sge,
                                                column, begins[getLaneRow(i)]));
    if (mask)
      isVisible = b.bitAnd(isVisible, mask->read(i));
    result.push_back(b.select(isVisible, score, lowest));
  }
  return result;
}
