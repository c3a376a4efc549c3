//===- ValueGating.h - Gates values in global memory ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_VALUEGATING_H
#define VGA_LIB_CONVERSION_VGATONVVM_VALUEGATING_H

#include "KernelBuilder.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Target.h"

namespace mlir::vga {

/// Code that gates vectors of values: v'[b, h, s, :] = g (*) v[b, h, s, :],
/// rounded to the type of v. The gates come from memory, or from the values:
/// g = act(<v, w> + b). A few neighboring lanes have a vector, a piece of 16
/// bytes each.
class ValueGating {
public:
  /// `gate` is the op of a gate that is to be computed on the way, or null.
  ValueGating(AttentionOp op, GateOp gate);

  /// Fails with a diagnostic of `op` if its values can not be gated once for
  /// all queries.
  static LogicalResult verify(AttentionOp op, const Target &target);

  /// How many lanes have a vector: a power of 2.
  int64_t getLanes() const { return lanes; }

  /// The arrays, or where in them the vectors are counted from; null if not
  /// there.
  struct Arrays {
    Value source, gates, weight, bias, destination;
  } arrays;

  /// A vector of values: its number in the order of memory, that of its gate if
  /// this is a scalar in memory, and its head. If it is not there, nothing is
  /// stored; if it is hidden, zeros are.
  struct Vector {
    Value row, gate, head;
    Value exists, isVisible;
  };

  /// Gates the vectors that a lane has a piece of; all are loaded before the
  /// first is gated. All lanes of the warp must be there.
  void gate(KernelBuilder &b, Value thread, ArrayRef<Vector> vectors);

private:
  /// The lane's piece: its number in the vector, whether there is one, and its
  /// first channel. Lanes that have none compute that of another.
  struct Piece {
    Value isThere, channel;
  };

  Value getPlace(KernelBuilder &b, const Piece &piece, const Vector &vector);
  Value gatePieceOf(KernelBuilder &b, const Piece &piece, const Vector &vector,
                    Value values);
  Value computeGate(KernelBuilder &b, const Piece &piece, const Vector &vector,
                    Value values);

  AttentionOp op;
  GateOp gateOp;
  Type elementType;
  int64_t channels, lanes;
};

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_VALUEGATING_H
