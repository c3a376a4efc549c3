//===- CheckMalloc.cpp - A lack of memory is reported ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Attributes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUCHECKMALLOCPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {

struct CheckMallocPass : vga::impl::VGACPUCheckMallocPassBase<CheckMallocPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto malloc = module.lookupSymbol<LLVM::LLVMFuncOp>("malloc");
    if (!malloc)
      return;
    SmallVector<LLVM::CallOp> calls;
    module.walk([&](LLVM::CallOp call) {
      if (call.getCallee() == malloc.getName() && call.getNumOperands() == 1 &&
          call.getOperand(0).getType().isInteger(64))
        calls.push_back(call);
    });
    if (calls.empty())
      return;
    LLVM::LLVMFuncOp allocate = createAllocate(malloc);
    for (LLVM::CallOp call : calls) {
      OpBuilder builder(call);
      Value place =
          getText(builder, call.getLoc(),
                  locateError(call.getLoc(), "no memory for {0} bytes"));
      auto checked =
          LLVM::CallOp::create(builder, call.getLoc(), allocate,
                               ValueRange{call.getOperand(0), place});
      call.replaceAllUsesWith(checked);
      call.erase();
    }
  }

private:
  /// The address of a text that ends in a zero.
  Value getText(OpBuilder &builder, Location loc, StringRef text) {
    LLVM::GlobalOp &global = texts[text];
    if (!global) {
      auto atTop = OpBuilder::atBlockBegin(getOperation().getBody());
      std::string value = text.str();
      value.push_back('\0');
      global = LLVM::GlobalOp::create(
          atTop, loc,
          LLVM::LLVMArrayType::get(builder.getI8Type(), value.size()),
          /*isConstant=*/true, LLVM::Linkage::Internal,
          "vga_allocation_" + std::to_string(texts.size()),
          builder.getStringAttr(value));
    }
    return LLVM::AddressOfOp::create(builder, loc, global);
  }

  LLVM::LLVMFuncOp declare(StringRef name, LLVM::LLVMFunctionType type) {
    if (auto existing = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
      return existing;
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    return LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(), name,
                                    type);
  }

  /// `ptr vga_allocate(i64 size, ptr text)`: malloc, or an error with the text
  /// and the size.
  LLVM::LLVMFuncOp createAllocate(LLVM::LLVMFuncOp malloc) {
    MLIRContext *context = &getContext();
    Location loc = malloc.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(context);
    auto i64 = IntegerType::get(context, 64);
    auto handler =
        declare("vgaRuntimeError",
                LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                            {pointer, i64}, /*isVarArg=*/true));
    OpBuilder builder(malloc);
    auto allocate = LLVM::LLVMFuncOp::create(
        builder, loc, "vga_allocate",
        LLVM::LLVMFunctionType::get(pointer, {i64, pointer}),
        LLVM::Linkage::Internal);
    describeToLLVM(allocate);

    Block *entry = allocate.addEntryBlock(builder);
    Block *isThere = builder.createBlock(&allocate.getBody());
    Block *isMissing = builder.createBlock(&allocate.getBody());
    Value size = entry->getArgument(0);
    auto getInteger = [&](Type type, int64_t value) -> Value {
      return LLVM::ConstantOp::create(builder, loc, type,
                                      builder.getIntegerAttr(type, value));
    };
    builder.setInsertionPointToEnd(entry);
    Value memory = LLVM::CallOp::create(builder, loc, malloc, size).getResult();
    Value null = LLVM::ZeroOp::create(builder, loc, pointer);
    Value failed = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq,
                                        memory, null);
    // Some give no memory where none is asked for.
    Value isAsked = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ne,
                                         size, getInteger(i64, 0));
    failed = LLVM::AndOp::create(builder, loc, failed, isAsked);
    LLVM::CondBrOp::create(builder, loc, failed, isMissing, isThere);

    builder.setInsertionPointToEnd(isThere);
    LLVM::ReturnOp::create(builder, loc, memory);

    builder.setInsertionPointToEnd(isMissing);
    LLVM::CallOp::create(
        builder, loc, handler,
        ValueRange{entry->getArgument(1), getInteger(i64, 1), size});
    LLVM::UnreachableOp::create(builder, loc);
    return allocate;
  }

  /// Says what LLVM knows of malloc: an allocation that nobody needs goes, and
  /// what is allocated is nothing else.
  static void describeToLLVM(LLVM::LLVMFuncOp allocate) {
    Builder builder(allocate.getContext());
    auto pair = [&](StringRef name, StringRef value) -> Attribute {
      return builder.getStrArrayAttr({name, value});
    };
    auto kind = llvm::AllocFnKind::Alloc | llvm::AllocFnKind::Uninitialized;
    // The first argument is the size; there is no number of elements.
    constexpr uint64_t kSizeIsFirst = UINT32_MAX;
    allocate.setPassthroughAttr(builder.getArrayAttr(
        {builder.getStringAttr("noinline"),
         pair("allockind", std::to_string(static_cast<uint64_t>(kind))),
         pair("allocsize", std::to_string(kSizeIsFirst)),
         pair("alloc-family", "malloc")}));
    allocate.setResultAttr(0, LLVM::LLVMDialect::getNoAliasAttrName(),
                           builder.getUnitAttr());
  }

  llvm::StringMap<LLVM::GlobalOp> texts;
};

} // namespace
