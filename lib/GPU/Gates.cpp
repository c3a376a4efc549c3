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

bool vga::gatesValuesBefore(AttentionOp op) {
  auto gate = op.getValueGate();
  AttentionSizes sizes(op);
  // Query heads with gates of their own share values.
  if (!gate)
    return false;
  int64_t headAxis =
      gate.getType().getRank() == 4 ? AxisOrder(op.getLayout()).head : 1;
  if (gate.getType().getDimSize(headAxis) != sizes.kvHeads)
    return false;
  if (gate.getType().getRank() == 4)
    return true;
  // In the kernel a gate costs about a seventh of 4 * Sq * D operations a key,
  // before it two passes over 2 * D bytes; on an H100 these cross where a
  // key/value head has about this many queries.
  constexpr int64_t kFewQueries = 256;
  return !ShapedType::isDynamic(sizes.queries) &&
         sizes.queries * sizes.groupSize() >= kFewQueries;
}
