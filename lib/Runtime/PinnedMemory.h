//===- PinnedMemory.h - The host's memory, known to the driver --*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_PINNEDMEMORY_H
#define VGA_LIB_RUNTIME_PINNEDMEMORY_H

#include "llvm/Support/Error.h"

namespace mlir::vga {

/// Memory that a GPU copies from and to while the host goes on: for that, it
/// must stay where it is.
class PinnedMemory {
public:
  PinnedMemory() = default;
  PinnedMemory(const PinnedMemory &) = delete;
  PinnedMemory &operator=(const PinnedMemory &) = delete;
  ~PinnedMemory();

  /// Has at least so many bytes from then on, with other contents.
  llvm::Error reserve(size_t bytes);
  /// Null before.
  char *getData() const { return static_cast<char *>(data); }

private:
  void *data = nullptr;
  size_t capacity = 0;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_PINNEDMEMORY_H
