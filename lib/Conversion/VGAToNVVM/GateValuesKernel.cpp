//===- GateValuesKernel.cpp - Values times their gates, before attention --===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values are read and written once, where a gate in the attention kernel is
// applied again for every tile of queries.
//
//===----------------------------------------------------------------------===//

#include "GateArguments.h"
#include "Kernels.h"
#include "MemoryRows.h"
#include "ValueGating.h"

using namespace mlir;
using namespace mlir::vga;

static void buildKernel(KernelBuilder &b, AttentionOp op, ValueGating &gating,
                        Value batch, Value positions) {
  AxisOrder axes(op.getLayout());
  int64_t heads = op.getValue().getType().getDimSize(axes.head);
  MemoryRows memory(b, axes, batch, heads, positions);
  Value rows = b.mul(b.mul(memory.sizes[0], memory.sizes[1]), memory.sizes[2]);
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value row = b.add(b.mul(block, kGateThreads / gating.getLanes()),
                    b.div(thread, gating.getLanes()));
  ValueGating::Vector vector;
  vector.exists = b.less(row, rows);
  // Lanes that have nothing compute something that is there: shuffles need
  // them.
  row = b.min(row, b.sub(rows, 1));
  SmallVector<Value> indices = memory.getIndices(b, row);
  vector.row = b.toI64(row);
  vector.head = indices[axes.head];
  Value line = b.add(b.mul(indices[axes.batch], heads), vector.head);
  vector.gate = b.add(b.mul(b.toI64(line), b.toI64(positions)),
                      b.toI64(indices[axes.sequence]));
  gating.gate(b, thread, vector);
  LLVM::ReturnOp::create(b, ValueRange());
}

FailureOr<Value> vga::launchGateValues(HostBuilder &b, AttentionOp op,
                                       GateOp gate, gpu::GPUModuleOp module,
                                       StringRef name, const Target &target) {
  if (failed(ValueGating::verify(op, target)))
    return failure();
  TypedValue<RankedTensorType> source = op.getValue();
  AxisOrder axes(op.getLayout());
  Value result =
      tensor::EmptyOp::create(b, tensor::getMixedSizes(b, b.getLoc(), source),
                              source.getType().getElementType());
  ValueGating gating(op, gate);
  ValueGating::Arrays &arrays = gating.arrays;
  Value batch, positions;
  KernelSignature signature;
  signature.addInput(source, arrays.source);
  if (gate) {
    signature.addInput(gate.getWeight(), arrays.weight);
    signature.addInput(gate.getBias(), arrays.bias);
  } else {
    signature.addInput(op.getValueGate(), arrays.gates);
  }
  signature.addOutput(result, arrays.destination);
  signature.addSize(b.size(source, axes.batch), batch);
  signature.addSize(b.size(source, axes.sequence), positions);

  KernelBuilder inKernel(op.getLoc(), b);
  inKernel.setInsertionPointToEnd(module.getBody());
  signature.makeFunction(inKernel, op.getLoc(), name, kGateThreads);
  buildKernel(inKernel, op, gating, batch, positions);
  LaunchShape shape = getVectorShape(b, source, axes, gating.getLanes());
  return Value(signature.launch(b, getKernel(module, name), shape).front());
}
