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

  static constexpr int64_t kThreads = 256, kWarp = 32;

  /// The loops of points, in the order in which outputs are in memory, and
  /// those of terms; outermost first.
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

/// Writes the body of the kernel at the builder's insertion point, with
/// everything of `op` in terms of what `mapping` has for it. `sizes` are those
/// of the loops; `scratch` has getPartials() * getPointsPerBlock() elements of
/// shared memory for each output, if there is more than one partial result.
void buildLinalgKernel(OpBuilder &builder, linalg::GenericOp op,
                       const LinalgPlan &plan, const IRMapping &mapping,
                       ValueRange sizes, ValueRange scratch);

} // namespace mlir::vga

#endif // VGA_LIB_GPU_LINALGKERNEL_H
