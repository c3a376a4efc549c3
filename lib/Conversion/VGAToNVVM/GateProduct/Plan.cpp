//===- Plan.cpp - The tiles of a gate's product ---------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GateProduct.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::gate_product;

/// The tile of a product with this many columns and at most this many rows.
static Tile chooseTile(int64_t rows, int64_t columns, bool usesTensorCores) {
  constexpr Tile kFew = {64, 16, 16, 16}, kNarrow = {64, 32, 16, 32},
                 kMedium = {128, 64, 32, 32}, kWide = {128, 128, 32, 32};
  // Narrow tiles are many, where there is little to compute.
  if (usesTensorCores && columns <= kFew.columns)
    return kFew;
  if (rows <= kNarrow.rows || columns <= kNarrow.columns)
    return kNarrow;
  // Multiply-adds in f32 take so long that loads do not matter.
  if (!usesTensorCores)
    return kMedium;
  bool isWideFull = llvm::alignTo(columns, kWide.columns) ==
                    llvm::alignTo(columns, kMedium.columns);
  return isWideFull ? kWide : kMedium;
}

Plan::Plan(GateOp op) : axes(op.getLayout()) {
  auto source = op.getSource().getType();
  sourceType = source.getElementType();
  weightType = op.getWeight().getType().getElementType();
  sourceHeads = source.getDimSize(axes.head);
  sourceChannels = source.getDimSize(AxisOrder::channel);
  gateHeads = op.getNumHeads();
  gateChannels =
      op.isElementwise() ? op.getResult().getType().getDimSize(3) : 1;
  bool isAcross = op.getMixing() == Mixing::cross_head;
  products = isAcross ? 1 : gateHeads;
  channels = sourceChannels * (isAcross ? sourceHeads : 1);
  columns = gateChannels * (isAcross ? gateHeads : 1);

  usesTensorCores = weightType == sourceType;
  int64_t batch = source.getDimSize(axes.batch),
          positions = source.getDimSize(axes.sequence);
  bool isKnown =
      !ShapedType::isDynamic(batch) && !ShapedType::isDynamic(positions);
  tile = chooseTile(isKnown ? batch * positions
                            : std::numeric_limits<int64_t>::max(),
                    columns, usesTensorCores);
  // A power of 2: the channels of a row of threads. 16 is what a product on the
  // tensor cores sums over.
  constexpr int64_t kLeastDepth = 16, kDepth = 64;
  depth =
      std::clamp<int64_t>(llvm::PowerOf2Ceil(channels), kLeastDepth, kDepth);
  // Narrow tiles compute little in the time that a copy takes.
  constexpr int64_t kNarrowColumns = 32;
  constexpr int64_t kLeastStages = 2, kStages = 3, kNarrowStages = 5;
  stages = std::clamp(getSteps(), kLeastStages,
                      tile.columns <= kNarrowColumns ? kNarrowStages : kStages);
}
