//===- TakeDefinition.h - Attention without a kernel ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_TAKEDEFINITION_H
#define VGA_LIB_CONVERSION_VGATONVVM_TAKEDEFINITION_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir {
class RewriterBase;
} // namespace mlir

namespace mlir::vga {

/// Replaces an attention that has no kernel by its definition, with a remark
/// that names the obstacle.
void takeDefinition(RewriterBase &rewriter, AttentionOp op,
                    const Twine &obstacle);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_TAKEDEFINITION_H
