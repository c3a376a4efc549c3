//===- SeparateNames.cpp - Names of the user's and of libraries -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReservedNames.h"
#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/LLVMContext.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGASEPARATENAMESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// The type of a number or an address in LLVM IR; null for every other type.
static llvm::Type *getLLVMType(llvm::LLVMContext &context, Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return llvm::IntegerType::get(context, integer.getWidth());
  if (type.isIndex())
    return llvm::Type::getInt64Ty(context);
  if (isa<LLVM::LLVMPointerType>(type))
    return llvm::PointerType::getUnqual(context);
  if (type.isF32())
    return llvm::Type::getFloatTy(context);
  return type.isF64() ? llvm::Type::getDoubleTy(context) : nullptr;
}

/// The type of a function of C in LLVM IR; null if it is none.
static llvm::FunctionType *getLLVMType(llvm::LLVMContext &context,
                                       FunctionType type) {
  if (type.getNumResults() > 1)
    return nullptr;
  SmallVector<llvm::Type *> inputs;
  for (Type input : type.getInputs())
    inputs.push_back(getLLVMType(context, input));
  llvm::Type *result = type.getNumResults() == 0
                           ? llvm::Type::getVoidTy(context)
                           : getLLVMType(context, type.getResult(0));
  if (!result || llvm::is_contained(inputs, nullptr))
    return nullptr;
  return llvm::FunctionType::get(result, inputs, /*isVarArg=*/false);
}

namespace {
struct SeparateNamesPass
    : vga::impl::VGASeparateNamesPassBase<SeparateNamesPass> {
  void runOnOperation() override {
    ReservedNames reserved;
    SmallVector<SymbolOpInterface> symbols;
    for (auto symbol : getOperation().getOps<SymbolOpInterface>())
      if (reserved.contains(symbol.getName()))
        symbols.push_back(symbol);
    // The new name of one may be the name of a longer one.
    llvm::sort(symbols, [](SymbolOpInterface a, SymbolOpInterface b) {
      return a.getName().size() > b.getName().size();
    });
    for (SymbolOpInterface symbol : symbols)
      if (failed(separate(symbol, reserved)))
        return signalPassFailure();
  }

private:
  LogicalResult separate(SymbolOpInterface symbol,
                         const ReservedNames &reserved) {
    // A declaration means what is outside.
    if (symbol.isDeclaration()) {
      auto function = dyn_cast<func::FuncOp>(symbol.getOperation());
      llvm::LLVMContext context;
      if (!function ||
          reserved.allows(function.getName(),
                          getLLVMType(context, function.getFunctionType())))
        return success();
      return symbol.emitError()
             << "'" << symbol.getName()
             << "' is a function of a library that compiled code may call, and "
                "is declared with another type";
    }
    auto name =
        StringAttr::get(&getContext(), kSeparateName + symbol.getName().str());
    if (SymbolTable::lookupSymbolIn(getOperation(), name))
      return symbol.emitError()
             << "'" << symbol.getName()
             << "' is a function of a library that compiled code may call, and "
                "cannot be called '"
             << name.getValue() << "', which is declared";
    if (failed(SymbolTable::replaceAllSymbolUses(symbol, name, getOperation())))
      return symbol.emitError()
             << "cannot find all uses of '" << symbol.getName() << "'";
    SymbolTable::setSymbolName(symbol, name);
    return success();
  }
};
} // namespace
