//===- InitAll.h - Registers everything of vga ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_INITALL_H
#define VGA_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::vga {

/// Adds the vga dialect and its external interface models to `registry`.
void registerAllDialects(DialectRegistry &registry);

/// Registers the passes and named pipelines of vga for use by name.
void registerAllPasses();

/// Adds to `registry` what the vga tools accept: every upstream dialect and
/// extension, the translations to LLVM IR, and vga.
void registerAllForTools(DialectRegistry &registry);

} // namespace mlir::vga

#endif // VGA_INITALL_H
