//===- OptionRanges.h - Values that options may have ------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_TRANSFORMS_OPTIONRANGES_H
#define VGA_DIALECT_VGA_TRANSFORMS_OPTIONRANGES_H

#include "mlir/Support/LLVM.h"
#include <string>

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace mlir::vga {

/// The numbers that an option of a pass may have.
struct OptionRange {
  int64_t least, most;
  bool isPowerOfTwo = false;
};

constexpr OptionRange kVectorBits = {64, 2048, /*isPowerOfTwo=*/true};
constexpr OptionRange kVectorRegisters = {4, 256};
/// Queries or keys of a tile.
constexpr OptionRange kTileSize = {1, 65536};
/// Operations between two cuts of a chain.
constexpr OptionRange kChainLength = {1, 65536};
/// A number of queries or keys to compare with.
constexpr OptionRange kThreshold = {0, INT64_MAX};

/// Says that a value is out of range; empty if it is not.
std::string describeOutOfRange(StringRef option, int64_t value,
                               OptionRange range);

/// Emits an error if the value of an option of `pass` is out of range.
LogicalResult checkOption(MLIRContext *context, StringRef pass,
                          StringRef option, int64_t value, OptionRange range);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_TRANSFORMS_OPTIONRANGES_H
