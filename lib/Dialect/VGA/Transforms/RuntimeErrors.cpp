//===- RuntimeErrors.cpp - What is wrong with a call ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

std::string vga::locateError(Location loc, StringRef text) {
  std::string line;
  llvm::raw_string_ostream os(line);
  if (auto place = loc->findInstanceOf<FileLineColLoc>())
    os << place.getFilename().getValue() << ":" << place.getLine() << ":"
       << place.getColumn() << ": ";
  os << text;
  return line;
}

std::string vga::describeOverflow(AppendOp op) {
  return (op->getName().getStringRef() +
          ": position of sequence {0}: expected 0 to {1}, got {2}")
      .str();
}

std::string vga::describeMissingPage(Operation *op, StringRef pool) {
  return (op->getName().getStringRef() +
          ": entry {1} of sequence {0} in block_table: expected at least 0 and "
          "less than {2} (the pages of " +
          pool + "), got {3}")
      .str();
}

std::string vga::describeOutside(Operation *op, int64_t axis) {
  return (op->getName().getStringRef() + ": index of axis " + Twine(axis) +
          (isa<tensor::GatherOp>(op) ? " of source" : " of dest") +
          ": expected at least 0 and less than {0}, got {1}")
      .str();
}
