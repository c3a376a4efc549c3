//===- Visibility.cpp - What hides keys, in bodies of linalg --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Visibility.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The largest finite number of the sign of `x` where it is beyond it.
static Value clampToFinite(LinalgBuilder &s, Value x, FloatType to) {
  auto type = cast<FloatType>(x.getType());
  double largest =
      APFloat::getLargest(to.getFloatSemantics()).convertToDouble();
  Value size = math::AbsFOp::create(s, x);
  Value isBeyond = arith::CmpFOp::create(s, arith::CmpFPredicate::OGT, size,
                                         s.constant(type, largest));
  Value isFinite = arith::CmpFOp::create(s, arith::CmpFPredicate::OLT, size,
                                         s.constant(type, kInfinity));
  Value edge = math::CopySignOp::create(s, s.constant(type, largest), x);
  return arith::SelectOp::create(
      s, arith::AndIOp::create(s, isBeyond, isFinite), edge, x);
}

Value vga::emitMaskEntry(LinalgBuilder &s, Value element, FloatType type) {
  if (element.getType().isInteger(1))
    return arith::SelectOp::create(s, element, s.constant(type, 0.0),
                                   s.constant(type, -kInfinity));
  if (element.getType().getIntOrFloatBitWidth() > type.getWidth())
    element = clampToFinite(s, element, type);
  return s.convert(element, type);
}

Value vga::emitMaskedScore(LinalgBuilder &s, Value score, Value entry) {
  auto type = cast<FloatType>(score.getType());
  Value hidden = s.constant(type, -kInfinity);
  Value isHidden =
      arith::CmpFOp::create(s, arith::CmpFPredicate::OEQ, entry, hidden);
  return arith::SelectOp::create(s, isHidden, hidden, s.add(score, entry));
}

Value vga::emitGuardedProduct(LinalgBuilder &s, Value weight, Value factor) {
  auto type = cast<FloatType>(weight.getType());
  Value zero = s.constant(type, 0.0);
  Value isZero =
      arith::CmpFOp::create(s, arith::CmpFPredicate::OEQ, weight, zero);
  return arith::SelectOp::create(s, isZero, zero, s.mul(weight, factor));
}
