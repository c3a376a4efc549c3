//===- EmptyAttention.h - Attention to nothing ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_EMPTYATTENTION_H
#define VGA_DIALECT_VGA_IR_EMPTYATTENTION_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// A tensor of `type`, shaped as `shape` at run time, filled with `value`.
Value createSplat(OpBuilder &builder, Location loc, RankedTensorType type,
                  ArrayRef<OpFoldResult> shape, double value);

/// True if static sizes leave nothing to attend to: no query, no key, or no
/// channel of a value.
bool isEmpty(AttentionInterface op);

/// The results of such an attention: zeros, and the lse of rows without a key.
/// Failure if the operation is not empty, or if only the channels of the values
/// are missing and there is an lse of scores.
FailureOr<SmallVector<Value>> emitEmptyAttention(OpBuilder &builder,
                                                 AttentionInterface op);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_IR_EMPTYATTENTION_H
