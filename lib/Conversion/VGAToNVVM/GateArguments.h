//===- GateArguments.h - What kernels of gates take -------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_GATEARGUMENTS_H
#define VGA_LIB_CONVERSION_VGATONVVM_GATEARGUMENTS_H

#include "KernelSignature.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

namespace mlir::vga {

/// The threads of a block of a kernel for gates or appends.
constexpr int64_t kGateThreads = 256;

/// The values of the parameters of a kernel that computes a gate.
struct GateArguments {
  /// Arrays by their addresses; the bias may be null.
  Value source, weight, bias, result;
  /// The sizes of the source, as i32.
  Value batch, positions;
};

/// Declares the operands of a gate, a new array for its result, and its sizes.
LogicalResult declareGate(HostBuilder &b, KernelSignature &signature, GateOp op,
                          GateArguments &arguments);

/// Blocks of kGateThreads, with `threads` threads for each vector of `source`.
LaunchShape getVectorShape(HostBuilder &b, TypedValue<RankedTensorType> source,
                           AxisOrder axes, int64_t threads);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_GATEARGUMENTS_H
