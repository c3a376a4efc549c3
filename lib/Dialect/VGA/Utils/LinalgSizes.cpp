//===- LinalgSizes.cpp - Sizes that operands of linalg share --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Utils/LinalgSizes.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::linalg;

std::string vga::getSizeObstacle(LinalgOp op) {
  SmallVector<int64_t> sizes(op.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : op->getOpOperands())
    for (auto [size, expr] :
         llvm::zip(op.getShape(&operand),
                   op.getMatchingIndexingMap(&operand).getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop || ShapedType::isDynamic(size))
        continue;
      int64_t &known = sizes[loop.getPosition()];
      if (!ShapedType::isDynamic(known) && known != size)
        return llvm::formatv("operand #{0} has size {1} where others have {2}",
                             operand.getOperandNumber(), size, known);
      known = size;
    }
  return "";
}
