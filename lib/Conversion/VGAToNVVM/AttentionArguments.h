//===- AttentionArguments.h - What attention kernels take -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parameters that all attention kernels have, and their operands of a
// launch.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_ATTENTIONARGUMENTS_H
#define VGA_LIB_CONVERSION_VGATONVVM_ATTENTIONARGUMENTS_H

#include "KernelSignature.h"

namespace mlir::vga {

struct Target;

/// The values of a kernel's parameters, null for those that it does not have.
struct AttentionArguments {
  /// Arrays by their addresses. The weights and the bias are those of a value
  /// gate that the kernel computes.
  Value valueGate, gateWeight, gateBias, outputGate, mask, kvLength, sink, lse;
  /// Sizes of the problem, as i32.
  Value batch, queries, keys;
  /// Tiles of this many heads are taken in turns, in heavy_first order.
  Value sectionHeads;
  /// Elements from one entry of the mask to the next along each of [B, H, Sq,
  /// Sk], as i32; 0 where it is broadcast.
  SmallVector<Value> maskStrides;
};

/// The sizes of a problem on the host.
struct AttentionProblemSizes {
  AttentionProblemSizes(HostBuilder &b, AttentionOp op);
  Value batch, queries, keys;
};

/// Declares the arrays of a value gate, or of `gate`, the op that makes it.
void declareValueGate(KernelSignature &signature, AttentionOp op, GateOp gate,
                      AttentionArguments &arguments);
/// Declares the gate of the output, the mask, the lengths and the sink.
void declareOptionalInputs(KernelSignature &signature, AttentionOp op,
                           AttentionArguments &arguments);
/// Declares the sizes, and the heads of a section.
void declareSizes(KernelSignature &signature,
                  const AttentionProblemSizes &sizes, Value sectionHeads,
                  AttentionArguments &arguments);
void declareMaskStrides(HostBuilder &b, KernelSignature &signature,
                        AttentionOp op, AttentionArguments &arguments);
/// Declares new arrays for the results.
LogicalResult declareResults(HostBuilder &b, KernelSignature &signature,
                             AttentionOp op, Value &output,
                             KernelSignature::Box outputBox,
                             AttentionArguments &arguments);

/// Memory that a kernel reads again, and so not any: not a tensor.empty, of
/// which one may stand for several.
Value makeScratch(HostBuilder &b, RankedTensorType type,
                  ArrayRef<OpFoldResult> sizes);

/// How many heads' keys and values stay in the cache together.
Value getCachedHeads(HostBuilder &b, AttentionOp op, Value keys,
                     const Target &target);

/// Counters in global memory, 0 before and after each launch.
LLVM::GlobalOp makeCounters(OpBuilder &b, gpu::GPUModuleOp module,
                            const Twine &name, int64_t count);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_ATTENTIONARGUMENTS_H
