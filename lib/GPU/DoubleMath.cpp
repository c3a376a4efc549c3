//===- DoubleMath.cpp - Functions of f64 as arithmetic --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DoubleMath.h"
#include "DoubleArithmetic.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

/// What ln 2 is more than the f64 next to it.
static constexpr double kLn2Rest = 2.3190468138462996e-17;
static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {
/// Builds functions of f64.
struct DoubleBuilder : DoubleArithmetic {
  using DoubleArithmetic::DoubleArithmetic;

  /// 2^n for an i64 of which this is a normal number.
  Value power(Value n) {
    Value exponent = arith::AddIOp::create(*this, n, i64(1023));
    Value bits = arith::ShLIOp::create(*this, exponent, i64(52));
    return arith::BitcastOp::create(*this, getF64Type(), bits);
  }

  /// 2^n exp(r) for an integer n and |r| <= ln(2)/2.
  Value scaledExp(Value n, Value r) {
    // The series; what is left out is under 1e-17.
    constexpr int kDegree = 13;
    double factorial = 1;
    SmallVector<double> coefficients = {1};
    for (int i = 1; i <= kDegree; ++i)
      coefficients.push_back(1 / (factorial *= i));
    Value y = f64(coefficients.back());
    for (double coefficient : llvm::reverse(ArrayRef(coefficients).drop_back()))
      y = fma(y, r, f64(coefficient));
    // In two steps, as 2^n may be too small, or too large, for an f64.
    Value integer = arith::FPToSIOp::create(*this, getI64Type(), n);
    Value half = arith::ShRSIOp::create(*this, integer, i64(1));
    Value rest = arith::SubIOp::create(*this, integer, half);
    return mul(mul(y, power(half)), power(rest));
  }

  /// exp(x) = 2^n exp(r) with n = round(x / ln 2) and r = x - n ln 2.
  Value exp(Value x) {
    // At the bounds the result is 0 and inf.
    Value bounded = clamp(x, -746, 710);
    Value n = math::RoundEvenOp::create(
        *this, mul(bounded, f64(llvm::numbers::log2e)));
    Value r = fma(n, f64(-llvm::numbers::ln2), bounded);
    r = fma(n, f64(-kLn2Rest), r);
    return unlessNaN(x, scaledExp(n, r));
  }

  Value exp2(Value x) {
    Value bounded = clamp(x, -1076, 1025);
    Value n = math::RoundEvenOp::create(*this, bounded);
    Value r = mul(sub(bounded, n), f64(llvm::numbers::ln2));
    return unlessNaN(x, scaledExp(n, r));
  }

  /// log(x) = e ln 2 + log(m) with x = 2^e m and m from sqrt(1/2) to sqrt(2);
  /// log(m) = 2 atanh(s) with s = (m - 1) / (m + 1).
  Value log(Value x) {
    constexpr double kSmallest = std::numeric_limits<double>::min();
    constexpr int64_t kBitsOfRoot = 0x3FE6A09E667F3BCD;
    Value isTiny = compare(arith::CmpFPredicate::OLT, x, kSmallest);
    Value normal = select(isTiny, mul(x, f64(0x1p54)), x);
    Value bits = arith::BitcastOp::create(*this, getI64Type(), normal);
    Value distance = arith::SubIOp::create(*this, bits, i64(kBitsOfRoot));
    Value exponent = arith::ShRSIOp::create(*this, distance, i64(52));
    Value shift = arith::ShLIOp::create(*this, exponent, i64(52));
    Value m = arith::BitcastOp::create(
        *this, getF64Type(), arith::SubIOp::create(*this, bits, shift));
    Value e = arith::SIToFPOp::create(*this, getF64Type(), exponent);
    e = sub(e, select(isTiny, f64(54), f64(0)));

    Value f = sub(m, f64(1));
    Value s = div(f, add(f, f64(2)));
    Value square = mul(s, s);
    constexpr int kTerms = 12;
    Value series = f64(2.0 / (2 * kTerms - 1));
    for (int i = kTerms - 2; i >= 0; --i)
      series = fma(series, square, f64(2.0 / (2 * i + 1)));
    Value result = fma(e, f64(kLn2Rest), mul(s, series));
    result = fma(e, f64(llvm::numbers::ln2), result);

    Value isNumber =
        arith::AndIOp::create(*this, compare(arith::CmpFPredicate::OGT, x, 0),
                              compare(arith::CmpFPredicate::OLT, x, kInfinity));
    Value other = select(compare(arith::CmpFPredicate::OLT, x, 0),
                         f64(std::numeric_limits<double>::quiet_NaN()), x);
    other = select(compare(arith::CmpFPredicate::OEQ, x, 0), f64(-kInfinity),
                   other);
    return select(isNumber, result, other);
  }

  /// W. Kahan's correction of log(1 + x) by what the sum has lost.
  Value log1p(Value x) {
    Value sum = add(x, f64(1)), kept = sub(sum, f64(1));
    Value result = mul(log(sum), div(x, kept));
    result = select(compare(arith::CmpFPredicate::OEQ, kept, 0), x, result);
    return select(compare(arith::CmpFPredicate::OEQ, sum, kInfinity), sum,
                  result);
  }

  /// The same for exp(x) - 1.
  Value expm1(Value x) {
    Value power = exp(x), difference = sub(power, f64(1));
    Value result = mul(difference, div(x, log(power)));
    auto unless = [&](Value tested, double value, Value other) {
      result = select(compare(arith::CmpFPredicate::OEQ, tested, value), other,
                      result);
    };
    unless(power, 1, x);
    unless(difference, -1, difference);
    unless(power, kInfinity, power);
    return result;
  }

  Value tanh(Value x) {
    // From here on it is 1.
    constexpr double kLarge = 22;
    Value size = clamp(math::AbsFOp::create(*this, x), 0, kLarge);
    Value t = expm1(add(size, size));
    Value result = div(t, add(t, f64(2)));
    return unlessNaN(x, math::CopySignOp::create(*this, result, x));
  }
};

/// Replaces an operation on f64 by what a function of DoubleBuilder makes.
template <typename OpTy>
struct ExpandDouble : OpRewritePattern<OpTy> {
  using Function = Value (*)(DoubleBuilder &, Value);
  ExpandDouble(MLIRContext *context, Function function)
      : OpRewritePattern<OpTy>(context), function(function) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "not a scalar of f64");
    DoubleBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, function(b, op.getOperand()));
    return success();
  }

private:
  Function function;
};
} // namespace

void vga::populateDoubleMathPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  using B = DoubleBuilder;
  patterns.add<ExpandDouble<math::ExpOp>>(
      context, [](B &b, Value x) { return b.exp(x); });
  patterns.add<ExpandDouble<math::Exp2Op>>(
      context, [](B &b, Value x) { return b.exp2(x); });
  patterns.add<ExpandDouble<math::ExpM1Op>>(
      context, [](B &b, Value x) { return b.expm1(x); });
  patterns.add<ExpandDouble<math::LogOp>>(
      context, [](B &b, Value x) { return b.log(x); });
  patterns.add<ExpandDouble<math::Log2Op>>(context, [](B &b, Value x) {
    return b.mul(b.log(x), b.f64(llvm::numbers::log2e));
  });
  patterns.add<ExpandDouble<math::Log10Op>>(context, [](B &b, Value x) {
    return b.mul(b.log(x), b.f64(1 / llvm::numbers::ln10));
  });
  patterns.add<ExpandDouble<math::Log1pOp>>(
      context, [](B &b, Value x) { return b.log1p(x); });
  patterns.add<ExpandDouble<math::TanhOp>>(
      context, [](B &b, Value x) { return b.tanh(x); });
}
