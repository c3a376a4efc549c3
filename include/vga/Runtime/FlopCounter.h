//===- FlopCounter.h - How much work a function is --------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Floating-point operations of a call, by the conventions of the field:
//
//   vga.attention, vga.gated_attention   2 * B * Hq * Sq * Sk * (Dk + Dv),
//                                        half of it if causal and Sq == Sk
//   matmuls and other contractions       2 * the product of the loop sizes
//
// Softmax, gates and elementwise operations do not count, nor do windows and
// lengths reduce the count.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_FLOPCOUNTER_H
#define VGA_RUNTIME_FLOPCOUNTER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace mlir::vga {

/// The operations of a call with arguments of these shapes, counted in the
/// function before any lowering. Nothing if some size, trip count or branch
/// does not follow from the shapes.
std::optional<double> countFlops(func::FuncOp function,
                                 ArrayRef<ArrayRef<int64_t>> argumentShapes);

} // namespace mlir::vga

#endif // VGA_RUNTIME_FLOPCOUNTER_H
