//===- ExpandExp.cpp - exp as arithmetic ---------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include <limits>

namespace mlir::vga {
#define GEN_PASS_DEF_VGAEXPANDEXPPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {

/// exp(x) = 2^n exp(r) with n = round(x / ln 2) and r = x - n ln 2.
struct ExpandExp : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto constant = [&](float value) {
      return splat(b, type, b.getF32FloatAttr(value));
    };
    auto fma = [&](Value x, Value y, Value z) -> Value {
      return math::FmaOp::create(b, x, y, z);
    };

    // Outside these bounds the result is 0 or inf whatever the polynomial
    // says; inside, 2^n is a normal number.
    constexpr float low = -87.33654f, high = 88.37626f;
    Value x = op.getOperand();
    Value clamped = arith::MinNumFOp::create(b, x, constant(high));
    clamped = arith::MaxNumFOp::create(b, clamped, constant(low));

    // Adding 1.5 * 2^23 rounds to an integer, and leaves it in the low bits.
    Value shifter = constant(12582912.0f);
    Value shifted = fma(clamped, constant(1.44269504f), shifter);
    Value n = arith::SubFOp::create(b, shifted, shifter);
    // ln 2 in two parts: n times the first is exact.
    Value r = fma(n, constant(-0.693359375f), clamped);
    r = fma(n, constant(2.12194440e-4f), r);

    // exp(r) = 1 + r + r^2 q(r); coefficients of Cephes' expf.
    Value q = constant(1.9875691500e-4f);
    for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                    1.6666665459e-1f, 5.0000001201e-1f})
      q = fma(q, r, constant(c));
    Value squared = arith::MulFOp::create(b, r, r);
    Value y = fma(q, squared, r);
    y = arith::AddFOp::create(b, y, constant(1.0f));

    // 2^n y, by adding n to the exponent.
    Type bits = type;
    if (auto vector = dyn_cast<VectorType>(type))
      bits = vector.clone(b.getI32Type());
    else
      bits = b.getI32Type();
    Value exponent = arith::BitcastOp::create(b, bits, shifted);
    exponent = arith::ShLIOp::create(b, exponent,
                                     splat(b, bits, b.getI32IntegerAttr(23)));
    Value sum = arith::AddIOp::create(
        b, Value(arith::BitcastOp::create(b, bits, y)), exponent);
    Value result = arith::BitcastOp::create(b, type, sum);

    auto choose = [&](arith::CmpFPredicate predicate, float bound,
                      Value value) {
      Value beyond = arith::CmpFOp::create(b, predicate, x, constant(bound));
      result = arith::SelectOp::create(b, beyond, value, result);
    };
    choose(arith::CmpFPredicate::OLT, low, constant(0.0f));
    choose(arith::CmpFPredicate::OGT, high,
           constant(std::numeric_limits<float>::infinity()));
    Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, isNaN, x, result);
    return success();
  }

private:
  static Value splat(ImplicitLocOpBuilder &b, Type type, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(b, value);
  }
};

struct ExpandExpPass : vga::impl::VGAExpandExpPassBase<ExpandExpPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
