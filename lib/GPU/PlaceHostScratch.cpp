//===- PlaceHostScratch.cpp - The host's own memory is on its stack -------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUPLACEHOSTSCRATCHPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
struct PlaceHostScratchPass
    : vga::impl::VGAGPUPlaceHostScratchPassBase<PlaceHostScratchPass> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> scratch;
    getOperation().walk([&](memref::AllocOp op) {
      if (op.getType().hasStaticShape() &&
          llvm::any_of(op->getUsers(), [](Operation *user) {
            return isa<memref::LoadOp, memref::StoreOp>(user);
          }))
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
