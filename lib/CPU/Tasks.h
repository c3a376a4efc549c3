//===- Tasks.h - How much work a task is ------------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_TASKS_H
#define VGA_LIB_CPU_TASKS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::vga {

/// A task's share of the last two axes of the result: a block of rows that
/// stays in the first-level cache with a block of columns that stays in the
/// second, for f32 contractions over some hundreds of elements.
inline constexpr int64_t kTaskRows = 48;
inline constexpr int64_t kTaskColumns = 128;

/// True if an operation is known to be not worth waking threads for.
bool isSmallTask(linalg::LinalgOp op);

/// The sizes of a task in the loops of `op`; 0 for the whole of a loop.
SmallVector<int64_t> getTaskSizes(linalg::LinalgOp op);

} // namespace mlir::vga

#endif // VGA_LIB_CPU_TASKS_H
