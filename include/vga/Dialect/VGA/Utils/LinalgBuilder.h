//===- LinalgBuilder.h - Short names for the linalg that definitions use --===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_UTILS_LINALGBUILDER_H
#define VGA_DIALECT_VGA_UTILS_LINALGBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// An operand of a linalg.generic: a tensor, and the loops that index it. A
/// loop is an affine dimension that stands for an axis of the problem (a
/// batch, a key); which of them an operation has follows from its operands.
struct Indexed {
  Value tensor;
  SmallVector<AffineExpr> loops;
};

/// Builds linalg on tensors.
class LinalgBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Body = function_ref<Value(LinalgBuilder &, ValueRange)>;
  using MultiBody =
      function_ref<SmallVector<Value>(LinalgBuilder &, ValueRange)>;

  Value empty(ArrayRef<OpFoldResult> sizes, Type elementType);
  Value filled(ArrayRef<OpFoldResult> sizes, FloatType type, double value);
  Value constant(FloatType type, double value);

  /// linalg.generic over the loops of `out`, in its order, and over those of
  /// `ins` that `out` does not have, which are reductions. `body` gets the
  /// elements of `ins` and of `out`.
  Value generic(ArrayRef<Indexed> ins, Indexed out, Body body);

  /// The same with several results. A loop that one of `outs` does not have is
  /// a reduction.
  SmallVector<Value> generic(ArrayRef<Indexed> ins, ArrayRef<Indexed> outs,
                             MultiBody body);

  /// In a body: the index of `loop`.
  Value index(AffineExpr loop);

  /// out += a * b, computed in the element type of `out`.
  Value contract(Indexed a, Indexed b, Indexed out);

  /// The sizes of `tensor`.
  SmallVector<OpFoldResult> sizesOf(Value tensor);
  OpFoldResult sizeOf(Value tensor, unsigned axis);

  /// Splits `axis` in two, of which the inner has `innerSize`.
  Value splitAxis(Value tensor, unsigned axis, int64_t innerSize);
  /// Merges `axis` with the one behind it.
  Value mergeAxis(Value tensor, unsigned axis);

  /// The slice without the axes in `dropped`, whose sizes are 1.
  Value slice(Value tensor, ArrayRef<OpFoldResult> offsets,
              ArrayRef<OpFoldResult> extents, ArrayRef<unsigned> dropped = {});
  Value insert(Value tile, Value tensor, ArrayRef<OpFoldResult> offsets,
               ArrayRef<OpFoldResult> extents);

  /// Index arithmetic: `expr` of symbols, the smaller, the larger.
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> symbols);
  OpFoldResult min(OpFoldResult lhs, OpFoldResult rhs);
  OpFoldResult max(OpFoldResult lhs, OpFoldResult rhs);
  Value toValue(OpFoldResult index);

  /// Converts a scalar to another float type.
  Value convert(Value scalar, FloatType type);

  Value add(Value a, Value b) { return create<arith::AddFOp>(a, b); }
  Value sub(Value a, Value b) { return create<arith::SubFOp>(a, b); }
  Value mul(Value a, Value b) { return create<arith::MulFOp>(a, b); }
  Value div(Value a, Value b) { return create<arith::DivFOp>(a, b); }

private:
  /// In a body: the loops of its operation, outermost first.
  SmallVector<AffineExpr> bodyLoops;

  template <typename OpTy>
  Value create(Value a, Value b) {
    return OpTy::create(*this, a, b);
  }
};

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_UTILS_LINALGBUILDER_H
