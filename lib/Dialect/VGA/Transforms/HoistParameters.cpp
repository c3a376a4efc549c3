//===- HoistParameters.cpp - Work that is done once per load --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From callees to callers: what a private function computes from weights alone
// becomes an argument of it, computed before each call by a function of its
// own. What arrives in a
// public function this way goes to a function of its own, NAME.prepare.
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/Parameters.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"

#include "mlir/Analysis/CallGraph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SCCIterator.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAHOISTPARAMETERSPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// Whether who calls a function can keep an array of such elements.
static bool isStorable(Type element) {
  return element.isF16() || element.isBF16() || element.isF32() ||
         element.isF64() || element.isSignlessInteger(1) ||
         element.isSignlessInteger(8) || element.isSignlessInteger(16) ||
         element.isSignlessInteger(32) || element.isSignlessInteger(64);
}

/// The bytes of a tensor of static shape.
static std::optional<int64_t> getSize(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() ||
      !isStorable(tensor.getElementType()))
    return std::nullopt;
  return tensor.getNumElements() *
         llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
}

/// Whether results are no more than what they are made from: a weight that is
/// stored in 16 bits is better read in 16 bits. Padding is no concern; what was
/// packed is kept so, and unpacked, if at all, where it is used.
static bool isWorthKeeping(Operation *op) {
  if (isa<linalg::PackOp, func::CallOp>(op))
    return true;
  if (isa<linalg::UnPackOp>(op))
    return false;
  int64_t results = 0, operands = 0;
  for (Value result : op->getResults()) {
    std::optional<int64_t> size = getSize(result.getType());
    if (!size)
      return false;
    results += *size;
  }
  for (Value operand : op->getOperands())
    if (Operation *producer = operand.getDefiningOp();
        !producer || !Parameters::isFree(producer))
      operands += getSize(operand.getType()).value_or(0);
  return results <= operands;
}

namespace {
/// What a function computes from weights, as far as it is worth keeping.
class WeightWork {
public:
  WeightWork(func::FuncOp function, const Parameters &parameters) {
    for (Operation &op : function.getBody().front())
      if (parameters.contains(&op) && isWorthKeeping(&op) &&
          llvm::all_of(op.getOperands(),
                       [&](Value operand) { return isAtHand(operand); }))
        ops.insert(&op);
    for (Operation *op : ops)
      for (OpResult result : op->getResults())
        if (llvm::any_of(result.getUsers(),
                         [&](Operation *user) { return !ops.contains(user); }))
          results.push_back(result);
  }

  ArrayRef<Value> getResults() const { return results; }

  bool contains(Operation *op) const { return ops.contains(op); }

  /// Computes `result` again with other values for the arguments.
  Value clone(OpBuilder &builder, Value value, IRMapping &mapping) const {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      clone(builder, operand, mapping);
    builder.clone(*op, mapping);
    return mapping.lookup(value);
  }

private:
  bool isAtHand(Value value) const {
    Operation *op = value.getDefiningOp();
    return !op || ops.contains(op) || Parameters::isFree(op);
  }

