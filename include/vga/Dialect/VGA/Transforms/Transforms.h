//===- Transforms.h - Rewriting single operations ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_TRANSFORMS_H
#define VGA_DIALECT_VGA_TRANSFORMS_TRANSFORMS_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// How much one task of a tiled attention takes.
struct TaskShape {
  /// Queries per stripe: what the vectors of a step hold.
  int64_t lanes = 16;
  /// Stripes per task, which share a block of keys.
  int64_t stripes = 4;
  /// Keys per block.
  int64_t keys = 64;

  int64_t rows() const { return lanes * stripes; }
};

/// Replaces `op` by a loop over tasks, which is returned.
scf::ForallOp tileAttention(RewriterBase &rewriter, AttentionOp op,
                            TaskShape shape);

/// Replaces `op` by linalg.
void decomposeOnlineAttention(RewriterBase &rewriter, OnlineAttentionOp op);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_TRANSFORMS_H
