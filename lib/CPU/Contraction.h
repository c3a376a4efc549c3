//===- Contraction.h - Sums of products, and nothing else -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_CONTRACTION_H
#define VGA_LIB_CPU_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <array>
#include <optional>

namespace mlir::vga {

/// out[...] += convert(a[...]) * convert(b[...]), of integers or floats.
///
/// What upstream's interface takes for a contraction may have any function of
/// one argument in its body, such as exp(a) * b, and may sum over a loop that
/// indexes one operand only.
struct Contraction {
  /// The conversions of each factor, in the order in which they are done.
  std::array<SmallVector<Operation *, 2>, 2> conversions;

  static std::optional<Contraction> match(linalg::LinalgOp op);

  /// True if factors are floats that are extended or truncated, if anything.
  bool hasSimpleConversions() const;
};

/// The operands of a contraction in which `loop` indexes an axis, as a sum of
/// these.
unsigned getIndexedOperands(linalg::LinalgOp op, unsigned loop);
inline constexpr unsigned kInLhs = 1, kInRhs = 2, kInResult = 4;

/// True if the last `axes` axes of a memref are known to be one block of
/// memory.
bool areContiguous(Value memref, unsigned axes = 1);

} // namespace mlir::vga

#endif // VGA_LIB_CPU_CONTRACTION_H
