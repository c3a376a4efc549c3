//===- ExpandExp.cpp - exp, exp2, expm1 and log as arithmetic ------------===//
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
#include "llvm/Support/MathExtras.h"
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

/// Builds arithmetic on floats, or on vectors of them; bits are those of f32.
struct ArithBuilder : ImplicitLocOpBuilder {
  ArithBuilder(Operation *op, OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder),
        type(op->getResultTypes().front()) {}

  Value constant(double value) {
    return splat(type, getFloatAttr(getElementTypeOrSelf(type), value));
  }
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
    return arith::ShLIOp::create(*this, toBits(x), integer(places));
  }
  /// The same to the right, with zeros on the left.
  Value shiftRight(Value bits, int32_t places) {
    return arith::ShRUIOp::create(*this, bits, integer(places));
  }
  /// The bits of a mask, and others that are set.
  Value combine(Value bits, int32_t mask, int32_t set) {
    bits = arith::AndIOp::create(*this, bits, integer(mask));
    return arith::OrIOp::create(*this, bits, integer(set));
  }
  /// The number that bits are as an integer.
  Value toFloat(Value bits) {
    return arith::SIToFPOp::create(*this, type, bits);
  }
  Value toBits(Value x) {
    return arith::BitcastOp::create(*this, getBitsType(), x);
  }
  Value fromBits(Value x) { return arith::BitcastOp::create(*this, type, x); }

private:
  Value integer(int32_t value) {
    return splat(getBitsType(), getI32IntegerAttr(value));
  }

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

/// expm1(x) = 2^n expm1(r) + (2^n - 1) with x = n ln2 + r and |r| <= ln2 / 2.
/// In f64, where exp and log are those of a library, it is Kahan's quotient,
/// whose errors cancel: exp(x) - 1 loses all bits of small x.
struct ExpandExpM1 : OpRewritePattern<math::ExpM1Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpM1Op op,
                                PatternRewriter &rewriter) const override {
    Type type = getElementTypeOrSelf(op.getType());
    ArithBuilder b(op, rewriter);
    if (isa<TensorType>(op.getType()))
      return rewriter.notifyMatchFailure(op, "not a number or a vector");
    if (type.isF64()) {
      rewriter.replaceOp(op, emitQuotient(b, op.getOperand()));
      return success();
    }
    if (!type.isF32())
      return rewriter.notifyMatchFailure(op, "not f32 or f64");
    rewriter.replaceOp(op, emitPolynomial(b, op.getOperand()));
    return success();
  }

private:
  static Value emitQuotient(ArithBuilder &b, Value x) {
    Value power = math::ExpOp::create(b, x);
    Value less = b.sub(power, b.constant(1.0));
    Value log = math::LogOp::create(b, power);
    Value y = b.mul(less, arith::DivFOp::create(b, x, log));
    // The log of 1 is 0, that of 0 is -inf, and that of inf is inf.
    y = b.select(arith::CmpFPredicate::OEQ, power, b.constant(1.0), x, y);
    y = b.select(arith::CmpFPredicate::OEQ, less, b.constant(-1.0), less, y);
    return b.select(arith::CmpFPredicate::OEQ, power,
                    b.constant(std::numeric_limits<double>::infinity()), power,
                    y);
  }

  static Value emitPolynomial(ArithBuilder &b, Value x) {
    // Below -20 it is -1, above it is inf; comparisons let NaNs pass.
    float low = -20.0f, high = 88.7228317f;
    Value y = x;
    for (auto [predicate, bound] : {std::pair(arith::CmpFPredicate::OLT, low),
                                    std::pair(arith::CmpFPredicate::OGT, high)})
      y = b.select(predicate, y, b.constant(bound), b.constant(bound), y);
    // n + 126, the exponent of 2^(n - 1), is in the low bits.
    Value shifter = b.constant(12582912.0f + 126.0f);
    Value shifted = b.fma(y, b.constant(llvm::numbers::log2ef), shifter);
    Value n = b.sub(shifted, shifter);
    Value half = b.fromBits(b.shiftBits(shifted, 23));
    // ln2 in two parts, the first of which times n is exact.
    Value r = b.fma(n, b.constant(-0.693359375f), y);
    r = b.fma(n, b.constant(2.12194440e-4f), r);
    Value q = b.constant(1.9875691500e-4f);
    for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                    1.6666665459e-1f, 5.0000001201e-1f})
      q = b.fma(q, r, b.constant(c));
    Value less = b.fma(b.mul(r, r), q, r);
    Value result = b.fma(half, less, b.sub(half, b.constant(0.5f)));
    result = b.add(result, result);
    result =
        b.select(arith::CmpFPredicate::OGT, x, b.constant(high),
                 b.constant(std::numeric_limits<float>::infinity()), result);
    // Small numbers are their own results; a half of a denormal is not exact.
    Value size = math::AbsFOp::create(b, x);
    return b.select(arith::CmpFPredicate::OLT, size, b.constant(0x1p-25f), x,
                    result);
  }
};

/// log(x) = e ln2 + log(m) with x = 2^e m and m in [sqrt(1/2), sqrt(2)];
/// denormals are scaled first. The polynomial is that of Cephes' logf.
struct ExpandLog : OpRewritePattern<math::LogOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::LogOp op,
                                PatternRewriter &rewriter) const override {
    if (!isF32OrVector(op.getType()))
      return rewriter.notifyMatchFailure(op, "not f32");
    ArithBuilder b(op, rewriter);
    Value x = op.getOperand();
    Value normal = b.constant(std::numeric_limits<float>::min());
    auto isSmall = arith::CmpFPredicate::OLT;
    Value scaled =
        b.select(isSmall, x, normal, b.mul(x, b.constant(0x1p23f)), x);
    Value bias = b.select(isSmall, x, normal, b.constant(126.0f + 23.0f),
                          b.constant(126.0f));

    // The exponent, as of m in [1/2, 1), and m.
    Value bits = b.toBits(scaled);
    Value e = b.sub(b.toFloat(b.shiftRight(bits, 23)), bias);
    Value m = b.fromBits(b.combine(bits, 0x007fffff, 0x3f000000));
    Value root = b.constant(0.707106781186547524f);
    e = b.select(isSmall, m, root, b.sub(e, b.constant(1.0f)), e);
    m = b.sub(b.select(isSmall, m, root, b.add(m, m), m), b.constant(1.0f));

    Value square = b.mul(m, m);
    Value p = b.constant(7.0376836292e-2f);
    for (float c : {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f,
                    1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f,
                    -2.4999993993e-1f, 3.3333331174e-1f})
      p = b.fma(p, m, b.constant(c));
    Value y = b.mul(b.mul(p, m), square);
    y = b.fma(e, b.constant(-2.12194440e-4f), y);
    y = b.fma(square, b.constant(-0.5f), y);
    y = b.fma(e, b.constant(0.693359375f), b.add(m, y));

    float inf = std::numeric_limits<float>::infinity();
    y = b.select(arith::CmpFPredicate::OEQ, x, b.constant(inf), x, y);
    y = b.select(arith::CmpFPredicate::OEQ, x, b.constant(0.0f),
                 b.constant(-inf), y);
    // Of negative numbers and of NaN.
    rewriter.replaceOp(
        op, b.select(arith::CmpFPredicate::ULT, x, b.constant(0.0f),
                     b.constant(std::numeric_limits<float>::quiet_NaN()), y));
    return success();
  }
};

struct ExpandExpPass : vga::impl::VGAExpandExpPassBase<ExpandExpPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp, ExpandExp2, ExpandExpM1, ExpandLog>(&getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
