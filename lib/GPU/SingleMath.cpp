//===- SingleMath.cpp - Functions of f32 by arithmetic on f64 -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DoubleArithmetic.h"
#include "DoubleMath.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
static constexpr double kHalfPi = llvm::numbers::pi / 2;

namespace {
using Predicate = arith::CmpFPredicate;

/// Builds functions of an f64 that was an f32, exact enough for an f32.
struct SingleBuilder : DoubleArithmetic {
  using DoubleArithmetic::DoubleArithmetic;

  Value abs(Value x) { return math::AbsFOp::create(*this, x); }
  Value round(Value x) { return math::RoundEvenOp::create(*this, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(*this, x); }
  Value exp(Value x) { return math::ExpOp::create(*this, x); }
  Value log(Value x) { return math::LogOp::create(*this, x); }
  Value log1p(Value x) { return math::Log1pOp::create(*this, x); }
  Value expm1(Value x) { return math::ExpM1Op::create(*this, x); }
  Value withSignOf(Value x, Value sign) {
    return math::CopySignOp::create(*this, x, sign);
  }
  Value isEqual(Value x, Value y) {
    return arith::CmpFOp::create(*this, Predicate::OEQ, x, y);
  }
  Value both(Value x, Value y) { return arith::AndIOp::create(*this, x, y); }
  Value either(Value x, Value y) { return arith::OrIOp::create(*this, x, y); }
  /// x + c1 x^3 + c2 x^5 + ..., or 1 + c1 x^2 + ..., of the factor x or 1.
  Value series(Value factor, Value square, ArrayRef<double> coefficients) {
    Value y = f64(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      y = fma(y, square, f64(coefficient));
    return fma(mul(factor, square), y, factor);
  }

  // Above this exp(x) is inf as an f32.
  static constexpr double kLarge = 100;

  /// With t = expm1(|x|), half of t + t / (t + 1).
  Value sinh(Value x) {
    Value t = expm1(clamp(abs(x), 0, kLarge));
    Value y = mul(f64(0.5), add(t, div(t, add(t, f64(1)))));
    return unlessNaN(x, withSignOf(y, x));
  }

  Value cosh(Value x) {
    Value e = exp(clamp(abs(x), 0, kLarge));
    return unlessNaN(x, mul(f64(0.5), add(e, div(f64(1), e))));
  }

  /// The square of an f32 is a number of f64.
  Value asinh(Value x) {
    Value a = abs(x), square = mul(a, a);
    Value root = sqrt(add(square, f64(1)));
    Value y = log1p(add(a, div(square, add(root, f64(1)))));
    return select(isEqual(a, f64(kInfinity)), x, withSignOf(y, x));
  }

  Value acosh(Value x) {
    Value t = sub(x, f64(1));
    Value y = log1p(add(t, sqrt(mul(t, add(t, f64(2))))));
    return select(compare(Predicate::OLT, x, 1), f64(kNaN), y);
  }

  Value atanh(Value x) {
    Value a = abs(x);
    Value y = log1p(div(add(a, a), sub(f64(1), a)));
    return withSignOf(mul(f64(0.5), y), x);
  }

  Value cbrt(Value x) { return withSignOf(exp(div(log(abs(x)), f64(3))), x); }

  Value log2(Value x) { return mul(log(x), f64(llvm::numbers::log2e)); }
  Value log10(Value x) { return mul(log(x), f64(1 / llvm::numbers::ln10)); }

  /// atan(a) of 0 <= a <= 1: above tan(pi / 8), of (a - 1) / (a + 1), which is
  /// pi / 4 less.
  Value atanOfFraction(Value a) {
    Value isLarge = compare(Predicate::OGT, a, 0.4142135623730950);
    Value t = select(isLarge, div(sub(a, f64(1)), add(a, f64(1))), a);
    SmallVector<double> coefficients;
    for (int i = 1; i < 16; ++i)
      coefficients.push_back((i % 2 ? -1.0 : 1.0) / (2 * i + 1));
    Value y = series(t, mul(t, t), coefficients);
    return add(y, select(isLarge, f64(kHalfPi / 2), f64(0)));
  }

  Value atan2(Value y, Value x) {
    Value a = abs(y), b = abs(x);
    Value isSteep = arith::CmpFOp::create(*this, Predicate::OGT, a, b);
    Value low = select(isSteep, b, a), high = select(isSteep, a, b);
    // 0 by 0 is 0, and inf by inf is 1.
    Value ratio = select(isEqual(low, high),
                         select(compare(Predicate::OEQ, low, 0), low, f64(1)),
                         div(low, high));
    Value angle = atanOfFraction(ratio);
    angle = select(isSteep, sub(f64(kHalfPi), angle), angle);
    Value isLeft = compare(Predicate::OLT, withSignOf(f64(1), x), 0);
    angle = select(isLeft, sub(f64(llvm::numbers::pi), angle), angle);
    return unlessNaN(x, unlessNaN(y, withSignOf(angle, y)));
  }

  Value atan(Value x) { return atan2(x, f64(1)); }

  Value asin(Value x) {
    Value square = mul(sub(f64(1), x), add(f64(1), x));
    // Of arguments beyond 1 there is none.
    return unlessNaN(sqrt(square), atan2(x, sqrt(square)));
  }

  /// exp(y log |x|), with the sign and the exceptions that IEEE 754 has.
  Value powf(Value x, Value y) {
    Value size = exp(mul(y, log(abs(x))));
    Value half = mul(y, f64(0.5));
    Value isInteger = isEqual(math::TruncOp::create(*this, y), y);
    Value isEven = isEqual(math::TruncOp::create(*this, half), half);
    Value isNegative = compare(Predicate::OLT, withSignOf(f64(1), x), 0);
    Value no = arith::ConstantOp::create(*this, getBoolAttr(false));
    Value isOdd = select(isEven, no, isInteger);
    Value power = select(both(isNegative, isOdd),
                         arith::NegFOp::create(*this, size), size);
    Value isNone = both(both(compare(Predicate::OLT, x, 0),
                             compare(Predicate::OGT, x, -kInfinity)),
                        select(isInteger, no, compare(Predicate::ORD, y, 0)));
    power = select(isNone, f64(kNaN), power);
    Value isOne =
        either(compare(Predicate::OEQ, y, 0), compare(Predicate::OEQ, x, 1));
    isOne = either(isOne, both(compare(Predicate::OEQ, x, -1),
                               compare(Predicate::OEQ, abs(y), kInfinity)));
    return select(isOne, f64(1), power);
  }

  /// x = n pi / 2 + r with |r| <= pi / 4; n is an integer, or what it is modulo
  /// 4.
  std::pair<Value, Value> reduce(Value x) {
    // Below, n has few enough bits for each step to lose next to nothing.
    constexpr double kMost = 0x1p24;
    auto branch = scf::IfOp::create(
        *this, TypeRange{getF64Type(), getF64Type()},
        compare(Predicate::OLT, abs(x), kMost), /*withElseRegion=*/true);
    InsertionGuard guard(*this);
    setInsertionPointToStart(branch.thenBlock());
    Value n = round(mul(x, f64(1 / kHalfPi))), r = x;
    for (double part :
         {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110})
      r = fma(n, f64(-part), r);
    scf::YieldOp::create(*this, ValueRange{n, r});
    setInsertionPointToStart(branch.elseBlock());
    std::tie(n, r) = reduceLarge(x);
    scf::YieldOp::create(*this, ValueRange{n, r});
    return {branch.getResult(0), branch.getResult(1)};
  }

  /// Multiplies by 2 / pi in parts of 29 bits, so that products with the 24 of
  /// an f32 are exact, and drops their integers as they come.
  std::pair<Value, Value> reduceLarge(Value x) {
    Value n = f64(0), rest = f64(0);
    for (double part : {0x1.45f306dp-1, 0x1.9391054p-30, 0x1.4fe13abp-59,
                        0x1.d1f534dp-88, 0x1.b81b6c5p-117, 0x1.5993c4p-148,
                        0x1.c820ff2p-175, 0x1.163abdep-204}) {
      Value product = mul(x, f64(part));
      product = fma(round(mul(product, f64(0.25))), f64(-4), product);
      Value integer = round(product);
      rest = add(rest, sub(product, integer));
      Value carry = round(rest);
      rest = sub(rest, carry);
      n = add(n, add(integer, carry));
    }
    return {n, mul(rest, f64(kHalfPi))};
  }

  Value sinOfRest(Value r) {
    return series(r, mul(r, r),
                  {-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880,
                   -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000});
  }
  Value cosOfRest(Value r) {
    return series(f64(1), mul(r, r),
                  {-1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800,
                   1.0 / 479001600, -1.0 / 87178291200});
  }

  /// sin(n pi / 2 + r).
  Value sinOf(Value n, Value r) {
    // 0 to 3.
    Value floor = math::FloorOp::create(*this, mul(n, f64(0.25)));
    Value quadrant = fma(floor, f64(-4), n);
    Value isOdd = either(compare(Predicate::OEQ, quadrant, 1),
                         compare(Predicate::OEQ, quadrant, 3));
    Value y = select(isOdd, cosOfRest(r), sinOfRest(r));
    return select(compare(Predicate::OGE, quadrant, 2),
                  arith::NegFOp::create(*this, y), y);
  }

  Value sin(Value x) {
    auto [n, r] = reduce(x);
    return select(compare(Predicate::OEQ, x, 0), x, sinOf(n, r));
  }

  Value cos(Value x) {
    auto [n, r] = reduce(x);
    return sinOf(add(n, f64(1)), r);
  }

  Value tan(Value x) {
    auto [n, r] = reduce(x);
    Value y = div(sinOf(n, r), sinOf(add(n, f64(1)), r));
    return select(compare(Predicate::OEQ, x, 0), x, y);
  }
};

/// Replaces an operation on f32 by what a function of SingleBuilder makes.
template <typename OpTy, typename... Operands>
struct ExpandSingle : OpRewritePattern<OpTy> {
  using Function = Value (SingleBuilder::*)(Operands...);
  // Ahead of the expansions of MLIR, which are of f32.
  ExpandSingle(MLIRContext *context, Function function)
      : OpRewritePattern<OpTy>(context, /*benefit=*/2), function(function) {}

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return rewriter.notifyMatchFailure(op, "not a scalar of f32");
    SingleBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> wide =
        llvm::map_to_vector(op->getOperands(), [&](Value operand) -> Value {
          return arith::ExtFOp::create(b, b.getF64Type(), operand);
        });
    Value result;
    if constexpr (sizeof...(Operands) == 1)
      result = (b.*function)(wide[0]);
    else
      result = (b.*function)(wide[0], wide[1]);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), result);
    return success();
  }

private:
  Function function;
};
} // namespace

