//===- KernelFunction.cpp - The signature of a kernel ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelFunction.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::vga;

unsigned KernelFunction::add(Type type, ArrayRef<NamedAttribute> named) {
  types.push_back(type);
  attributes.push_back(b.getDictionaryAttr(named));
  return types.size() - 1;
}

unsigned KernelFunction::addMap() {
  constexpr int64_t kMapBytes = 128, kMapAlignment = 64;
  Type bytes = LLVM::LLVMArrayType::get(b.getI8Type(), kMapBytes);
  return add(LLVM::LLVMPointerType::get(b.getContext()),
             {b.getNamedAttr(LLVM::LLVMDialect::getByValAttrName(),
                             TypeAttr::get(bytes)),
              b.getNamedAttr(LLVM::LLVMDialect::getAlignAttrName(),
                             b.getI64IntegerAttr(kMapAlignment)),
              b.getNamedAttr(NVVM::NVVMDialect::getGridConstantAttrName(),
                             b.getUnitAttr())});
}

unsigned KernelFunction::addPointer() {
  return add(LLVM::LLVMPointerType::get(b.getContext(), 1), {});
}

unsigned KernelFunction::addSize() { return add(b.getI32Type(), {}); }

unsigned KernelFunction::addError() { return add(b.getI64Type(), {}); }

Block *KernelFunction::makeFunction(Location loc, StringRef name,
                                    int64_t threads, int64_t blocks) {
  auto function = LLVM::LLVMFuncOp::create(
      b, loc, name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  types));
  function.setAllArgAttrs(b.getArrayAttr(attributes));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    b.getUnitAttr());
  // Without these two, setmaxnreg is ignored.
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                    b.getDenseI32ArrayAttr(static_cast<int32_t>(threads)));
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    b.getI32IntegerAttr(blocks));
  return function.addEntryBlock(b);
}

LLVM::GlobalOp vga::getSharedMemory(OpBuilder &b, gpu::GPUModuleOp module) {
  constexpr StringLiteral kName("shared_memory");
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(kName))
    return global;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  return LLVM::GlobalOp::create(
      b, module.getLoc(), LLVM::LLVMArrayType::get(b.getI8Type(), 0),
      /*isConstant=*/false, LLVM::Linkage::External, kName, Attribute(),
      /*alignment=*/1024, /*addrSpace=*/3);
}
