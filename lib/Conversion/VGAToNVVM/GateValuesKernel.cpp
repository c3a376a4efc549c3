//===- GateValuesKernel.cpp - Values times their gates, before attention --===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v'[b, h, s, :] = g (*) v[b, h, s, :], rounded to the type of v. The gates
// come from memory, or from the values: g = act(<v, w> + b). A few neighboring
// lanes have a vector, a piece of 16 bytes each; values are read and written
// once, where a gate in the attention kernel is applied again for every tile of
// queries.
//
//===----------------------------------------------------------------------===//

#include "GateMath.h"
#include "KernelBuilder.h"
#include "KernelFunction.h"
#include "Kernels.h"
#include "MemoryRows.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

static LogicalResult verifyHasKernel(AttentionOp op, GateOp gate,
                                     const Target &target) {
  auto type = op.getValue().getType();
  auto gateType = op.getValueGate().getType();
  AxisOrder axes(op.getLayout());
  auto refuse = [&] {
    return op.emitOpError("has no kernel for '")
           << target.chip << "' that applies a value_gate of type " << gateType
           << " to values of type " << type << " before attention";
  };
  int64_t channels = type.getDimSize(AxisOrder::channel);
  Type element = type.getElementType();
  int64_t gateHeads =
      gateType.getDimSize(gateType.getRank() == 4 ? axes.head : 1);
  if (channels % kPieceElements != 0 || channels > 32 * kPieceElements ||
      (!element.isF16() && !element.isBF16()) ||
      gateType.getElementType().isF64())
    return refuse();
  if (gateHeads != type.getDimSize(axes.head))
    return refuse() << ": query heads with gates of their own share values";
  return success();
}

namespace {
/// A lane's piece of a vector of values.
struct Piece {
  Value number, first;
  /// The vector, and where it is along each of the axes of the layout.
  Value row;
  SmallVector<Value> indices;
};

class GateValues {
public:
  GateValues(AttentionOp op, GateOp gate)
      : op(op), gate(gate), axes(op.getLayout()),
        channels(op.getValue().getType().getDimSize(AxisOrder::channel)),
        heads(op.getValue().getType().getDimSize(axes.head)),
        lanes(llvm::PowerOf2Ceil(channels / kPieceElements)) {}

  void build(OpBuilder &builder, StringRef name);
  int64_t getLanes() const { return lanes; }

private:
  SmallVector<Value> getGates(KernelBuilder &b, const Piece &piece,
                              ValueRange values);
  Value computeGate(KernelBuilder &b, const Piece &piece, ValueRange values);

  AttentionOp op;
  GateOp gate;
  AxisOrder axes;
  int64_t channels, heads, lanes;
  Value gates, weight, bias, positions;
};
} // namespace

Value GateValues::computeGate(KernelBuilder &b, const Piece &piece,
                              ValueRange values) {
  Type weightType = gate.getWeight().getType().getElementType();
  Value head = piece.indices[axes.head];
  Value sum =
      dotPiece(b, values, weightType,
               b.elementAddress(weight, weightType,
                                b.add(b.mul(head, channels), piece.first)));
  sum = b.select(b.less(piece.number, b.i32(channels / kPieceElements)), sum,
                 b.f32(0));
  return finishGate(b, gate, sum, lanes, bias, head);
}

SmallVector<Value> GateValues::getGates(KernelBuilder &b, const Piece &piece,
                                        ValueRange values) {
  if (gate)
    return SmallVector<Value>(kPieceElements, computeGate(b, piece, values));
  auto type = op.getValueGate().getType();
  Type element = type.getElementType();
  if (type.getRank() == 4) {
    Value offset =
        b.add(b.mul(b.toI64(piece.row), channels), b.toI64(piece.first));
    return b.loadPiece(element, b.elementAddress(gates, element, offset));
  }
  Value line =
      b.add(b.mul(piece.indices[axes.batch], heads), piece.indices[axes.head]);
  Value index = b.add(b.mul(b.toI64(line), b.toI64(positions)),
                      b.toI64(piece.indices[axes.sequence]));
  return SmallVector<Value>(
      kPieceElements,
      b.loadF32(element, b.elementAddress(gates, element, index)));
}

void GateValues::build(OpBuilder &builder, StringRef name) {
  KernelFunction signature(builder);
  unsigned source = signature.addPointer(), first = signature.addPointer();
  unsigned second = gate && gate.getBias() ? signature.addPointer() : 0;
  unsigned destination = signature.addPointer();
  unsigned batch = signature.addSize(), length = signature.addSize();
  Block *entry = signature.makeFunction(op.getLoc(), name, kGateThreads);
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);
  auto argument = [&](unsigned number) { return entry->getArgument(number); };
  positions = argument(length);
  (gate ? weight : gates) = argument(first);
  if (second)
    bias = argument(second);

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  MemoryRows memory(b, axes, argument(batch), heads, positions);
  Value rows = b.mul(b.mul(memory.sizes[0], memory.sizes[1]), memory.sizes[2]);
  Piece piece;
  piece.number = b.rem(thread, lanes);
  piece.row = b.add(b.mul(block, kGateThreads / lanes), b.div(thread, lanes));
  Value isPiece = b.less(piece.number, b.i32(channels / kPieceElements));
  Value exists = b.bitAnd(b.less(piece.row, rows), isPiece);
  // Lanes that have nothing compute something that is there, and do not store
  // it: shuffles need them.
  piece.row = b.min(piece.row, b.sub(rows, 1));
  piece.first =
      b.mul(b.select(isPiece, piece.number, b.i32(0)), kPieceElements);
  piece.indices = memory.getIndices(b, piece.row);

  Type element = op.getValue().getType().getElementType();
  Value offset =
      b.add(b.mul(b.toI64(piece.row), channels), b.toI64(piece.first));
  SmallVector<Value> values =
      b.loadPiece(element, b.elementAddress(argument(source), element, offset));
  SmallVector<Value> products;
  for (auto [value, factor] : llvm::zip(values, getGates(b, piece, values)))
    products.push_back(b.mulF(value, factor));
  b.onlyIf(exists, [&] {
    b.storePiece(element,
                 b.elementAddress(argument(destination), element, offset),
                 products);
  });
  LLVM::ReturnOp::create(b, ValueRange());
}

FailureOr<int64_t> vga::buildGateValuesKernel(OpBuilder &builder,
                                              gpu::GPUModuleOp module,
                                              StringRef name, AttentionOp op,
                                              GateOp gate,
                                              const Target &target) {
  if (failed(verifyHasKernel(op, gate, target)))
    return failure();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  GateValues kernel(op, gate);
  kernel.build(builder, name);
  return kernel.getLanes();
}
