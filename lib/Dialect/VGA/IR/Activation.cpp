//===- Activation.cpp - Activations of gates -----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::vga;

Value vga::emitActivation(LinalgBuilder &b, Activation activation, Value x) {
  auto type = cast<FloatType>(x.getType());
  switch (activation) {
  case Activation::identity:
    return x;
  case Activation::sigmoid: {
    // exp(-x) may be inf: 1 / inf is the 0 we want.
    Value one = b.constant(type, 1.0);
    Value minusX = arith::NegFOp::create(b, x);
    return b.div(one, b.add(one, math::ExpOp::create(b, minusX)));
  }
  case Activation::softplus: {
    // log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
    Value minusAbs =
        arith::NegFOp::create(b, Value(math::AbsFOp::create(b, x)));
    Value tail =
        math::Log1pOp::create(b, Value(math::ExpOp::create(b, minusAbs)));
    Value ramp = arith::MaximumFOp::create(b, x, b.constant(type, 0.0));
    return b.add(ramp, tail);
  }
  }
  llvm_unreachable("unknown activation");
}
