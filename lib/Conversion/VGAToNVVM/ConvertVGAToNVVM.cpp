//===- ConvertVGAToNVVM.cpp - Attention becomes kernels and launches ------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Gates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {
#define GEN_PASS_DEF_CONVERTVGATONVVMPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Index arithmetic on the host.
struct HostBuilder : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(*this, value);
  }
  Value mul(Value x, Value y) { return createOrFold<arith::MulIOp>(x, y); }
  Value div(Value x, Value y) { return createOrFold<arith::DivUIOp>(x, y); }
  Value ceilDiv(Value x, Value y) {
    return createOrFold<arith::CeilDivUIOp>(x, y);
  }
  Value max(Value x, Value y) { return createOrFold<arith::MaxUIOp>(x, y); }
  Value size(Value tensor, int64_t axis) {
    return createOrFold<tensor::DimOp>(tensor, axis);
  }
};
} // namespace

/// Elements between the entries of a mask along each of [B, Hq, Sq, Sk].
static void appendMaskStrides(HostBuilder &b, Value mask,
                              SmallVectorImpl<Value> &sizes) {
  auto type = cast<RankedTensorType>(mask.getType());
  SmallVector<Value, 4> strides(4, b.index(0));
  Value stride = b.index(1);
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    if (type.getDimSize(axis) == 1)
      continue;
    strides[4 - type.getRank() + axis] = stride;
    stride = b.mul(stride, b.size(mask, axis));
  }
  llvm::append_range(sizes, strides);
}

/// Replaces the value gate by a kernel that gates the values.
static LogicalResult gateValues(AttentionOp op, gpu::GPUModuleOp module,
                                StringRef name, const Target &target) {
  OpBuilder builder(op);
  FailureOr<int64_t> rowThreads =
      buildGateValuesKernel(builder, module, name, op, target);
  if (failed(rowThreads))
    return failure();
  HostBuilder b(op.getLoc(), op);
  AxisOrder axes(op.getLayout());
  auto type = op.getValue().getType();
  Value batch = b.size(op.getValue(), axes.batch);
  Value positions = b.size(op.getValue(), axes.sequence);
  Value rows =
      b.mul(b.mul(batch, positions), b.index(type.getDimSize(axes.head)));
  Value blocks =
      b.ceilDiv(b.mul(rows, b.index(*rowThreads)), b.index(kGateThreads));
  Value output = tensor::EmptyOp::create(
      b, tensor::getMixedSizes(b, op.getLoc(), op.getValue()),
      type.getElementType());
  SmallVector<Attribute> boxes(3, b.getDenseI64ArrayAttr({}));
  auto launch = LaunchOp::create(
      b, TypeRange(type),
      SymbolRefAttr::get(module.getSymNameAttr(),
                         FlatSymbolRefAttr::get(b.getStringAttr(name))),
      blocks, kGateThreads, /*shared_memory=*/0, /*persistent=*/false,
      ValueRange{batch, positions}, b.getArrayAttr(boxes),
      ValueRange{op.getValue(), op.getValueGate()}, output);
  op.getValueMutable().assign(launch.getResult(0));
  op.getValueGateMutable().clear();
  return success();
}

static LogicalResult convertAttention(AttentionOp op, gpu::GPUModuleOp module,
                                      StringRef name, const Target &target) {
  OpBuilder builder(op);
  FailureOr<LaunchPlan> plan =
      hopper::buildAttentionKernel(builder, module, name, op, target);
  if (failed(plan))
    return failure();

  HostBuilder b(op.getLoc(), op);
  AxisOrder axes(op.getLayout());
  AttentionSizes known(op);
  Value batch = b.size(op.getQuery(), axes.batch);
  Value queries = b.size(op.getQuery(), axes.sequence);
  Value keys = b.size(op.getKey(), axes.sequence);
  Value heads = b.index(known.queryHeads);
  // Heads whose keys and values stay in the cache together.
  Value headBytes =
      b.mul(keys, b.index((known.keyChannels + known.valueChannels) * 2));
  Value one = b.index(1);
  Value sectionHeads = b.mul(
      b.max(b.div(b.index(target.cacheBytes), b.max(headBytes, one)), one),
      b.index(known.groupSize()));
  SmallVector<Value> sizes = {batch, queries, keys, sectionHeads};
  if (op.getMask())
    appendMaskStrides(b, op.getMask(), sizes);
  Value tiles =
      b.mul(b.ceilDiv(queries, b.index(op.getSchedule()->getQueries())),
            b.mul(heads, batch));

  SmallVector<Value> inputs = {op.getQuery(), op.getKey(), op.getValue()};
  SmallVector<Attribute> boxes = {b.getDenseI64ArrayAttr(plan->queryBox),
                                  b.getDenseI64ArrayAttr(plan->keyBox),
                                  b.getDenseI64ArrayAttr(plan->valueBox)};
  Attribute noBox = b.getDenseI64ArrayAttr({});
  for (Value operand : {op.getValueGate(), op.getOutputGate(), op.getMask(),
                        op.getKvLength(), op.getSink()})
    if (operand) {
      inputs.push_back(operand);
      boxes.push_back(noBox);
    }
  boxes.push_back(b.getDenseI64ArrayAttr(plan->outputBox));
  SmallVector<Value> outputs;
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  for (auto [shape, result] : llvm::zip(shapes, op->getResults()))
    outputs.push_back(tensor::EmptyOp::create(
        b, shape, cast<RankedTensorType>(result.getType()).getElementType()));
  if (op.getReturnLse())
    boxes.push_back(noBox);

  auto launch = LaunchOp::create(
      b, op->getResultTypes(),
      SymbolRefAttr::get(module.getSymNameAttr(),
                         FlatSymbolRefAttr::get(b.getStringAttr(name))),
      tiles, plan->threads, plan->sharedBytes,
      op.getSchedule()->getPersistent(), sizes, b.getArrayAttr(boxes), inputs,
      outputs);
  op->replaceAllUsesWith(launch);
  op->erase();
  return success();
}

