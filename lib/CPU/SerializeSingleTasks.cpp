//===- SerializeSingleTasks.cpp - One task wakes no threads --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUSERIALIZESINGLETASKSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// The loop nest that is all that `parallel` runs; null if there is more, or
/// if its bounds are known inside only.
static omp::LoopNestOp getTasks(omp::ParallelOp parallel) {
  SmallVector<omp::LoopNestOp> nests;
  parallel.walk([&](omp::LoopNestOp nest) { nests.push_back(nest); });
  if (nests.size() != 1)
    return nullptr;
  omp::LoopNestOp nest = nests.front();
  auto isOutside = [&](Value value) {
    return value.getParentRegion()->isProperAncestor(&parallel.getRegion());
  };
  for (OperandRange bounds : {nest.getLoopLowerBounds(),
                              nest.getLoopUpperBounds(), nest.getLoopSteps()})
    if (!llvm::all_of(bounds, isOutside))
      return nullptr;
  return nest;
}

namespace {
struct SerializeSingleTasksPass
    : vga::impl::VGACPUSerializeSingleTasksPassBase<SerializeSingleTasksPass> {
  void runOnOperation() override {
    getOperation()->walk([](omp::ParallelOp parallel) {
      omp::LoopNestOp tasks = getTasks(parallel);
      if (!tasks || parallel.getIfExpr())
        return;
      OpBuilder builder(parallel);
      Location loc = parallel.getLoc();
      Value isMany;
      for (auto [from, to, step] :
           llvm::zip_equal(tasks.getLoopLowerBounds(),
                           tasks.getLoopUpperBounds(), tasks.getLoopSteps())) {
        Value second = arith::AddIOp::create(builder, loc, from, step);
        Value hasSecond = arith::CmpIOp::create(
            builder, loc, arith::CmpIPredicate::slt, second, to);
        isMany = isMany ? arith::OrIOp::create(builder, loc, isMany, hasSecond)
                        : hasSecond;
      }
      parallel.getIfExprMutable().assign(isMany);
    });
  }
};
} // namespace
