//===- LowerAssert.cpp - Assertions report instead of aborting -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
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
    SmallVector<Operation *> assertions;
    getOperation().walk([&](Operation *op) {
      if (isa<cf::AssertOp, CheckOp>(op))
        assertions.push_back(op);
    });
    if (assertions.empty())
      return;

    LLVM::LLVMFuncOp handler = declareHandler();
    llvm::StringMap<LLVM::GlobalOp> messages;
    for (Operation *op : assertions) {
      auto check = dyn_cast<CheckOp>(op);
      std::string text = check ? locateError(check.getLoc(), check.getMessage())
                               : describe(cast<cf::AssertOp>(op));
      LLVM::GlobalOp &message = messages[text];
      if (!message)
        message = createMessage(op->getLoc(), text, messages.size());
      lower(op, check ? ValueRange(check.getValues()) : ValueRange(), message,
            handler);
    }
  }

private:
  LLVM::LLVMFuncOp declareHandler() {
    constexpr StringLiteral name = "vgaRuntimeError";
    if (auto existing = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(name))
      return existing;
    auto builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(&getContext()),
        {LLVM::LLVMPointerType::get(&getContext()), builder.getI64Type()},
        /*isVarArg=*/true);
    auto handler =
        LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(), name, type);
    // What it is called for is out of the way of what is computed.
    handler.setPassthroughAttr(builder.getStrArrayAttr({"cold", "noreturn"}));
    return handler;
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

  void lower(Operation *op, ValueRange values, LLVM::GlobalOp message,
             LLVM::LLVMFuncOp handler) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
    Value failed = arith::XOrIOp::create(b, op->getOperand(0), yes);
    auto branch = scf::IfOp::create(b, failed);
    b.setInsertionPoint(branch.thenYield());
    SmallVector<Value> arguments = {
        LLVM::AddressOfOp::create(b, message),
        arith::ConstantOp::create(b, b.getI64IntegerAttr(values.size()))};
    for (Value value : values)
      arguments.push_back(arith::IndexCastOp::create(b, b.getI64Type(), value));
    LLVM::CallOp::create(b, handler, arguments);
    op->erase();
  }
};

} // namespace
