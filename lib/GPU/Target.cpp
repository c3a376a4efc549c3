//===- Target.cpp - The GPUs that there are kernels for -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/GPU/Target.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::vga;

// Multiprocessors, shared memory of a block, and the part of the cache that
// keys and values are to take. CUDA C++ Programming Guide, compute
// capabilities.
static constexpr Target kTargets[] = {
    // A100: NVIDIA A100 Tensor Core GPU Architecture, 2020. 40 MB of cache.
    {"sm_80", "+ptx80", 80, 108, 166912, 24 << 20},
    // A40, RTX 3090: 6 MB of cache.
    {"sm_86", "+ptx80", 86, 84, 101376, 4 << 20},
    // L40S, RTX 4090: 48 MB of cache and more.
    {"sm_89", "+ptx80", 89, 142, 101376, 32 << 20},
    // Hopper, with what all GPUs since have.
    {"sm_90", "+ptx80", 90, 132, 232448, 32 << 20},
    // H100, H200. NVIDIA H100 Tensor Core GPU Architecture, 2022: 132
    // multiprocessors, 227 KB of shared memory for a block, 50 MB of cache, of
    // which keys and values are to take a part.
    {"sm_90a", "+ptx83", 90, 132, 232448, 32 << 20},
};

std::optional<Target> Target::lookup(StringRef chip) {
  const Target *target = llvm::find_if(
      kTargets, [&](const Target &target) { return target.chip == chip; });
  if (target == std::end(kTargets))
    return std::nullopt;
  return *target;
}

FailureOr<Target> Target::require(StringRef chip, Operation *op) {
  if (std::optional<Target> target = lookup(chip))
    return *target;
  auto names = llvm::map_range(
      kTargets, [](const Target &target) { return target.chip; });
  return op->emitError("no kernels for '")
         << chip << "'; there are some for " << llvm::join(names, ", ");
}
