//===- Passes.h - Conversions from the vga dialect ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_CONVERSION_PASSES_H
#define VGA_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class ModuleOp;
class RewritePatternSet;
class RewriterBase;
} // namespace mlir

namespace mlir::vga {
class AttentionOp;

#define GEN_PASS_DECL
#include "vga/Conversion/Passes.h.inc"

/// The patterns of convert-vga-to-linalg.
void populateVGAToLinalgPatterns(RewritePatternSet &patterns);

/// Replaces an attention by its definition in linalg. Loops over pages are for
/// a processor; for kernels, elements of pages are gathered by a
/// linalg.generic.
void replaceByDefinition(RewriterBase &rewriter, AttentionOp op,
                         bool isForKernels = false);

#define GEN_PASS_REGISTRATION
#include "vga/Conversion/Passes.h.inc"

} // namespace mlir::vga

#endif // VGA_CONVERSION_PASSES_H
