//===- DeviceCall.cpp - A call of code for a GPU --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceCall.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

DeviceCall::~DeviceCall() {
  freeResults();
  for (void *argument : memory)
    llvm::consumeError(device.free(argument));
}

llvm::Error DeviceCall::copyArguments() {
  for (auto [descriptor, tensor] : llvm::zip(frame.arguments, tensors)) {
    auto argument = device.allocate(tensor->getNumBytes());
    if (!argument)
      return argument.takeError();
    memory.push_back(*argument);
    if (llvm::Error error = device.copyToDevice(*argument, tensor->getData(),
                                                tensor->getNumBytes()))
      return error;
    descriptor.set(*tensor, *argument);
  }
  return llvm::Error::success();
}

void DeviceCall::run(Runner::Code code) {
  freeResults();
  code(frame.pointers.data());
  hasResults = true;
}

void DeviceCall::freeResults() {
  if (!hasResults)
    return;
  hasResults = false;
  llvm::SmallPtrSet<void *, 4> freed;
  for (const Descriptor &result : frame.results)
    if (!llvm::is_contained(memory, result.getAllocated()) &&
        freed.insert(result.getAllocated()).second)
      llvm::consumeError(device.free(result.getAllocated()));
}

Expected<SmallVector<HostTensor>> DeviceCall::copyResults() {
  SmallVector<HostTensor> results;
  for (auto [spec, result] : llvm::zip(specs, frame.results)) {
    if (!result.isDense())
      return llvm::createStringError("a result on the GPU is not dense");
    auto tensor = HostTensor::create(spec.kind, result.getSizes());
    if (!tensor)
      return tensor.takeError();
    if (llvm::Error error = device.copyToHost(
            tensor->getData(), result.getData(getByteSize(spec.kind)),
            tensor->getNumBytes()))
      return std::move(error);
    results.push_back(std::move(*tensor));
  }
  return results;
}
