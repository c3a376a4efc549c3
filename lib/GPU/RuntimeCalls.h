//===- RuntimeCalls.h - Calls of the runtime --------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_GPU_RUNTIMECALLS_H
#define VGA_LIB_GPU_RUNTIMECALLS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// Builds calls of the functions in vga/Runtime/CUDA.h in place of an
/// operation.
struct RuntimeCalls : ImplicitLocOpBuilder {
  RuntimeCalls(Operation *op, ModuleOp module)
      : ImplicitLocOpBuilder(op->getLoc(), op), op(op), module(module),
        pointer(LLVM::LLVMPointerType::get(op->getContext())) {}

  Value i64(Value index) {
    return arith::IndexCastOp::create(*this, getI64Type(), index);
  }
  Value i64(int64_t value) {
    return arith::ConstantOp::create(*this, getI64IntegerAttr(value));
  }
  /// The address of an array, without the offset of its layout.
  Value address(Value memref);
  /// The address of the element of a memref of rank 0.
  Value elementAddress(Value memref);
  /// Memory of the caller's frame: loops do not make it grow.
  Value allocate(Type type, int64_t count = 1);
  /// The address of values of one type, one after the other.
  Value array(ArrayRef<Value> values, Type type);
  /// The address of a constant of the module.
  Value constant(StringRef name, StringRef bytes, unsigned alignment = 1);
  /// The address of what a kernel may say, which ends with a zero.
  Value text(StringRef text);
  /// The result is null without a type for it.
  Value call(StringRef name, ArrayRef<Value> arguments, Type result = {});

  Operation *op;
  ModuleOp module;
  Type pointer;
};

} // namespace mlir::vga

#endif // VGA_LIB_GPU_RUNTIMECALLS_H
