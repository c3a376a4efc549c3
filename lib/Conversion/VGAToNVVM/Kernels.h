//===- Kernels.h - The kernels that the conversion makes --------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H
#define VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H

#include "HostBuilder.h"
#include "vga/GPU/Target.h"

namespace mlir::vga {

/// Whether a gate has a kernel written for it: others are left to linalg.
bool hasGateKernel(GateOp op);
/// Whether a gate is a product of matrices: one of many channels, or of all
/// heads.
bool isGateProduct(GateOp op);

/// Each of these makes a kernel in `module`, and its launch at the builder's
/// insertion point; it returns what replaces the op's result.
///
/// A gate that is no product.
FailureOr<Value> launchGate(HostBuilder &b, GateOp op, gpu::GPUModuleOp module,
                            StringRef name);
/// A gate that is a product.
FailureOr<Value> launchGateProduct(HostBuilder &b, GateOp op,
                                   gpu::GPUModuleOp module, StringRef name);
/// The values of an attention with its value gate applied, which the kernel
/// computes if `gate` is its op and not null.
FailureOr<Value> launchGateValues(HostBuilder &b, AttentionOp op, GateOp gate,
                                  gpu::GPUModuleOp module, StringRef name,
                                  const Target &target);
/// An append, a thread for each of the pieces of all vectors of the source. The
/// kernel stops with an error where a position does not fit into the cache, or
/// a page is not there.
Value launchAppend(HostBuilder &b, AppendOp op, gpu::GPUModuleOp module,
                   StringRef name);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H