void vga::populateSingleMathPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  using B = SingleBuilder;
  patterns.add<ExpandSingle<math::AcoshOp, Value>>(context, &B::acosh);
  patterns.add<ExpandSingle<math::AsinOp, Value>>(context, &B::asin);
  patterns.add<ExpandSingle<math::AsinhOp, Value>>(context, &B::asinh);
  patterns.add<ExpandSingle<math::AtanOp, Value>>(context, &B::atan);
  patterns.add<ExpandSingle<math::AtanhOp, Value>>(context, &B::atanh);
  patterns.add<ExpandSingle<math::CbrtOp, Value>>(context, &B::cbrt);
  patterns.add<ExpandSingle<math::CosOp, Value>>(context, &B::cos);
  patterns.add<ExpandSingle<math::CoshOp, Value>>(context, &B::cosh);
  patterns.add<ExpandSingle<math::Log10Op, Value>>(context, &B::log10);
  patterns.add<ExpandSingle<math::Log2Op, Value>>(context, &B::log2);
  patterns.add<ExpandSingle<math::SinOp, Value>>(context, &B::sin);
  patterns.add<ExpandSingle<math::SinhOp, Value>>(context, &B::sinh);
  patterns.add<ExpandSingle<math::TanOp, Value>>(context, &B::tan);
  patterns.add<ExpandSingle<math::Atan2Op, Value, Value>>(context, &B::atan2);
  patterns.add<ExpandSingle<math::PowFOp, Value, Value>>(context, &B::powf);
}
