//===- KernelSignature.cpp - What a kernel takes --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelSignature.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::vga;

void KernelSignature::addInput(Value array, Value &parameter, Box box) {
  if (array)
    inputs.push_back({array, llvm::to_vector(box), &parameter});
}

void KernelSignature::addOutput(Value array, Value &parameter, Box box) {
  if (array)
    outputs.push_back({array, llvm::to_vector(box), &parameter});
}

void KernelSignature::addScratch(Value array, Value &parameter) {
  inputs.push_back({array, {}, nullptr});
  outputs.push_back({array, {}, &parameter});
}

void KernelSignature::addSize(Value size, Value &parameter) {
  sizes.push_back({size, {}, &parameter});
}

void KernelSignature::addError(StringRef message, Value &parameter,
                               Value &reportParameter) {
  errors.push_back({message.str(), &parameter});
  report = &reportParameter;
}

/// The attributes of a parameter that is a tensor map, 128 bytes by value.
static DictionaryAttr getMapAttributes(OpBuilder &b) {
  constexpr int64_t kMapBytes = 128, kMapAlignment = 64;
  Type bytes = LLVM::LLVMArrayType::get(b.getI8Type(), kMapBytes);
  return b.getDictionaryAttr(
      {b.getNamedAttr(LLVM::LLVMDialect::getByValAttrName(),
                      TypeAttr::get(bytes)),
       b.getNamedAttr(LLVM::LLVMDialect::getAlignAttrName(),
                      b.getI64IntegerAttr(kMapAlignment)),
       b.getNamedAttr(NVVM::NVVMDialect::getGridConstantAttrName(),
                      b.getUnitAttr())});
}

LLVM::LLVMFuncOp KernelSignature::makeFunction(OpBuilder &b, Location loc,
                                               StringRef name, int64_t threads,
                                               int64_t blocks) {
  MLIRContext *context = b.getContext();
  Type address = LLVM::LLVMPointerType::get(context, /*addressSpace=*/1);
  SmallVector<Type> types;
  SmallVector<Attribute> attributes;
  SmallVector<Value *> parameters;
  auto add = [&](Type type, Value *parameter, DictionaryAttr attribute = {}) {
    types.push_back(type);
    attributes.push_back(attribute ? attribute : b.getDictionaryAttr({}));
    parameters.push_back(parameter);
  };
  for (const Operand &array : llvm::concat<const Operand>(inputs, outputs))
    if (array.box.empty())
      add(address, array.parameter);
    else
      add(LLVM::LLVMPointerType::get(context), array.parameter,
          getMapAttributes(b));
  for (const Operand &size : sizes)
    add(b.getI32Type(), size.parameter);
  if (report)
    add(address, report);
  for (const Error &error : errors)
    add(b.getI64Type(), error.parameter);

  auto function = LLVM::LLVMFuncOp::create(
      b, loc, name,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types));
  function.setAllArgAttrs(b.getArrayAttr(attributes));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    b.getUnitAttr());
  // Without these two, setmaxnreg is ignored.
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                    b.getDenseI32ArrayAttr(static_cast<int32_t>(threads)));
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    b.getI32IntegerAttr(blocks));
  Block *entry = function.addEntryBlock(b);
  for (auto [parameter, argument] :
       llvm::zip(parameters, entry->getArguments()))
    if (parameter)
      *parameter = argument;
  b.setInsertionPointToStart(entry);
  return function;
}

ResultRange KernelSignature::launch(HostBuilder &b, SymbolRefAttr kernel,
                                    const LaunchShape &shape) {
  auto getValue = [](const Operand &operand) { return operand.value; };
  SmallVector<Value> read = llvm::map_to_vector(inputs, getValue),
                     written = llvm::map_to_vector(outputs, getValue);
  SmallVector<Attribute> boxes;
  for (const Operand &array : llvm::concat<const Operand>(inputs, outputs))
    boxes.push_back(b.getDenseI64ArrayAttr(array.box));
  ArrayAttr messages;
  if (!errors.empty())
    messages = b.getStrArrayAttr(llvm::map_to_vector(
        errors, [](const Error &error) -> StringRef { return error.message; }));
  return LaunchOp::create(b, TypeRange(ValueRange(written)), kernel,
                          shape.blocks, shape.threads, shape.sharedBytes,
                          shape.isPersistent, shape.isCooperative,
                          llvm::map_to_vector(sizes, getValue),
                          b.getArrayAttr(boxes), read, written, messages)
      ->getResults();
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
