//===- RowGroup.cpp - Operations on the same rows -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgKernel.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "vga/Dialect/VGA/IR/Check.h"

using namespace mlir;
using namespace mlir::vga;

/// What a view is a view of.
static Value getRoot(Value array) {
  while (auto view = array.getDefiningOp<ViewLikeOpInterface>())
    array = view.getViewSource();
  return array;
}

/// Whether an operation can stay where it is when others move across it.
static bool isHarmless(Operation *op) {
  return isa<memref::AllocOp, CheckOp>(op) || isMemoryEffectFree(op);
}

/// What an operation reads and writes: its operands, and what its elements are
/// computed from.
static SmallVector<Value> getArrays(linalg::GenericOp op) {
  SmallVector<Value> arrays(op->getOperands());
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op.getRegion(), captured);
  llvm::append_range(arrays, captured);
  return arrays;
}

/// The loops of `op` along which it reads `row`, one for each axis.
static std::optional<SmallVector<unsigned>> getRowLoops(linalg::GenericOp op,
                                                        Value row) {
  std::optional<SmallVector<unsigned>> found;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (input->get() != row)
      continue;
    AffineMap map = op.getMatchingIndexingMap(input);
    if (!map.isProjectedPermutation())
      return std::nullopt;
    SmallVector<unsigned> loops;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      loops.push_back(map.getDimPosition(i));
    if (found && *found != loops)
      return std::nullopt;
    found = std::move(loops);
  }
  return found;
}

/// Whether the results of the leader are rows: with an axis for each point, in
/// their order.
static bool hasRows(linalg::GenericOp op, const LinalgPlan &plan) {
  if (!plan.sharesPoints() || !plan.lanesAreNeighbors ||
      llvm::is_contained(plan.fills, nullptr))
    return false;
  return llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &output) {
    AffineMap map = op.getMatchingIndexingMap(&output);
    if (map.getNumResults() != plan.points.size())
      return false;
    for (auto [i, loop] : llvm::enumerate(plan.points))
      if (map.getResult(i) != getAffineDimExpr(loop, op.getContext()))
        return false;
    return true;
  });
}

RowGroup::RowGroup(linalg::GenericOp op) : ops({op}) {
  plans.emplace_back(op);
  isStored.push_back(true);
  if (!hasRows(op, plans.front()))
    return;
  SmallVector<Operation *> passed;
  llvm::SmallPtrSet<Operation *, 4> fills;
  for (Operation *next = op->getNextNode(); next; next = next->getNextNode()) {
    if (isa<memref::DeallocOp>(next)) {
      passed.push_back(next);
      continue;
    }
    if (isHarmless(next))
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(next);
    if (!generic)
      break;
    // A sum that follows may start from it; if none does, it ends the group.
    if (getFillValue(generic) && fills.insert(next).second)
      continue;
    if (!add(generic))
      break;
    for (linalg::GenericOp fill : plans.back().fills)
      fills.erase(fill);
    if (!fills.empty()) {
      ops.pop_back();
      plans.pop_back();
      isStored.pop_back();
      break;
    }
    frees.append(passed);
    passed.clear();
  }
  findStored();
}

/// Adds an operation if it goes on with the rows, and nothing else of what the
/// group computes.
bool RowGroup::add(linalg::GenericOp op) {
  SmallVector<Value> arrays = getArrays(op);
  std::optional<SmallVector<unsigned>> points;
  for (unsigned i = 0; i < ops.size(); ++i)
    for (Value output : ops[i].getDpsInits()) {
      auto isOutput = [&](Value operand) {
        return getRoot(operand) == getRoot(output);
      };
      unsigned uses = llvm::count_if(arrays, isOutput);
      if (uses == 0)
        continue;
      std::optional<SmallVector<unsigned>> loops = getRowLoops(op, output);
      bool isSum = !plans[i].combiners.empty();
      if (!isSum || !loops || (points && *points != *loops) ||
          uses != llvm::count(op.getDpsInputs(), output))
        return false;
      points = std::move(loops);
    }
  if (!points)
    return false;
  // What it writes is new, so that nothing before can have read it.
  for (Value output : op.getDpsInits())
    if (!getRoot(output).getDefiningOp<memref::AllocOp>() ||
        llvm::any_of(ops, [&](linalg::GenericOp before) {
          return llvm::any_of(getArrays(before), [&](Value operand) {
            return getRoot(operand) == getRoot(output);
          });
        }))
      return false;
  std::optional<LinalgPlan> plan =
      LinalgPlan::follow(plans.front(), op, *points);
  if (!plan)
    return false;
  ops.push_back(op);
  plans.push_back(std::move(*plan));
  isStored.push_back(true);
  return true;
}

/// Sums that only the group reads are not stored.
void RowGroup::findStored() {
  auto isOutside = [&](Operation *user) {
    return !isa<memref::DeallocOp>(user) && !llvm::is_contained(ops, user) &&
           llvm::none_of(plans, [&](const LinalgPlan &plan) {
             return llvm::is_contained(plan.fills, user);
           });
  };
  for (unsigned i = 0; i < ops.size(); ++i)
    if (!plans[i].combiners.empty())
      isStored[i] = llvm::any_of(ops[i].getDpsInits(), [&](Value output) {
        return llvm::any_of(output.getUsers(), isOutside);
      });
}
