//===- RunListFuzzer.cpp - Any bytes as a list of runs --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/Driver/RunList.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::vga;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto requests = parseRunList(
      StringRef(reinterpret_cast<const char *>(data), size), "folder");
  if (!requests) {
    llvm::consumeError(requests.takeError());
    return 0;
  }
  for (const RunRequest &request : *requests)
    if (!request.entry)
      abort();
  return 0;
}
