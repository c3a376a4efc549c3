//===- KernelReport.h - What kernels say before they stop -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_KERNELREPORT_H
#define VGA_GPU_KERNELREPORT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// Stops a kernel that has found an error, once `memory` (VGACudaReport in
/// vga/Runtime/CUDA.h) has the values, which are of index or i64, and the
/// address of the text that they are for.
void buildReport(ImplicitLocOpBuilder &b, Value memory, Value text,
                 ValueRange values);

} // namespace mlir::vga

#endif // VGA_GPU_KERNELREPORT_H
