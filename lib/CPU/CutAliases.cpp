//===- CutAliases.cpp - Cut long chains of tensors that share memory ------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferFlow.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/IR/TakeOver.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACUTALIASESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

static bool isTensor(Value value) { return isa<TensorType>(value.getType()); }

namespace {
/// The tensors of a block that may share memory.
struct Chain {
  struct Member {
    Value value;
    /// Where it comes from and where it is used last, as numbers of operations.
    unsigned first, last;
  };
  SmallVector<Member> members;
  /// Each tensor.empty, whose contents are nobody's.
  SetVector<Value> empties;
  /// The operations that have a tensor of the chain, in order.
  SmallVector<unsigned> operations;
  /// Whether it reaches out of the block.
  bool isOpen = false;
};

/// A chain of so many times what comes between two cuts is long. Shorter ones
/// take upstream no time, and keep what it makes of them.
constexpr int64_t kLong = 4;

/// Cuts the chains of one block.
class BlockCutter {
public:
  BlockCutter(Block &block, const BufferFlow &flow, int64_t limit)
      : block(block), flow(flow), limit(limit) {}

  void run() {
    for (auto [index, op] : llvm::enumerate(block))
      numbers[&op] = index;
    for (BlockArgument argument : block.getArguments())
      addMember(argument, 0);
    for (Operation &op : block) {
      addUses(&op);
      for (OpResult result : op.getResults())
        addMember(result, numbers[&op]);
    }
    for (Chain &chain : llvm::make_second_range(chains))
      if (!chain.isOpen &&
          static_cast<int64_t>(chain.operations.size()) > kLong * limit)
        cut(chain);
  }

private:
  /// The number of the operation of the block that `use` is in; the end if it
  /// is in none.
  unsigned getNumber(OpOperand &use) {
    Operation *op = block.findAncestorOpInBlock(*use.getOwner());
    return op ? numbers[op] : std::numeric_limits<unsigned>::max();
  }

  void addMember(Value value, unsigned first) {
    if (!isTensor(value))
      return;
    Chain &chain = chains[flow.getClass(value)];
    if (value.getDefiningOp<tensor::EmptyOp>()) {
      chain.empties.insert(value);
      return;
    }
    unsigned last = first;
    for (OpOperand &use : value.getUses())
      last = std::max(last, getNumber(use));
    chain.members.push_back({value, first, last});
  }

  void addUses(Operation *op) {
    unsigned number = numbers[op];
    auto touch = [&](Value value) -> Chain & {
      Chain &chain = chains[flow.getClass(value)];
      if (chain.operations.empty() || chain.operations.back() != number)
        chain.operations.push_back(number);
      return chain;
    };
    op->walk([&](Operation *nested) {
      for (Value operand : nested->getOperands()) {
        if (!isTensor(operand))
          continue;
        if (operand.getDefiningOp<tensor::EmptyOp>())
          touch(operand).empties.insert(operand);
        else if (operand.getParentBlock() == &block)
          touch(operand);
        else if (!op->isAncestor(operand.getParentBlock()->getParentOp()))
          touch(operand).isOpen = true;
      }
    });
    for (Value result : op->getResults())
      if (isTensor(result))
        touch(result);
  }

  /// Whether an operation has just written `value`, so that its memory is no
  /// argument's or constant's that would have to be copied.
  static bool isWritten(Value value) {
    return value.getDefiningOp<DestinationStyleOpInterface>() != nullptr;
  }

  void cut(Chain &chain) {
    SmallVector<unsigned> cuts;
    SmallVector<Value> results;
    // The last use of what came before, and where the last cut was among the
    // operations.
    unsigned last = 0;
    auto *from = chain.operations.begin();
    for (auto *member = chain.members.begin(); member != chain.members.end();) {
      unsigned number = member->first;
      auto *end = std::find_if(
          member, chain.members.end(),
          [&](const Chain::Member &other) { return other.first != number; });
      auto *here = std::upper_bound(from, chain.operations.end(), number);
      if (end - member == 1 && last <= number && member->last > number &&
          isWritten(member->value) && here - from >= limit) {
        results.push_back(takeOver(member->value));
        cuts.push_back(number);
        from = here;
      }
      for (; member != end; ++member)
        last = std::max(last, member->last);
    }
    if (!cuts.empty())
      for (Value empty : chain.empties)
        separate(empty, cuts, results);
  }

  static Value takeOver(Value value) {
    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    auto cut = TakeOverOp::create(b, value.getLoc(), value);
    value.replaceAllUsesExcept(cut.getResult(), cut);
    return cut.getResult();
  }

  /// Gives what uses `empty` behind a cut a tensor of its own.
  void separate(Value empty, ArrayRef<unsigned> cuts, ArrayRef<Value> results) {
    SmallVector<Value> copies(cuts.size());
    for (OpOperand &use : llvm::make_early_inc_range(empty.getUses())) {
      Operation *user = block.findAncestorOpInBlock(*use.getOwner());
      if (!user)
        continue;
      size_t part = llvm::lower_bound(cuts, numbers[user]) - cuts.begin();
      if (part == 0)
        continue;
      Value &copy = copies[part - 1];
      if (!copy) {
        OpBuilder b(empty.getContext());
        b.setInsertionPointAfterValue(results[part - 1]);
        copy = b.clone(*empty.getDefiningOp())->getResult(0);
      }
      use.set(copy);
    }
  }

  Block &block;
  const BufferFlow &flow;
  int64_t limit;
  DenseMap<Operation *, unsigned> numbers;
  llvm::MapVector<Value, Chain> chains;
};

struct CutAliasesPass : vga::impl::VGACutAliasesPassBase<CutAliasesPass> {
  using VGACutAliasesPassBase::VGACutAliasesPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    return checkOption(context, getArgument(), "operations", operations,
                       kChainLength);
  }

  void runOnOperation() override {
    // Few tensors are no long chain.
    SmallVector<Block *> blocks;
    getOperation()->walk([&](Block *block) {
      auto tensors = llvm::make_filter_range(*block, [](Operation &op) {
        return llvm::any_of(op.getResults(), isTensor) ||
               llvm::any_of(op.getOperands(), isTensor);
      });
      if (llvm::range_size(tensors) > kLong * operations)
        blocks.push_back(block);
    });
    if (blocks.empty())
      return;
    BufferFlow flow(getOperation());
    for (Block *block : blocks)
      BlockCutter(*block, flow, operations).run();
  }
};
} // namespace
