//===- Scores.h - What scores are, and which keys there are -----*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_SCORES_H
#define VGA_LIB_CONVERSION_VGATONVVM_SCORES_H

#include "KernelBuilder.h"
#include "OnlineSoftmax.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

namespace mlir::vga {

bool hasFloatMask(AttentionOp op);
bool hasBooleanMask(AttentionOp op);

/// The factor between scores in registers and exponents of 2.
double getExponentScale(AttentionOp op);

/// The mask's entries for a lane's rows.
class MaskReader {
public:
  /// `strides` are the elements from one entry to the next along each of [B, H,
  /// Sq, Sk], as i32; columns are counted from `firstColumn`. Keys that do not
  /// exist read others' entries; nothing may come of it.
  MaskReader(KernelBuilder &b, AttentionOp op, Value mask,
             ArrayRef<Value> strides, Value firstColumn, Value keys);

  /// Adds the lane's next row; its query must exist.
  void addRow(Value batch, Value head, Value query);
  /// The entry that belongs to register i: a float in f32, or a boolean.
  Value read(int64_t i);

private:
  /// Booleans are bytes in memory.
  Type getMemoryType() { return type.isInteger(1) ? b.getI8Type() : type; }
  Value wide(Value index, Value stride) {
    return b.mul(b.toI64(index), b.toI64(stride));
  }

  KernelBuilder &b;
  Type type;
  Value mask;
  SmallVector<Value, 4> strides;
  Value firstColumn, lastKey;
  SmallVector<Value, kLaneRows> rows;
};

/// What scores are before they are compared: scaled, capped and with the mask
/// added, if that can not wait for the exponent. `makeMask` makes the reader of
/// a mask of floats.
SmallVector<Value> transformScores(KernelBuilder &b, AttentionOp op,
                                   ValueRange scores,
                                   function_ref<MaskReader()> makeMask);

/// The key at which those of a batch entry end: `keys`, or its length. Lengths
/// past either end count as that end.
Value getKeyEnd(KernelBuilder &b, AttentionOp op, Value kvLength, Value keys,
                Value batch);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_SCORES_H
