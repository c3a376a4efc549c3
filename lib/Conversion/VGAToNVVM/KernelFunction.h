//===- KernelFunction.h - The signature of a kernel -------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_KERNELFUNCTION_H
#define VGA_LIB_CONVERSION_VGATONVVM_KERNELFUNCTION_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace mlir::vga {

/// Collects the parameters of a kernel, in the order of vga.launch.
class KernelFunction {
public:
  explicit KernelFunction(OpBuilder &builder) : b(builder) {}

  /// Each returns the number of the parameter: a tensor map by value, a pointer
  /// to global memory, a size as i32, and what says that there is an error.
  unsigned addMap();
  unsigned addPointer();
  unsigned addSize();
  unsigned addError();

  /// Creates the function at the builder's insertion point; returns its entry.
  /// At least `blocks` blocks of threads fit into a multiprocessor's registers.
  Block *makeFunction(Location loc, StringRef name, int64_t threads,
                      int64_t blocks = 1);

private:
  unsigned add(Type type, ArrayRef<NamedAttribute> named);

  OpBuilder &b;
  SmallVector<Type> types;
  SmallVector<Attribute> attributes;
};

/// Dynamic shared memory, of which a module has one declaration.
LLVM::GlobalOp getSharedMemory(OpBuilder &b, gpu::GPUModuleOp module);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_KERNELFUNCTION_H
