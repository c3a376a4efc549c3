//===- LinalgKernel.h - A kernel for a linalg.generic -----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_LINALGKERNEL_H
#define VGA_LIB_GPU_LINALGKERNEL_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::vga {

/// How a block of threads divides the loops of a linalg.generic. A point is an
/// iteration of the parallel loops, a term one of the reductions.
struct LinalgPlan {
  explicit LinalgPlan(linalg::GenericOp op);
  /// The plan of an operation that goes on with the points of another, by the
  /// same threads, along its own loops `points`: a sum of fresh memory, or
  /// elements of rows. Nothing if it is neither.
  static std::optional<LinalgPlan> follow(const LinalgPlan &leader,
                                          linalg::GenericOp op,
                                          ArrayRef<unsigned> points);

  static constexpr int64_t kThreads = 256, kWarp = 32;

  /// The loops of points, in the order in which outputs are in memory, and
  /// those of terms; outermost first. Elements of rows are terms, too.
  SmallVector<unsigned> points, terms;
  /// How many threads of a block share a point.
  int64_t lanes = 1;
  /// Whether those threads are neighbors; else, threads beside each other have
  /// points beside each other.
  bool lanesAreNeighbors = false;
  /// How many neighboring iterations of the last of the loops that a thread
  /// walks along are done together.
  int64_t vectorSize = 1;
  unsigned vectorLoop = 0;
  /// For each output, if threads share points: the operation that adds a term,
  /// and the fill before `op`, if there is one, that the output starts from.
  SmallVector<Operation *> combiners;
  SmallVector<linalg::GenericOp> fills;

  bool sharesPoints() const { return lanes != 1; }
  int64_t getPointsPerBlock() const { return kThreads / lanes; }
  /// Partial results of a point that meet in shared memory.
  int64_t getPartials() const {
    if (lanes == 1)
      return 1;
    return lanesAreNeighbors ? lanes / kWarp : lanes;
  }
};

/// Whether operand `operand` of `op` has neighboring elements for neighboring
/// iterations of `loop`, the first of every `count` of them at a multiple of
/// their size.
bool isVector(linalg::GenericOp op, OpOperand *operand, unsigned loop,
              int64_t count);

/// What a linalg.generic that fills an array fills it with; else null.
Value getFillValue(linalg::GenericOp op);

/// Operations that one kernel does: a single one, or sums of rows and what goes
/// on with these rows, such as the squares, the root and the quotients of a
/// norm. The threads of a row keep its sums in registers.
struct RowGroup {
  /// The group of `op`, of which nothing has been moved to a kernel yet.
  explicit RowGroup(linalg::GenericOp op);

  linalg::GenericOp getLeader() const { return ops.front(); }

  SmallVector<linalg::GenericOp> ops;
  SmallVector<LinalgPlan, 1> plans;
  /// Whether others read what the operation computes.
  SmallVector<bool> isStored;
  /// Memory that is freed between them, which has to wait.
  SmallVector<Operation *> frees;

private:
  bool add(linalg::GenericOp op);
  void findStored();
};

/// Writes the body of the kernel at the builder's insertion point, with
/// everything of the operations in terms of what `mapping` has for it. `sizes`
/// are those of the loops of each; `scratch` has getPartials() *
/// getPointsPerBlock() elements of shared memory for each sum, if there is more
/// than one partial result.
void buildLinalgKernel(OpBuilder &builder, RowGroup &group,
                       const IRMapping &mapping,
                       ArrayRef<SmallVector<Value>> sizes, ValueRange scratch);

} // namespace mlir::vga

#endif // VGA_LIB_GPU_LINALGKERNEL_H
