//===- CheckFunctions.cpp - Functions do what a CPU can do ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/SupportedOps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUCHECKFUNCTIONSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
struct CheckFunctionsPass
    : vga::impl::VGACPUCheckFunctionsPassBase<CheckFunctionsPass> {
  void runOnOperation() override {
    auto check = [](Operation *op) {
      std::string obstacle = getObstacleOnCPU(op);
      if (obstacle.empty())
        return WalkResult::advance();
      op->emitOpError("is not compiled for CPUs: ") << obstacle;
      return WalkResult::interrupt();
    };
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      for (BlockArgument argument : function.getArguments()) {
        std::string obstacle = getObstacleOnCPU(argument.getType());
        if (obstacle.empty())
          continue;
        function.emitError()
            << "argument " << argument.getArgNumber() << " of '"
            << function.getName() << "' is not compiled for CPUs: " << obstacle;
        return signalPassFailure();
      }
      if (function.getBody().walk<WalkOrder::PreOrder>(check).wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
