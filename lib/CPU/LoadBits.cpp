//===- LoadBits.cpp - Numbers of bf16 are loaded as their bits ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPULOADBITSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
struct LoadBitsPass : vga::impl::VGACPULoadBitsPassBase<LoadBitsPass> {
  void runOnOperation() override {
    getOperation()->walk([](LLVM::LoadOp load) {
      Type type = load.getType();
      if (!getElementTypeOrSelf(type).isBF16())
        return;
      OpBuilder b(load);
      b.setInsertionPointAfter(load);
      Type bits = b.getIntegerType(16);
      if (auto vector = dyn_cast<VectorType>(type))
        bits = vector.clone(bits);
      load.getResult().setType(bits);
      auto number = LLVM::BitcastOp::create(b, load.getLoc(), type, load);
      load.getResult().replaceAllUsesExcept(number, number);
    });
  }
};
} // namespace
