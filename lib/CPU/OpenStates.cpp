//===- OpenStates.cpp - Functions update what they remember ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BufferFlow.h"
#include "StateVersions.h"
#include "vga/CPU/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAOPENSTATESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

static constexpr StringLiteral kState = "vga.state";

static void setWritable(func::FuncOp function, unsigned argument,
                        bool isWritable) {
  function.setArgAttr(argument,
                      bufferization::BufferizationDialect::kWritableAttrName,
                      BoolAttr::get(function.getContext(), isWritable));
}

static SmallVector<BlockArgument> getStates(func::FuncOp function) {
  SmallVector<BlockArgument> states;
  for (BlockArgument argument : function.getArguments())
    if (function.getArgAttr(argument.getArgNumber(), kState))
      states.push_back(argument);
  return states;
}

/// To its callers in the module a function is one of its arguments and results
/// like any other: they call a private copy, whose arguments are no states.
static void separateFromCallers(func::FuncOp function, SymbolTable &symbols) {
  Operation *module = symbols.getOp();
  if (SymbolTable::symbolKnownUseEmpty(function, module))
    return;
  func::FuncOp copy = function.clone();
  copy.setPrivate();
  for (unsigned i = 0; i < copy.getNumArguments(); ++i)
    copy.removeArgAttr(i, kState);
  StringAttr name = function.getSymNameAttr();
  symbols.insert(copy, std::next(function->getIterator()));
  (void)SymbolTable::replaceAllSymbolUses(name, copy.getSymNameAttr(),
                                          &module->getRegion(0));
}

namespace {
/// A function, its states, and where it returns them.
class Opening {
public:
  explicit Opening(func::FuncOp function)
      : function(function), states(getStates(function)) {}

  LogicalResult run();

private:
  LogicalResult findReturn();
  OpOperand &getReturned(unsigned state) {
    return exit->getOpOperand(exit.getNumOperands() - states.size() + state);
  }
  void keepVersions();
  void copyReturned();

  func::FuncOp function;
  SmallVector<BlockArgument> states;
  func::ReturnOp exit;
};
} // namespace

LogicalResult Opening::findReturn() {
  auto exits = llvm::to_vector(function.getOps<func::ReturnOp>());
  if (exits.size() != 1)
    return function.emitError()
           << "'" << function.getName() << "' has states and " << exits.size()
           << " returns, expected one";
  exit = exits.front();
  if (exit.getNumOperands() < states.size())
    return exit.emitError()
           << "'" << function.getName() << "' must return its states";
  for (auto [index, state] : llvm::enumerate(states)) {
    auto type = dyn_cast<RankedTensorType>(state.getType());
    Attribute name = function.getArgAttr(state.getArgNumber(), kState);
    if (!type || !type.hasStaticShape())
      return function.emitError()
             << "state " << name << " of '" << function.getName()
             << "' must have a static shape, got " << state.getType();
    Type returned = getReturned(index).get().getType();
    if (returned != type)
      return exit.emitError() << "what is returned for state " << name
                              << " of '" << function.getName() << "' must be "
                              << type << ", got " << returned;
  }
  return success();
}

void Opening::keepVersions() {
  SmallVector<std::pair<BlockArgument, OpOperand *>> pairs;
  for (auto [index, state] : llvm::enumerate(states))
    pairs.push_back({state, &getReturned(index)});
  separateResults(function, pairs);
  for (auto [state, returned] : pairs)
    if (std::optional<Location> use = copyUsedVersions(state, *returned))
      emitRemark(*use) << "state "
                       << function.getArgAttr(state.getArgNumber(), kState)
                       << " of '" << function.getName()
                       << "' is copied: what it held before an update is used "
                          "after that";
}

/// Copies what is returned and may be in the memory of a state that
/// `vga-close-states`, which goes through the states in their order, has
/// written to by then.
void Opening::copyReturned() {
  BufferFlow flow(function->getParentOfType<ModuleOp>());
  OpBuilder b(exit);
  auto copy = [&](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    auto copied = bufferization::AllocTensorOp::create(b, exit.getLoc(), type,
                                                       ValueRange(), value);
    for (OpOperand &use : exit->getOpOperands())
      if (use.get() == value)
        use.set(copied);
  };
  for (unsigned i = 0; i < states.size(); ++i) {
    Value value = getReturned(i).get();
    if (llvm::any_of(ArrayRef(states).take_front(i), [&](BlockArgument state) {
          return flow.mayShare(value, state);
        }))
      copy(value);
  }
  unsigned numResults = exit.getNumOperands() - states.size();
  for (unsigned i = 0; i < numResults; ++i) {
    Value value = exit.getOperand(i);
    for (auto [index, state] : llvm::enumerate(states))
      if (flow.mayShare(value, state) && getReturned(index).get() != value) {
        copy(value);
        break;
      }
  }
}

LogicalResult Opening::run() {
  if (states.empty())
    return success();
  if (failed(findReturn()))
    return failure();
  keepVersions();
  copyReturned();
  return success();
}

namespace {
struct OpenStatesPass : vga::impl::VGAOpenStatesPassBase<OpenStatesPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!getStates(function).empty())
        separateFromCallers(function, symbols);
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      // Bufferization writes to all arguments that say nothing. Calls in the
      // module copy what the function that they call writes to.
      if (!function.isPrivate())
        for (unsigned i = 0; i < function.getNumArguments(); ++i)
          if (isa<TensorType>(function.getArgumentTypes()[i]))
            setWritable(function, i, false);
      for (BlockArgument state : getStates(function))
        setWritable(function, state.getArgNumber(), true);
      if (failed(Opening(function).run()))
        return signalPassFailure();
    }
  }
};
} // namespace
