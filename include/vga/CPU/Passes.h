//===- Passes.h - From linalg to CPU code --------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_CPU_PASSES_H
#define VGA_CPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::vga {

#define GEN_PASS_DECL
#include "vga/CPU/Passes.h.inc"

/// Lets bufferization know what vga.take_over is.
void registerTakeOverBufferizationModel(DialectRegistry &registry);

#define GEN_PASS_REGISTRATION
#include "vga/CPU/Passes.h.inc"

} // namespace mlir::vga

#endif // VGA_CPU_PASSES_H
