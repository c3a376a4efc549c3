//===- MemoryRows.h - The vectors of a tensor, in the order of memory *- C++
//-*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_MEMORYROWS_H
#define VGA_LIB_CONVERSION_VGATONVVM_MEMORYROWS_H

#include "KernelBuilder.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

namespace mlir::vga {

/// The vectors of a tensor of rank 4, numbered in the order of memory: by the
/// three axes of the layout but the last.
struct MemoryRows {
  MemoryRows(KernelBuilder &b, AxisOrder axes, Value batch, int64_t heads,
             Value positions)
      : axes(axes),
        sizes(axes.arrange<Value>(batch, b.i32(heads), positions, Value())) {}

  /// Where row `row` is along each of the axes.
  SmallVector<Value> getIndices(KernelBuilder &b, Value row) const {
    return {b.div(b.div(row, sizes[2]), sizes[1]),
            b.rem(b.div(row, sizes[2]), sizes[1]), b.rem(row, sizes[2])};
  }

  /// The number of the vector at these indices, as i64.
  Value getRow(KernelBuilder &b, Value batch, Value head,
               Value position) const {
    SmallVector<Value> indices =
        axes.arrange<Value>(batch, head, position, Value());
    Value row = b.toI64(indices[0]);
    for (int64_t axis : {1, 2})
      row = b.add(b.mul(row, b.toI64(sizes[axis])), b.toI64(indices[axis]));
    return row;
  }

  /// How many vectors a position is from the next, as i32.
  Value getPositionStride(KernelBuilder &b) const {
    Value stride = b.i32(1);
    for (int64_t axis = axes.sequence + 1; axis < AxisOrder::channel; ++axis)
      stride = b.mul(stride, sizes[axis]);
    return stride;
  }

  AxisOrder axes;
  SmallVector<Value> sizes;
};

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_MEMORYROWS_H
