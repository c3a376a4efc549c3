//===- RuntimeErrors.h - What is wrong with a call --------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Texts of errors that show only when a function runs, the same on the CPU,
// which asserts, and on a GPU, whose kernels stop.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_RUNTIMEERRORS_H
#define VGA_DIALECT_VGA_TRANSFORMS_RUNTIMEERRORS_H

#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// The text, after "file:line:column: " if the location has one.
std::string locateError(Location loc, StringRef text);

/// A position does not fit into the cache; for the sequence, the last position
/// that does, and the position.
std::string describeOverflow(AppendOp op);
/// An entry of the block table is no page of the operand `pool`; for the
/// sequence, the entry, the number of pages, and what the entry is.
std::string describeMissingPage(Operation *op, StringRef pool);
/// An index of a tensor.gather or tensor.scatter is outside of what it is into;
/// for the size of the axis, and the index.
std::string describeOutside(Operation *op, int64_t axis);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_RUNTIMEERRORS_H
