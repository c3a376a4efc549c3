//===- LaunchAttention.h - Attention as a kernel's launch -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_LAUNCHATTENTION_H
#define VGA_LIB_CONVERSION_VGATONVVM_LAUNCHATTENTION_H

#include "HostBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Target.h"

namespace mlir::vga {

/// Where the schedule of an attention has its value gate applied.
GatePlacement getGatePlacement(AttentionOp op);

/// Builds the kernel of the op's schedule in `module`, and its launch; returns
/// what replaces the op's results. `gate` is the op of its value gate if the
/// kernel is to compute it, or null. Fails with a diagnostic if there is no
/// such kernel.
FailureOr<SmallVector<Value>>
launchAttention(HostBuilder &b, AttentionOp op, GateOp gate,
                gpu::GPUModuleOp module, StringRef name, const Target &target);

namespace hopper {
/// The same for a schedule of warpgroups.
FailureOr<SmallVector<Value>>
launchAttention(HostBuilder &b, AttentionOp op, GateOp gate,
                ScheduleAttr schedule, gpu::GPUModuleOp module, StringRef name,
                const Target &target);
} // namespace hopper

namespace warp {
/// The same for a schedule of warps.
FailureOr<SmallVector<Value>>
launchAttention(HostBuilder &b, AttentionOp op, GateOp gate,
                WarpScheduleAttr schedule, gpu::GPUModuleOp module,
                StringRef name, const Target &target);
} // namespace warp

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_LAUNCHATTENTION_H
