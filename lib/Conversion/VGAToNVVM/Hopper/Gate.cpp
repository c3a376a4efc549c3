//===- Gate.cpp - Gates inside the kernel ---------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

SmallVector<Value> hopper::gateWeights(Kernel &kernel, const Tile &tile,
                                       const Lane &lane, Value block,
                                       bool isEdge, ValueRange weights) {
  SmallVector<Value> result = llvm::to_vector(weights);
  if (!kernel.arguments.valueGate)
    return result;
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  auto type = kernel.op.getValueGate().getType();
  int64_t gateHeads = type.getDimSize(1);
  Value head = gateHeads == plan.kvHeads ? tile.kvHead : tile.head;
  Value keys = kernel.arguments.keys;
  Value line = b.elementAddress(
      kernel.arguments.valueGate, type.getElementType(),
      b.mul(b.toI64(b.add(b.mul(tile.batch, gateHeads), head)), b.toI64(keys)));
  Value first = b.add(b.mul(block, plan.schedule.getKeys()), lane.column);
  // Keys that do not exist have weight 0; their gates are not looked at.
  Value lastKey = b.max(b.sub(tile.keyEnd, 1), b.i32(0));
  for (size_t i = 0; i < weights.size(); i += 4)
    for (int64_t j : {0, 1}) {
      Value key = b.add(first, getLaneColumn(i + j));
      Value gate = b.loadF32(
          type.getElementType(),
          b.elementAddress(line, type.getElementType(),
                           isEdge ? b.min(key, lastKey) : key));
      for (int64_t r = 0; r < kLaneRows; ++r) {
        Value weight = weights[i + 2 * r + j];
        Value gated = b.mulF(weight, gate);
        if (isEdge)
          gated = b.select(
              b.compareF(arith::CmpFPredicate::OEQ, weight, b.f32(0)),
              b.f32(0), gated);
        result[i + 2 * r + j] = gated;
      }
    }
  return result;
}

SmallVector<Value> hopper::gateOutput(Kernel &kernel, const Tile &tile,
                                      const Lane &lane, ValueRange output) {
  SmallVector<Value> result = llvm::to_vector(output);
  if (!kernel.arguments.outputGate)
    return result;
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Arguments &arguments = kernel.arguments;
  auto type = kernel.op.getOutputGate().getType();
  Type elementType = type.getElementType();
  bool isElementwise = type.getRank() == 4;
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value row = b.add(b.add(tile.query, lane.row), 8 * r);
    row = b.min(row, b.sub(arguments.queries, 1));
    // The position in [B, Hq, Sq], or in the axes of the layout.
    AxisOrder axes = isElementwise ? plan.axes : AxisOrder(Layout::bhsd);
    SmallVector<Value> sizes = axes.arrange<Value>(
        arguments.batch, b.i32(plan.queryHeads), arguments.queries, Value());
    SmallVector<Value> indices =
        axes.arrange<Value>(tile.batch, tile.head, row, Value());
    Value index = b.toI64(indices[0]);
    for (int64_t axis : {1, 2})
      index = b.add(b.mul(index, b.toI64(sizes[axis])),
                    b.toI64(indices[axis]));
    Value line = arguments.outputGate;
    if (isElementwise) {
      line = b.elementAddress(
          line, elementType,
          b.add(b.mul(index, plan.valueChannels), b.toI64(lane.column)));
    } else {
      line = b.elementAddress(line, elementType, index);
    }
    Value gate;
    for (size_t i = 0; i < output.size(); ++i) {
      if (getLaneRow(i) != r)
        continue;
      if (isElementwise)
        gate = b.loadF32(elementType,
                         b.elementAddress(line, elementType,
                                          b.i32(getLaneColumn(i))));
      else if (!gate)
        gate = b.loadF32(elementType, line);
      result[i] = b.mulF(output[i], gate);
    }
  }
  return result;
}
