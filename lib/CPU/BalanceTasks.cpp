//===- BalanceTasks.cpp - Tasks of unequal work --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUBALANCETASKSPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

/// True if how often a loop in a task runs depends on which task it is.
static bool hasUnequalTasks(omp::LoopNestOp tasks) {
  SetVector<Operation *> dependent;
  for (Value index : tasks.getRegion().getArguments())
    getForwardSlice(index, &dependent);
  auto depends = [&](Value bound) {
    return llvm::is_contained(tasks.getRegion().getArguments(), bound) ||
           (bound.getDefiningOp() && dependent.contains(bound.getDefiningOp()));
  };
  return tasks
      .walk([&](scf::ForOp loop) {
        return depends(loop.getLowerBound()) || depends(loop.getUpperBound())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
struct BalanceTasksPass
    : vga::impl::VGACPUBalanceTasksPassBase<BalanceTasksPass> {
  void runOnOperation() override {
    getOperation()->walk([](omp::WsloopOp loop) {
      auto tasks = dyn_cast<omp::LoopNestOp>(loop.getWrappedLoop());
      if (tasks && !loop.getScheduleKind() && hasUnequalTasks(tasks))
        loop.setScheduleKind(omp::ClauseScheduleKind::Dynamic);
    });
  }
};
} // namespace
