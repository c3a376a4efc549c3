//===- RunMain.h - The vga-run tool as a function ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_RUNMAIN_H
#define VGA_RUNTIME_RUNMAIN_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::vga {

/// To be called before anything else: what is written to a standard output that
/// was closed is an error, and does not get into a file that has its number.
void guardStandardOutput();

/// Does what the command line says with modules of the registry's dialects.
/// Returns the exit status of the process.
int VGARunMain(int argc, char **argv, DialectRegistry &registry);

} // namespace mlir::vga

#endif // VGA_RUNTIME_RUNMAIN_H
