//===- AttentionLowering.h - How attention is computed ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_PIPELINES_ATTENTIONLOWERING_H
#define VGA_PIPELINES_ATTENTIONLOWERING_H

#include "llvm/Support/CommandLine.h"

namespace mlir::vga {

/// How vga.attention is computed.
enum class AttentionLowering {
  /// Fused where there are kernels for it; else as it is defined.
  Auto,
  /// Over blocks of keys, with the online softmax.
  Fused,
  /// As it is defined, with all scores in memory.
  Definition
};

/// The same for an option.
inline llvm::cl::ValuesClass getAttentionLowerings() {
  return llvm::cl::values(
      clEnumValN(AttentionLowering::Auto, "auto",
                 "fused; as it is defined, with a remark, where there is no "
                 "kernel"),
      clEnumValN(AttentionLowering::Fused, "fused",
                 "over blocks of keys, with the online softmax; an error "
                 "where there is no kernel"),
      clEnumValN(AttentionLowering::Definition, "definition",
                 "as it is defined, with all scores in memory"));
}

} // namespace mlir::vga

#endif // VGA_PIPELINES_ATTENTIONLOWERING_H
