//===- ValueGating.cpp - Gates values in global memory --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValueGating.h"

#include "GateMath.h"
#include "GatePieces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

ValueGating::ValueGating(AttentionOp op, GateOp gate)
    : op(op), gateOp(gate),
      elementType(op.getValue().getType().getElementType()),
      channels(op.getValue().getType().getDimSize(AxisOrder::channel)),
      lanes(llvm::PowerOf2Ceil(channels / kPieceElements)) {}

LogicalResult ValueGating::verify(AttentionOp op, const Target &target) {
  auto type = op.getValue().getType();
  auto gateType = op.getValueGate().getType();
  AxisOrder axes(op.getLayout());
  auto refuse = [&] {
    return op.emitOpError("has no kernel for '")
           << target.chip << "' that applies a value_gate of type " << gateType
           << " to values of type " << type << " once for all queries";
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

Value ValueGating::computeGate(KernelBuilder &b, const Piece &piece,
                               const Vector &vector, Value values) {
  Type type = gateOp.getWeight().getType().getElementType();
  Value place = b.add(b.mul(vector.head, channels), piece.channel);
  Value sum = dotPiece(b, b.unpack(elementType, values), type,
                       b.elementAddress(arrays.weight, type, place));
  sum = b.select(piece.isThere, sum, b.f32(0));
  return finishGate(b, gateOp, sum, lanes, arrays.bias, vector.head);
}

/// The number of the piece's first element.
Value ValueGating::getPlace(KernelBuilder &b, const Piece &piece,
                            const Vector &vector) {
  Value first = b.mul(vector.row, channels);
  bool isLong = first.getType().isInteger(64);
  return b.add(first, isLong ? b.toI64(piece.channel) : piece.channel);
}

Value ValueGating::gatePieceOf(KernelBuilder &b, const Piece &piece,
                               const Vector &vector, Value values) {
  if (gateOp) {
    Value gate = computeGate(b, piece, vector, values);
    return gatePiece(b, elementType, values, encodeGate(b, elementType, gate));
  }
  auto type = op.getValueGate().getType();
  Type gateType = type.getElementType();
  if (type.getRank() == 4) {
    Value place = getPlace(b, piece, vector);
    return gatePieceByElements(b, elementType, values, gateType,
                               b.elementAddress(arrays.gates, gateType, place));
  }
  Value gate = b.loadF32(gateType,
                         b.elementAddress(arrays.gates, gateType, vector.gate));
  return gatePiece(b, elementType, values, encodeGate(b, elementType, gate));
}

void ValueGating::gate(KernelBuilder &b, Value thread,
                       ArrayRef<Vector> vectors) {
  Value number = b.rem(thread, lanes);
  Piece piece;
  piece.isThere = b.less(number, b.i32(channels / kPieceElements));
  piece.channel =
      b.mul(b.select(piece.isThere, number, b.i32(0)), kPieceElements);
  SmallVector<Value> pieces;
  for (const Vector &vector : vectors)
    pieces.push_back(b.loadPacked(b.elementAddress(
        arrays.source, elementType, getPlace(b, piece, vector))));
  for (auto [vector, values] : llvm::zip(vectors, pieces)) {
    Value gated = gatePieceOf(b, piece, vector, values);
    if (vector.isVisible)
      gated = keepPieceIf(b, vector.isVisible, gated);
    b.onlyIf(b.bitAnd(vector.exists, piece.isThere), [&, &vector = vector] {
      b.storePacked(b.elementAddress(arrays.destination, elementType,
                                     getPlace(b, piece, vector)),
                    gated);
    });
  }
}
