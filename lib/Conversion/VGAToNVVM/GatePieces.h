//===- GatePieces.h - Pieces of values times their gates --------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_GATEPIECES_H
#define VGA_LIB_CONVERSION_VGATONVVM_GATEPIECES_H

#include "KernelBuilder.h"

namespace mlir::vga {

/// A scalar gate as one register, which is what lanes exchange. For bf16 it is
/// a sum of two bf16, so that values are multiplied in pairs as they are: one
/// rounding, as in f32, and no conversions. f16 has not enough exponents for
/// that; its code is the gate in f32.
Value encodeGate(KernelBuilder &b, Type elementType, Value gate);

/// A packed piece of values times a gate.
Value gatePiece(KernelBuilder &b, Type elementType, Value piece, Value code);

/// A packed piece of values times the gates of its elements, at an address.
Value gatePieceByElements(KernelBuilder &b, Type elementType, Value piece,
                          Type gateType, Value gates);

/// The piece, or zeros.
Value keepPieceIf(KernelBuilder &b, Value condition, Value piece);

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_GATEPIECES_H
