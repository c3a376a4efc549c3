//===- Softmax.cpp - The online softmax of a consumer's rows --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

SmallVector<Value> hopper::updateRows(Kernel &kernel, ValueRange scores,
                                      Rows &rows, bool mayBeEmpty,
                                      SmallVectorImpl<Value> &factors,
                                      Value &isOutdated) {
  KernelBuilder &b = kernel.b;
  Value scale = b.f32(getExponentScale(kernel.op));
  BlockSoftmax softmax{b, scores, rows, mayBeEmpty, scale};
  // The assembler stays close to this order. Where exponentials take as long as
  // products (small heads), and in short loops, all of them come in a row; else
  // those of the first row begin before the second's maximum is known.
  if (kernel.plan.valueChannels <= kAtomChannels ||
      kernel.plan.hasShortTiles()) {
    softmax.compute({0, 1});
  } else {
    for (int64_t row = 0; row < kLaneRows; ++row)
      softmax.compute(row);
  }
  llvm::append_range(factors, softmax.factors);
  isOutdated = holdsInAnyLane(b, softmax.isOutdated);
  return softmax.weights;
}

SmallVector<Value> hopper::packWeights(Kernel &kernel, ValueRange weights) {
  SmallVector<Value> packed;
  for (size_t i = 0; i < weights.size(); i += 2)
    packed.push_back(
        kernel.b.pack(weights[i], weights[i + 1], kernel.plan.elementType));
  return packed;
}
