//===- Visibility.h - What hides keys, in bodies of linalg ------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A key that is hidden from a query never contributes to it, whatever key,
// value and gate hold: NaN and inf are not undone by a sum or by a factor of 0.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VISIBILITY_H
#define VGA_DIALECT_VGA_IR_VISIBILITY_H

#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

namespace mlir::vga {

/// An element of a mask as what is added to a score: 0 or -inf for one of
/// booleans. A finite number stays finite where the type of scores is narrower.
Value emitMaskEntry(LinalgBuilder &builder, Value element, FloatType type);

/// The score plus the entry of a mask; -inf where that is -inf, whatever the
/// score is.
Value emitMaskedScore(LinalgBuilder &builder, Value score, Value entry);

/// weight * factor; 0 where the weight is 0, whatever the factor is.
Value emitGuardedProduct(LinalgBuilder &builder, Value weight, Value factor);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_IR_VISIBILITY_H
