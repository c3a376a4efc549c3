//===- HostTensor.h - Dense arrays in host memory ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The values that go into compiled functions and come out of them.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_HOSTTENSOR_H
#define VGA_RUNTIME_HOSTTENSOR_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace mlir::vga {

/// The element types that cross the border between files and compiled code.
enum class ElementKind : uint8_t {
  Bool,
  I8,
  I16,
  I32,
  I64,
  F16,
  BF16,
  F32,
  F64
};

/// The size of an element in memory, in bytes; a bool takes one.
unsigned getByteSize(ElementKind kind);

/// The name of the element type in MLIR: i1, i8, ..., bf16, f64.
StringRef getName(ElementKind kind);

/// A tensor type as MLIR prints it; dynamic sizes print as `?`.
std::string describeTensor(ElementKind kind, ArrayRef<int64_t> shape);

/// The number of bytes of a dense array, or nothing if the product of its
/// nonzero sizes (so, any stride of it too) does not fit into an int64.
std::optional<int64_t> getDenseByteSize(ElementKind kind,
                                        ArrayRef<int64_t> shape);

/// The values of 16-bit floats, given by their bits.
float widenF16(uint16_t bits);
float widenBF16(uint16_t bits);

class DeviceTensor;

/// A dense row-major array that owns its memory.
class HostTensor {
public:
  /// Compiled code and vector loads are happiest at cache line boundaries.
  static constexpr size_t kAlignment = 64;

  /// Allocates an uninitialized array; fails if it does not fit into memory.
  static llvm::Expected<HostTensor> create(ElementKind kind,
                                           ArrayRef<int64_t> shape);

  /// Takes over an array that starts at `data` in a block from malloc.
  static HostTensor adopt(ElementKind kind, ArrayRef<int64_t> shape,
                          void *allocation, void *data);

  ElementKind getKind() const { return kind; }
  ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const;
  size_t getNumBytes() const { return getNumElements() * getByteSize(kind); }

  char *getData() { return data; }
  const char *getData() const { return data; }
  StringRef getBytes() const { return StringRef(data, getNumBytes()); }

  /// The elements as values of the C++ type that stores them.
  template <typename T>
  MutableArrayRef<T> getValues() {
    assert(sizeof(T) == getByteSize(kind) && "element size mismatch");
    return MutableArrayRef<T>(reinterpret_cast<T *>(data), getNumElements());
  }
  template <typename T>
  ArrayRef<T> getValues() const {
    assert(sizeof(T) == getByteSize(kind) && "element size mismatch");
    return ArrayRef<T>(reinterpret_cast<const T *>(data), getNumElements());
  }

  /// Its copy in the memory of a GPU, if a Runner has made one: that of a
  /// weight or of a state lives as long as the tensor.
  std::shared_ptr<DeviceTensor> &getDeviceCopy() const { return deviceCopy; }

  /// The type, as in `tensor<2x3xf32>`.
  std::string describe() const { return describeTensor(kind, shape); }

  /// Prints the elements as nested lists; long axes are cut in the middle, and
  /// no element is [].
  void print(raw_ostream &os) const;

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };

  HostTensor(ElementKind kind, ArrayRef<int64_t> shape, void *allocation,
             void *data)
      : kind(kind), shape(shape), allocation(allocation),
        data(static_cast<char *>(data)) {}

  ElementKind kind;
  SmallVector<int64_t, 4> shape;
  std::unique_ptr<void, Free> allocation;
  char *data;
  mutable std::shared_ptr<DeviceTensor> deviceCopy;
};

} // namespace mlir::vga

#endif // VGA_RUNTIME_HOSTTENSOR_H
