//===- BufferFlow.cpp - Which tensors may share a buffer ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream's analysis answers this once it has decided what is done in place.
// What is asked here comes before: copies that are inserted change decisions.
//
//===----------------------------------------------------------------------===//

#include "BufferFlow.h"
#include "vga/Dialect/VGA/IR/TakeOver.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"

using namespace mlir;
using namespace mlir::vga;

static bool isTensor(Value value) { return isa<TensorType>(value.getType()); }

BufferFlow::BufferFlow(ModuleOp module) : analysis(options) {
  for (auto function : module.getOps<func::FuncOp>())
    addFunction(function);
}

ArrayRef<OpOperand *> BufferFlow::getSources(Value value) const {
  auto it = sources.find(value);
  return it == sources.end() ? ArrayRef<OpOperand *>() : it->second;
}

ArrayRef<Value> BufferFlow::getTargets(OpOperand &operand) const {
  auto it = targets.find(&operand);
  return it == targets.end() ? ArrayRef<Value>() : it->second;
}

Value BufferFlow::getClass(Value value) const {
  auto member = buffers.findLeader(value);
  return member == buffers.member_end() ? value : *member;
}

bool BufferFlow::mayShare(Value a, Value b) const {
  return a == b || buffers.isEquivalent(a, b);
}

bool BufferFlow::reads(OpOperand &operand) const {
  return isTensor(operand.get()) && analysis.bufferizesToMemoryRead(operand);
}

bool BufferFlow::writes(OpOperand &operand) const {
  return isTensor(operand.get()) && analysis.bufferizesToMemoryWrite(operand);
}

bool BufferFlow::isElementwise(OpOperand &read, OpOperand &written) const {
  auto op = options.dynCastBufferizableOp(read.getOwner());
  return op && op.bufferizesToElementwiseAccess(analysis, {&read, &written});
}

void BufferFlow::add(OpOperand &source, Value target) {
  if (!isTensor(source.get()) || !isTensor(target))
    return;
  sources[target].push_back(&source);
  targets[&source].push_back(target);
  buffers.unionSets(source.get(), target);
}

/// What functions return is known before their calls are looked at.
void BufferFlow::addFunction(func::FuncOp function) {
  if (!functions.try_emplace(function, false).second)
    return;
  function.walk([&](Operation *op) { addOperation(op); });
  functions[function] = true;
}

/// Of a function that is not known, or that calls itself, each result may be in
/// the buffer of each operand.
void BufferFlow::addCall(func::CallOp call) {
  auto callee =
      symbols.lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
  bool isKnown = callee && !callee.isDeclaration();
  if (isKnown) {
    addFunction(callee);
    isKnown = functions[callee];
  }
  auto mayReturn = [&](unsigned result, Value argument) {
    return llvm::any_of(callee.getOps<func::ReturnOp>(),
                        [&](func::ReturnOp exit) {
                          return mayShare(exit.getOperand(result), argument);
                        });
  };
  for (OpResult result : call.getResults()) {
    for (OpOperand &operand : call->getOpOperands())
      if (!isKnown || mayReturn(result.getResultNumber(),
                                callee.getArgument(operand.getOperandNumber())))
        add(operand, result);
    // Two results may be one tensor that the callee has made.
    for (OpResult other : call.getResults().take_front(
             isKnown && isTensor(result) ? result.getResultNumber() : 0))
      for (auto exit : callee.getOps<func::ReturnOp>())
        if (isTensor(other) &&
            mayShare(exit.getOperand(result.getResultNumber()),
                     exit.getOperand(other.getResultNumber())))
          buffers.unionSets(result, other);
  }
}

void BufferFlow::addOperation(Operation *op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return addCall(call);
  // Bufferization is told otherwise.
  if (auto cut = dyn_cast<TakeOverOp>(op))
    return add(cut.getSourceMutable(), cut.getResult());
  if (auto loop = dyn_cast<scf::ForallOp>(op)) {
    for (OpOperand &output : loop.getOutputsMutable()) {
      add(output, loop.getTiedBlockArgument(&output));
      add(output, loop.getTiedOpResult(&output));
    }
    return;
  }
  if (auto branch = dyn_cast<RegionBranchOpInterface>(op)) {
    RegionBranchSuccessorMapping mapping;
    branch.getSuccessorOperandInputMapping(mapping);
    auto addOperands = [&](Operation *from) {
      for (OpOperand &operand : from->getOpOperands())
        for (Value input : mapping.lookup(&operand))
          add(operand, input);
    };
    addOperands(op);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        addOperands(&block.back());
    return;
  }
  for (OpResult result : op->getResults())
    if (isTensor(result))
      for (const bufferization::AliasingOpOperand &alias :
           analysis.getAliasingOpOperands(result))
        add(*alias.opOperand, result);
}
