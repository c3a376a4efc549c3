//===- GateMath.h - What gates compute --------------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_GATEMATH_H
#define VGA_LIB_CONVERSION_VGATONVVM_GATEMATH_H

#include "KernelBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// act(x), in f32.
Value applyActivation(KernelBuilder &b, Activation activation, Value x);

/// The sum of the products of a piece with the weights at an address.
Value dotPiece(KernelBuilder &b, ValueRange piece, Type weightType,
               Value weights);

/// The gate of a head, act(sum + b): `sum` is a part of the source's products
/// with the weights, the others are in the neighboring `lanes`. `bias` is the
/// array of biases, or null.
Value finishGate(KernelBuilder &b, GateOp op, Value sum, int64_t lanes,
                 Value bias, Value head);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_GATEMATH_H
