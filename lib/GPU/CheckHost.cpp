//===- CheckHost.cpp - Functions do what a GPU can do ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/GPU/Passes.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUCHECKHOSTPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether kernels can load, store and compute with values of this type.
static bool isKernelElement(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<IndexType, Float16Type, BFloat16Type, Float32Type, Float64Type>(
      type);
}

/// Whether an operation multiplies elements of a window: a pooling has its
/// sizes only.
static bool isConvolution(linalg::LinalgOp op) {
  return linalg::isaConvolutionOpInterface(op) &&
         !op.getRegionInputArgs().back().use_empty();
}

/// Why an operation can not be done; empty if it can.
static StringRef getObstacle(Operation *op) {
  auto isUnknown = [](Type type) {
    return !isKernelElement(getElementTypeOrSelf(type));
  };
  if (llvm::any_of(op->getResultTypes(), isUnknown) ||
      llvm::any_of(op->getOperandTypes(), isUnknown))
    return "its elements are of a type that kernels do not compute with";
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    if (isConvolution(linalgOp))
      return "convolutions are not made for GPUs";
    return {};
  }
  bool isOnTensors =
      llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>);
  if (isa<arith::ArithDialect>(op->getDialect()) ||
      (isa<math::MathDialect>(op->getDialect()) && isOnTensors) ||
      isa<affine::AffineApplyOp, affine::AffineMaxOp, affine::AffineMinOp,
          CheckOp, LaunchOp, bufferization::AllocTensorOp, linalg::SoftmaxOp,
          cf::AssertOp, func::CallOp, func::ReturnOp, scf::ConditionOp,
          scf::ForOp, scf::IfOp, scf::WhileOp, scf::YieldOp, tensor::CastOp,
          tensor::CollapseShapeOp, tensor::ConcatOp, tensor::DimOp,
          tensor::EmptyOp, tensor::ExpandShapeOp, tensor::ExtractOp,
          tensor::ExtractSliceOp, tensor::FromElementsOp, tensor::GenerateOp,
          tensor::InsertOp, tensor::InsertSliceOp, tensor::PadOp,
          tensor::SplatOp>(op))
    return {};
  return "functions for a GPU consist of attention, gates, linalg, tensor, and "
         "arith and math on tensors";
}

namespace {
struct VGAGPUCheckHostPass
    : vga::impl::VGAGPUCheckHostPassBase<VGAGPUCheckHostPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      auto check = [](Operation *op) {
        StringRef obstacle = getObstacle(op);
        if (!obstacle.empty()) {
          op->emitOpError("has no kernel yet: ") << obstacle;
          return WalkResult::interrupt();
        }
        // What is inside is done for each element, in a kernel.
        return isa<linalg::LinalgOp, tensor::GenerateOp, tensor::PadOp>(op)
                   ? WalkResult::skip()
                   : WalkResult::advance();
      };
      if (function.getBody().walk<WalkOrder::PreOrder>(check).wasInterrupted())
        return signalPassFailure();
    }
  }
};
} // namespace
