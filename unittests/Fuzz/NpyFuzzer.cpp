//===- NpyFuzzer.cpp - Any bytes as an array ------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Npy.h"

#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace mlir;
using namespace mlir::vga;

/// What can be read can be written, and is the same when it is read again.
static void writeAndRead(const HostTensor &tensor) {
  std::string contents;
  llvm::raw_string_ostream os(contents);
  writeNpy(tensor, os);
  llvm::Expected<HostTensor> again = parseNpy(contents);
  if (!again || again->getKind() != tensor.getKind() ||
      again->getShape() != tensor.getShape() ||
      again->getBytes() != tensor.getBytes())
    abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::Expected<HostTensor> tensor =
      parseNpy(StringRef(reinterpret_cast<const char *>(data), size));
  if (!tensor) {
    llvm::consumeError(tensor.takeError());
    return 0;
  }
  writeAndRead(*tensor);
  tensor->print(llvm::nulls());
  return 0;
}
