//===- StateVersions.h - The versions of a state ----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CPU_STATEVERSIONS_H
#define VGA_LIB_CPU_STATEVERSIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::vga {

/// Copies what a state holds before it is updated where that is used after the
/// update: a slice of it, if only that is used, or all of it. `returned` is the
/// operand of the function's return for the state. What is only used before the
/// update is not copied, and the update is done in place. Returns where the
/// first of those uses is; nothing if there is none.
std::optional<Location> copyUsedVersions(BlockArgument state,
                                         OpOperand &returned);

/// Gives operations whose results could take the memory of a state of
/// `function`, without being versions of it that are returned for it or parts
/// of those, memory of their own. They only write to what they have been given.
void separateResults(func::FuncOp function,
                     ArrayRef<std::pair<BlockArgument, OpOperand *>> states);

} // namespace mlir::vga

#endif // VGA_LIB_CPU_STATEVERSIONS_H
