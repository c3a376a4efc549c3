//===- OverlapLaunches.cpp - Kernels begin while others end ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every kernel waits for the one before it, so that each sees what all before
// it have written, and none is more than one ahead.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUOVERLAPLAUNCHESPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
struct OverlapLaunchesPass
    : vga::impl::VGAGPUOverlapLaunchesPassBase<OverlapLaunchesPass> {
  void runOnOperation() override {
    auto kernelName = gpu::GPUDialect::getKernelFuncAttrName();
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      if (function.isExternal() || !function->hasAttr(kernelName))
        continue;
      OpBuilder b = OpBuilder::atBlockBegin(&function.front());
      for (NVVM::GridDepActionKind action :
           {NVVM::GridDepActionKind::launch_dependents,
            NVVM::GridDepActionKind::wait})
        NVVM::GriddepcontrolOp::create(b, function.getLoc(), action);
    }
  }
};
} // namespace
