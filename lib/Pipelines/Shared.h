//===- Shared.h - What the pipelines have in common -------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_PIPELINES_SHARED_H
#define VGA_LIB_PIPELINES_SHARED_H

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::vga {

/// Canonicalization, and one of each expression.
void addCleanup(OpPassManager &manager);

/// Tensors -> buffers, at the borders of functions too, where they are dense;
/// results that are arguments are no results.
void addBufferization(OpPassManager &manager);

} // namespace mlir::vga

#endif // VGA_LIB_PIPELINES_SHARED_H
