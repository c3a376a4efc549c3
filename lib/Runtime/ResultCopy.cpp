//===- ResultCopy.cpp - Results on their way to the host ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ResultCopy.h"

#include "CUDADriver.h"
#include "vga/Runtime/CUDA.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;
using llvm::Expected;

ResultCopy::~ResultCopy() {
  if (event)
    llvm::consumeError(
        driver.check(driver.cuEventDestroy(event), "cuEventDestroy"));
}

static size_t getNumBytes(const TensorSpec &tensor) {
  return *getDenseByteSize(tensor.kind, tensor.shape);
}

Error ResultCopy::start(CudaDevice &device, ArrayRef<TensorSpec> specs,
                        ArrayRef<Descriptor> results) {
  if (!event) {
    // Nobody asks for its time.
    constexpr unsigned kDisableTiming = 2;
    VGA_CHECK(cuEventCreate, &event, kDisableTiming);
  }
  tensors.clear();
  size_t total = 0;
  for (auto [spec, result] : llvm::zip_equal(specs, results)) {
    if (!result.isDense())
      return llvm::createStringError("a result on the GPU is not dense");
    TensorSpec &tensor = tensors.emplace_back();
    tensor.kind = spec.kind;
    tensor.shape.assign(result.getSizes().begin(), result.getSizes().end());
    total += getNumBytes(tensor);
  }
  if (Error error = memory.reserve(total))
    return error;
  char *to = memory.getData();
  for (auto [tensor, result] : llvm::zip_equal(tensors, results)) {
    size_t bytes = getNumBytes(tensor);
    void *from = result.getData(getByteSize(tensor.kind));
    if (bytes != 0)
      VGA_CHECK(cuMemcpyDtoHAsync, to, reinterpret_cast<uint64_t>(from), bytes,
                device.getStream());
    to += bytes;
  }
  VGA_CHECK(cuEventRecord, event, device.getStream());
  return Error::success();
}

Expected<SmallVector<HostTensor>> ResultCopy::finish() {
  if (Error error =
          driver.check(driver.cuEventSynchronize(event), "cuEventSynchronize"))
    return std::move(error);
  SmallVector<HostTensor> results;
  const char *from = memory.getData();
  for (const TensorSpec &spec : tensors) {
    auto tensor = HostTensor::create(spec.kind, spec.shape);
    if (!tensor)
      return tensor.takeError();
    std::memcpy(tensor->getData(), from, tensor->getNumBytes());
    from += tensor->getNumBytes();
    results.push_back(std::move(*tensor));
  }
  return results;
}
