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
  /// How queries are stored. Rows are one stripe, without unused lanes; pairs
  /// are for bf16 and take a multiple of 32 keys.
  Form form = Form::columns;

  int64_t rows() const { return lanes * stripes; }
};

/// True if tasks can compute `op`: vga.attention, and vga.gated_attention whose
/// gate is a product of every value with one vector per head (site value,
/// per_head, scalar).
bool isTileable(AttentionInterface op);

/// Replaces `op`, which is tileable, by a loop over tasks, which is returned.
scf::ForallOp tileAttention(RewriterBase &rewriter, AttentionInterface op,
                            TaskShape shape);

/// How much one task takes where the keys are split.
struct PartShape {
  /// Queries times query heads, at most.
  int64_t rows = 8;
  /// Keys per block.
  int64_t keys = 64;
  /// Keys per task.
  int64_t keysPerPart = 256;
};

/// The loop over parts of the keys, and the one that merges their states.
struct SplitAttention {
  scf::ForallOp parts, merge;
};

/// Replaces `op`, which is tileable and has few queries, by loops in which
/// parts of the keys are tasks, too.
SplitAttention splitKeys(RewriterBase &rewriter, AttentionInterface op,
                         PartShape shape);

/// Replaces `op` by the same attention with these gates.
AttentionOp replaceByAttention(RewriterBase &rewriter, GatedAttentionOp op,
                               Value valueGate, Value outputGate);

/// Replaces `op` by linalg.
void decomposeOnlineAttention(RewriterBase &rewriter, OnlineAttentionOp op);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_TRANSFORMS_H
