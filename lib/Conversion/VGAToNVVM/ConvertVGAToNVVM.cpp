//===- ConvertVGAToNVVM.cpp - Attention becomes kernels and launches ------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "ValueGating.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Gates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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

static SymbolRefAttr getKernel(gpu::GPUModuleOp module, StringRef name) {
  MLIRContext *context = module.getContext();
  return SymbolRefAttr::get(module.getSymNameAttr(),
                            FlatSymbolRefAttr::get(context, name));
}

static Value makeEmptyLike(HostBuilder &b,
                           TypedValue<RankedTensorType> tensor) {
  return tensor::EmptyOp::create(
      b, tensor::getMixedSizes(b, tensor.getLoc(), tensor),
      tensor.getType().getElementType());
}

/// Memory that a kernel reads again, and so not any: not a tensor.empty, of
/// which one may stand for several.
static Value makeScratchLike(HostBuilder &b,
                             TypedValue<RankedTensorType> tensor) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, tensor.getLoc(), tensor);
  SmallVector<Value> dynamicSizes;
  std::tie(std::ignore, dynamicSizes) = decomposeMixedValues(sizes);
  return bufferization::AllocTensorOp::create(b, tensor.getType(),
                                              dynamicSizes);
}

/// Launches a kernel that reads and writes arrays by their addresses.
static Value launchOnArrays(HostBuilder &b, SymbolRefAttr kernel, Value blocks,
                            int64_t threads, int64_t sharedBytes,
                            ValueRange sizes, ValueRange inputs, Value output) {
  SmallVector<Attribute> boxes(inputs.size() + 1, b.getDenseI64ArrayAttr({}));
  auto launch = LaunchOp::create(b, TypeRange(output.getType()), kernel, blocks,
                                 threads, sharedBytes,
                                 /*persistent=*/false, /*cooperative=*/false,
                                 sizes, b.getArrayAttr(boxes), inputs, output);
  return launch.getResult(0);
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
  return launchOnArrays(b, kernel, blocks, kGateThreads, /*sharedBytes=*/0,
                        {batch, positions}, inputs, output);
}

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

/// The arrays of a value gate, or of the op that makes it.
static SmallVector<Value> getGateInputs(AttentionOp op, GateOp gate) {
  SmallVector<Value> inputs;
  if (!gate)
    inputs.push_back(op.getValueGate());
  else
    inputs.push_back(gate.getWeight());
  if (gate && gate.getBias())
    inputs.push_back(gate.getBias());
  return inputs;
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

static LogicalResult convertAttention(AttentionOp op, GateOp gate,
                                      gpu::GPUModuleOp module, StringRef name,
                                      const Target &target) {
  OpBuilder builder(op);
  bool isAhead = op.getValueGate() &&
                 op.getSchedule()->getValueGate() == GatePlacement::ahead;
  if (isAhead && failed(ValueGating::verify(op, target)))
    return failure();
  FailureOr<LaunchPlan> plan =
      hopper::buildAttentionKernel(builder, module, name, op, gate, target);
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

  // Values that are gated ahead go through scratch.
  Value gated = op.getValue();
  if (isAhead)
    gated = makeScratchLike(b, op.getValue());
  SmallVector<Value> inputs = {op.getQuery(), op.getKey(), gated};
  Attribute keyValueBox = b.getDenseI64ArrayAttr(plan->keyValueBox);
  SmallVector<Attribute> boxes = {b.getDenseI64ArrayAttr(plan->queryBox),
                                  keyValueBox, keyValueBox};
  Attribute noBox = b.getDenseI64ArrayAttr({});
  SmallVector<Value> others;
  if (isAhead)
    others.push_back(op.getValue());
  llvm::append_range(others, getGateInputs(op, gate));
  others.append(
      {op.getOutputGate(), op.getMask(), op.getKvLength(), op.getSink()});
  for (Value operand : others)
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
  if (isAhead) {
    outputs.push_back(gated);
    boxes.push_back(noBox);
  }

  auto launch = LaunchOp::create(
      b, TypeRange(ValueRange(outputs)), getKernel(module, name), tiles,
      plan->threads, plan->sharedBytes, op.getSchedule()->getPersistent(),
      /*cooperative=*/isAhead, sizes, b.getArrayAttr(boxes), inputs, outputs);
  op->replaceAllUsesWith(launch->getResults().take_front(op->getNumResults()));
  op->erase();
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
  return launchOnArrays(b, kernel, tiles, plan.threads, plan.sharedBytes,
                        {batch, positions}, inputs, output);
}

static LogicalResult convertGate(GateOp op, gpu::GPUModuleOp module,
                                 StringRef name, const Target &target) {
  if (failed(verifyGateHasKernel(op, target)))
    return failure();
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
  Value cache = launchOnArrays(
      b, getKernel(module, name), b.ceilDiv(pieces, b.index(kGateThreads)),
      kGateThreads, /*sharedBytes=*/0,
      {batch, count, b.size(op.getCache(), axes.batch), capacity}, inputs,
      op.getCache());
  op.replaceAllUsesWith(cache);
  op->erase();
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
    kernels = nullptr;
    numKernels = 0;
    // Attention first: it takes in the gates that its kernels compute.
    SmallVector<AttentionOp> attentions;
    getOperation().walk([&](AttentionOp op) { attentions.push_back(op); });
    for (AttentionOp op : attentions)
      if (failed(convertWithGate(op, *target)))
        return signalPassFailure();
    SmallVector<GateOp> gates;
    getOperation().walk([&](GateOp op) { gates.push_back(op); });
    for (GateOp op : gates)
      if (failed(convertGate(op, getKernels(), makeName("gate"), *target)))
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
  LogicalResult convertWithGate(AttentionOp op, const Target &target) {
    if (op.getBlockTable())
      return op.emitOpError("has no kernel for '")
             << chip << "' yet: expected keys and values without a block_table";
    if (op.getAlignment() == Alignment::length)
      return op.emitOpError("has no kernel for '")
             << chip
             << "' yet: expected alignment bottom_right or top_left, got "
                "length";
    ScheduleAttr schedule = op.getScheduleAttr();
    if (!schedule)
      return op.emitOpError("has no schedule (vga-gpu-choose-schedules)");
    GateOp gate = getOwnGate(op);
    if (op.getValueGate() && schedule.getValueGate() == GatePlacement::before) {
      if (failed(gateValues(op, gate, getKernels(), makeName("gate_values"),
                            target)))
        return failure();
      eraseIfUnused(gate);
      gate = nullptr;
    }
    if (failed(convertAttention(op, gate, getKernels(), makeName("attention"),
                                target)))
      return failure();
    eraseIfUnused(gate);
    return success();
  }

  static void eraseIfUnused(GateOp gate) {
    if (gate && gate.use_empty())
      gate.erase();
  }

  gpu::GPUModuleOp getKernels() {
    if (!kernels) {
      OpBuilder b(getOperation().getBodyRegion());
      kernels =
          gpu::GPUModuleOp::create(b, getOperation().getLoc(), "vga_kernels");
      SymbolTable(getOperation()).insert(kernels);
    }
    return kernels;
  }

  std::string makeName(StringRef kind) {
    return (kind + "_" + Twine(numKernels++)).str();
  }

  gpu::GPUModuleOp kernels;
  unsigned numKernels = 0;
};
} // namespace
