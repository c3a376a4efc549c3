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

namespace mlir::vga {

/// A GPU that there are kernels for. Sizes are in bytes.
struct Target {
  StringRef chip;
  /// The version of PTX that its kernels are written in.
  StringRef features;
  /// The compute capability of the GPUs that run its code, times 10.
  unsigned capability;
  int64_t multiprocessors;
  /// What a block of threads can have.
  int64_t sharedMemoryBytes;
  /// The part of the second-level cache to count on.
  int64_t cacheBytes;

  /// Whether it has the instructions of the Hopper generation for warpgroups
  /// and the copy engine: LLVM spells that with an a.
  bool hasWarpgroups() const { return chip.ends_with("a"); }

  /// The target of this name, as LLVM spells it: sm_90a.
  static std::optional<Target> lookup(StringRef chip);
  /// All names, for messages.
  static std::string getNames();
};

} // namespace mlir::vga

#endif // VGA_GPU_TARGET_H
