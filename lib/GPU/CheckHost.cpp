//===- CheckHost.cpp - Functions do what a GPU can do ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "vga/Dialect/VGA/Transforms/SupportedOps.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUCHECKHOSTPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
struct VGAGPUCheckHostPass
    : vga::impl::VGAGPUCheckHostPassBase<VGAGPUCheckHostPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      // What is inside is done for each element, in a kernel.
      auto isForElements = [](Operation *op) {
        return isa<linalg::LinalgOp, tensor::GenerateOp, tensor::PadOp>(op);
      };
      auto check = [&](Operation *op) {
        bool isInside = isForElements(op->getParentOp()) ||
                        op->getParentOfType<linalg::LinalgOp>();
        std::string obstacle =
            isInside ? getObstacleInKernel(op) : getObstacleOnGPU(op);
        if (obstacle.empty())
          return WalkResult::advance();
        op->emitOpError("has no kernel yet: ") << obstacle;
        return WalkResult::interrupt();
      };
      for (BlockArgument argument : function.getArguments()) {
        auto array = dyn_cast<BaseMemRefType>(argument.getType());
        if (!array || !array.getMemorySpace())
          continue;
        function.emitError()
            << "argument " << argument.getArgNumber() << " of '"
            << function.getName() << "' has no kernel yet: " << array
            << " is in another memory";
        return signalPassFailure();
      }
      if (function.getBody().walk<WalkOrder::PreOrder>(check).wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
