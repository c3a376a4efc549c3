//===- Patterns.h - The parts of convert-vga-to-linalg --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATOLINALG_PATTERNS_H
#define VGA_LIB_CONVERSION_VGATOLINALG_PATTERNS_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace mlir::vga {

void populateAppendToLinalgPatterns(RewritePatternSet &patterns);
void populateAttentionToLinalgPatterns(RewritePatternSet &patterns);
void populateGateToLinalgPatterns(RewritePatternSet &patterns);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATOLINALG_PATTERNS_H
