//===- ConvertVGAToNVVM.cpp - Attention becomes kernels and launches ------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBuilder.h"
#include "Kernels.h"
#include "LaunchAttention.h"
#include "TakeDefinition.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Gates.h"
#include "vga/GPU/KernelModule.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_CONVERTVGATONVVMPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Replaces the value gate by a kernel that gates the values.
static LogicalResult gateValues(AttentionOp op, GateOp gate,
                                gpu::GPUModuleOp module, StringRef name,
                                const Target &target) {
  HostBuilder b(op.getLoc(), op);
  FailureOr<Value> gated = launchGateValues(b, op, gate, module, name, target);
  if (failed(gated))
    return failure();
  op.getValueMutable().assign(*gated);
  op.getValueGateMutable().clear();
  return success();
}

static LogicalResult convertGate(GateOp op, gpu::GPUModuleOp module,
                                 StringRef name) {
  HostBuilder b(op.getLoc(), op);
  FailureOr<Value> gate = isGateProduct(op)
                              ? launchGateProduct(b, op, module, name)
                              : launchGate(b, op, module, name);
  if (failed(gate))
    return failure();
  op.replaceAllUsesWith(*gate);
  op->erase();
  return success();
}

static void convertAppend(AppendOp op, gpu::GPUModuleOp module,
                          StringRef name) {
  HostBuilder b(op.getLoc(), op);
  op.replaceAllUsesWith(launchAppend(b, op, module, name));
  op->erase();
}

namespace {
struct ConvertVGAToNVVMPass
    : vga::impl::ConvertVGAToNVVMPassBase<ConvertVGAToNVVMPass> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target = Target::require(chip, getOperation());
    if (failed(target))
      return signalPassFailure();
    // Attention first: it takes in the gates that its kernels compute.
    SmallVector<AttentionOp> attentions;
    getOperation().walk([&](AttentionOp op) { attentions.push_back(op); });
    for (AttentionOp op : attentions)
      if (failed(convertOrDefine(op, *target)))
        return signalPassFailure();
    SmallVector<GateOp> gates;
    getOperation().walk([&](GateOp op) { gates.push_back(op); });
    for (GateOp op : gates)
      if (hasGateKernel(op) &&
          failed(convertGate(op, getKernels(), makeName("gate"))))
        return signalPassFailure();
    SmallVector<AppendOp> appends;
    getOperation().walk([&](AppendOp op) { appends.push_back(op); });
    for (AppendOp op : appends) {
      if (llvm::is_contained(op.getSource().getType().getShape(), 0)) {
        op.replaceAllUsesWith(op.getCache());
        op.erase();
        continue;
      }
      convertAppend(op, getKernels(), makeName("append"));
    }
  }

private:
  /// With or-definition, the error of an attention without a kernel becomes the
  /// reason for its definition. Nothing but its value gate has changed by then.
  LogicalResult convertOrDefine(AttentionOp op, const Target &target) {
    std::string obstacle;
    {
      ScopedDiagnosticHandler handler(
          &getContext(), [&](Diagnostic &diagnostic) {
            if (!orDefinition ||
                diagnostic.getSeverity() != DiagnosticSeverity::Error)
              return failure();
            obstacle = diagnostic.str();
            return success();
          });
      if (succeeded(convertWithGate(op, target)))
        return success();
    }
    if (obstacle.empty())
      return failure();
    StringRef reason = obstacle;
    reason.consume_front("'vga.attention' op ");
    IRRewriter rewriter(&getContext());
    takeDefinition(rewriter, op, "it " + reason);
    return success();
  }

  LogicalResult convertWithGate(AttentionOp op, const Target &target) {
    if (!op.getScheduleAttr())
      return op.emitOpError("has no schedule (vga-gpu-choose-schedules)");
    GateOp gate = getOwnGate(op);
    if (op.getValueGate() && getGatePlacement(op) == GatePlacement::before) {
      if (failed(gateValues(op, gate, getKernels(), makeName("gate_values"),
                            target)))
        return failure();
      eraseIfUnused(gate);
      gate = nullptr;
    }
    HostBuilder b(op.getLoc(), op);
    FailureOr<SmallVector<Value>> results = launchAttention(
        b, op, gate, getKernels(), makeName("attention"), target);
    if (failed(results))
      return failure();
    op->replaceAllUsesWith(*results);
    op->erase();
    eraseIfUnused(gate);
    return success();
  }

  static void eraseIfUnused(GateOp gate) {
    if (gate && gate.use_empty())
      gate.erase();
  }

  gpu::GPUModuleOp getKernels() { return getKernelModule(getOperation()); }
  std::string makeName(StringRef kind) {
    return getFreeKernelName(getKernels(), kind);
  }
};
} // namespace
