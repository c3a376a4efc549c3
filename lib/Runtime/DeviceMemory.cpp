//===- DeviceMemory.cpp - The memory of a GPU -----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceMemory.h"

#include "CUDADriver.h"
#include "vga/Runtime/CUDA.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;
using llvm::Expected;

/// What is rounded up to: kernels look at whole words.
static constexpr size_t kGranule = 256;

/// The driver's memory.
static Expected<void *> allocateFromDriver(size_t bytes) {
  uint64_t address = 0;
  int result = driver.cuMemAlloc(
      &address, llvm::alignTo(std::max<size_t>(bytes, 1), kGranule));
  constexpr int kOutOfMemory = 2;
  if (result == kOutOfMemory) {
    size_t free = 0, total = 0;
    driver.cuMemGetInfo(&free, &total);
    return llvm::createStringError(llvm::formatv(
        "out of memory on the GPU: {0} bytes wanted, {1} of {2} are free",
        bytes, free, total));
  }
  if (Error error = driver.check(result, "cuMemAlloc"))
    return std::move(error);
  return reinterpret_cast<void *>(address);
}

static void freeToDriver(void *memory) {
  llvm::consumeError(driver.check(
      driver.cuMemFree(reinterpret_cast<uint64_t>(memory)), "cuMemFree"));
}

//===----------------------------------------------------------------------===//
// DeviceArena
//===----------------------------------------------------------------------===//

DeviceArena::~DeviceArena() {
  release();
  for (auto &entry : used)
    freeToDriver(entry.first);
}

Expected<void *> DeviceArena::allocate(size_t bytes) {
  // Larger memory would soon be missed by what it was for.
  constexpr size_t kMostWaste = 2;
  size_t size = llvm::alignTo(std::max<size_t>(bytes, 1), kGranule);
  auto it = unused.lower_bound(size);
  void *memory = nullptr;
  if (it != unused.end() && it->first <= kMostWaste * size) {
    memory = it->second;
    size = it->first;
    unused.erase(it);
  } else {
    Expected<void *> fresh = allocateFromDriver(bytes);
    if (!fresh && !unused.empty()) {
      llvm::consumeError(fresh.takeError());
      release();
      fresh = allocateFromDriver(bytes);
    }
    if (!fresh)
      return fresh;
    memory = *fresh;
  }
  used[memory] = size;
  if (bytes == 0)
    if (Error error = (*CudaDevice::get())->clear(memory, size))
      return std::move(error);
  return memory;
}

void DeviceArena::free(void *memory) {
  auto it = used.find(memory);
  if (it == used.end())
    return;
  unused.emplace(it->second, memory);
  used.erase(it);
}

/// Gives back what is not used.
void DeviceArena::release() {
  for (auto &entry : unused)
    freeToDriver(entry.second);
  unused.clear();
}

//===----------------------------------------------------------------------===//
// DeviceTensor
//===----------------------------------------------------------------------===//

unsigned DeviceTensor::currentGeneration = 0;

Expected<std::shared_ptr<DeviceTensor>>
DeviceTensor::create(const HostTensor &tensor) {
  Expected<void *> data = allocateFromDriver(tensor.getNumBytes());
  if (!data)
    return data.takeError();
  std::shared_ptr<DeviceTensor> copy(new DeviceTensor(*data));
  if (Error error =
          (*CudaDevice::get())
              ->copyToDevice(*data, tensor.getData(), tensor.getNumBytes()))
    return std::move(error);
  return copy;
}

DeviceTensor::~DeviceTensor() { freeToDriver(data); }
