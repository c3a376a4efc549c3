//===- RuntimeCalls.cpp - Calls of the runtime ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeCalls.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::vga;

Value RuntimeCalls::address(Value memref) {
  Value index = memref::ExtractAlignedPointerAsIndexOp::create(*this, memref);
  return LLVM::IntToPtrOp::create(*this, pointer, i64(index));
}

Value RuntimeCalls::elementAddress(Value memref) {
  Type type = cast<MemRefType>(memref.getType()).getElementType();
  auto metadata = memref::ExtractStridedMetadataOp::create(*this, memref);
  Type stored = type.isIndex() ? getI64Type() : type;
  return LLVM::GEPOp::create(*this, pointer, stored, address(memref),
                             LLVM::GEPArg(i64(metadata.getOffset())));
}

Value RuntimeCalls::allocate(Type type, int64_t count) {
  InsertionGuard guard(*this);
  Operation *function = op->getParentWithTrait<OpTrait::IsIsolatedFromAbove>();
  setInsertionPointToStart(&function->getRegion(0).front());
  constexpr unsigned kMapAlignment = 64;
  return LLVM::AllocaOp::create(*this, pointer, type, i64(count),
                                kMapAlignment);
}

Value RuntimeCalls::array(ArrayRef<Value> values, Type type) {
  Value memory = allocate(type, values.size());
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(
        *this, value,
        LLVM::GEPOp::create(*this, pointer, type, memory,
                            LLVM::GEPArg(static_cast<int32_t>(i))));
  return memory;
}

Value RuntimeCalls::constant(StringRef name, StringRef bytes,
                             unsigned alignment) {
  auto global = module.lookupSymbol<LLVM::GlobalOp>(name);
  if (!global) {
    InsertionGuard guard(*this);
    setInsertionPointToStart(module.getBody());
    global = LLVM::GlobalOp::create(
        *this, LLVM::LLVMArrayType::get(getI8Type(), bytes.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, name, getStringAttr(bytes),
        alignment);
  }
  return LLVM::AddressOfOp::create(*this, global);
}

Value RuntimeCalls::text(StringRef text) {
  std::string bytes = (text + Twine('\0')).str();
  for (unsigned number = 0;; ++number) {
    std::string name = ("vga_kernel_error_" + Twine(number)).str();
    auto global = module.lookupSymbol<LLVM::GlobalOp>(name);
    if (!global || global.getValueAttr() == getStringAttr(bytes))
      return constant(name, bytes);
  }
}

Value RuntimeCalls::call(StringRef name, ArrayRef<Value> arguments,
                         Type result) {
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    InsertionGuard guard(*this);
    setInsertionPointToStart(module.getBody());
    function = LLVM::LLVMFuncOp::create(
        *this, name,
        LLVM::LLVMFunctionType::get(
            result ? result : LLVM::LLVMVoidType::get(getContext()),
            llvm::to_vector(TypeRange(ValueRange(arguments)))));
  }
  auto call = LLVM::CallOp::create(*this, function, arguments);
  return result ? call.getResult() : Value();
}
