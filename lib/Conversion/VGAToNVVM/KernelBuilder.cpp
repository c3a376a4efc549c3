//===- KernelBuilder.cpp - Scalar code of kernels -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

using namespace mlir;
using namespace mlir::vga;

Value KernelBuilder::pack(Value low, Value high, Type elementType) {
  StringRef name = isa<BFloat16Type>(elementType) ? "llvm.nvvm.ff2bf16x2.rn"
                                                  : "llvm.nvvm.ff2f16x2.rn";
  auto pair = VectorType::get(2, elementType);
  Value packed = LLVM::CallIntrinsicOp::create(*this, pair, getStringAttr(name),
                                               ValueRange{high, low})
                     .getResult(0);
  return LLVM::BitcastOp::create(*this, getI32Type(), packed);
}

Value KernelBuilder::loadF32(Type elementType, Value address) {
  Value value = LLVM::LoadOp::create(*this, elementType, address);
  if (elementType.isF32())
    return value;
  return LLVM::FPExtOp::create(*this, getF32Type(), value);
}

SmallVector<Value> KernelBuilder::loadPiece(Type elementType, Value address,
                                            bool isVolatile) {
  auto vector = VectorType::get(kPieceElements, elementType);
  Value piece = LLVM::LoadOp::create(*this, vector, address, /*alignment=*/16,
                                     isVolatile);
  SmallVector<Value> values;
  for (int64_t i = 0; i < kPieceElements; ++i) {
    Value element = LLVM::ExtractElementOp::create(*this, piece, i32(i));
    values.push_back(elementType.isF32()
                         ? element
                         : LLVM::FPExtOp::create(*this, getF32Type(), element));
  }
  return values;
}

Value KernelBuilder::loadPacked(Value address) {
  auto vector = VectorType::get(kPieceElements / 2, getI32Type());
  return LLVM::LoadOp::create(*this, vector, address, /*alignment=*/16);
}

void KernelBuilder::storePacked(Value address, Value piece) {
  LLVM::StoreOp::create(*this, piece, address, /*alignment=*/16);
}

SmallVector<Value> KernelBuilder::unpack(Type elementType, Value piece) {
  Value elements = LLVM::BitcastOp::create(
      *this, VectorType::get(kPieceElements, elementType), piece);
  SmallVector<Value> values;
  for (int64_t i = 0; i < kPieceElements; ++i)
    values.push_back(LLVM::FPExtOp::create(
        *this, getF32Type(),
        LLVM::ExtractElementOp::create(*this, elements, i32(i))));
  return values;
}

Value KernelBuilder::mapPairs(
    Type elementType, Value piece,
    function_ref<Value(Value pair, int64_t first)> function) {
  Type pairType = VectorType::get(2, elementType);
  Value mapped = LLVM::PoisonOp::create(*this, piece.getType());
  for (int64_t i = 0; i < kPieceElements / 2; ++i) {
    Value number = i32(i);
    Value pair = LLVM::BitcastOp::create(
        *this, pairType, LLVM::ExtractElementOp::create(*this, piece, number));
    Value result =
        LLVM::BitcastOp::create(*this, getI32Type(), function(pair, 2 * i));
    mapped = LLVM::InsertElementOp::create(*this, mapped, result, number);
  }
  return mapped;
}

SmallVector<Value> KernelBuilder::inlineAsm(TypeRange results, StringRef text,
                                            StringRef constraints,
                                            ValueRange operands) {
  Type type = LLVM::LLVMVoidType::get(getContext());
  if (results.size() == 1)
    type = results[0];
  else if (results.size() > 1)
    type = LLVM::LLVMStructType::getLiteral(getContext(),
                                            llvm::to_vector(results));
  auto assembly = LLVM::InlineAsmOp::create(
      *this, TypeRange(type), operands, text, constraints,
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None,
      LLVM::AsmDialectAttr::get(getContext(), LLVM::AsmDialect::AD_ATT),
      /*operand_attrs=*/ArrayAttr());
  if (results.empty())
    return {};
  if (results.size() == 1)
    return {assembly.getResult(0)};
  SmallVector<Value> values;
  for (int64_t i = 0, e = results.size(); i < e; ++i)
    values.push_back(
        LLVM::ExtractValueOp::create(*this, assembly.getResult(0), i));
  return values;
}

void KernelBuilder::onlyIf(Value condition, function_ref<void()> body) {
  auto op = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  body();
}

SmallVector<Value> KernelBuilder::loop(
    Value from, Value to, Value step, ValueRange state,
    function_ref<SmallVector<Value>(Value i, ValueRange state)> body) {
  auto op = scf::ForOp::create(*this, from, to, step, state);
  OpBuilder::InsertionGuard guard(*this);
  if (state.empty()) {
    setInsertionPointToStart(op.getBody());
    body(op.getInductionVar(), {});
    return {};
  }
  setInsertionPointToEnd(op.getBody());
  scf::YieldOp::create(*this,
                       body(op.getInductionVar(), op.getRegionIterArgs()));
  return llvm::to_vector_of<Value>(op.getResults());
}

void vga::keepRolled(scf::ForOp loop) {
  MLIRContext *context = loop.getContext();
  auto yes = BoolAttr::get(context, true);
  auto unroll = LLVM::LoopUnrollAttr::get(context, /*disable=*/yes, {}, {}, {},
                                          {}, {}, {});
  loop->setAttr("loop_annotation", LLVM::LoopAnnotationAttr::get(
                                       context, {}, {}, {}, unroll, {}, {}, {},
                                       {}, {}, {}, {}, {}, {}, {}, {}));
}
