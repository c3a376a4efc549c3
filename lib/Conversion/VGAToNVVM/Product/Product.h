//===- Product.h - A product of matrices and what it works for --*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product is a contraction of linalg, the array that its sums start from, and
// the elementwise operations that follow it, which a kernel computes together:
//
//   output[outer, row, column] =
//     finish(start + sum over depth of
//                    lhs[outer, row, depth] * rhs[outer, depth, column], ...)
//
// Arrays are dense, with their axes in any order, and each may lack some. A
// guarded product leaves out the terms in which one of the factors, a weight,
// is zero, whatever the other is: NaN and infinity, too.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PRODUCT_H
#define VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PRODUCT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::vga::product {

/// Loops of the contraction that are neighbors, in this order, in each array
/// that has one of them: for a kernel, they are one.
struct Axis {
  SmallVector<unsigned> loops;
  /// The product of the loops' sizes, and what is known to divide it.
  int64_t size = 1, multiple = 1;
};

/// No axis: one of size 1.
constexpr int64_t kNoAxis = -1;

/// An array in memory, and its axes, outermost first.
struct Array {
  Type getElementType() const {
    return cast<RankedTensorType>(value.getType()).getElementType();
  }
  int64_t getElementBytes() const {
    return getElementType().getIntOrFloatBitWidth() / 8;
  }
  bool has(int64_t axis) const { return llvm::is_contained(axes, axis); }
  /// Whether neighbors along an axis are neighbors in memory.
  bool isAlong(int64_t axis) const {
    return !axes.empty() && axes.back() == axis;
  }

  Value value;
  /// By the loops of the contraction: what `axes` come from.
  SmallVector<unsigned> loops;
  SmallVector<int64_t> axes;
};

/// An elementwise operation, and for each of its loops that of the contraction.
struct Step {
  linalg::LinalgOp op;
  SmallVector<unsigned> loops;
};

struct Product {
  /// The product that `op` is, with what surrounds it; failure if it is none,
  /// or one without a kernel. `obstacle` says why if it is one of matrices.
  static FailureOr<Product> match(linalg::LinalgOp op, std::string &obstacle);

  int64_t getSize(int64_t axis) const {
    return axis == kNoAxis ? 1 : axes[axis].size;
  }
  int64_t getMultiple(int64_t axis) const {
    return axis == kNoAxis ? 1 : axes[axis].multiple;
  }
  /// How many neighbors along `axis` one copy of at most 16 bytes can have: all
  /// of them are inside the array or none is, and they start at a multiple of
  /// their size. 1 if elements along the axis are not neighbors.
  int64_t getPiece(const Array &array, int64_t axis) const;
  /// The sizes of `axes` multiplied, or dynamic.
  int64_t getSize(ArrayRef<int64_t> axes) const;

  /// The last operation: its result is the output.
  linalg::LinalgOp getLast() const {
    return chain.empty() ? op : chain.back().op;
  }
  /// The type of the contraction's result, to which sums are rounded.
  Type getSumType() { return getElementTypeOrSelf(op->getResult(0).getType()); }

  linalg::LinalgOp op;
  /// What follows, each working for the next one only.
  SmallVector<Step> chain;
  SmallVector<Axis> axes;
  Array lhs, rhs, output;
  /// What else is read for each element of the output.
  SmallVector<Array> others;
  /// The weights of a guarded product.
  enum class Weights { none, lhs, rhs };
  Weights weights = Weights::none;

  /// Of lhs and output, of rhs and output, and of lhs and rhs, the one that
  /// tiles divide.
  int64_t row = kNoAxis, column = kNoAxis, depth = kNoAxis;
  /// The other axes of the output, and those that are summed over.
  SmallVector<int64_t> outer, outerDepth;
};

/// Whether an operand of an elementwise operation, or the start of the
/// contraction, is computed where it is needed instead of read; by which step.
std::optional<Step> getInlined(Step user, OpOperand &operand);

/// The loop of the contraction for each axis of an operand of a step.
SmallVector<unsigned> getOperandLoops(Step step, OpOperand &operand);

/// Whether an operation is a contraction of two arrays, or a guarded one.
bool isContraction(linalg::LinalgOp op);

/// Whether the body of an operation reads an operand.
bool isRead(linalg::LinalgOp op, OpOperand &operand);

} // namespace mlir::vga::product

#endif // VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_PRODUCT_H
