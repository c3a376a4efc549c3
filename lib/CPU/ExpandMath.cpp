//===- ExpandMath.cpp - Functions that nothing else lowers ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAEXPANDMATHPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
/// Builds arithmetic on numbers, or on vectors of them.
struct Expander : ImplicitLocOpBuilder {
  explicit Expander(Operation *op) : ImplicitLocOpBuilder(op->getLoc(), op) {}

  Value splat(Type type, TypedAttr value) {
    if (auto shaped = dyn_cast<ShapedType>(type))
      value = DenseElementsAttr::get(shaped, value);
    return arith::ConstantOp::create(*this, value);
  }
  Value integer(Type type, int64_t value) {
    return splat(type, getIntegerAttr(getElementTypeOrSelf(type), value));
  }
  Value number(Type type, const APFloat &value) {
    return splat(type, getFloatAttr(getElementTypeOrSelf(type), value));
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(*this, predicate, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(*this, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(*this, condition, x, y);
  }
  Value isOdd(Value x) {
    Value one = integer(x.getType(), 1);
    return compare(arith::CmpIPredicate::eq,
                   arith::AndIOp::create(*this, x, one), one);
  }

  Value expand(math::ClampFOp op);
  Value expand(math::IsFiniteOp op);
  Value expand(math::IsInfOp op);
  Value expand(math::IsNaNOp op);
  Value expand(math::IsNormalOp op);
  Value expand(math::FmaOp op);
  Value expand(math::FPowIOp op);
  Value expand(math::IPowIOp op);

private:
  Value multiply(Value x, int64_t times);
};
} // namespace

static const llvm::fltSemantics &getSemantics(Value x) {
  return cast<FloatType>(getElementTypeOrSelf(x)).getFloatSemantics();
}

/// Into the interval: what upstream's description says would always be its
/// upper end.
Value Expander::expand(math::ClampFOp op) {
  Value atLeast = arith::MaximumFOp::create(*this, op.getValue(), op.getMin());
  return arith::MinimumFOp::create(*this, atLeast, op.getMax());
}

Value Expander::expand(math::IsFiniteOp op) {
  Value x = op.getOperand();
  return compare(arith::CmpFPredicate::OLT, math::AbsFOp::create(*this, x),
                 number(x.getType(), APFloat::getInf(getSemantics(x))));
}

Value Expander::expand(math::IsNaNOp op) {
  return compare(arith::CmpFPredicate::UNO, op.getOperand(), op.getOperand());
}

Value Expander::expand(math::IsInfOp op) {
  Value x = op.getOperand();
  return compare(arith::CmpFPredicate::OEQ, math::AbsFOp::create(*this, x),
                 number(x.getType(), APFloat::getInf(getSemantics(x))));
}

Value Expander::expand(math::IsNormalOp op) {
  Value x = op.getOperand();
  Value magnitude = math::AbsFOp::create(*this, x);
  Value least =
      number(x.getType(), APFloat::getSmallestNormalized(getSemantics(x)));
  Value infinity = number(x.getType(), APFloat::getInf(getSemantics(x)));
  return arith::AndIOp::create(
      *this, compare(arith::CmpFPredicate::OGE, magnitude, least),
      compare(arith::CmpFPredicate::OLT, magnitude, infinity));
}

/// In f32: what x86 rounds to bf16 itself has no denormal numbers.
Value Expander::expand(math::FmaOp op) {
  Type type = getF32Type();
  if (auto shaped = dyn_cast<ShapedType>(op.getType()))
    type = shaped.clone(type);
  SmallVector<Value> wide;
  for (Value operand : op->getOperands())
    wide.push_back(arith::ExtFOp::create(*this, type, operand));
  Value result = math::FmaOp::create(*this, wide[0], wide[1], wide[2]);
  return arith::TruncFOp::create(*this, op.getType(), result);
}

/// x to the power of `times`, which is at least 1.
Value Expander::multiply(Value x, int64_t times) {
  if (times == 1)
    return x;
  Value half = multiply(x, times / 2);
  Value even = arith::MulFOp::create(*this, half, half);
  return times % 2 == 0 ? even : arith::MulFOp::create(*this, even, x);
}

/// The power of the magnitude, in f64, with the sign of an odd one.
Value Expander::expand(math::FPowIOp op) {
  Value x = op.getLhs(), power = op.getRhs();
  constexpr int64_t kMostProducts = 4;
  APInt constant;
  if (matchPattern(power, m_ConstantInt(&constant)) && constant.sge(1) &&
      constant.sle(kMostProducts))
    return multiply(x, constant.getSExtValue());
  Type type = getF64Type();
  if (auto shaped = dyn_cast<ShapedType>(x.getType()))
    type = shaped.clone(type);
  bool isWide = x.getType() == type;
  Value base = isWide ? x : arith::ExtFOp::create(*this, type, x).getResult();
  Value exponent = arith::SIToFPOp::create(*this, type, power);
  Value result =
      math::PowFOp::create(*this, math::AbsFOp::create(*this, base), exponent);
  result = select(isOdd(power), math::CopySignOp::create(*this, result, base),
                  result);
  return isWide
             ? result
             : arith::TruncFOp::create(*this, x.getType(), result).getResult();
}

/// By squaring. A power below 0 is 1 divided by the positive one, rounded
/// towards 0; where that is a division by 0, it is 0.
Value Expander::expand(math::IPowIOp op) {
  Value x = op.getLhs(), power = op.getRhs();
  Type type = x.getType(), element = getElementTypeOrSelf(type);
  int64_t width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  Value zero = integer(type, 0), one = integer(type, 1);
  Value minusOne = integer(type, -1);
  auto loop = scf::ForOp::create(
      *this, arith::ConstantIndexOp::create(*this, 0),
      arith::ConstantIndexOp::create(*this, width - 1),
      arith::ConstantIndexOp::create(*this, 1), ValueRange{one, x, power});
  {
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(loop.getBody());
    Value product = loop.getRegionIterArg(0), square = loop.getRegionIterArg(1),
          rest = loop.getRegionIterArg(2);
    product = select(isOdd(rest), arith::MulIOp::create(*this, product, square),
                     product);
    square = arith::MulIOp::create(*this, square, square);
    rest = width == 1 ? rest : arith::ShRUIOp::create(*this, rest, one);
    scf::YieldOp::create(*this, ValueRange{product, square, rest});
  }
  using arith::CmpIPredicate;
  Value reciprocal = select(compare(CmpIPredicate::eq, x, minusOne),
                            select(isOdd(power), minusOne, one), zero);
  reciprocal = select(compare(CmpIPredicate::eq, x, one), one, reciprocal);
  return select(compare(CmpIPredicate::slt, power, zero), reciprocal,
                loop.getResult(0));
}

namespace {
struct ExpandMathPass : vga::impl::VGAExpandMathPassBase<ExpandMathPass> {
  using Base::Base;

  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      llvm::TypeSwitch<Operation *>(op)
          .Case([&](math::FmaOp op) {
            if (kernels || !getElementTypeOrSelf(op.getType()).isBF16() ||
                isa<TensorType>(op.getType()))
              return;
            op.replaceAllUsesWith(Expander(op).expand(op));
            op.erase();
          })
          .Case<math::ClampFOp, math::IsFiniteOp, math::IsInfOp, math::IsNaNOp,
                math::IsNormalOp, math::FPowIOp, math::IPowIOp>([](auto op) {
            // Tensors become linalg, whose bodies are of numbers.
            if (isa<TensorType>(op.getType()))
              return;
            op.replaceAllUsesWith(Expander(op).expand(op));
            op.erase();
          })
          .Case([](math::SincosOp op) {
            // Of f64 a kernel has neither, and says so.
            Type type = op.getOperand().getType();
            if (isa<TensorType>(type) || getElementTypeOrSelf(type).isF64())
              return;
            Expander b(op);
            op.replaceAllUsesWith(
                ValueRange{math::SinOp::create(b, op.getOperand()),
                           math::CosOp::create(b, op.getOperand())});
            op.erase();
          })
          .Case([](arith::AddUIExtendedOp op) {
            // Upstream's lowering leaves the type as it is.
            if (!getElementTypeOrSelf(op.getSum()).isIndex() ||
                isa<TensorType>(op.getSum().getType()))
              return;
            Expander b(op);
            Value sum = arith::AddIOp::create(b, op.getLhs(), op.getRhs());
            Value overflows =
                b.compare(arith::CmpIPredicate::ult, sum, op.getLhs());
            op.replaceAllUsesWith(ValueRange{sum, overflows});
            op.erase();
          });
    });
  }
};
} // namespace
