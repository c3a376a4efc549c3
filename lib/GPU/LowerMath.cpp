//===- LowerMath.cpp - Functions in kernels become instructions -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "vga/GPU/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPULOWERMATHPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// The intrinsic of LLVM for an operation, if GPUs have instructions for it;
/// else empty.
static StringRef getIntrinsic(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case([](math::AbsFOp) { return "llvm.fabs"; })
      .Case([](math::CeilOp) { return "llvm.ceil"; })
      .Case([](math::CopySignOp) { return "llvm.copysign"; })
      .Case([](math::CountLeadingZerosOp) { return "llvm.ctlz"; })
      .Case([](math::CountTrailingZerosOp) { return "llvm.cttz"; })
      .Case([](math::CtPopOp) { return "llvm.ctpop"; })
      .Case([](math::FloorOp) { return "llvm.floor"; })
      .Case([](math::FmaOp) { return "llvm.fma"; })
      .Case([](math::RoundOp) { return "llvm.round"; })
      .Case([](math::RoundEvenOp) { return "llvm.roundeven"; })
      .Case([](math::SqrtOp) { return "llvm.sqrt"; })
      .Case([](math::TruncOp) { return "llvm.trunc"; })
      .Default([](Operation *) { return ""; });
}

namespace {
struct LowerMathPass : vga::impl::VGAGPULowerMathPassBase<LowerMathPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) || isa<arith::RemFOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      if (failed(lower(op)))
        return signalPassFailure();
  }

private:
  static LogicalResult lower(Operation *op) {
    StringRef intrinsic = getIntrinsic(op);
    if (intrinsic.empty())
      return op->emitOpError("of ")
             << op->getResult(0).getType() << " has no kernel yet";
    OpBuilder builder(op);
    SmallVector<Value> operands(op->getOperands());
    // Of 0 it is the width.
    if (isa<math::CountLeadingZerosOp, math::CountTrailingZerosOp>(op))
      operands.push_back(LLVM::ConstantOp::create(builder, op->getLoc(),
                                                  builder.getBoolAttr(false)));
    auto call = LLVM::CallIntrinsicOp::create(
        builder, op->getLoc(), op->getResult(0).getType(),
        builder.getStringAttr(intrinsic), operands);
    op->replaceAllUsesWith(call);
    op->erase();
    return success();
  }
};
} // namespace
