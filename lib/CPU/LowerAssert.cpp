//===- LowerAssert.cpp - Assertions report instead of aborting -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGALOWERASSERTPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// One line, with the place in the source first. The runtime verification of
/// upstream ops makes three: a headline, "^ message" and the location.
static std::string describe(cf::AssertOp assertion) {
  StringRef text = assertion.getMsg();
  text.consume_front("ERROR: Runtime op verification failed\n");
  text.consume_front("^ ");
  text = text.split("\nLocation:").first;
  return locateError(assertion.getLoc(), text);
}

namespace {

struct LowerAssertPass : vga::impl::VGALowerAssertPassBase<LowerAssertPass> {
  void runOnOperation() override {
    SmallVector<cf::AssertOp> assertions;
    getOperation().walk([&](cf::AssertOp op) { assertions.push_back(op); });
    if (assertions.empty())
      return;

    LLVM::LLVMFuncOp handler = declareHandler();
    llvm::StringMap<LLVM::GlobalOp> messages;
    for (cf::AssertOp assertion : assertions) {
      std::string text = describe(assertion);
      LLVM::GlobalOp &message = messages[text];
      if (!message)
        message = createMessage(assertion.getLoc(), text, messages.size());
      lower(assertion, message, handler);
    }
  }

private:
  LLVM::LLVMFuncOp declareHandler() {
    constexpr StringLiteral name = "vgaRuntimeError";
    if (auto existing = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
      return existing;
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto type =
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    LLVM::LLVMPointerType::get(&getContext()));
    return LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(), name,
                                    type);
  }

  LLVM::GlobalOp createMessage(Location loc, std::string text,
                               unsigned number) {
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    text.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), text.size());
    return LLVM::GlobalOp::create(
        builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
        "vga_assert_message_" + std::to_string(number),
        builder.getStringAttr(text));
  }

  void lower(cf::AssertOp assertion, LLVM::GlobalOp message,
             LLVM::LLVMFuncOp handler) {
    OpBuilder builder(assertion);
    Location loc = assertion.getLoc();
    Value yes =
        arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    Value failed = arith::XOrIOp::create(builder, loc, assertion.getArg(), yes);
    auto branch = scf::IfOp::create(builder, loc, failed);
    builder.setInsertionPoint(branch.thenYield());
    Value text = LLVM::AddressOfOp::create(builder, loc, message);
    LLVM::CallOp::create(builder, loc, handler, text);
    assertion.erase();
  }
};

} // namespace
