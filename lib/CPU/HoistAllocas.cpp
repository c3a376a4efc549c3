//===- HoistAllocas.cpp - One copy of scratch for each thread ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUHOISTALLOCASPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

namespace {
struct HoistAllocasPass
    : vga::impl::VGACPUHoistAllocasPassBase<HoistAllocasPass> {
  void runOnOperation() override {
    getOperation()->walk([](memref::AllocaOp alloca) {
      if (!alloca.getType().hasStaticShape())
        return;
      Operation *scope = alloca->getParentOp();
      while (scope && !isa<omp::ParallelOp, func::FuncOp>(scope))
        scope = scope->getParentOp();
      if (!scope)
        return;
      Block &entry = scope->getRegion(0).front();
      alloca->moveBefore(&entry, entry.begin());
    });
  }
};
} // namespace
