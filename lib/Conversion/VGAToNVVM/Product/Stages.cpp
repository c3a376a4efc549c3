//===- Stages.cpp - Sums from stages in shared memory ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both operands come to shared memory in stages, the next ones while one is
// multiplied; sums stay in registers until all are done.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

WarpPlace::WarpPlace(const Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Tile &tile = kernel.plan.tile;
  Value warp = b.div(kernel.thread, kWarpThreads);
  lane = b.rem(kernel.thread, kWarpThreads);
  split = b.rem(warp, tile.splits);
  warp = b.div(warp, tile.splits);
  row = b.mul(b.div(warp, tile.getWarpsAcross()), tile.warpRows);
  column = b.mul(b.rem(warp, tile.getWarpsAcross()), tile.warpColumns);
}

Value Multiplier::getSumAddress(Value row, Value column) const {
  Value part = b.mul(place.split, plan.getPartBytes());
  return b.advance(kernel.shared,
                   b.add(b.add(part, b.mul(row, plan.getSumRowBytes())),
                         b.mul(column, sizeof(float))));
}

Value Multiplier::getOperand(Value stage, const StagePlan &side, Value across,
                             Value depth) const {
  Value line = side.isAlongDepth ? across : depth;
  Value element = side.isAlongDepth ? depth : across;
  return b.advance(stage, b.add(b.mul(line, side.getLineBytes()),
                                b.mul(element, side.elementBytes)));
}

/// Steps of the loop over the depth: each of a stage.
static Value countSteps(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  Value steps =
      b.ceilDiv(kernel.getSize(kernel.product.depth), kernel.plan.depth);
  for (int64_t axis : kernel.product.outerDepth)
    steps = b.mul(steps, kernel.getSize(axis));
  return steps;
}

void product::sumUpStages(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Product &product = kernel.product;
  Copies lhs(kernel, plan.lhs, product.lhs, kernel.lhs, product.row,
             kernel.firstRow);
  Copies rhs(kernel, plan.rhs, product.rhs, kernel.rhs, product.column,
             kernel.firstColumn);
  std::unique_ptr<Multiplier> multiplier =
      plan.method == Method::tensorCores ? makeTensorCoreMultiplier(kernel)
                                         : makeMultiplyAdd(kernel);
  auto getStage = [&](Value step) {
    return b.advance(kernel.shared,
                     b.mul(b.rem(step, plan.stages), plan.getStageBytes()));
  };
  Value steps = countSteps(kernel);
  // Each step commits a group, be it empty.
  auto copyStep = [&](Value step) {
    b.onlyIf(b.less(step, steps), [&] {
      Value stage = getStage(step);
      lhs.start(step, stage);
      rhs.start(step, b.advance(stage, plan.lhs.getBytes()));
    });
    NVVM::CpAsyncCommitGroupOp::create(b);
  };
  int64_t ahead = plan.stages - 1;
  for (int64_t step = 0; step < ahead; ++step)
    copyStep(b.i32(step));
  SmallVector<Value> zeros(multiplier->getSumCount(), b.f32(0));
  SmallVector<Value> sums = b.loop(
      b.i32(0), steps, b.i32(1), zeros, [&](Value step, ValueRange sums) {
        // This step's copies are the oldest but `ahead - 1`.
        NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(ahead - 1));
        // All threads' copies have arrived, and all are done with the
        // stage that the next copies overwrite.
        NVVM::BarrierOp::create(b);
        copyStep(b.add(step, ahead));
        return multiplier->multiply(getStage(step), sums);
      });
  // Unrolled, the products of steps would be side by side, in more registers
  // than there are.
  keepRolled(sums.front().getDefiningOp<scf::ForOp>());
  // Sums take the place of stages.
  NVVM::BarrierOp::create(b);
  multiplier->store(sums);
}
