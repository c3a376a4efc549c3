//===- KernelChecks.h - Errors that kernels meet ----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_KERNELCHECKS_H
#define VGA_LIB_GPU_KERNELCHECKS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::vga {

/// Lets a kernel whose body has vga.check report them to the host: it gets the
/// parameters for that. Returns what the host passes for these, created by
/// `builder`; nothing if there are no checks.
SmallVector<Value> lowerKernelChecks(gpu::GPUFuncOp kernel, Operation *launch,
                                     ModuleOp module);

} // namespace mlir::vga

#endif // VGA_LIB_GPU_KERNELCHECKS_H
