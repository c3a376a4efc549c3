//===- LinalgFusion.h - Which fusions upstream gets right -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_UTILS_LINALGFUSION_H
#define VGA_DIALECT_VGA_UTILS_LINALGFUSION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::vga {

/// Whether the producer of `operand` may be computed once for each iteration of
/// the consumer, which may have more loops. Upstream keeps results of the
/// producer that are used elsewhere, or whose initial value is read: the second
/// iteration would read what the first has written.
inline bool isRepeatable(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  auto consumer = cast<linalg::LinalgOp>(operand->getOwner());
  if (consumer.getMatchingIndexingMap(operand).isPermutation())
    return true;
  return producer->getNumResults() == 1 &&
         !producer.payloadUsesValueFromOperand(producer.getDpsInitOperand(0));
}

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_UTILS_LINALGFUSION_H
