//===- AttentionArguments.cpp - What attention kernels take ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionArguments.h"

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Target.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::vga;

AttentionProblemSizes::AttentionProblemSizes(HostBuilder &b, AttentionOp op) {
  AxisOrder axes(op.getLayout());
  batch = b.size(op.getQuery(), axes.batch);
  queries = b.size(op.getQuery(), axes.sequence);
  keys = b.size(op.getKey(), axes.sequence);
  if (op.getBlockTable())
    keys = b.mul(b.size(op.getBlockTable(), 1), keys);
}

void vga::declareValueGate(KernelSignature &signature, AttentionOp op,
                           GateOp gate, AttentionArguments &arguments) {
  if (!gate)
    return signature.addInput(op.getValueGate(), arguments.valueGate);
  signature.addInput(gate.getWeight(), arguments.gateWeight);
  signature.addInput(gate.getBias(), arguments.gateBias);
}

void vga::declareOptionalInputs(KernelSignature &signature, AttentionOp op,
                                AttentionArguments &arguments) {
  signature.addInput(op.getOutputGate(), arguments.outputGate);
  signature.addInput(op.getMask(), arguments.mask);
  signature.addInput(op.getKvLength(), arguments.kvLength);
  signature.addInput(op.getSink(), arguments.sink);
}

void vga::declareSizes(KernelSignature &signature,
                       const AttentionProblemSizes &sizes, Value sectionHeads,
                       AttentionArguments &arguments) {
  signature.addSize(sizes.batch, arguments.batch);
  signature.addSize(sizes.queries, arguments.queries);
  signature.addSize(sizes.keys, arguments.keys);
  signature.addSize(sectionHeads, arguments.sectionHeads);
}

void vga::declareMaskStrides(HostBuilder &b, KernelSignature &signature,
                             AttentionOp op, AttentionArguments &arguments) {
  if (!op.getMask())
    return;
  constexpr int64_t kAxes = 4; // [B, Hq, Sq, Sk]
  auto type = cast<RankedTensorType>(op.getMask().getType());
  SmallVector<Value, kAxes> strides(kAxes, b.index(0));
  Value stride = b.index(1);
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    if (type.getDimSize(axis) == 1)
      continue;
    strides[kAxes - type.getRank() + axis] = stride;
    stride = b.mul(stride, b.size(op.getMask(), axis));
  }
  arguments.maskStrides.resize(kAxes);
  for (auto [size, parameter] : llvm::zip(strides, arguments.maskStrides))
    signature.addSize(size, parameter);
}

LogicalResult vga::declareResults(HostBuilder &b, KernelSignature &signature,
                                  AttentionOp op, Value &output,
                                  KernelSignature::Box outputBox,
                                  AttentionArguments &arguments) {
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  for (auto [shape, result] : llvm::zip(shapes, op->getResults())) {
    Type type = cast<RankedTensorType>(result.getType()).getElementType();
    Value array = tensor::EmptyOp::create(b, shape, type);
    if (result == op.getResult())
      signature.addOutput(array, output, outputBox);
    else
      signature.addOutput(array, arguments.lse);
  }
  return success();
}

Value vga::makeScratch(HostBuilder &b, RankedTensorType type,
                       ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> dynamicSizes;
  std::tie(std::ignore, dynamicSizes) = decomposeMixedValues(sizes);
  return bufferization::AllocTensorOp::create(b, type, dynamicSizes);
}

Value vga::getCachedHeads(HostBuilder &b, AttentionOp op, Value keys,
                          const Target &target) {
  AttentionSizes known(op);
  Type type = op.getKey().getType().getElementType();
  Value headBytes =
      b.mul(keys, b.index((known.keyChannels + known.valueChannels) *
                          type.getIntOrFloatBitWidth() / 8));
  Value one = b.index(1);
  return b.max(b.div(b.index(target.cacheBytes), b.max(headBytes, one)), one);
}

LLVM::GlobalOp vga::makeCounters(OpBuilder &b, gpu::GPUModuleOp module,
                                 const Twine &name, int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI32Type(), count);
  return LLVM::GlobalOp::create(
      b, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::Internal,
      name.str(),
      DenseElementsAttr::get(RankedTensorType::get(count, b.getI32Type()),
                             b.getI32IntegerAttr(0)),
      /*alignment=*/8, /*addrSpace=*/1);
}
