//===- Check.cpp - vga.check ----------------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Check.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::vga;

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/IR/VGACheckOps.cpp.inc"

LogicalResult CheckOp::verify() {
  if (getValues().size() > kMostValues)
    return emitOpError("expected at most ")
           << kMostValues << " values, got " << getValues().size();
  StringRef rest = getMessage();
  while (true) {
    rest = rest.drop_until([](char c) { return c == '{'; });
    if (rest.empty())
      return success();
    rest = rest.drop_front();
    unsigned number;
    StringRef digits = rest.take_until([](char c) { return c == '}'; });
    if (digits.size() == rest.size() || digits.getAsInteger(10, number))
      continue;
    if (number >= getValues().size())
      return emitOpError("expected a value for {")
             << number << "} of the message, got " << getValues().size()
             << " values";
  }
}

/// What holds for certain needs no check.
LogicalResult CheckOp::canonicalize(CheckOp op, PatternRewriter &rewriter) {
  if (!matchPattern(op.getCondition(), m_One()))
    return failure();
  rewriter.eraseOp(op);
  return success();
}
