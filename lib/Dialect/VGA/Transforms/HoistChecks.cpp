//===- HoistChecks.cpp - Checks come first --------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAHOISTCHECKSPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

static bool isCheck(Operation *op) { return isa<CheckOp, cf::AssertOp>(op); }

/// Whether an operation computes a number, wherever it is. Elements of what is
/// computed are read no sooner: on a GPU, that waits for it.
static bool isNumber(Operation *op) {
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    if (!isa<BlockArgument>(extract.getTensor()))
      return false;
  return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         llvm::none_of(op->getResultTypes(), llvm::IsaPred<ShapedType>);
}

namespace {
/// Moves the checks of one block.
class BlockHoisting {
public:
  explicit BlockHoisting(Block &block) : block(block) {}

  void run() {
    SmallVector<Operation *> checks;
    unsigned number = 0;
    for (Operation &op : block) {
      order[&op] = ++number;
      if (isCheck(&op))
        checks.push_back(&op);
    }
    for (Operation *check : checks) {
      SmallVector<Operation *> numbers;
      Operation *anchor = nullptr;
      collect(check, numbers, anchor);
      // Behind what has been moved to the same place; nothing that is further
      // down holds it up.
      Operation *&last = ends.try_emplace(anchor, anchor).first->second;
      numbers.push_back(check);
      for (Operation *op : numbers) {
        if (anchor && order[op] < order[anchor])
          continue;
        if (last)
          op->moveAfter(last);
        else
          op->moveBefore(&block, block.begin());
        last = op;
        place[op] = anchor;
      }
    }
  }

private:
  /// Finds the numbers that `op` needs, in order, and the last of the other
  /// operations of the block that it needs.
  void collect(Operation *op, SmallVectorImpl<Operation *> &numbers,
               Operation *&anchor) {
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!producer || producer->getBlock() != &block ||
          llvm::is_contained(numbers, producer))
        continue;
      if (auto moved = place.find(producer); moved != place.end()) {
        setLater(anchor, moved->second);
      } else if (isNumber(producer)) {
        collect(producer, numbers, anchor);
        numbers.push_back(producer);
      } else {
        setLater(anchor, producer);
      }
    }
  }

  void setLater(Operation *&anchor, Operation *other) {
    if (other && (!anchor || order[anchor] < order[other]))
      anchor = other;
  }

  Block &block;
  /// As it was before anything moved.
  DenseMap<Operation *, unsigned> order;
  /// Behind which operation, or none, a number has been moved; and the last of
  /// what is there.
  DenseMap<Operation *, Operation *> place, ends;
};

struct HoistChecksPass : vga::impl::VGAHoistChecksPassBase<HoistChecksPass> {
  void runOnOperation() override {
    getOperation()->walk([](Block *block) {
      if (llvm::any_of(*block, [](Operation &op) { return isCheck(&op); }))
        BlockHoisting(*block).run();
    });
  }
};
} // namespace
