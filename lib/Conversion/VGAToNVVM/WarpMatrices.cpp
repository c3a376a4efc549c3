//===- WarpMatrices.cpp - Products of a warp on the tensor cores ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WarpMatrices.h"

using namespace mlir;
using namespace mlir::vga;

SmallVector<Value> vga::loadMatrices(KernelBuilder &b, Value address,
                                     bool isTransposed) {
  constexpr int64_t kMatrices = 4;
  MLIRContext *context = b.getContext();
  auto type = LLVM::LLVMStructType::getLiteral(
      context, SmallVector<Type>(kMatrices, b.getI32Type()));
  Value matrices = NVVM::LdMatrixOp::create(
      b, type, address, kMatrices,
      isTransposed ? NVVM::MMALayout::col : NVVM::MMALayout::row,
      NVVM::LdStMatrixShapeAttr::get(context, 8, 8),
      NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> registers;
  for (int64_t i = 0; i < kMatrices; ++i)
    registers.push_back(LLVM::ExtractValueOp::create(b, matrices, i));
  return registers;
}

SmallVector<Value> vga::multiplyMatrices(KernelBuilder &b, Type elementType,
                                         ArrayRef<Value> rows,
                                         ArrayRef<Value> columns,
                                         ValueRange sums) {
  auto toOperands = [&](ArrayRef<Value> registers) {
    if (!elementType.isF16())
      return llvm::to_vector(registers);
    auto pair = VectorType::get(2, elementType);
    return llvm::map_to_vector(registers, [&](Value value) -> Value {
      return LLVM::BitcastOp::create(b, pair, value);
    });
  };
  NVVM::MMATypes type = elementType.isBF16()  ? NVVM::MMATypes::bf16
                        : elementType.isF16() ? NVVM::MMATypes::f16
                                              : NVVM::MMATypes::tf32;
  auto result = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(kProductSums, b.getF32Type()));
  Value product = NVVM::MmaOp::create(
      b, result, toOperands(rows), toOperands(columns), sums,
      ArrayRef<int64_t>{kProductRows, kProductColumns,
                        getProductDepth(elementType)},
      std::nullopt, std::nullopt, std::array{type, type},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  SmallVector<Value> registers;
  for (int64_t i = 0; i < kProductSums; ++i)
    registers.push_back(LLVM::ExtractValueOp::create(b, product, i));
  return registers;
}

void vga::copyAsync(KernelBuilder &b, Value destination, Value source,
                    int64_t bytes, Value read) {
  if (bytes != kPieceBytes) {
    NVVM::CpAsyncOp::create(
        b, destination, source, b.getI32IntegerAttr(bytes),
        NVVM::LoadCacheModifierKindAttr::get(b.getContext(),
                                             NVVM::LoadCacheModifierKind::CA),
        read);
    return;
  }
  // Copies of 16 bytes can leave out the first-level cache. The second one gets
  // 128 bytes at a time, which NVVM::CpAsyncOp can not say: decoding is 2%
  // faster by it (docs/performance.md).
  if (!read)
    read = b.i32(bytes);
  b.inlineAsm({}, "cp.async.cg.shared.global.L2::128B [$0], [$1], 16, $2;",
              "r,l,r",
              {LLVM::PtrToIntOp::create(b, b.getI32Type(), destination),
               LLVM::PtrToIntOp::create(b, b.getI64Type(), source), read});
}
