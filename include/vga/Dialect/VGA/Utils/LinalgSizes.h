//===- LinalgSizes.h - Sizes that operands of linalg share ------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_UTILS_LINALGSIZES_H
#define VGA_DIALECT_VGA_UTILS_LINALGSIZES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <string>

namespace mlir::vga {

/// Which operand has another static size of a loop than those before it, or an
/// empty string. Upstream's verifier looks at that only where no size of the
/// operation is dynamic.
std::string getSizeObstacle(linalg::LinalgOp op);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_UTILS_LINALGSIZES_H
