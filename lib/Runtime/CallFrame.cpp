//===- CallFrame.cpp - The arguments of compiled code ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CallFrame.h"

using namespace mlir;
using namespace mlir::vga;

CallFrame::CallFrame(ArrayRef<TensorSpec> resultSpecs,
                     ArrayRef<const HostTensor *> tensors) {
  size_t numSlots = 0;
  for (const TensorSpec &result : resultSpecs)
    numSlots += Descriptor::getNumSlots(result.shape.size());
  for (const HostTensor *tensor : tensors)
    numSlots += Descriptor::getNumSlots(tensor->getRank());
  slots.assign(numSlots, 0);
  MutableArrayRef<int64_t> rest(slots);
  auto take = [&rest](int64_t rank) {
    size_t size = Descriptor::getNumSlots(rank);
    Descriptor descriptor(rest.take_front(size), rank);
    rest = rest.drop_front(size);
    return descriptor;
  };
  if (!resultSpecs.empty())
    pointers.push_back(slots.data());
  for (const TensorSpec &result : resultSpecs)
    results.push_back(take(result.shape.size()));
  for (const HostTensor *tensor : tensors) {
    pointers.push_back(rest.data());
    arguments.push_back(take(tensor->getRank()));
  }
}
