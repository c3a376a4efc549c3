//===- CheckModule.cpp - Modules consist of functions ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACHECKMODULEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
struct CheckModulePass : vga::impl::VGACheckModulePassBase<CheckModulePass> {
  void runOnOperation() override {
    for (Operation &op : *getOperation().getBody()) {
      if (isa<func::FuncOp, memref::GlobalOp>(op) ||
          isa<LLVM::LLVMDialect>(op.getDialect()))
        continue;
      op.emitOpError("is not compiled: a module consists of functions");
      return signalPassFailure();
    }
  }
};
} // namespace
