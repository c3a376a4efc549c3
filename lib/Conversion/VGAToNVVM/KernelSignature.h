//===- KernelSignature.h - What a kernel takes ------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An operand of a kernel is declared once, on the host: the array, size or
// error, the box of its tensor map if it has one, and the variable that holds
// the parameter in the kernel. The declaration gives both the function and its
// launch, in the order of vga.launch.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_KERNELSIGNATURE_H
#define VGA_LIB_CONVERSION_VGATONVVM_KERNELSIGNATURE_H

#include "HostBuilder.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::vga {

/// How many blocks of threads a launch has, and what each of them is.
struct LaunchShape {
  Value blocks;
  int64_t threads = 0, sharedBytes = 0;
  bool isPersistent = false, isCooperative = false;
};

class KernelSignature {
public:
  /// The shape of the boxes that a tensor map copies; none for an array that is
  /// passed by its address.
  using Box = ArrayRef<int64_t>;

  /// Each declares an operand; `parameter` must live until the function is
  /// made, which sets it. An array that is null is none.
  ///
  /// An array that the kernel reads.
  void addInput(Value array, Value &parameter, Box box = {});
  /// An array that it writes; the launch has a result for it.
  void addOutput(Value array, Value &parameter, Box box = {});
  /// An array of which it reads only what it has written.
  void addScratch(Value array, Value &parameter);
  /// An index of the host, an i32 in the kernel.
  void addSize(Value size, Value &parameter);
  /// A message, and what the kernel stores at `report` to say so.
  void addError(StringRef message, Value &parameter, Value &report);

  /// Makes the function at the builder's insertion point, sets all parameters,
  /// and moves the builder into it. At least `blocks` blocks of threads fit
  /// into the registers of a multiprocessor.
  LLVM::LLVMFuncOp makeFunction(OpBuilder &b, Location loc, StringRef name,
                                int64_t threads, int64_t blocks = 1);

  /// Launches a kernel with this signature; its results are the outputs.
  ResultRange launch(HostBuilder &b, SymbolRefAttr kernel,
                     const LaunchShape &shape);

private:
  struct Operand {
    Value value;
    SmallVector<int64_t> box;
    /// Null for the first of the two of scratch.
    Value *parameter;
  };
  struct Error {
    std::string message;
    Value *parameter;
  };

  SmallVector<Operand> inputs, outputs, sizes;
  SmallVector<Error> errors;
  Value *report = nullptr;
};

/// Dynamic shared memory, of which a module has one declaration.
LLVM::GlobalOp getSharedMemory(OpBuilder &b, gpu::GPUModuleOp module);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_KERNELSIGNATURE_H
