//===- Gates.cpp - Where gates are applied on a GPU -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/GPU/Gates.h"

#include "vga/Dialect/VGA/IR/Semantics.h"

using namespace mlir;
using namespace mlir::vga;

bool vga::hasKernelTypes(GateOp op) {
  return !op.getWeight().getType().getElementType().isF64() &&
         (!op.getBias() || !op.getBias().getType().getElementType().isF64());
}

GateOp vga::getOwnGate(AttentionOp op) {
  if (!op.getValueGate() || !op.getValueGate().hasOneUse())
    return {};
  auto gate = op.getValueGate().getDefiningOp<GateOp>();
  if (!gate || gate.getSource() != op.getValue() ||
      gate.getLayout() != op.getLayout() ||
      gate.getMixing() != Mixing::per_head || gate.isElementwise() ||
      !hasKernelTypes(gate))
    return {};
  return gate;
}

int64_t vga::getGateTerms(GateOp op) {
  Type source = op.getSource().getType().getElementType();
  Type weight = op.getWeight().getType().getElementType();
  if (source == weight)
    return source.isF32() ? 0 : 1;
  // bf16 has 8 of the 24 bits of an f32, and all of its exponents.
  if (!source.isBF16())
    return 0;
  return weight.isF16() ? 2 : 3;
}

bool vga::hasScalarGatesInMemory(AttentionOp op) {
  return op.getValueGate() && op.getValueGate().getType().getRank() == 3 &&
         !getOwnGate(op);
}

bool vga::hasGatesOfQueryHeads(AttentionOp op) {
  if (!op.getValueGate())
    return false;
  auto type = op.getValueGate().getType();
  int64_t headAxis = type.getRank() == 4 ? AxisOrder(op.getLayout()).head : 1;
  return type.getDimSize(headAxis) != AttentionSizes(op).kvHeads;
}

GatePlacement vga::chooseGatePlacement(AttentionOp op) {
  auto gate = op.getValueGate();
  AttentionSizes sizes(op);
  if (!gate)
    return GatePlacement::inside;
  if (hasGatesOfQueryHeads(op))
    return GatePlacement::inside;
  if (ShapedType::isDynamic(sizes.queries))
    return GatePlacement::inside;
  // Inside, the work is repeated for every tile of queries. Ahead of the tiles
  // values are read and written once, while others are multiplied, if there is
  // enough of that; before them once, too, and nothing else is done. On an H100
  // the ways cross where a value meets about these many queries
  // (docs/performance.md); a causal mask halves them, and lets the tiles that
  // need the most values come first.
  int64_t queries = sizes.queries * sizes.groupSize();
  if (Band(op).upper)
    queries = queries * 2 / 5;
  bool isScalarInMemory = hasScalarGatesInMemory(op);
  constexpr int64_t kFewForScalars = 1000, kFewForOthers = 256,
                    kManyForOthers = 1500;
  if (queries < (isScalarInMemory ? kFewForScalars : kFewForOthers))
    return GatePlacement::inside;
  if (isScalarInMemory || queries >= kManyForOthers)
    return GatePlacement::ahead;
  return GatePlacement::before;
}
