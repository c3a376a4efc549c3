//===- DeviceCall.h - A call of code for a GPU ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A call whose arguments and results are in the memory of the GPU, to be made
// many times: weights and states are there already, inputs are copied to where
// they were before, intermediate results get the same memory again, and all
// kernels are launched at once, as a graph. This is recorded the second time;
// or, if the host computes with a position, each time from the third on: a
// rehearsal and one call would not be worth it.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DEVICECALL_H
#define VGA_LIB_RUNTIME_DEVICECALL_H

#include "CallFrame.h"
#include "DeviceMemory.h"
#include "ResultCopy.h"
#include "vga/Runtime/CUDA.h"
#include "vga/Runtime/Runner.h"

namespace mlir::vga {

class DeviceCall {
public:
  DeviceCall(CudaDevice &device, const Signature &signature,
             ArrayRef<const HostTensor *> arguments)
      : device(device), signature(signature),
        frame(signature.results, arguments) {}

  /// Whether a call with these arguments is this one with other inputs.
  bool serves(ArrayRef<const HostTensor *> arguments) const;
  /// Copies what is not on the device yet, and all inputs.
  llvm::Error copyArguments(ArrayRef<const HostTensor *> arguments);
  /// Puts the call on the stream.
  llvm::Error run(Runner::Code code);
  /// Waits.
  llvm::Expected<SmallVector<HostTensor>> copyResults();
  /// Puts a copy of the results on the stream.
  llvm::Error startCopy(ResultCopy &copy);

private:
  /// Where small inputs are on their way to the device. Each copy takes the
  /// next memory: the ones before may not be over.
  struct Staging {
    PinnedMemory memories[Runner::kMostStarted + 1];
    unsigned turn = 0;
    /// What the device has; null if nothing.
    const char *last = nullptr;
  };

  llvm::Expected<void *> place(const ArgumentSpec &spec,
                               const HostTensor &tensor, unsigned index);
  llvm::Error copyInput(unsigned index, const HostTensor &tensor);
  void call(Runner::Code code);
  void freeResults();

  CudaDevice &device;
  const Signature &signature;
  CallFrame frame;
  DeviceArena arena;
  /// Of each argument: its copy, if it stays on the device, or else the memory
  /// that inputs are copied to.
  SmallVector<std::shared_ptr<DeviceTensor>> copies;
  SmallVector<void *> inputs;
  SmallVector<std::unique_ptr<Staging>> stagings;
  bool hasResults = false;
  /// Whether the kernels can be recorded, and are worth it.
  bool isRecordable = false;
  unsigned numCalls = 0;
  CudaGraph graph;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DEVICECALL_H
