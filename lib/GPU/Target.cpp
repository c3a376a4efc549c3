//===- Target.cpp - The GPUs that there are kernels for -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/GPU/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::vga;

static constexpr Target kTargets[] = {
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

std::string Target::getNames() {
  return llvm::join(
      llvm::map_range(kTargets,
                      [](const Target &target) { return target.chip; }),
      ", ");
}
