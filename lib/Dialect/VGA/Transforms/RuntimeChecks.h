//===- RuntimeChecks.h - Conditions on data, at run time --------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_DIALECT_VGA_TRANSFORMS_RUNTIMECHECKS_H
#define VGA_LIB_DIALECT_VGA_TRANSFORMS_RUNTIMECHECKS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {

/// Builds conditions on numbers that only the run knows.
struct CheckBuilder : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(*this, value);
  }
  Value size(Value tensor, int64_t axis) {
    return createOrFold<tensor::DimOp>(tensor, axis);
  }
  /// An element of a tensor of integers.
  Value load(Value tensor, ValueRange indices) {
    Value element = tensor::ExtractOp::create(*this, tensor, indices);
    return element.getType().isIndex()
               ? element
               : arith::IndexCastOp::create(*this, getIndexType(), element);
  }
  Value isAtMost(Value a, Value b) {
    return arith::CmpIOp::create(*this, arith::CmpIPredicate::sle, a, b);
  }
  Value both(Value a, Value b) { return arith::AndIOp::create(*this, a, b); }

  /// Emits `body` for each of [first, last).
  void forEach(Value first, Value last, function_ref<void(Value i)> body) {
    auto loop = scf::ForOp::create(*this, first, last, index(1));
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
};

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_TRANSFORMS_RUNTIMECHECKS_H
