//===- KernelModule.h - Where kernels are -----------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_KERNELMODULE_H
#define VGA_GPU_KERNELMODULE_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::vga {

/// The module `@vga_kernels` of all kernels of a module, which is made if there
/// is none.
gpu::GPUModuleOp getKernelModule(ModuleOp module);

/// PREFIX_N, for the first N such that no kernel has this name.
std::string getFreeKernelName(gpu::GPUModuleOp kernels, StringRef prefix);

} // namespace mlir::vga

#endif // VGA_GPU_KERNELMODULE_H
