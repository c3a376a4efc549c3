//===- ExpandExp.cpp - exp and exp2 as arithmetic ------------------------===//
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

/// Tensors become linalg, whose bodies are of numbers.
static bool isF32OrVector(Type type) {
  return type.isF32() ||
         (isa<VectorType>(type) && getElementTypeOrSelf(type).isF32());
}

namespace {

/// Builds arithmetic on f32, or on vectors of it.
struct ArithBuilder : ImplicitLocOpBuilder {
  ArithBuilder(Operation *op, OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder),
        type(op->getResultTypes().front()) {}

  Value constant(float value) { return splat(type, getF32FloatAttr(value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(*this, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(*this, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(*this, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(*this, x, y, z);
  }
  Value select(arith::CmpFPredicate predicate, Value x, Value y, Value yes,
               Value no) {
    Value condition = arith::CmpFOp::create(*this, predicate, x, y);
    return arith::SelectOp::create(*this, condition, yes, no);
  }

  /// The bits of `x`, `places` to the left.
  Value shiftBits(Value x, int32_t places) {
    Type bits = getBitsType();
    return arith::ShLIOp::create(*this, toBits(x),
                                 splat(bits, getI32IntegerAttr(places)));
  }
  Value toBits(Value x) {
    return arith::BitcastOp::create(*this, getBitsType(), x);
  }
  Value fromBits(Value x) { return arith::BitcastOp::create(*this, type, x); }

private:
  Type getBitsType() {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(getI32Type())) : getI32Type();
  }

  Value splat(Type splatType, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(splatType))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(*this, value);
  }

  Type type;
};

/// exp(x) = 2^n exp(r) with n = round(x / ln 2) and r = x - n ln 2.
struct ExpandExp : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    if (!isF32OrVector(op.getType()))
      return rewriter.notifyMatchFailure(op, "not f32");
    ArithBuilder b(op, rewriter);

    // Outside these bounds the result is 0 or inf whatever the polynomial
    // says; inside, 2^n is a normal number.
    constexpr float low = -87.33654f, high = 88.37626f;
    Value x = op.getOperand();
    Value clamped = arith::MinNumFOp::create(b, x, b.constant(high));
    clamped = arith::MaxNumFOp::create(b, clamped, b.constant(low));

    // Adding 1.5 * 2^23 rounds to an integer, and leaves it in the low bits.
    Value shifter = b.constant(12582912.0f);
    Value shifted = b.fma(clamped, b.constant(1.44269504f), shifter);
    Value n = b.sub(shifted, shifter);
    // ln 2 in two parts: n times the first is exact.
    Value r = b.fma(n, b.constant(-0.693359375f), clamped);
    r = b.fma(n, b.constant(2.12194440e-4f), r);

    // exp(r) = 1 + r + r^2 q(r); coefficients of Cephes' expf.
    Value q = b.constant(1.9875691500e-4f);
    for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                    1.6666665459e-1f, 5.0000001201e-1f})
      q = b.fma(q, r, b.constant(c));
    Value y = b.add(b.fma(q, b.mul(r, r), r), b.constant(1.0f));

    // 2^n y, by adding n to the exponent.
    Value result = b.fromBits(
        arith::AddIOp::create(b, b.toBits(y), b.shiftBits(shifted, 23)));
    result = b.select(arith::CmpFPredicate::OLT, x, b.constant(low),
                      b.constant(0.0f), result);
    result =
        b.select(arith::CmpFPredicate::OGT, x, b.constant(high),
                 b.constant(std::numeric_limits<float>::infinity()), result);
    rewriter.replaceOp(op,
                       b.select(arith::CmpFPredicate::UNO, x, x, x, result));
    return success();
  }
};

/// exp2(x) = 2^n 2^f with n = round(x) and f = x - n. The softmax spends most
/// of its time here: no step is there for an argument that needs it alone.
struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!isF32OrVector(op.getType()))
      return rewriter.notifyMatchFailure(op, "not f32");
    ArithBuilder b(op, rewriter);

    // At the bounds the factor 2^n below is 0 and inf. These comparisons let
    // NaNs pass, and are one instruction each.
    Value x = op.getOperand();
    for (auto [predicate, bound] :
         {std::pair(arith::CmpFPredicate::OLT, -127.0f),
          std::pair(arith::CmpFPredicate::OGT, 128.0f)})
      x = b.select(predicate, x, b.constant(bound), b.constant(bound), x);

    // Adding 1.5 * 2^23 + 127 rounds to an integer, and leaves n + 127, the
    // exponent of 2^n, in the low bits.
    Value shifter = b.constant(12582912.0f + 127.0f);
    Value shifted = b.add(x, shifter);
    Value f = b.sub(x, b.sub(shifted, shifter));
    Value power = b.fromBits(b.shiftBits(shifted, 23));

    // The best of relative error on [-1/2, 1/2] with 2^0 = 1.
    Value y = b.constant(1.326472731307149e-3f);
    for (float c : {9.671512991189957e-3f, 5.550733581185341e-2f,
                    2.4022242426872253e-1f, 6.931470036506653e-1f, 1.0f})
      y = b.fma(y, f, b.constant(c));
    rewriter.replaceOp(op, b.mul(y, power));
    return success();
  }
};

struct ExpandExpPass : vga::impl::VGAExpandExpPassBase<ExpandExpPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp, ExpandExp2>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
