//===- Parameters.h - What depends on weights only --------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_PARAMETERS_H
#define VGA_DIALECT_VGA_TRANSFORMS_PARAMETERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"

namespace mlir::vga {

/// The attribute of a function that names the one which computes its last
/// arguments from weights (vga-hoist-parameters).
constexpr llvm::StringLiteral kPreparation = "vga.preparation";

/// The values of a module that are the same in every call as long as the
/// weights are. Weights are the arguments of public functions that carry
/// `vga.param`, and those of private functions that every call gives weights,
/// or what depends on weights only.
class Parameters {
public:
  /// Calls of `preparations`, which only compute, count as operations.
  explicit Parameters(ModuleOp module,
                      const llvm::DenseSet<Operation *> &preparations = {});

  bool contains(Value value) const;

  /// True for an operation whose results depend on weights only.
  bool contains(Operation *op) const;

  /// True for an operation that depends on nothing, such as a constant.
  static bool isFree(Operation *op);

private:
  bool isPreparation(Operation *op) const;

  llvm::DenseSet<Value> arguments;
  llvm::DenseSet<Operation *> preparations;
};

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_PARAMETERS_H
