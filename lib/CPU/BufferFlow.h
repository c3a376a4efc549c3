//===- BufferFlow.h - Which tensors may share a buffer ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_BUFFERFLOW_H
#define VGA_LIB_CPU_BUFFERFLOW_H

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace mlir::vga {

/// Which tensors of a module may come to lie in the same buffer, before
/// bufferization has decided whether they do: an operand and the results of its
/// operation, what enters a loop or a branch, what comes out of it, what is
/// passed to a function and what it returns of that.
class BufferFlow {
public:
  explicit BufferFlow(ModuleOp module);

  /// The operands in whose buffer `value` may be.
  ArrayRef<OpOperand *> getSources(Value value) const;
  /// The values that may be in the buffer of `operand`.
  ArrayRef<Value> getTargets(OpOperand &operand) const;
  /// One of the values that may be in one buffer with `value`, or in parts of
  /// one: the same for all of them.
  Value getClass(Value value) const;
  /// Whether the two may be in one buffer, or parts of one.
  bool mayShare(Value a, Value b) const;

  bool reads(OpOperand &operand) const;
  bool writes(OpOperand &operand) const;
  /// Whether an operation that reads `read` and writes to `written`, in one
  /// buffer, reads each element before it writes to it.
  bool isElementwise(OpOperand &read, OpOperand &written) const;

private:
  void addFunction(func::FuncOp function);
  void addOperation(Operation *op);
  void addCall(func::CallOp call);
  void add(OpOperand &source, Value target);

  bufferization::BufferizationOptions options;
  bufferization::AnalysisState analysis;
  SymbolTableCollection symbols;
  /// False while a function is being looked at.
  llvm::DenseMap<Operation *, bool> functions;
  llvm::DenseMap<Value, SmallVector<OpOperand *>> sources;
  llvm::DenseMap<OpOperand *, SmallVector<Value>> targets;
  llvm::EquivalenceClasses<Value> buffers;
};

} // namespace mlir::vga

#endif // VGA_LIB_CPU_BUFFERFLOW_H
