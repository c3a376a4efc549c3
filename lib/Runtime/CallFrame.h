//===- CallFrame.h - The arguments of compiled code -------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_CALLFRAME_H
#define VGA_LIB_RUNTIME_CALLFRAME_H

#include "vga/Runtime/Binding.h"

namespace mlir::vga {

/// A memref descriptor as the C interface lays it out: allocated pointer,
/// aligned pointer, offset, sizes, strides, each of 64 bits.
class Descriptor {
public:
  static size_t getNumSlots(int64_t rank) { return 3 + 2 * rank; }

  Descriptor(MutableArrayRef<int64_t> slots, int64_t rank)
      : slots(slots), rank(rank) {}

  /// Describes a tensor whose elements are at `data`.
  void set(const HostTensor &tensor, const void *data) {
    slots[0] = slots[1] = reinterpret_cast<intptr_t>(data);
    slots[2] = 0;
    int64_t stride = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      slots[3 + axis] = tensor.getShape()[axis];
      slots[3 + rank + axis] = stride;
      stride *= std::max<int64_t>(tensor.getShape()[axis], 1);
    }
  }

  void *getAllocated() const { return reinterpret_cast<void *>(slots[0]); }
  char *getData(unsigned byteSize) const {
    return reinterpret_cast<char *>(slots[1]) + slots[2] * byteSize;
  }
  ArrayRef<int64_t> getSizes() const { return slots.slice(3, rank); }
  ArrayRef<int64_t> getStrides() const { return slots.slice(3 + rank, rank); }

  bool isDense() const {
    int64_t expected = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      int64_t size = getSizes()[axis];
      if (size == 0)
        return true;
      if (size != 1 && getStrides()[axis] != expected)
        return false;
      expected *= size;
    }
    return true;
  }

private:
  MutableArrayRef<int64_t> slots;
  int64_t rank;
};

/// What a call through the packed interface takes: descriptors in one array,
/// those of the results first, as one struct, and pointers to them.
struct CallFrame {
  CallFrame(ArrayRef<TensorSpec> resultSpecs,
            ArrayRef<const HostTensor *> tensors);
  // The pointers point into the frame.
  CallFrame(const CallFrame &) = delete;
  CallFrame &operator=(const CallFrame &) = delete;

  SmallVector<int64_t, 64> slots;
  SmallVector<Descriptor> results, arguments;
  SmallVector<void *> pointers;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_CALLFRAME_H
