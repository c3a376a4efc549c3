//===- Semantics.cpp - Shapes, visibility and precision of attention ------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::vga;

AxisOrder::AxisOrder(Layout layout) {
  switch (layout) {
  case Layout::bhsd:
    batch = 0, head = 1, sequence = 2;
    return;
  case Layout::bshd:
    batch = 0, sequence = 1, head = 2;
    return;
  case Layout::sbhd:
    sequence = 0, batch = 1, head = 2;
    return;
  }
  llvm_unreachable("unknown layout");
}

CacheAxes::CacheAxes(RankedTensorType type, Layout layout) {
  AxisOrder axes(layout);
  bool hasChannels = type.getRank() == 4;
  batch = hasChannels ? axes.batch : 0;
  head = hasChannels ? axes.head : 1;
  sequence = hasChannels ? axes.sequence : 2;
}

int64_t vga::getPageSize(AttentionInterface op) {
  auto key = cast<RankedTensorType>(op.getKey().getType());
  return key.getDimSize(AxisOrder(op.getLayout()).sequence);
}

AttentionSizes::AttentionSizes(AttentionInterface op) {
  AxisOrder axes(op.getLayout());
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto value = cast<RankedTensorType>(op.getValue().getType());
  batch = query.getDimSize(axes.batch);
  queryHeads = query.getDimSize(axes.head);
  queries = query.getDimSize(axes.sequence);
  keyChannels = query.getDimSize(axes.channel);
  kvHeads = key.getDimSize(axes.head);
  keys = key.getDimSize(axes.sequence);
  if (Value table = op.getBlockTable()) {
    int64_t pages = cast<RankedTensorType>(table.getType()).getDimSize(1);
    keys = ShapedType::isDynamic(pages) ? pages : pages * keys;
  }
  valueChannels = value.getDimSize(axes.channel);
}

Band::Band(AttentionInterface op) {
  if (std::optional<ArrayRef<int64_t>> window = op.getWindow()) {
    if ((*window)[0] >= 0)
      lower = -(*window)[0];
    if ((*window)[1] >= 0)
      upper = (*window)[1];
  }
  // A causal query never looks past itself, whatever the window says.
  if (op.getCausal())
    upper = 0;
}

std::pair<int64_t, int64_t> Band::visibleKeys(int64_t i, int64_t offset,
                                              int64_t keys) const {
  auto clamp = [&](int64_t j) { return std::clamp<int64_t>(j, 0, keys); };
  int64_t first = lower ? clamp(i + offset + *lower) : 0;
  int64_t last = upper ? clamp(i + offset + *upper + 1) : keys;
  return {first, std::max(first, last)};
}

bool Band::coversAll(int64_t offset, int64_t queries, int64_t keys) const {
  // Bounds move with the query: the last has the highest lower bound, the
  // first has the lowest upper bound.
  return queries == 0 || (visibleKeys(queries - 1, offset, keys).first == 0 &&
                          visibleKeys(0, offset, keys).second == keys);
}

std::optional<int64_t> vga::getBandOffset(Alignment alignment, int64_t queries,
                                          int64_t keys) {
  switch (alignment) {
  case Alignment::bottom_right:
    return keys - queries;
  case Alignment::top_left:
    return 0;
  case Alignment::length:
    return std::nullopt;
  }
  llvm_unreachable("unknown alignment");
}

OpFoldResult vga::getNumKeys(LinalgBuilder &b, AttentionInterface op) {
  if (!op.getBlockTable())
    return b.sizeOf(op.getKey(), AxisOrder(op.getLayout()).sequence);
  AffineExpr pages = b.getAffineSymbolExpr(0);
  return b.apply(pages * getPageSize(op), {b.sizeOf(op.getBlockTable(), 1)});
}

double vga::getScoreScale(AttentionInterface op) {
  if (std::optional<APFloat> scale = op.getScale())
    return scale->convertToDouble();
  return 1.0 / std::sqrt(static_cast<double>(AttentionSizes(op).keyChannels));
}

FloatType vga::getComputeType(Type elementType) {
  if (elementType.isF64())
    return Float64Type::get(elementType.getContext());
  return Float32Type::get(elementType.getContext());
}
