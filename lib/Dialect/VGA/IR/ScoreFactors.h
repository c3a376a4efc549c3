//===- ScoreFactors.h - Verification of scale and softcap -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_DIALECT_VGA_IR_SCOREFACTORS_H
#define VGA_LIB_DIALECT_VGA_IR_SCOREFACTORS_H

#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::vga {

/// Scores are computed in `type`: a factor or a cap that is none of its finite
/// numbers would make NaNs of them.
LogicalResult verifyScoreFactors(Operation *op, FloatType type,
                                 std::optional<APFloat> scale,
                                 std::optional<APFloat> softcap);

} // namespace mlir::vga

#endif // VGA_LIB_DIALECT_VGA_IR_SCOREFACTORS_H
