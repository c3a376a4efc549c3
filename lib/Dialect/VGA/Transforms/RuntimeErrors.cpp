//===- RuntimeErrors.cpp - What is wrong with a call ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/RuntimeErrors.h"

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
  std::string text;
  llvm::raw_string_ostream os(text);
  os << op->getName() << ": source (" << op.getSource().getType()
     << ") at position does not fit into cache (" << op.getCache().getType()
     << ")";
  if (op.getBlockTable())
    os << " with block_table (" << op.getBlockTable().getType() << ")";
  return text;
}

std::string vga::describeMissingPage(Operation *op, StringRef pool) {
  return (op->getName().getStringRef() + ": block_table has a page that " +
          pool + " has not")
      .str();
}
