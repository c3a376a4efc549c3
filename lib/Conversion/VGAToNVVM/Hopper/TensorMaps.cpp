//===- TensorMaps.cpp - Copies by the copy engine -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor map describes a tensor of rank 4 in its layout; the engine computes
// the addresses, swizzles, and fills with zeros what lies outside. Tiles are
// copied in atoms of 64 channels, as wide as the swizzle.
//
//===----------------------------------------------------------------------===//

#include "../WarpgroupMatrices.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// Coordinates, outermost first.
static SmallVector<Value> getCoordinates(Kernel &kernel, int64_t atom,
                                         Value row, Value head, Value batch) {
  return kernel.plan.axes.arrange<Value>(batch, head, row,
                                         kernel.b.i32(atom * kAtomChannels));
}

void hopper::loadTile(Kernel &kernel, Value map, Value destination,
                      Value barrier, int64_t atoms, int64_t atomBytes,
                      Value row, Value head, Value batch) {
  KernelBuilder &b = kernel.b;
  for (int64_t atom = 0; atom < atoms; ++atom)
    warpgroup::copyBox(b, map, b.advance(destination, atom * atomBytes),
                       barrier, getCoordinates(kernel, atom, row, head, batch));
}

void hopper::storeRows(Kernel &kernel, Value map, Value source, int64_t atoms,
                       int64_t atomBytes, Value row, Value head, Value batch) {
  KernelBuilder &b = kernel.b;
  for (int64_t atom = 0; atom < atoms; ++atom)
    NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
        b, map, b.advance(source, atom * atomBytes),
        llvm::to_vector(
            llvm::reverse(getCoordinates(kernel, atom, row, head, batch))),
        /*l2CacheHint=*/Value(),
        NVVM::TMAStoreModeAttr::get(b.getContext(), NVVM::TMAStoreMode::TILE),
        /*predicate=*/Value());
  NVVM::CpAsyncBulkCommitGroupOp::create(b);
}
