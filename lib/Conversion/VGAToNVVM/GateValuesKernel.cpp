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

#include "KernelFunction.h"
#include "Kernels.h"
#include "MemoryRows.h"
#include "ValueGating.h"

using namespace mlir;
using namespace mlir::vga;

FailureOr<int64_t> vga::buildGateValuesKernel(OpBuilder &builder,
                                              gpu::GPUModuleOp module,
                                              StringRef name, AttentionOp op,
                                              GateOp gate,
                                              const Target &target) {
  if (failed(ValueGating::verify(op, target)))
    return failure();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  KernelFunction signature(builder);
  unsigned source = signature.addPointer(), gates = signature.addPointer();
  unsigned bias = gate && gate.getBias() ? signature.addPointer() : 0;
  unsigned destination = signature.addPointer();
  unsigned batch = signature.addSize(), length = signature.addSize();
  Block *entry = signature.makeFunction(op.getLoc(), name, kGateThreads);
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);

  ValueGating gating(op, gate);
  ValueGating::Arrays &arrays = gating.arrays;
  auto argument = [&](unsigned number) { return entry->getArgument(number); };
  arrays.source = argument(source);
  (gate ? arrays.weight : arrays.gates) = argument(gates);
  if (bias)
    arrays.bias = argument(bias);
  arrays.destination = argument(destination);

  AxisOrder axes(op.getLayout());
  int64_t heads = op.getValue().getType().getDimSize(axes.head);
  Value positions = argument(length);
  MemoryRows memory(b, axes, argument(batch), heads, positions);
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
  return gating.getLanes();
}
