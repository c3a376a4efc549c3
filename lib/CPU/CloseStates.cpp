//===- CloseStates.cpp - Callers have what functions remember -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACLOSESTATESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;

static constexpr StringLiteral kState = "vga.state";

/// The positions of the arguments that are states.
static SmallVector<unsigned> getStates(func::FuncOp function) {
  SmallVector<unsigned> states;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (function.getArgAttr(i, kState))
      states.push_back(i);
  return states;
}

namespace {
struct CloseStatesPass : vga::impl::VGACloseStatesPassBase<CloseStatesPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() && failed(close(function)))
        return signalPassFailure();
  }

private:
  /// Writes to states what is returned for them, and drops these results.
  LogicalResult close(func::FuncOp function) {
    SmallVector<unsigned> states = getStates(function);
    if (states.empty())
      return success();
    for (unsigned state : states)
      if (!isa<BaseMemRefType>(function.getArgument(state).getType()))
        return function.emitError()
               << "argument " << state << " of '" << function.getName()
               << "' is a state that is no buffer: " << getArgument()
               << " comes after bufferization";
    if (!SymbolTable::symbolKnownUseEmpty(function, getOperation()))
      return function.emitError()
             << "'" << function.getName()
             << "' has states and is called by another function";
    WalkResult updated = function.walk([&](func::ReturnOp exit) {
      return WalkResult(dropStates(function, exit, states));
    });
    if (updated.wasInterrupted())
      return failure();
    unsigned kept = function.getNumResults() - states.size();
    BitVector dropped(function.getNumResults());
    dropped.set(kept, function.getNumResults());
    for (unsigned state : states)
      function.removeArgAttr(state, kState);
    return function.eraseResults(dropped);
  }

  /// The buffer that `value` is: before casts, and before loops and branches
  /// that pass it on.
  static Value getOrigin(Value value) {
    while (true) {
      Value before;
      if (auto view = value.getDefiningOp<memref::CastOp>())
        before = view.getSource();
      else if (auto loop = value.getDefiningOp<scf::ForOp>())
        before = getOriginBefore(loop, cast<OpResult>(value));
      else if (auto branch = value.getDefiningOp<scf::IfOp>())
        before = getOriginBefore(branch, cast<OpResult>(value));
      if (!before)
        return value;
      value = before;
    }
  }

  static Value getOriginBefore(scf::ForOp loop, OpResult result) {
    BlockArgument carried = loop.getTiedLoopRegionIterArg(result);
    Value yielded = loop.getTiedLoopYieldedValue(carried)->get();
    return getOrigin(yielded) == carried ? loop.getTiedLoopInit(carried)->get()
                                         : Value();
  }

  static Value getOriginBefore(scf::IfOp branch, OpResult result) {
    unsigned i = result.getResultNumber();
    Value origin = getOrigin(branch.thenYield().getOperand(i));
    return origin == getOrigin(branch.elseYield().getOperand(i)) ? origin
                                                                 : Value();
  }

  static LogicalResult dropStates(func::FuncOp function, func::ReturnOp exit,
                                  ArrayRef<unsigned> states) {
    if (exit.getNumOperands() < states.size())
      return exit.emitError()
             << "'" << function.getName() << "' must return its states";
    unsigned first = exit.getNumOperands() - states.size();
    OpBuilder b(exit);
    for (auto [index, state] : llvm::enumerate(states)) {
      Value returned = exit.getOperand(first + index);
      BlockArgument argument = function.getArgument(state);
      if (getOrigin(returned) == argument)
        continue;
      Attribute name = function.getArgAttr(state, kState);
      if (returned.getType() != argument.getType())
        return exit.emitError()
               << "what is returned for state " << name << " of '"
               << function.getName() << "' must be " << argument.getType()
               << ", got " << returned.getType();
      emitRemark(exit.getLoc())
          << "state " << name << " of '" << function.getName()
          << "' is copied: what is returned for it is not the argument, "
             "updated "
             "in place";
      memref::CopyOp::create(b, exit.getLoc(), returned, argument);
    }
    exit->eraseOperands(first, states.size());
    return success();
  }
};
} // namespace
