//===- Caches.cpp - What becomes of the caches of a model ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "vga/Dialect/VGA/IR/VGA.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::vga;

static constexpr StringLiteral kState = "vga.state";

bool vga::isAboutSizes(Operation *op) {
  return isa<tensor::DimOp, tensor::RankOp>(op);
}

/// The function whose argument `value` is, if it runs from start to end.
static func::FuncOp getFunction(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || !argument.getOwner()->isEntryBlock())
    return nullptr;
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return function && function.getBody().hasOneBlock() ? function : nullptr;
}

/// The cache that `op` inserts into; null if it does something else.
static OpOperand *getDestination(Operation *op) {
  if (auto insertion = dyn_cast_or_null<tensor::InsertSliceOp>(op))
    return &insertion.getDestMutable();
  if (auto append = dyn_cast_or_null<AppendOp>(op))
    return &append.getCacheMutable();
  return nullptr;
}

/// The only use of `value` that is about what it holds; null if there are more
/// or none. Uses that neither insert into it nor return it go to `reads`; with
/// a null pointer they count.
static OpOperand *getOnlyUse(Value value, SmallVectorImpl<OpOperand *> *reads) {
  OpOperand *only = nullptr;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (isAboutSizes(user))
      continue;
    if (reads && !isa<func::ReturnOp>(user) && getDestination(user) != &use) {
      reads->push_back(&use);
      continue;
    }
    if (only)
      return nullptr;
    only = &use;
  }
  return only;
}

std::optional<Cache> Cache::of(Value values) {
  Value current = values;
  if (auto slice = current.getDefiningOp<tensor::ExtractSliceOp>())
    current = slice.getSource();
  while (OpOperand *destination = getDestination(current.getDefiningOp()))
    current = destination->get();
  if (!getFunction(current))
    return std::nullopt;

  Cache cache;
  cache.argument = cast<BlockArgument>(current);
  while (OpOperand *use = getOnlyUse(current, &cache.reads)) {
    Operation *user = use->getOwner();
    if (isa<func::ReturnOp>(user)) {
      cache.result = use->getOperandNumber();
      return cache;
    }
    cache.insertions.push_back(user);
    current = user->getResult(0);
  }
  return std::nullopt;
}

namespace {
/// From a function to its callers, up to where a cache is a state.
class StatePaths {
public:
  explicit StatePaths(ModuleOp module) : module(module) {}

  /// True if `argument` is a state wherever it comes from, and what is returned
  /// at `result` becomes the same state again.
  bool leadToStates(BlockArgument argument, unsigned result) {
    // This comes to an end: a caller passes its argument on once, so that the
    // way back from here leads to no function again.
    func::FuncOp function = getFunction(argument);
    if (!function)
      return false;
    return function.isPrivate() ? isStateOfCallers(function, argument, result)
                                : isOwnState(function, argument, result);
  }

private:
  /// The states of a function are returned last, in their order. Functions that
  /// give a state the same name may mean the same tensor.
  bool isOwnState(func::FuncOp function, BlockArgument argument,
                  unsigned result) {
    auto name = function.getArgAttr(argument.getArgNumber(), kState);
    if (!name || !SymbolTable::symbolKnownUseEmpty(function, module))
      return false;
    unsigned after = 0;
    for (unsigned i = argument.getArgNumber(); i < function.getNumArguments();
         ++i)
      after += function.getArgAttr(i, kState) != nullptr;
    return result + after == function.getNumResults() && isUnique(name);
  }

  bool isUnique(Attribute name) {
    unsigned count = 0;
    for (auto function : module.getOps<func::FuncOp>())
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        count += function.getArgAttr(i, kState) == name;
    return count == 1;
  }

  bool isStateOfCallers(func::FuncOp function, BlockArgument argument,
                        unsigned result) {
    std::optional<SymbolTable::UseRange> uses =
        SymbolTable::getSymbolUses(function, module);
    return uses && !uses->empty() &&
           llvm::all_of(*uses, [&](SymbolTable::SymbolUse use) {
             auto call = dyn_cast<func::CallOp>(use.getUser());
             return call && isPassedOn(call, argument.getArgNumber(), result);
           });
  }

  /// True if the caller has its cache from an argument, for this call alone,
  /// and returns what comes back.
  bool isPassedOn(func::CallOp call, unsigned operand, unsigned result) {
    auto argument = dyn_cast<BlockArgument>(call.getOperand(operand));
    if (!argument || !getOnlyUse(argument, /*reads=*/nullptr))
      return false;
    OpOperand *returned = getOnlyUse(call.getResult(result), /*reads=*/nullptr);
    return returned && isa<func::ReturnOp>(returned->getOwner()) &&
           leadToStates(argument, returned->getOperandNumber());
  }

  ModuleOp module;
};
} // namespace

bool Cache::isState() const {
  auto module = argument.getOwner()->getParentOp()->getParentOfType<ModuleOp>();
  return module && StatePaths(module).leadToStates(argument, result);
}
