//===- Passes.h - Passes on the vga dialect -------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_PASSES_H
#define VGA_DIALECT_VGA_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
class RewritePatternSet;
} // namespace mlir

namespace mlir::vga {

#define GEN_PASS_DECL
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"

/// The patterns of vga-split-gated-attention, of which `keepTileable` is an
/// option.
void populateSplitGatedAttentionPatterns(RewritePatternSet &patterns,
                                         bool keepTileable = false);

/// Lets generate-runtime-verification check the shapes of vga operations that
/// are known at run time only.
void registerRuntimeVerifiableOpInterfaceExternalModels(
    DialectRegistry &registry);

#define GEN_PASS_REGISTRATION
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_PASSES_H
