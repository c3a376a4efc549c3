//===- TestUtils.h - Helpers of the runtime's tests
//---------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_UNITTESTS_RUNTIME_TESTUTILS_H
#define VGA_UNITTESTS_RUNTIME_TESTUTILS_H

#include "vga/Runtime/HostTensor.h"
#include "gtest/gtest.h"
#include <random>

namespace mlir::vga {

/// The message of a failure; "success" if there is none.
template <typename T>
std::string getMessage(llvm::Expected<T> value) {
  return value ? "success" : toString(value.takeError());
}

/// A tensor of these values.
template <typename T>
HostTensor makeTensor(ElementKind kind, ArrayRef<int64_t> shape,
                      ArrayRef<T> values) {
  HostTensor tensor = llvm::cantFail(HostTensor::create(kind, shape));
  llvm::copy(values, tensor.getValues<T>().begin());
  return tensor;
}
inline HostTensor makeF32(ArrayRef<int64_t> shape, ArrayRef<float> values) {
  return makeTensor<float>(ElementKind::F32, shape, values);
}

/// Calls `parse` with damaged copies of `contents`: cut off, and with bytes
/// changed. It is free to fail; it must not crash.
template <typename Parse>
void parseDamaged(StringRef contents, Parse parse) {
  for (size_t size = 0; size < contents.size(); ++size)
    parse(contents.take_front(size).str());
  std::mt19937 generator(1);
  for (int i = 0; i < 5000; ++i) {
    std::string copy = contents.str();
    for (unsigned n = generator() % 3 + 1; n > 0; --n)
      copy[generator() % copy.size()] = static_cast<char>(generator());
    parse(std::move(copy));
  }
}

} // namespace mlir::vga

#endif // VGA_UNITTESTS_RUNTIME_TESTUTILS_H
