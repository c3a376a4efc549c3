//===- WarpgroupMatrices.h - Products of a warpgroup ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What compute capability 9.0 adds: the copy engine brings boxes of arrays to
// shared memory and completes barriers there, and four warps multiply 64 rows
// by a tile, both in shared memory (PTX ISA: cp.async.bulk.tensor, mbarrier,
// wgmma.mma_async).
//
// Tiles are swizzled atoms: lines of 128 bytes, of which eight repeat a
// pattern. A tile whose lines run along the depth of the product has one column
// of atoms; one whose lines run across it is transposed, and has one for every
// 64 elements.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_WARPGROUPMATRICES_H
#define VGA_LIB_CONVERSION_VGATONVVM_WARPGROUPMATRICES_H

#include "KernelBuilder.h"

namespace mlir::vga::warpgroup {

constexpr int64_t kThreads = 128, kWarps = 4;
/// Rows and depth of a product of 16-bit elements.
constexpr int64_t kRows = 64, kDepth = 16;
constexpr int64_t kAtomBytes = 128, kAtomElements = 64;
constexpr int64_t kBarrierBytes = 8;

/// Barriers in shared memory. One thread initializes, and then fences.
void initializeBarrier(KernelBuilder &b, Value barrier, int64_t arrivals);
void fenceInitialization(KernelBuilder &b);
/// Waits until the phase of this parity is complete.
void waitFor(KernelBuilder &b, Value barrier, Value parity);
void arrive(KernelBuilder &b, Value barrier);
/// Arrives, and has the barrier wait for bytes of the copy engine.
void arriveExpecting(KernelBuilder &b, Value barrier, int64_t bytes);

/// Has the copy engine bring a box to shared memory; `coordinates` are those of
/// its first element, the outermost first. What is outside is zeros.
void copyBox(KernelBuilder &b, Value map, Value destination, Value barrier,
             ArrayRef<Value> coordinates);

/// A tile in shared memory, for a product: its descriptor, and whether it is
/// transposed.
struct Operand {
  /// `atomBytes` is the distance of its atoms, if it is transposed.
  Operand(KernelBuilder &b, Value address, bool isTransposed,
          int64_t atomBytes = 0);
  /// The descriptor of what is `depth` further on.
  Value at(KernelBuilder &b, int64_t depth) const;

  bool isTransposed;

private:
  Value low;
};

/// Starts the product of `depth` of two tiles, added to `sums`: of lane l = 4g
/// + t of warp w, registers 4j to 4j + 3 are those of rows 16w + g and 16w + g
/// + 8 and columns 8j + 2t and 8j + 2t + 1, row by row.
SmallVector<Value> startProduct(KernelBuilder &b, Type elementType,
                                const Operand &rows, const Operand &columns,
                                int64_t depth, ValueRange sums);
/// Waits until at most `pending` products are under way; `sums` are results
/// that nothing may touch before.
SmallVector<Value> waitForProducts(KernelBuilder &b, ValueRange sums,
                                   int64_t pending);

} // namespace mlir::vga::warpgroup

#endif // VGA_LIB_CONVERSION_VGATONVVM_WARPGROUPMATRICES_H
