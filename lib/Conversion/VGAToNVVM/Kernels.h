//===- Kernels.h - The kernels that the conversion makes --------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H
#define VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Target.h"

namespace mlir::vga {

/// How an attention kernel is launched. Boxes are in the layout of the op.
struct LaunchPlan {
  int64_t threads = 0, sharedBytes = 0;
  SmallVector<int64_t> queryBox, keyValueBox, outputBox;
};

namespace hopper {
/// Builds a kernel for an attention op and a schedule; fails with a diagnostic
/// if there is none. `gate` is the op of its value gate if the
/// kernel is to compute it, or null. The kernel's parameters are those of a
/// vga.launch with queries, keys, values and getOtherInputs as inputs, the op's
/// results as outputs, and as sizes batch, queries, keys, the heads of a
/// section, and the strides of a mask.
FailureOr<LaunchPlan> buildAttentionKernel(OpBuilder &builder,
                                           gpu::GPUModuleOp module,
                                           StringRef name, AttentionOp op,
                                           GateOp gate, ScheduleAttr schedule,
                                           const Target &target);
} // namespace hopper

/// How an attention kernel of warps is launched.
struct WarpLaunchPlan {
  int64_t sharedBytes = 0;
  /// Query heads that share tiles.
  int64_t packedHeads = 0;
  /// What a block of threads leaves of a tile whose keys are split.
  int64_t stateBytes = 0;
  /// About how many blocks of threads a multiprocessor has at a time.
  int64_t blocksOfMultiprocessor = 1;
};
/// The most tiles whose keys are split.
constexpr int64_t kMostSplitTiles = 1024;

namespace warp {
/// The same for a schedule of warps; the inputs are queries, keys, values,
/// value gate, output gate, mask, lengths, sink, as far as they are there, and,
/// with splits, states as scratch. The sizes are batch, queries, keys, the
/// key/value heads of a section, with splits their number, and the strides of a
/// mask.
FailureOr<WarpLaunchPlan>
buildAttentionKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                     StringRef name, AttentionOp op, GateOp gate,
                     WarpScheduleAttr schedule, const Target &target);
} // namespace warp

/// Whether a gate has a kernel written for it: others are left to linalg.
bool hasGateKernel(GateOp op);
/// Whether a gate is a product of matrices: one of many channels, or of all
/// heads.
bool isGateProduct(GateOp op);
/// Builds a kernel for a gate that is no such product. Its parameters are those
/// of a vga.launch with the op's operands as inputs, its result as output, and
/// as sizes batch and positions. Returns how many threads work on a position of
/// a head.
int64_t buildGateKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                        StringRef name, GateOp op);

/// How the kernel of a product is launched: rows are the positions of all
/// sequences.
struct GateProductLaunch {
  int64_t threads = 0, sharedBytes = 0;
  /// The rows of a tile, and how many tiles have the same rows.
  int64_t tileRows = 0, rowTiles = 0;
};
/// Builds a kernel for a gate that is a product; its parameters are those of
/// buildGateKernel.
GateProductLaunch buildGateProductKernel(OpBuilder &builder,
                                         gpu::GPUModuleOp module,
                                         StringRef name, GateOp op);
/// Builds a kernel that applies the value gate to the values, and computes it
/// if `gate` is its op and not null. Its parameters are those of a vga.launch
/// with values and gate, or weights and bias, as inputs, gated values as
/// output, and as sizes batch and positions. Returns how many threads work on a
/// position of a head.
FailureOr<int64_t> buildGateValuesKernel(OpBuilder &builder,
                                         gpu::GPUModuleOp module,
                                         StringRef name, AttentionOp op,
                                         GateOp gate, const Target &target);
/// Builds a kernel for an append, a thread for each of the pieces of all
/// vectors of the source. Its parameters are those of a vga.launch with source,
/// positions and block table as inputs, the cache as output, and as sizes
/// batch, new positions, the batch axis of the cache, and the positions of a
/// sequence, or pages. It stops with one of getAppendErrors where a position
/// does not fit into the cache, or a page is not there.
void buildAppendKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                       StringRef name, AppendOp op);
/// The pieces of a vector.
int64_t getAppendPieces(AppendOp op);
/// What the kernel may find wrong, in the order of its parameters.
SmallVector<std::string> getAppendErrors(AppendOp op);

/// The threads of a block of a kernel for gates or appends.
constexpr int64_t kGateThreads = 256;

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_KERNELS_H
