//===- DoubleArithmetic.h - Builds arithmetic on f64 ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_DOUBLEARITHMETIC_H
#define VGA_LIB_GPU_DOUBLEARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// Builds arithmetic on f64.
struct DoubleArithmetic : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value f64(double value) {
    return arith::ConstantOp::create(*this, getF64FloatAttr(value));
  }
  Value i64(int64_t value) {
    return arith::ConstantOp::create(*this, getI64IntegerAttr(value));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(*this, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(*this, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(*this, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(*this, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(*this, x, y, z);
  }
  Value compare(arith::CmpFPredicate predicate, Value x, double y) {
    return arith::CmpFOp::create(*this, predicate, x, f64(y));
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(*this, condition, x, y);
  }
  /// `x` within bounds; any number if it is none.
  Value clamp(Value x, double low, double high) {
    x = arith::MaxNumFOp::create(*this, x, f64(low));
    return arith::MinNumFOp::create(*this, x, f64(high));
  }
  /// `y`, or `x` if that is NaN.
  Value unlessNaN(Value x, Value y) {
    Value isNaN = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNO, x, x);
    return select(isNaN, x, y);
  }
};

} // namespace mlir::vga

#endif // VGA_LIB_GPU_DOUBLEARITHMETIC_H
