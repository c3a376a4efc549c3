//===- KernelBuilder.h - Short names for what kernels are made of *- C++
//-*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_KERNELBUILDER_H
#define VGA_LIB_CONVERSION_VGATONVVM_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <limits>

namespace mlir::vga {

/// What a lane loads at a time of 16-bit elements: 16 bytes.
constexpr int64_t kPieceElements = 8;

/// Builds scalar code: arith on i32 and f32, folded as it is made, and the
/// instructions of the machine that have no operation of their own.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value i32(int64_t value) {
    return arith::ConstantOp::create(*this, getI32IntegerAttr(value));
  }
  Value i64(int64_t value) {
    return arith::ConstantOp::create(*this, getI64IntegerAttr(value));
  }
  Value f32(double value) {
    return arith::ConstantOp::create(*this, getF32FloatAttr(value));
  }

  /// The maximum of nothing: -inf.
  Value lowest() { return f32(-std::numeric_limits<double>::infinity()); }

  Value add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
  Value sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
  Value mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
  Value add(Value a, int64_t b) { return add(a, constantLike(a, b)); }
  Value sub(Value a, int64_t b) { return sub(a, constantLike(a, b)); }
  Value mul(Value a, int64_t b) { return mul(a, constantLike(a, b)); }
  /// Quotients and remainders of numbers that are not negative.
  Value div(Value a, Value b) { return createOrFold<arith::DivUIOp>(a, b); }
  Value rem(Value a, Value b) { return createOrFold<arith::RemUIOp>(a, b); }
  Value div(Value a, int64_t b) { return div(a, constantLike(a, b)); }
  Value rem(Value a, int64_t b) { return rem(a, constantLike(a, b)); }
  Value ceilDiv(Value a, int64_t b) { return div(add(a, b - 1), b); }
  Value min(Value a, Value b) { return createOrFold<arith::MinSIOp>(a, b); }
  Value max(Value a, Value b) { return createOrFold<arith::MaxSIOp>(a, b); }
  Value bitXor(Value a, Value b) { return createOrFold<arith::XOrIOp>(a, b); }
  Value bitOr(Value a, Value b) { return createOrFold<arith::OrIOp>(a, b); }
  Value bitAnd(Value a, Value b) { return createOrFold<arith::AndIOp>(a, b); }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return createOrFold<arith::CmpIOp>(predicate, a, b);
  }
  Value equal(Value a, int64_t b) {
    return compare(arith::CmpIPredicate::eq, a, constantLike(a, b));
  }
  Value less(Value a, Value b) {
    return compare(arith::CmpIPredicate::slt, a, b);
  }
  Value select(Value condition, Value a, Value b) {
    return createOrFold<arith::SelectOp>(condition, a, b);
  }
  Value toI32(Value a) {
    return createOrFold<arith::TruncIOp>(getI32Type(), a);
  }
  Value toI64(Value a) { return createOrFold<arith::ExtUIOp>(getI64Type(), a); }

  Value addF(Value a, Value b) { return createOrFold<arith::AddFOp>(a, b); }
  Value subF(Value a, Value b) { return createOrFold<arith::SubFOp>(a, b); }
  Value mulF(Value a, Value b) { return createOrFold<arith::MulFOp>(a, b); }
  Value negF(Value a) { return createOrFold<arith::NegFOp>(a); }
  Value maxF(Value a, Value b) { return arith::MaxNumFOp::create(*this, a, b); }
  Value compareF(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(*this, predicate, a, b);
  }
  Value fma(Value a, Value b, Value c) {
    return LLVM::FMAOp::create(*this, a, b, c);
  }
  /// 2^a, by the special function unit.
  Value exp2(Value a) { return intrinsic("llvm.nvvm.ex2.approx.ftz.f", a); }
  /// log2(a)
  Value log2(Value a) { return intrinsic("llvm.nvvm.lg2.approx.ftz.f", a); }
  Value reciprocal(Value a) {
    return NVVM::RcpApproxFtzF32Op::create(*this, getF32Type(), a);
  }

  /// The value of lane `lane ^ distance` of the warp.
  Value shuffleXor(Value a, int64_t distance) {
    return NVVM::ShflOp::create(
        *this, a.getType(), i32(-1), a, i32(distance), i32(31),
        NVVM::ShflKindAttr::get(getContext(), NVVM::ShflKind::bfly), nullptr);
  }
  /// The value of a lane of the warp.
  Value shuffle(Value a, Value lane) {
    return NVVM::ShflOp::create(
        *this, a.getType(), i32(-1), a, lane, i32(31),
        NVVM::ShflKindAttr::get(getContext(), NVVM::ShflKind::idx), nullptr);
  }
  /// The value of lane 0 of the warp: the same for all, and known to be.
  Value broadcast(Value a) { return shuffle(a, i32(0)); }

  /// Two floats as a register of two 16-bit floats, `low` in the low half.
  Value pack(Value low, Value high, Type elementType);

  /// `base` advanced by bytes.
  Value advance(Value base, Value bytes) {
    return LLVM::GEPOp::create(*this, base.getType(), getI8Type(), base, bytes);
  }
  Value advance(Value base, int64_t bytes) {
    if (bytes == 0)
      return base;
    return LLVM::GEPOp::create(*this, base.getType(), getI8Type(), base,
                               LLVM::GEPArg(static_cast<int32_t>(bytes)));
  }
  /// The address of the element at `index` of an array in global memory.
  Value elementAddress(Value base, Type elementType, Value index) {
    return LLVM::GEPOp::create(*this, base.getType(), elementType, base, index);
  }
  /// The f32 value of an element in memory.
  Value loadF32(Type elementType, Value address);
  /// The f32 values of kPieceElements elements in a row, which start at a
  /// multiple of 16 bytes.
  SmallVector<Value> loadPiece(Type elementType, Value address,
                               bool isVolatile = false);
  /// The same elements as they are in memory, four registers of two each, and
  /// their f32 values.
  Value loadPacked(Value address);
  void storePacked(Value address, Value piece);
  SmallVector<Value> unpack(Type elementType, Value piece);
  /// Applies `function` to each of the registers, as a pair of elements.
  Value mapPairs(Type elementType, Value piece,
                 function_ref<Value(Value pair, int64_t first)> function);

  /// The same value; what is computed from it does not move out of a loop.
  Value keepHere(Value a) {
    return inlineAsm(a.getType(), "mov.b32 $0, $1;",
                     a.getType().isF32() ? "=f,f" : "=r,r", a)
        .front();
  }

  Value intrinsic(StringRef name, Value operand) {
    return LLVM::CallIntrinsicOp::create(*this, operand.getType(),
                                         getStringAttr(name), operand)
        .getResult(0);
  }
  /// PTX with results of types `results`.
  SmallVector<Value> inlineAsm(TypeRange results, StringRef text,
                               StringRef constraints, ValueRange operands);

  /// Builds `body` under `condition`.
  void onlyIf(Value condition, function_ref<void()> body);

  /// Builds a loop from `from` to `to` that carries `state`; returns its last
  /// state.
  SmallVector<Value>
  loop(Value from, Value to, Value step, ValueRange state,
       function_ref<SmallVector<Value>(Value i, ValueRange state)> body);

private:
  Value constantLike(Value like, int64_t value) {
    return arith::ConstantOp::create(*this,
                                     getIntegerAttr(like.getType(), value));
  }
};

/// Has LLVM leave a loop as it is, instead of unrolling it.
void keepRolled(scf::ForOp loop);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_KERNELBUILDER_H
