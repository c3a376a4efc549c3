//===- LinalgKernelBuilder.h - A linalg.generic in a kernel -----*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_LINALGKERNELBUILDER_H
#define VGA_LIB_GPU_LINALGKERNELBUILDER_H

#include "LinalgKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// A thread that shares points of a block with others.
struct RowPlace {
  /// The thread's number, which of the point's threads it is, which of the
  /// block's points that is, and whether there is such a point.
  Value thread, lane, slot, exists;
};

/// Builds what one linalg.generic does in a kernel.
class LinalgKernelBuilder {
public:
  LinalgKernelBuilder(OpBuilder &builder, linalg::GenericOp op,
                      const LinalgPlan &plan, const IRMapping &mapping,
                      ValueRange sizes, ValueRange scratch)
      : b(op.getLoc(), builder), op(op), plan(plan), mapping(mapping),
        sizes(sizes), scratch(scratch), ivs(sizes.size(), index(0)) {}

  /// The whole kernel of an operation without shared points.
  void build(Value thread);

  /// Of an operation with shared points: finds the thread's point.
  RowPlace locate(Value thread);
  /// Does its part of the rows at `place`, whose iterations are `point`. `rows`
  /// has what operations before have computed of these rows; what this one does
  /// is added, and stored if `isStored`.
  void buildRows(const RowPlace &place, ArrayRef<Value> point,
                 DenseMap<Value, Value> &rows, bool isStored);
  /// The iterations of the points.
  SmallVector<Value> getPoint() const {
    return llvm::map_to_vector(plan.points,
                               [&](unsigned loop) { return ivs[loop]; });
  }

private:
  // Arithmetic on indices, all of which are positive.
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<arith::MulIOp>(x, y); }
  Value div(Value x, Value y) { return b.createOrFold<arith::DivUIOp>(x, y); }
  Value rem(Value x, Value y) { return b.createOrFold<arith::RemUIOp>(x, y); }
  Value less(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x, y);
  }
  Value isZero(Value x) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, index(0));
  }
  void ifThen(Value condition, function_ref<void()> body) {
    auto branch = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(branch.thenYield());
    body();
  }

  /// How many steps `loops` take; a step along the vectors' loop is a vector.
  Value countSteps(ArrayRef<unsigned> loops);
  /// Puts the iterations of a step into `ivs`.
  void setIterations(ArrayRef<unsigned> loops, Value step);

  // Elements of operands at `ivs`.
  SmallVector<Value> getIndices(OpOperand *operand, ArrayRef<Value> at);
  SmallVector<Value> load(OpOperand *operand);
  void store(OpOperand *operand, ArrayRef<Value> values);
  /// The iterations `i` along the vectors' loop.
  SmallVector<Value> getIterations(int64_t i);

  /// Copies the body for iteration `i` of a vector; returns what it yields.
  SmallVector<Value> copyBody(int64_t i, ArrayRef<SmallVector<Value>> inputs,
                              ArrayRef<Value> outputs);

  /// Computes and stores the elements at `ivs`; returns the first ones.
  SmallVector<Value> computeElements(Value isStored);

  // Kernels without shared points.
  void buildElements(Value thread);
  void buildOrderedTerms(Value thread);

  // Reductions.
  Value combine(unsigned output, Value x, Value y);
  Value shuffle(Value value, int64_t distance);
  SmallVector<Value> addTerms(Value lane);
  SmallVector<Value> sumRows(const RowPlace &place);
  void storeSums(const RowPlace &place, ArrayRef<Value> sums);
  void meetInScratch(SmallVector<Value> &partials, Value partial, Value slot,
                     Value isWriter);

  Value blockPoint(int64_t pointsPerBlock) {
    return mul(gpu::BlockIdOp::create(b, gpu::Dimension::x),
               index(pointsPerBlock));
  }

  ImplicitLocOpBuilder b;
  linalg::GenericOp op;
  const LinalgPlan &plan;
  const IRMapping &mapping;
  ValueRange sizes, scratch;
  SmallVector<Value> ivs;
  /// While rows are built: what is known of them by array.
  const DenseMap<Value, Value> *rows = nullptr;
};

} // namespace mlir::vga

#endif // VGA_LIB_GPU_LINALGKERNELBUILDER_H
