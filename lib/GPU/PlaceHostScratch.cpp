//===- PlaceHostScratch.cpp - The host's own memory is on its stack -------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUPLACEHOSTSCRATCHPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// Whether the host loads from an array or stores to it, here or in a function
/// that it is passed to. What is in linalg does so in a kernel.
static bool isAccessedByHost(Value array, ModuleOp module) {
  return llvm::any_of(array.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (user->getParentOfType<linalg::LinalgOp>())
      return false;
    if (isa<memref::LoadOp, memref::StoreOp>(user))
      return true;
    if (auto cast = dyn_cast<memref::CastOp>(user))
      return isAccessedByHost(cast, module);
    auto call = dyn_cast<func::CallOp>(user);
    auto callee = call ? module.lookupSymbol<func::FuncOp>(call.getCallee())
                       : func::FuncOp();
    return callee && !callee.isDeclaration() &&
           isAccessedByHost(callee.getArgument(use.getOperandNumber()), module);
  });
}

namespace {
struct PlaceHostScratchPass
    : vga::impl::VGAGPUPlaceHostScratchPassBase<PlaceHostScratchPass> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> scratch;
    getOperation().walk([&](memref::AllocOp op) {
      if (op.getType().hasStaticShape() && isAccessedByHost(op, getOperation()))
        scratch.push_back(op);
    });
    for (memref::AllocOp op : scratch) {
      for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
        if (isa<memref::DeallocOp>(user))
          user->erase();
      auto function = op->getParentOfType<func::FuncOp>();
      OpBuilder b = OpBuilder::atBlockBegin(&function.front());
      Value place = memref::AllocaOp::create(b, op.getLoc(), op.getType());
      op.replaceAllUsesWith(place);
      op.erase();
    }
  }
};
} // namespace
