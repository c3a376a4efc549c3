//===- StateVersions.cpp - The versions of a state ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A version of a state is what it is between two updates. The way from what is
// returned for a state back to its argument goes through updates, views, loops
// and branches; as long as nothing uses a version once it has been updated,
// bufferization updates it in place. Otherwise it would copy the update, and
// the state would have to be copied back.
//
//===----------------------------------------------------------------------===//

#include "StateVersions.h"
#include "BufferFlow.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SubsetOpInterface.h"

using namespace mlir;
using namespace mlir::vga;

/// Whether there is a loop around `block`, inside of `home`.
static bool isInLoop(Block *block, Block *home) {
  for (Operation *op = block->getParentOp(); op != home->getParentOp();
       op = op->getParentOp())
    if (!op || isa<LoopLikeOpInterface>(op))
      return true;
  return false;
}

/// Whether `user` is done with `version` when `write` writes to it.
static bool isDoneBefore(Operation *user, Operation *write, Value version) {
  for (Operation *op = write; op; op = op->getParentOp()) {
    Operation *before = op->getBlock()->findAncestorOpInBlock(*user);
    if (!before)
      continue;
    if (isInLoop(op->getBlock(), version.getParentBlock()))
      return false;
    if (before != op)
      return before->isBeforeInBlock(op);
    // Of two branches only one is taken.
    return user != op && write != op &&
           isa<scf::IfOp, scf::IndexSwitchOp>(op) &&
           user->getBlock()->getParent() != write->getBlock()->getParent();
  }
  return false;
}

namespace {
/// A use of a version on the way to what is returned, and the next operation
/// there that writes.
struct Step {
  OpOperand *use;
  Operation *write;
};

class Versions {
public:
  Versions(BufferFlow &flow, BlockArgument state, Value returned)
      : flow(flow), state(state) {
    follow(returned, nullptr);
  }

  ArrayRef<Step> getSteps() const { return steps; }
  bool isOnTheWay(OpOperand &use) const { return uses.contains(&use); }

  /// Whether `use` needs the version of `step` after its write.
  bool isLate(OpOperand &use, const Step &step) const {
    llvm::SmallPtrSet<OpOperand *, 8> seen;
    return isLate(use, step, nullptr, seen);
  }

private:
  void follow(Value value, Operation *write);
  bool isLate(OpOperand &use, const Step &step, Operation *slice,
              llvm::SmallPtrSetImpl<OpOperand *> &seen) const;
  bool isSafeBeside(OpOperand &use, const Step &step, Operation *slice) const;

  BufferFlow &flow;
  BlockArgument state;
  SmallVector<Step> steps;
  llvm::SmallPtrSet<OpOperand *, 8> uses;
  llvm::DenseSet<std::pair<Value, Operation *>> followed;
};
} // namespace

/// Goes the way back from `value`, which `write` is the next to write to.
void Versions::follow(Value value, Operation *write) {
  if (!flow.mayShare(value, state) || !followed.insert({value, write}).second)
    return;
  for (OpOperand *source : flow.getSources(value)) {
    if (!flow.mayShare(source->get(), state))
      continue;
    Operation *op = source->getOwner(), *next = write;
    bool isPassedOn =
        op->hasTrait<OpTrait::IsTerminator>() ||
        (isa<RegionBranchOpInterface>(op) && !isa<scf::ForallOp>(op));
    if (!isPassedOn && flow.writes(*source))
      next = op;
    // All of an iteration is before the next one.
    else if (write && op->hasTrait<OpTrait::IsTerminator>() &&
             isa<LoopLikeOpInterface>(op->getParentOp()))
      next = op;
    steps.push_back({source, next});
    uses.insert(source);
    follow(source->get(), next);
  }
}

/// Whether the operation of `step` may read `use` in the memory that it writes
/// to.
bool Versions::isSafeBeside(OpOperand &use, const Step &step,
                            Operation *slice) const {
  // What was computed in a part of the state goes to where it is.
  auto insertion = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
  if (insertion && slice && &use == &insertion.getSourceMutable())
    return cast<OffsetSizeAndStrideOpInterface>(slice).isSameAs(
        cast<OffsetSizeAndStrideOpInterface>(insertion.getOperation()),
        isEqualConstantIntOrValue);
  return use.getOwner() == step.use->getOwner() &&
         flow.isElementwise(use, *step.use);
}

