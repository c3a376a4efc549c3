//===- Gates.h - Where gates are applied on a GPU ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_GPU_GATES_H
#define VGA_GPU_GATES_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// Whether weights and bias are of types that kernels read: not f64.
bool hasKernelTypes(GateOp op);

/// The op that makes the value gate of an attention from its own values, if
/// kernels can do that on the way: a scalar gate per head that nothing else
/// uses. Else null.
GateOp getOwnGate(AttentionOp op);

/// How many elements of the source's type add up to a weight of the gate, so
/// that the tensor cores can multiply both; 0 if not all weights are such sums.
int64_t getGateTerms(GateOp op);

/// Whether an attention has value gates that are scalars in memory: those that
/// take a kernel the least.
bool hasScalarGatesInMemory(AttentionOp op);

/// Whether query heads have value gates of their own on values that they share.
bool hasGatesOfQueryHeads(AttentionOp op);

/// Where a value gate is to be applied: a function of the shapes.
GatePlacement chooseGatePlacement(AttentionOp op);

} // namespace mlir::vga

#endif // VGA_GPU_GATES_H
