//===- PinnedMemory.cpp - The host's memory, known to the driver ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PinnedMemory.h"

#include "CUDADriver.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;

PinnedMemory::~PinnedMemory() {
  if (data)
    llvm::consumeError(
        driver.check(driver.cuMemFreeHost(data), "cuMemFreeHost"));
}

Error PinnedMemory::reserve(size_t bytes) {
  if (bytes <= capacity)
    return Error::success();
  if (data)
    VGA_CHECK(cuMemFreeHost, data);
  data = nullptr;
  capacity = 0;
  VGA_CHECK(cuMemAllocHost, &data, bytes);
  capacity = bytes;
  return Error::success();
}
