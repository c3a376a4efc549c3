//===- OutputGate.cpp - Gates of the rows of the output -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../MemoryRows.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// The address of the gate of a lane's row, or of the first of its channels.
static Value getGateAddress(Kernel &kernel, const Tile &tile, const Lane &lane,
                            int64_t laneRow) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Arguments &arguments = kernel.arguments;
  auto type = kernel.op.getOutputGate().getType();
  bool isElementwise = type.getRank() == 4;
  Value row = b.add(b.add(tile.query, lane.row), 8 * laneRow);
  row = b.min(row, b.sub(arguments.queries, 1));
  // The position in [B, Hq, Sq], or in the axes of the layout.
  AxisOrder axes = isElementwise ? plan.axes : AxisOrder(Layout::bhsd);
  MemoryRows memory(b, axes, arguments.batch, plan.queryHeads,
                    arguments.queries);
  Value index = memory.getRow(b, tile.batch, tile.head, row);
  if (isElementwise)
    index = b.add(b.mul(index, plan.valueChannels), b.toI64(lane.column));
  return b.elementAddress(arguments.outputGate, type.getElementType(), index);
}

SmallVector<Value> hopper::loadRowGates(Kernel &kernel, const Tile &tile,
                                        const Lane &lane) {
  SmallVector<Value> gates;
  if (!kernel.arguments.outputGate ||
      kernel.op.getOutputGate().getType().getRank() == 4)
    return gates;
  Type type = kernel.op.getOutputGate().getType().getElementType();
  for (int64_t r = 0; r < kLaneRows; ++r)
    gates.push_back(kernel.b.keepHere(
        kernel.b.loadF32(type, getGateAddress(kernel, tile, lane, r))));
  return gates;
}

SmallVector<Value> hopper::gateOutput(Kernel &kernel, const Tile &tile,
                                      const Lane &lane, ValueRange rowGates,
                                      ValueRange output) {
  SmallVector<Value> result = llvm::to_vector(output);
  if (!kernel.arguments.outputGate)
    return result;
  KernelBuilder &b = kernel.b;
  if (!rowGates.empty()) {
    for (size_t i = 0; i < output.size(); ++i)
      result[i] = b.mulF(output[i], rowGates[getLaneRow(i)]);
    return result;
  }
  Type elementType = kernel.op.getOutputGate().getType().getElementType();
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value line = getGateAddress(kernel, tile, lane, r);
    // Channels come in pairs, and lines have an even number of them.
    for (size_t i = 2 * r; i < output.size(); i += 4) {
      auto pairType = VectorType::get(2, elementType);
      Value pair = LLVM::LoadOp::create(
          b, pairType,
          b.elementAddress(line, elementType, b.i32(getLaneColumn(i))),
          /*alignment=*/elementType.getIntOrFloatBitWidth() / 4);
      for (int64_t j : {0, 1}) {
        Value gate = LLVM::ExtractElementOp::create(b, pair, b.i32(j));
        if (!elementType.isF32())
          gate = LLVM::FPExtOp::create(b, b.getF32Type(), gate);
        result[i + j] = b.mulF(output[i + j], gate);
      }
    }
  }
  return result;
}