static LogicalResult convertGate(GateOp op, gpu::GPUModuleOp module,
                                 StringRef name, const Target &target) {
  OpBuilder builder(op);
  FailureOr<int64_t> blockRows =
      buildGateKernel(builder, module, name, op, target);
  if (failed(blockRows))
    return failure();
  HostBuilder b(op.getLoc(), op);
  AxisOrder axes(op.getLayout());
  Value batch = b.size(op.getSource(), axes.batch);
  Value positions = b.size(op.getSource(), axes.sequence);
  Value rows = b.mul(b.mul(batch, positions),
                     b.index(op.getSource().getType().getDimSize(axes.head)));
  SmallVector<Value> inputs = {op.getSource(), op.getWeight()};
  if (op.getBias())
    inputs.push_back(op.getBias());
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  Value output = tensor::EmptyOp::create(
      b, shapes[0], op.getResult().getType().getElementType());
  SmallVector<Attribute> boxes(inputs.size() + 1, b.getDenseI64ArrayAttr({}));
  auto launch = LaunchOp::create(
      b, op->getResultTypes(),
      SymbolRefAttr::get(module.getSymNameAttr(),
                         FlatSymbolRefAttr::get(b.getStringAttr(name))),
      b.ceilDiv(rows, b.index(*blockRows)), kGateThreads,
      /*shared_memory=*/0, /*persistent=*/false, ValueRange{batch, positions},
      b.getArrayAttr(boxes), inputs, output);
  op->replaceAllUsesWith(launch);
  op->erase();
  return success();
}

namespace {
struct ConvertVGAToNVVMPass
    : vga::impl::ConvertVGAToNVVMPassBase<ConvertVGAToNVVMPass> {
  using Base::Base;

  void runOnOperation() override {
    std::optional<Target> target = Target::lookup(chip);
    if (!target) {
      getOperation().emitError("no kernels for '")
          << chip << "'; there are some for " << Target::getNames();
      return signalPassFailure();
    }
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<AttentionOp, GateOp>(op))
        ops.push_back(op);
    });
    if (ops.empty())
      return;
    OpBuilder b(getOperation().getBodyRegion());
    auto module =
        gpu::GPUModuleOp::create(b, getOperation().getLoc(), "vga_kernels");
    SymbolTable(getOperation()).insert(module);
    for (auto [i, op] : llvm::enumerate(ops))
      if (failed(convert(op, i, module, *target)))
        return signalPassFailure();
  }

private:
  static LogicalResult convert(Operation *op, size_t number,
                               gpu::GPUModuleOp module, const Target &target) {
    if (auto gate = dyn_cast<GateOp>(op))
      return convertGate(gate, module, ("gate_" + Twine(number)).str(), target);
    auto attention = cast<AttentionOp>(op);
    if (!attention.getSchedule())
      return attention.emitOpError(
          "has no schedule (vga-gpu-choose-schedules)");
    if (gatesValuesBefore(attention) &&
        failed(gateValues(attention, module,
                          ("gate_values_" + Twine(number)).str(), target)))
      return failure();
    return convertAttention(attention, module,
                            ("attention_" + Twine(number)).str(), target);
  }
};
} // namespace
