//===- Target.h - What kernels need to know of a GPU ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_TARGET_H
#define VGA_GPU_TARGET_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

namespace mlir {
class Operation;
} // namespace mlir

namespace mlir::vga {

/// A GPU that there are kernels for. Sizes are in bytes.
struct Target {
  StringRef chip;
  /// The version of PTX that its kernels are written in.
  StringRef features;
  /// The compute capability that its code needs, times 10.
  unsigned capability;
  int64_t multiprocessors;
  /// What a block of threads can have.
  int64_t sharedMemoryBytes;
  /// The part of the second-level cache to count on.
  int64_t cacheBytes;

  /// Whether its code is for one generation alone, whose features it has.
  bool isSpecific() const { return chip.ends_with("a"); }
  /// Whether it has warpgroups that multiply from shared memory (wgmma): 9.0
  /// has them, and neither the generations before nor those after do.
  bool hasWarpgroups() const { return isSpecific() && capability == 90; }
  /// Whether GPUs of this compute capability run its code: later ones compile
  /// PTX, too, if it has nothing of one generation.
  bool runsOn(unsigned other) const {
    return isSpecific() ? other == capability : other >= capability;
  }

  /// The target of this name, as LLVM spells it: sm_90a.
  static std::optional<Target> lookup(StringRef chip);
  /// The same; if there is none, an error at `op` says which ones there are.
  static FailureOr<Target> require(StringRef chip, Operation *op);
};

} // namespace mlir::vga

#endif // VGA_GPU_TARGET_H
