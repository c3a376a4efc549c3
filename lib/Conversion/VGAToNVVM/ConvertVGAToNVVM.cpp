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

static Value makeEmptyLike(HostBuilder &b,
                           TypedValue<RankedTensorType> tensor) {
  return tensor::EmptyOp::create(
      b, tensor::getMixedSizes(b, tensor.getLoc(), tensor),
      tensor.getType().getElementType());
}

/// Launches a kernel over the vectors of `source`, which is the first of its
/// inputs: `threads` for each vector, in blocks of kGateThreads.
static Value launchOverVectors(HostBuilder &b, SymbolRefAttr kernel,
                               TypedValue<RankedTensorType> source,
                               AxisOrder axes, int64_t threads,
                               ValueRange inputs, Value output) {
  Value batch = b.size(source, axes.batch);
  Value positions = b.size(source, axes.sequence);
  Value vectors = b.mul(b.mul(batch, positions),
                        b.index(source.getType().getDimSize(axes.head)));
  Value blocks =
      b.ceilDiv(b.mul(vectors, b.index(threads)), b.index(kGateThreads));
  return b.launchOnArrays(kernel, blocks, kGateThreads, /*sharedBytes=*/0,
                          {batch, positions}, inputs, output);
}

/// Replaces the value gate by a kernel that gates the values.
static LogicalResult gateValues(AttentionOp op, GateOp gate,
                                gpu::GPUModuleOp module, StringRef name,
                                const Target &target) {
  OpBuilder builder(op);
  FailureOr<int64_t> vectorThreads =
      buildGateValuesKernel(builder, module, name, op, gate, target);
  if (failed(vectorThreads))
    return failure();
  HostBuilder b(op.getLoc(), op);
  Value output = makeEmptyLike(b, op.getValue());
  SmallVector<Value> inputs = getGateInputs(op, gate);
  inputs.insert(inputs.begin(), op.getValue());
  Value gated = launchOverVectors(b, getKernel(module, name), op.getValue(),
                                  AxisOrder(op.getLayout()), *vectorThreads,
                                  inputs, output);
  op.getValueMutable().assign(gated);
  op.getValueGateMutable().clear();
  return success();
}

/// Launches the kernel of a gate that is a product: a block for each tile.
static Value launchGateProduct(HostBuilder &b, SymbolRefAttr kernel, GateOp op,
                               const GateProductLaunch &plan, ValueRange inputs,
                               Value output) {
  AxisOrder axes(op.getLayout());
  Value batch = b.size(op.getSource(), axes.batch);
  Value positions = b.size(op.getSource(), axes.sequence);
  Value tiles =
      b.mul(b.ceilDiv(b.mul(batch, positions), b.index(plan.tileRows)),
            b.index(plan.rowTiles));
  return b.launchOnArrays(kernel, tiles, plan.threads, plan.sharedBytes,
                          {batch, positions}, inputs, output);
}

static LogicalResult convertGate(GateOp op, gpu::GPUModuleOp module,
                                 StringRef name) {
  OpBuilder builder(op);
  HostBuilder b(op.getLoc(), op);
  SmallVector<Value> inputs = {op.getSource(), op.getWeight()};
  if (op.getBias())
    inputs.push_back(op.getBias());
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  Value output = tensor::EmptyOp::create(
      b, shapes[0], op.getResult().getType().getElementType());
  SymbolRefAttr kernel = getKernel(module, name);
  Value gate;
  if (isGateProduct(op))
    gate = launchGateProduct(b, kernel, op,
                             buildGateProductKernel(builder, module, name, op),
                             inputs, output);
  else
    gate = launchOverVectors(
        b, kernel, op.getSource(), AxisOrder(op.getLayout()),
        buildGateKernel(builder, module, name, op), inputs, output);
  op.replaceAllUsesWith(gate);
  op->erase();
  return success();
}

static void convertAppend(AppendOp op, gpu::GPUModuleOp module,
                          StringRef name) {
  OpBuilder builder(op);
  buildAppendKernel(builder, module, name, op);
  HostBuilder b(op.getLoc(), op);
  CacheAxes axes(op.getCache().getType(), op.getLayout());
  Value batch = b.size(op.getSource(), axes.batch);
  Value count = b.size(op.getSource(), axes.sequence);
  int64_t heads = op.getSource().getType().getDimSize(axes.head);
  Value pieces =
      b.mul(b.mul(batch, count), b.index(heads * getAppendPieces(op)));
  SmallVector<Value> inputs = {op.getSource(), op.getPosition()};
  if (op.getBlockTable())
    inputs.push_back(op.getBlockTable());
  Value capacity = op.getBlockTable() ? b.size(op.getBlockTable(), 1)
                                      : b.size(op.getCache(), axes.sequence);
  Value cache = b.launchOnArrays(
      getKernel(module, name), b.ceilDiv(pieces, b.index(kGateThreads)),
      kGateThreads, /*sharedBytes=*/0,
      {batch, count, b.size(op.getCache(), axes.batch), capacity}, inputs,
      op.getCache(), /*inputBoxes=*/{}, getAppendErrors(op));
  op.replaceAllUsesWith(cache);
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
