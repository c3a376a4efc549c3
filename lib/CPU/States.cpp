//===- States.cpp - What functions remember between calls ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAOPENSTATESPASS
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

/// Gives operations on the values of a state that only write to them, as what
/// is elementwise has its first operand for, memory of their own: they would
/// take that of the state.
static void keepForUpdates(BlockArgument state) {
  SetVector<Value> versions;
  versions.insert(state);
  for (unsigned next = 0; next < versions.size(); ++next)
    for (OpOperand &use :
         llvm::make_early_inc_range(versions[next].getUses())) {
      Operation *user = use.getOwner();
      if (auto loop = dyn_cast<scf::ForOp>(user)) {
        if (BlockArgument carried = loop.getTiedLoopRegionIterArg(&use)) {
          versions.insert(carried);
          versions.insert(loop.getTiedLoopResult(&use));
        }
        continue;
      }
      auto writer = dyn_cast<DestinationStyleOpInterface>(user);
      if (!writer || !writer.isDpsInit(&use))
        continue;
      auto op = dyn_cast<linalg::GenericOp>(user);
      if (!op || !op.getMatchingBlockArgument(&use).use_empty()) {
        versions.insert(writer.getTiedOpResult(&use));
        continue;
      }
      OpBuilder b(op);
      auto type = cast<RankedTensorType>(use.get().getType());
      use.set(tensor::EmptyOp::create(
          b, op.getLoc(), tensor::getMixedSizes(b, op.getLoc(), use.get()),
          type.getElementType()));
    }
}

namespace {
struct OpenStatesPass : vga::impl::VGAOpenStatesPassBase<OpenStatesPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    // Bufferization writes to all arguments that say nothing. Calls in the
    // module copy what the function that they call writes to.
    if (!function.isPrivate())
      for (unsigned i = 0; i < function.getNumArguments(); ++i)
        if (isa<TensorType>(function.getArgumentTypes()[i]))
          setWritable(function, i, false);
    for (unsigned state : getStates(function)) {
      setWritable(function, state, true);
      keepForUpdates(function.getArgument(state));
    }
  }

private:
  static void setWritable(func::FuncOp function, unsigned argument,
                          bool isWritable) {
    function.setArgAttr(argument,
                        bufferization::BufferizationDialect::kWritableAttrName,
                        BoolAttr::get(function.getContext(), isWritable));
  }
};

struct CloseStatesPass : vga::impl::VGACloseStatesPassBase<CloseStatesPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration() && failed(close(function)))
        return signalPassFailure();
  }

private:
  /// Drops the results that are states.
  LogicalResult close(func::FuncOp function) {
    SmallVector<unsigned> states = getStates(function);
    if (states.empty())
      return success();
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

  /// The buffer that `value` is: before casts, and before loops that pass it
  /// on.
  static Value getOrigin(Value value) {
    while (true) {
      if (auto cast = value.getDefiningOp<memref::CastOp>()) {
        value = cast.getSource();
        continue;
      }
      auto loop = value.getDefiningOp<scf::ForOp>();
      if (!loop)
        return value;
      auto result = cast<OpResult>(value);
      BlockArgument carried = loop.getTiedLoopRegionIterArg(result);
      if (getOrigin(loop.getTiedLoopYieldedValue(carried)->get()) != carried)
        return value;
      value = loop.getTiedLoopInit(carried)->get();
    }
  }

  static LogicalResult dropStates(func::FuncOp function, func::ReturnOp exit,
                                  ArrayRef<unsigned> states) {
    if (exit.getNumOperands() < states.size())
      return exit.emitError()
             << "'" << function.getName() << "' must return its states";
    unsigned first = exit.getNumOperands() - states.size();
    for (auto [index, state] : llvm::enumerate(states)) {
      if (getOrigin(exit.getOperand(first + index)) !=
          function.getArgument(state))
        return exit.emitError()
               << "state " << function.getArgAttr(state, kState) << " of '"
               << function.getName()
               << "' is not updated in place: what is returned for it must "
                  "come from the argument by insertions";
    }
    exit->eraseOperands(first, states.size());
    return success();
  }
};
} // namespace