/// `slice` is the slice of the version that `use` is a use of.
bool Versions::isLate(OpOperand &use, const Step &step, Operation *slice,
                      llvm::SmallPtrSetImpl<OpOperand *> &seen) const {
  if (&use == step.use || !seen.insert(&use).second)
    return false;
  Operation *user = use.getOwner();
  if (user == step.write) {
    if (flow.reads(use) && !isSafeBeside(use, step, slice))
      return true;
  } else if (flow.reads(use) &&
             !isDoneBefore(user, step.write, step.use->get())) {
    return true;
  }
  if (isOnTheWay(use))
    return false;
  if (isa<tensor::ExtractSliceOp>(user))
    slice = user;
  return llvm::any_of(flow.getTargets(use), [&](Value target) {
    return llvm::any_of(target.getUses(), [&](OpOperand &next) {
      return isLate(next, step, slice, seen);
    });
  });
}

static Value copyTensor(OpBuilder &b, Location loc, Value tensor) {
  return bufferization::AllocTensorOp::create(
      b, loc, cast<RankedTensorType>(tensor.getType()), ValueRange(), tensor);
}

static Value makeEmpty(OpBuilder &b, Location loc, Value tensor) {
  return tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, tensor),
      cast<RankedTensorType>(tensor.getType()).getElementType());
}

/// Whether an operation only writes to what it is given at `use`.
static bool isOnlyWritten(OpOperand &use) {
  auto op = dyn_cast<linalg::GenericOp>(use.getOwner());
  return op && op.isDpsInit(&use) &&
         op.getMatchingBlockArgument(&use).use_empty();
}

/// Lets `use` have a copy: of the slice that it takes, or of the version.
/// Returns false if nothing has to be copied.
static bool copyForUse(OpOperand &use, Value &copy, bool isTakenBefore) {
  OpBuilder b(use.getOwner());
  auto slice = dyn_cast<tensor::ExtractSliceOp>(use.getOwner());
  if (slice && isTakenBefore) {
    bool isRead = !llvm::all_of(slice->getUses(), isOnlyWritten);
    b.setInsertionPointAfter(slice);
    Value own = isRead ? copyTensor(b, slice.getLoc(), slice)
                       : makeEmpty(b, slice.getLoc(), slice);
    slice.getResult().replaceAllUsesExcept(own, own.getDefiningOp());
    return isRead;
  }
  if (!copy) {
    b.setInsertionPointAfterValue(use.get());
    copy = copyTensor(b, use.getOwner()->getLoc(), use.get());
  }
  use.set(copy);
  return true;
}

std::optional<Location> vga::copyUsedVersions(BlockArgument state,
                                              OpOperand &returned) {
  auto module = state.getOwner()->getParentOp()->getParentOfType<ModuleOp>();
  std::optional<Location> first;
  BufferFlow flow(module);
  Versions versions(flow, state, returned.get());
  llvm::DenseMap<Value, Value> copies;
  for (const Step &step : versions.getSteps()) {
    if (!step.write)
      continue;
    Value version = step.use->get();
    SmallVector<OpOperand *> late;
    for (OpOperand &use : version.getUses())
      if (versions.isLate(use, step))
        late.push_back(&use);
    for (OpOperand *use : late) {
      Location loc = use->getOwner()->getLoc();
      if (copyForUse(*use, copies[version],
                     isDoneBefore(use->getOwner(), step.write, version)))
        first = first.value_or(loc);
    }
  }
  return first;
}

/// Whether `value`, or what is computed in its memory, is put into a part of
/// another tensor.
static bool isInserted(const BufferFlow &flow, Value value,
                       llvm::SmallDenseSet<Value> &seen) {
  return seen.insert(value).second &&
         llvm::any_of(value.getUses(), [&](OpOperand &use) {
           auto insertion =
               dyn_cast<SubsetInsertionOpInterface>(use.getOwner());
           return (insertion && &use == &insertion.getSourceOperand()) ||
                  llvm::any_of(flow.getTargets(use), [&](Value target) {
                    return isInserted(flow, target, seen);
                  });
         });
}

void vga::separateResults(
    func::FuncOp function,
    ArrayRef<std::pair<BlockArgument, OpOperand *>> states) {
  BufferFlow flow(function->getParentOfType<ModuleOp>());
  SmallVector<Versions, 0> versions;
  for (auto [state, returned] : states)
    versions.emplace_back(flow, state, returned->get());
  function.walk([&](linalg::GenericOp op) {
    for (OpOperand &init : op.getDpsInitsMutable()) {
      auto isOfState = [&](const auto &state) {
        return flow.mayShare(state.first, init.get());
      };
      auto isUpdate = [&](const Versions &one) { return one.isOnTheWay(init); };
      llvm::SmallDenseSet<Value> seen;
      if (!isOnlyWritten(init) || !llvm::any_of(states, isOfState) ||
          llvm::any_of(versions, isUpdate) ||
          isInserted(flow, op.getTiedOpResult(&init), seen))
        continue;
      OpBuilder b(op);
      init.set(makeEmpty(b, op.getLoc(), init.get()));
    }
  });
}
