//===- GateArguments.cpp - What kernels of gates take ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GateArguments.h"

using namespace mlir;
using namespace mlir::vga;

LogicalResult vga::declareGate(HostBuilder &b, KernelSignature &signature,
                               GateOp op, GateArguments &arguments) {
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  Value result = tensor::EmptyOp::create(
      b, shapes[0], op.getResult().getType().getElementType());
  AxisOrder axes(op.getLayout());
  signature.addInput(op.getSource(), arguments.source);
  signature.addInput(op.getWeight(), arguments.weight);
  signature.addInput(op.getBias(), arguments.bias);
  signature.addOutput(result, arguments.result);
  signature.addSize(b.size(op.getSource(), axes.batch), arguments.batch);
  signature.addSize(b.size(op.getSource(), axes.sequence), arguments.positions);
  return success();
}

LaunchShape vga::getVectorShape(HostBuilder &b,
                                TypedValue<RankedTensorType> source,
                                AxisOrder axes, int64_t threads) {
  Value vectors =
      b.mul(b.mul(b.size(source, axes.batch), b.size(source, axes.sequence)),
            b.index(source.getType().getDimSize(axes.head)));
  LaunchShape shape;
  shape.blocks =
      b.ceilDiv(b.mul(vectors, b.index(threads)), b.index(kGateThreads));
  shape.threads = kGateThreads;
  return shape;
}
