//===- Passes.h - Kernels and launches for GPUs -----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_PASSES_H
#define VGA_GPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
class ModuleOp;
namespace gpu {
class GPUModuleOp;
} // namespace gpu
} // namespace mlir

namespace mlir::vga {

#define GEN_PASS_DECL
#include "vga/GPU/Passes.h.inc"

/// Lets bufferization turn vga.launch and vga.multiply on tensors into the same
/// on memrefs.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

#define GEN_PASS_REGISTRATION
#include "vga/GPU/Passes.h.inc"

} // namespace mlir::vga

#endif // VGA_GPU_PASSES_H
