//===- QueryGates.h - Gates at the positions of the queries -----*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_QUERYGATES_H
#define VGA_DIALECT_VGA_TRANSFORMS_QUERYGATES_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// The output gate of `op`, which is at the output site, where the positions of
/// its queries are looked up for each sequence: in pages, or at its length.
/// Computed from copies of the values at these positions, which a loop makes or
/// an operation that becomes a kernel.
Value gateQueryPositions(OpBuilder &builder, GatedAttentionOp op,
                         bool isForKernels = false);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_QUERYGATES_H
