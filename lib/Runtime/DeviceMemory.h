//===- DeviceMemory.h - The memory of a GPU ---------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DEVICEMEMORY_H
#define VGA_LIB_RUNTIME_DEVICEMEMORY_H

#include "vga/Runtime/HostTensor.h"
#include "llvm/ADT/DenseMap.h"
#include <map>

namespace mlir::vga {

/// Memory that is used again and again: what is freed stays here for the next
/// request of about that size. As everything happens in order, on one stream,
/// it can be given away at once.
class DeviceArena {
public:
  DeviceArena() = default;
  DeviceArena(const DeviceArena &) = delete;
  DeviceArena &operator=(const DeviceArena &) = delete;
  ~DeviceArena();

  /// A size of 0 gives zeros that can be read.
  llvm::Expected<void *> allocate(size_t bytes);
  void free(void *memory);

private:
  void release();

  std::multimap<size_t, void *> unused;
  llvm::DenseMap<void *, size_t> used;
};

/// The copy of a HostTensor in the GPU's memory.
class DeviceTensor {
public:
  static llvm::Expected<std::shared_ptr<DeviceTensor>>
  create(const HostTensor &tensor);
  ~DeviceTensor();
  void *getData() const { return data; }

  /// Whether weights have been forgotten since the copy was made.
  bool isForgotten() const { return generation != currentGeneration; }
  static void forgetAll() { ++currentGeneration; }

private:
  explicit DeviceTensor(void *data) : data(data) {}

  static unsigned currentGeneration;
  void *data;
  unsigned generation = currentGeneration;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DEVICEMEMORY_H
