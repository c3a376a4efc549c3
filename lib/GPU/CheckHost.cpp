//===- CheckHost.cpp - Functions only launch kernels ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUCHECKHOSTPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether an operation reads no array: it computes sizes, or names arrays.
static bool isForHost(Operation *op) {
  if (isa<LaunchOp, bufferization::AllocTensorOp, tensor::EmptyOp, tensor::DimOp, tensor::CastOp,
          func::ReturnOp, func::CallOp>(op))
    return true;
  return isa<arith::ArithDialect>(op->getDialect()) &&
         llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
}

namespace {
struct VGAGPUCheckHostPass
    : vga::impl::VGAGPUCheckHostPassBase<VGAGPUCheckHostPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      WalkResult result = function.getBody().walk([](Operation *op) {
        if (isForHost(op))
          return WalkResult::advance();
        op->emitOpError("has no kernel yet: functions for a GPU consist of "
                        "attention, its gates and sizes");
        return WalkResult::interrupt();
      });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
