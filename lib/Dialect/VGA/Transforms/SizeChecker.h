//===- SizeChecker.h - What an operation demands of sizes -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_DIALECT_VGA_TRANSFORMS_SIZECHECKER_H
#define VGA_LIB_DIALECT_VGA_TRANSFORMS_SIZECHECKER_H

#include "RuntimeChecks.h"
#include "vga/Dialect/VGA/IR/Check.h"

namespace mlir {
class DataFlowSolver;
} // namespace mlir

namespace mlir::vga {

/// Emits the checks of one operation in front of it, but those that the IR
/// proves.
class SizeChecker : public CheckBuilder {
public:
  /// `ranges`, if there, knows the ranges of integers. Checks look at elements
  /// of arrays only if `readsArrays`: on a GPU, that would wait for it.
  SizeChecker(OpBuilder &builder, Operation *op,
              DataFlowSolver *ranges = nullptr, bool readsArrays = true)
      : CheckBuilder(op->getLoc(), builder), op(op), ranges(ranges),
        readsArrays(readsArrays) {}

  Operation *getOperation() const { return op; }
  bool mayReadArrays() const { return readsArrays; }

  /// The size of an axis, in terms of values as far up as possible.
  Value getSize(Value tensor, int64_t axis);
  Value getValue(OpFoldResult number);

  // The message is `what` - such as "axis 0 of rhs" - behind the name of the
  // operation, what is expected, and `got`.

  /// `source` says, unless it is empty, where the number comes from.
  void expectEqual(const Twine &what, Value expected, const Twine &source,
                   Value got);
  /// For the size of an axis of a tensor.
  void expectSize(const Twine &what, Value expected, const Twine &source,
                  Value tensor, int64_t axis) {
    expectEqual(what, expected, source, getSize(tensor, axis));
  }
  void expectAtLeast(const Twine &what, int64_t least, Value got);
  /// 0 <= got <= most, for a `most` that is not negative.
  void expectUpTo(const Twine &what, Value most, Value got);
  /// 0 <= index < size, for an index that integers are cast to.
  void expectIndex(const Twine &what, Value size, Value index);
  /// That elements number offset + i * stride for 0 <= i < size are among
  /// those of an axis of `extent` elements; `axis` says which one.
  void expectSlice(const Twine &axis, Value extent, OpFoldResult offset,
                   OpFoldResult size, OpFoldResult stride);
  /// That a new tensor's sizes are no less than 0 and its bytes can be counted.
  /// There is a value for each dynamic axis.
  void expectMemory(RankedTensorType type, ValueRange dynamicSizes);
  /// That `condition` holds; `expected` and `got` may have {0} and so on for
  /// `values`.
  void expect(Value condition, const Twine &what, const Twine &expected,
              const Twine &got, ValueRange values = {});

  bool isKnownAtMost(Value a, Value b);
  bool isKnownEqual(Value a, Value b);
  Value isUnsignedAtMost(Value a, Value b) {
    return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ule, a, b);
  }
  Value isEqual(Value a, Value b) {
    return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, a, b);
  }
  Value add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
  Value sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
  Value mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
  Value ceilDiv(Value a, Value b) {
    return createOrFold<arith::CeilDivUIOp>(a, b);
  }

private:
  void expectMultiplied(const Twine &axis, Value extent, Value offset,
                        Value size, Value stride);
  bool areBoundsKnown(Value a, Value b);
  /// The number if it is constant, else {N}, for the next of `values`.
  static std::string format(Value number, SmallVectorImpl<Value> &values);

  Operation *op;
  DataFlowSolver *ranges;
  bool readsArrays;
};

/// Emit the checks of an operation, if it is one of theirs.
void checkTensorOp(Operation *op, SizeChecker &checker);
void checkLinalgOp(Operation *op, SizeChecker &checker);
void checkVGAOp(Operation *op, SizeChecker &checker);

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_TRANSFORMS_SIZECHECKER_H
