//===- Caches.h - What becomes of the caches of a model ---------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_DIALECT_VGA_TRANSFORMS_CACHES_H
#define VGA_LIB_DIALECT_VGA_TRANSFORMS_CACHES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {

/// True for an operation that asks for the sizes of a tensor: checks at run
/// time do, and see nothing of what it holds.
bool isAboutSizes(Operation *op);

/// A tensor that a function takes, inserts into (tensor.insert_slice,
/// vga.append), reads and returns, and does nothing else with.
struct Cache {
  BlockArgument argument;
  /// The position of the result that is the cache after all insertions.
  unsigned result;
  SmallVector<Operation *> insertions;
  SmallVector<OpOperand *> reads;

  /// The cache that `values` is, or is a slice of.
  static std::optional<Cache> of(Value values);

  /// What an insertion inserts.
  static OpOperand &getInserted(Operation *insertion) {
    return insertion->getOpOperand(0);
  }

  /// True if it is a state, or the caches of all callers are: public functions
  /// do nothing but hand states (`vga.state`) on to here, each once and each
  /// its own, and return what comes back. Nothing else sees what is in it.
  bool isState() const;
};

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_TRANSFORMS_CACHES_H
