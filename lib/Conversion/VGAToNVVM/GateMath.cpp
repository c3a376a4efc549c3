//===- GateMath.cpp - What gates compute ----------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GateMath.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

Value vga::applyActivation(KernelBuilder &b, Activation activation, Value x) {
  Value one = b.f32(1);
  switch (activation) {
  case Activation::identity:
    return x;
  case Activation::sigmoid:
    return b.reciprocal(
        b.addF(one, b.exp2(b.mulF(x, b.f32(-llvm::numbers::log2e)))));
  case Activation::softplus: {
    // max(x, 0) + log(1 + p), p = exp(-|x|), the logarithm as 2 atanh(p/(2+p)),
    // which is exact for small p: s <= 1/3, and the next term is under 1e-8.
    Value size = b.maxF(x, b.negF(x));
    Value power = b.exp2(b.mulF(size, b.f32(-llvm::numbers::log2e)));
    Value s = b.mulF(power, b.reciprocal(b.addF(power, b.f32(2))));
    Value square = b.mulF(s, s);
    Value series = b.f32(1.0 / 13);
    for (int64_t n = 11; n > 0; n -= 2)
      series = b.fma(series, square, b.f32(1.0 / n));
    return b.fma(b.mulF(s, b.f32(2)), series, b.maxF(x, b.f32(0)));
  }
  }
  llvm_unreachable("unknown activation");
}

Value vga::dotPiece(KernelBuilder &b, ValueRange piece, Type weightType,
                    Value weights) {
  Value sum = b.f32(0);
  for (auto [x, w] : llvm::zip(piece, b.loadPiece(weightType, weights)))
    sum = b.fma(x, w, sum);
  return sum;
}

Value vga::finishGate(KernelBuilder &b, GateOp op, Value sum, int64_t lanes,
                      Value bias, Value head) {
  for (int64_t distance = 1; distance < lanes; distance *= 2)
    sum = b.addF(sum, b.shuffleXor(sum, distance));
  if (bias) {
    Type type = op.getBias().getType().getElementType();
    sum = b.addF(sum, b.loadF32(type, b.elementAddress(bias, type, head)));
  }
  return applyActivation(b, op.getActivation(), sum);
}
