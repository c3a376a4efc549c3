//===- ResultCopy.h - Results on their way to the host ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_RESULTCOPY_H
#define VGA_LIB_RUNTIME_RESULTCOPY_H

#include "CallFrame.h"
#include "PinnedMemory.h"

namespace mlir::vga {

class CudaDevice;

/// A copy of a call's results to the host that the host need not wait for. Its
/// memory is used again for the next one.
class ResultCopy {
public:
  ResultCopy() = default;
  ResultCopy(const ResultCopy &) = delete;
  ResultCopy &operator=(const ResultCopy &) = delete;
  ~ResultCopy();

  /// Puts the copy on the device's stream.
  llvm::Error start(CudaDevice &device, ArrayRef<TensorSpec> specs,
                    ArrayRef<Descriptor> results);
  /// Waits for it.
  llvm::Expected<SmallVector<HostTensor>> finish();

private:
  PinnedMemory memory;
  void *event = nullptr;
  /// What is in the memory, one after the other.
  SmallVector<TensorSpec> tensors;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_RESULTCOPY_H