  llvm::SetVector<Operation *> ops;
  SmallVector<Value> results;
};

struct HoistParametersPass
    : vga::impl::VGAHoistParametersPassBase<HoistParametersPass> {
  void runOnOperation() override {
    preparations.clear();
    // Callees first.
    const CallGraph &graph = getAnalysis<CallGraph>();
    SmallVector<func::FuncOp> functions;
    for (auto it = llvm::scc_begin(&graph); !it.isAtEnd(); ++it)
      for (CallGraphNode *node : *it)
        if (!node->isExternal())
          if (auto function = dyn_cast<func::FuncOp>(
                  node->getCallableRegion()->getParentOp()))
            if (function.getBody().hasOneBlock() && !it.hasCycle())
              functions.push_back(function);
    for (func::FuncOp function : functions) {
      Parameters parameters(getOperation(), preparations);
      WeightWork work(function, parameters);
      if (work.getResults().empty())
        continue;
      if (function.isPrivate())
        moveToCallers(function, work, parameters);
      else if (SymbolTable::symbolKnownUseEmpty(function, getOperation()))
        moveToPreparation(function, work);
    }
  }

private:
  /// Appends an argument for each result of the work.
  static void replaceByArguments(func::FuncOp function,
                                 const WeightWork &work) {
    auto noAttributes = DictionaryAttr::get(function.getContext());
    for (Value result : work.getResults()) {
      (void)function.insertArgument(function.getNumArguments(),
                                    result.getType(), noAttributes,
                                    result.getLoc());
      result.replaceAllUsesWith(function.getArguments().back());
    }
    // What is dead now may have kept its own operands alive.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (op.use_empty() && (isOpTriviallyDead(&op) || work.contains(&op)))
        op.erase();
  }

  /// All uses of a function whose arguments are weights are calls.
  SmallVector<func::CallOp> getCalls(func::FuncOp function) {
    SmallVector<func::CallOp> calls;
    std::optional<SymbolTable::UseRange> uses =
        SymbolTable::getSymbolUses(function, getOperation());
    for (SymbolTable::SymbolUse use : *uses)
      calls.push_back(cast<func::CallOp>(use.getUser()));
    return calls;
  }

  /// Callers compute once more what the function has computed so far, in one
  /// call: the code for it is there once, however often it is called.
  void moveToCallers(func::FuncOp function, const WeightWork &work,
                     const Parameters &parameters) {
    SmallVector<BlockArgument> weights;
    for (BlockArgument argument : function.getArguments())
      if (parameters.contains(argument))
        weights.push_back(argument);
    func::FuncOp prepare = createPreparation(function, work, weights);
    prepare.setPrivate();
    preparations.insert(prepare);
    SmallVector<unsigned> positions;
    for (BlockArgument weight : weights)
      positions.push_back(weight.getArgNumber());
    for (func::CallOp call : getCalls(function)) {
      OpBuilder builder(call);
      SmallVector<Value> operands(call.getOperands()), given;
      for (unsigned position : positions)
        given.push_back(operands[position]);
      auto prepared =
          func::CallOp::create(builder, call.getLoc(), prepare, given);
      llvm::append_range(operands, prepared.getResults());
      call->setOperands(operands);
    }
    replaceByArguments(function, work);
    // Weights that only the work needed are no longer passed on.
    llvm::BitVector unused(function.getNumArguments());
    for (BlockArgument argument : function.getArguments())
      if (argument.use_empty())
        unused.set(argument.getArgNumber());
    if (unused.none() || failed(function.eraseArguments(unused)))
      return;
    for (func::CallOp call : getCalls(function))
      call->eraseOperands(unused);
  }

  /// NAME.prepare takes the weights of NAME and returns what the arguments that
  /// NAME gets at its end must be.
  void moveToPreparation(func::FuncOp function, const WeightWork &work) {
    SmallVector<BlockArgument> weights;
    for (BlockArgument argument : function.getArguments())
      if (function.getArgAttr(argument.getArgNumber(), "vga.param"))
        weights.push_back(argument);
    func::FuncOp prepare = createPreparation(function, work, weights);
    function->setAttr(kPreparation, FlatSymbolRefAttr::get(prepare));
    for (auto [index, weight] : llvm::enumerate(weights))
      prepare.setArgAttr(
          index, "vga.param",
          function.getArgAttr(weight.getArgNumber(), "vga.param"));
    replaceByArguments(function, work);
  }

  /// A function of the user's may have this name already.
  std::string getFreeName(const Twine &wanted) {
    std::string base = wanted.str(), name = base;
    for (unsigned number = 0; getOperation().lookupSymbol(name); ++number)
      name = base + std::to_string(number);
    return name;
  }

  func::FuncOp createPreparation(func::FuncOp function, const WeightWork &work,
                                 ArrayRef<BlockArgument> weights) {
    OpBuilder builder(function);
    SmallVector<Type> inputs;
    for (BlockArgument weight : weights)
      inputs.push_back(weight.getType());
    auto prepare = func::FuncOp::create(
        builder, function.getLoc(),
        getFreeName(function.getName() + ".prepare"),
        builder.getFunctionType(inputs,
                                TypeRange(ValueRange(work.getResults()))));
    IRMapping mapping;
    builder.setInsertionPointToStart(prepare.addEntryBlock());
    mapping.map(weights, prepare.getArguments());
    SmallVector<Value> results;
    for (Value result : work.getResults())
      results.push_back(work.clone(builder, result, mapping));
    func::ReturnOp::create(builder, function.getLoc(), results);
    return prepare;
  }

  llvm::DenseSet<Operation *> preparations;
};
} // namespace
