//===- DeviceCall.h - A call of code for a GPU ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DEVICECALL_H
#define VGA_LIB_RUNTIME_DEVICECALL_H

#include "CallFrame.h"
#include "vga/Runtime/CUDA.h"
#include "vga/Runtime/Runner.h"

namespace mlir::vga {

/// A call whose arguments and results are in the memory of the GPU.
class DeviceCall {
public:
  DeviceCall(CudaDevice &device, ArrayRef<TensorSpec> specs,
             ArrayRef<const HostTensor *> tensors)
      : device(device), specs(specs), tensors(tensors), frame(specs, tensors) {}
  ~DeviceCall();

  llvm::Error copyArguments();
  /// Puts the call on the stream.
  void run(Runner::Code code);
  llvm::Expected<SmallVector<HostTensor>> copyResults();

private:
  void freeResults();

  CudaDevice &device;
  ArrayRef<TensorSpec> specs;
  ArrayRef<const HostTensor *> tensors;
  CallFrame frame;
  SmallVector<void *> memory;
  bool hasResults = false;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DEVICECALL_H
