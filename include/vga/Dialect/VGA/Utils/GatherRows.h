//===- GatherRows.h - Rows of a cache, element by element -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_UTILS_GATHERROWS_H
#define VGA_DIALECT_VGA_UTILS_GATHERROWS_H

#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

namespace mlir::vga {

/// Where the rows of a gathered tensor come from. Both are built in the body of
/// a linalg.generic, and get the entry of the batch axis and the position of
/// the row that is made.
struct RowSource {
  using Place = std::pair<Value, Value>;
  /// Whether there is such a row; null if there always is.
  std::function<Value(LinalgBuilder &, Value entry, Value position)> exists;
  /// The entry and the position of a row that there is.
  std::function<Place(LinalgBuilder &, Value entry, Value position)> locate;
};

/// Rows of `source` as a tensor with so many entries along its batch axis, and
/// so many positions along its sequence axis; zeros where there is no row. One
/// linalg.generic, which GPUs have kernels for, and not loops over slices.
Value gatherRows(LinalgBuilder &builder, Value source, unsigned batchAxis,
                 unsigned sequenceAxis, OpFoldResult batch,
                 OpFoldResult positions, const RowSource &rows);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_UTILS_GATHERROWS_H
