//===- DeviceCall.cpp - A call of code for a GPU --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceCall.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

/// Whether an argument stays on the device between calls.
static bool stays(const ArgumentSpec &spec) {
  return spec.isParameter() || spec.isState;
}

bool DeviceCall::serves(ArrayRef<const HostTensor *> arguments) const {
  if (copies.size() != arguments.size())
    return false;
  for (unsigned i = 0; i < arguments.size(); ++i)
    if (stays(signature.arguments[i])
            ? arguments[i]->getDeviceCopy() != copies[i]
            : arguments[i]->getShape() != frame.arguments[i].getSizes())
      return false;
  return true;
}

/// The address of an argument for compiled code.
Expected<void *> DeviceCall::place(const ArgumentSpec &spec,
                                   const HostTensor &tensor, unsigned index) {
  // The host computes with it.
  if (spec.isPosition)
    return const_cast<char *>(tensor.getData());
  if (stays(spec)) {
    std::shared_ptr<DeviceTensor> &copy = tensor.getDeviceCopy();
    if (!copy || (spec.isParameter() && copy->isForgotten())) {
      auto created = DeviceTensor::create(tensor);
      if (!created)
        return created.takeError();
      copy = std::move(*created);
    }
    copies[index] = copy;
    return copy->getData();
  }
  if (!inputs[index]) {
    auto memory = arena.allocate(tensor.getNumBytes());
    if (!memory)
      return memory;
    inputs[index] = *memory;
  }
  if (llvm::Error error = copyInput(index, tensor))
    return std::move(error);
  return inputs[index];
}

/// Copies an input to its place on the device, unless the same is there. For
/// what is not pinned, the driver may wait until all calls before have ended.
llvm::Error DeviceCall::copyInput(unsigned index, const HostTensor &tensor) {
  constexpr size_t kSmall = 64 << 10;
  size_t bytes = tensor.getNumBytes();
  if (bytes == 0 || bytes > kSmall)
    return device.copyToDevice(inputs[index], tensor.getData(), bytes);
  std::unique_ptr<Staging> &staging = stagings[index];
  if (!staging)
    staging = std::make_unique<Staging>();
  if (staging->last && std::memcmp(staging->last, tensor.getData(), bytes) == 0)
    return llvm::Error::success();
  PinnedMemory &memory =
      staging->memories[staging->turn++ % std::size(staging->memories)];
  if (llvm::Error error = memory.reserve(bytes))
    return error;
  std::memcpy(memory.getData(), tensor.getData(), bytes);
  staging->last = memory.getData();
  return device.copyToDevice(inputs[index], memory.getData(), bytes);
}

llvm::Error DeviceCall::copyArguments(ArrayRef<const HostTensor *> arguments) {
  copies.resize(arguments.size());
  inputs.resize(arguments.size());
  stagings.resize(arguments.size());
  for (unsigned i = 0; i < arguments.size(); ++i) {
    Expected<void *> address = place(signature.arguments[i], *arguments[i], i);
    if (!address)
      return address.takeError();
    frame.arguments[i].set(*arguments[i], *address);
  }
  return llvm::Error::success();
}

void DeviceCall::call(Runner::Code code) {
  freeResults();
  device.setArena(arena);
  code(frame.pointers.data());
  hasResults = true;
}

llvm::Error DeviceCall::run(Runner::Code code) {
  bool changes = signature.hasPosition();
  unsigned first = changes ? 2 : 1;
  bool isGraph = numCalls++ >= first && isRecordable;
  if (isGraph && !changes && !graph.isEmpty())
    return device.launch(graph);
  unsigned launches = device.getNumLaunches(), reads = device.getNumReads();
  if (!isGraph)
    call(code);
  else if (llvm::Error error = device.launch(graph, [&] { call(code); }))
    return error;
  // A single kernel is launched faster by itself.
  isRecordable =
      device.getNumReads() == reads && device.getNumLaunches() - launches > 1;
  return llvm::Error::success();
}

void DeviceCall::freeResults() {
  if (!hasResults)
    return;
  hasResults = false;
  // What is an argument is not the arena's, or is not to be freed.
  for (const Descriptor &result : frame.results)
    if (!llvm::is_contained(inputs, result.getAllocated()))
      arena.free(result.getAllocated());
}

llvm::Error DeviceCall::startCopy(ResultCopy &copy) {
  return copy.start(device, signature.results, frame.results);
}

Expected<SmallVector<HostTensor>> DeviceCall::copyResults() {
  SmallVector<HostTensor> results;
  for (auto [spec, result] : llvm::zip(signature.results, frame.results)) {
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
