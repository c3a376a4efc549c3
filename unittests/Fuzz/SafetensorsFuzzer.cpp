//===- SafetensorsFuzzer.cpp - Any bytes as weights -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Safetensors.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::vga;

/// Data that a tensor is said to have are there, and as many as it takes.
static void readAll(const SafetensorsFile::Entry &entry) {
  uint8_t sum = 0;
  for (char byte : entry.data)
    sum += byte;
  volatile uint8_t result = sum;
  (void)result;
  std::optional<ElementKind> kind = entry.getKind();
  if (kind && getDenseByteSize(*kind, entry.shape) !=
                  static_cast<int64_t>(entry.data.size()))
    abort();
  (void)entry.describe();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Without a zero at the end, as a file is mapped.
  auto buffer = llvm::MemoryBuffer::getMemBuffer(
      StringRef(reinterpret_cast<const char *>(data), size), "",
      /*RequiresNullTerminator=*/false);
  auto file = SafetensorsFile::parse(std::move(buffer));
  if (!file) {
    llvm::consumeError(file.takeError());
    return 0;
  }
  for (const auto &entry : *file)
    readAll(entry.getValue());
  return 0;
}
