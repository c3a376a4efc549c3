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

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// Coordinates, innermost first.
static SmallVector<Value> getCoordinates(Kernel &kernel, int64_t atom,
                                         Value row, Value head, Value batch) {
  SmallVector<Value> outermostFirst = kernel.plan.axes.arrange<Value>(
      batch, head, row, kernel.b.i32(atom * kAtomChannels));
  return llvm::to_vector(llvm::reverse(outermostFirst));
}

void hopper::loadTile(Kernel &kernel, Value map, Value destination,
                      Value barrier, int64_t atoms, int64_t atomBytes,
                      Value row, Value head, Value batch) {
  KernelBuilder &b = kernel.b;
  auto clusterPointer = LLVM::LLVMPointerType::get(b.getContext(), 7);
  for (int64_t atom = 0; atom < atoms; ++atom) {
    Value place = LLVM::AddrSpaceCastOp::create(
        b, clusterPointer, b.advance(destination, atom * atomBytes));
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
        b, place, map, getCoordinates(kernel, atom, row, head, batch), barrier,
        /*im2colOffsets=*/ValueRange(), /*multicastMask=*/Value(),
        /*l2CacheHint=*/Value(),
        NVVM::TMALoadModeAttr::get(b.getContext(), NVVM::TMALoadMode::TILE),
        b.getBoolAttr(false), NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
  }
}

void hopper::storeRows(Kernel &kernel, Value map, Value source, int64_t atoms,
                       int64_t atomBytes, Value row, Value head, Value batch) {
  KernelBuilder &b = kernel.b;
  for (int64_t atom = 0; atom < atoms; ++atom)
    NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
        b, map, b.advance(source, atom * atomBytes),
        getCoordinates(kernel, atom, row, head, batch),
        /*l2CacheHint=*/Value(),
        NVVM::TMAStoreModeAttr::get(b.getContext(), NVVM::TMAStoreMode::TILE),
        /*predicate=*/Value());
  NVVM::CpAsyncBulkCommitGroupOp::create(b);
}
