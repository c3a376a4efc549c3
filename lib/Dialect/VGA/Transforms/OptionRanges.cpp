//===- OptionRanges.cpp - Values that options may have --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/OptionRanges.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

std::string vga::describeOutOfRange(StringRef option, int64_t value,
                                    OptionRange range) {
  if (value >= range.least && value <= range.most &&
      (!range.isPowerOfTwo || llvm::isPowerOf2_64(value)))
    return {};
  std::string text = ("expected " + option + " to be ").str();
  if (range.isPowerOfTwo)
    text += "a power of two ";
  text += range.most == INT64_MAX ? "at least " + std::to_string(range.least)
                                  : "from " + std::to_string(range.least) +
                                        " to " + std::to_string(range.most);
  return text + ", got " + std::to_string(value);
}

LogicalResult vga::checkOption(MLIRContext *context, StringRef pass,
                               StringRef option, int64_t value,
                               OptionRange range) {
  std::string fault = describeOutOfRange(option, value, range);
  if (fault.empty())
    return success();
  return emitError(UnknownLoc::get(context)) << pass << ": " << fault;
}
