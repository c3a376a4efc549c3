//===- KernelModule.cpp - Where kernels are -------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/GPU/KernelModule.h"

using namespace mlir;
using namespace mlir::vga;

gpu::GPUModuleOp vga::getKernelModule(ModuleOp module) {
  constexpr StringLiteral kName = "vga_kernels";
  if (auto existing = module.lookupSymbol<gpu::GPUModuleOp>(kName))
    return existing;
  OpBuilder b(module.getBodyRegion());
  return gpu::GPUModuleOp::create(b, module.getLoc(), kName);
}

std::string vga::getFreeKernelName(gpu::GPUModuleOp kernels, StringRef prefix) {
  for (unsigned number = 0;; ++number) {
    std::string name = (prefix + "_" + Twine(number)).str();
    if (!kernels.lookupSymbol(name))
      return name;
  }
}
