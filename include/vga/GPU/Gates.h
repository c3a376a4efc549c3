//===- Gates.h - Where gates are applied on a GPU ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_GATES_H
#define VGA_GPU_GATES_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// Whether a value gate is applied to the values before attention, by a kernel
/// of its own, and not in the attention kernel: a function of the shapes.
bool gatesValuesBefore(AttentionOp op);

} // namespace mlir::vga

#endif // VGA_GPU_GATES_H
