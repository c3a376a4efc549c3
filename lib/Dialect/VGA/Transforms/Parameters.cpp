//===- Parameters.cpp - What depends on weights only ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/Parameters.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::vga;

static bool isSelfContained(Operation *op) {
  if (!isMemoryEffectFree(op) || op->hasTrait<OpTrait::IsTerminator>() ||
      op->getNumResults() == 0)
    return false;
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return captured.empty();
}

bool Parameters::isFree(Operation *op) {
  return op->getNumOperands() == 0 && isSelfContained(op);
}

bool Parameters::contains(Operation *op) const {
  bool hasWeights = false;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (producer && isFree(producer))
      continue;
    if (!contains(operand))
      return false;
    hasWeights = true;
  }
  return hasWeights && (isSelfContained(op) || isPreparation(op));
}

bool Parameters::isPreparation(Operation *op) const {
  auto call = dyn_cast<func::CallOp>(op);
  auto callee = call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
                           call, call.getCalleeAttr())
                     : nullptr;
  return callee && preparations.contains(callee);
}

bool Parameters::contains(Value value) const {
  if (Operation *producer = value.getDefiningOp())
    return contains(producer);
  return arguments.contains(value);
}

Parameters::Parameters(ModuleOp module,
                       const llvm::DenseSet<Operation *> &preparations)
    : preparations(preparations) {
  // At first every argument of a private function is taken for one; then those
  // that some call gives something else are struck off.
  DenseMap<func::FuncOp, SmallVector<func::CallOp>> calls;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isDeclaration())
      continue;
    bool isKnown = function.isPrivate();
    if (std::optional<SymbolTable::UseRange> uses =
            SymbolTable::getSymbolUses(function, module))
      for (SymbolTable::SymbolUse use : *uses) {
        auto call = dyn_cast<func::CallOp>(use.getUser());
        isKnown &= call != nullptr;
        if (call)
          calls[function].push_back(call);
      }
    else
      isKnown = false;
    for (BlockArgument argument : function.getArguments())
      if (function.isPrivate() ? isKnown
                               : function.getArgAttr(argument.getArgNumber(),
                                                     "vga.param") != nullptr)
        arguments.insert(argument);
  }
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto &[function, callers] : calls) {
      if (!function.isPrivate())
        continue;
      for (func::CallOp call : callers)
        for (auto [argument, operand] :
             llvm::zip_equal(function.getArguments(), call.getOperands()))
          if (arguments.contains(argument) && !contains(operand)) {
            arguments.erase(argument);
            changed = true;
          }
    }
  }
}
