//===- GatherRows.cpp - Rows of a cache, element by element ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Utils/GatherRows.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

Value vga::gatherRows(LinalgBuilder &b, Value source, unsigned batchAxis,
                      unsigned sequenceAxis, OpFoldResult batch,
                      OpFoldResult positions, const RowSource &rows) {
  auto type = cast<RankedTensorType>(source.getType());
  Type element = type.getElementType();
  SmallVector<OpFoldResult> sizes = b.sizesOf(source);
  sizes[batchAxis] = batch;
  sizes[sequenceAxis] = positions;
  SmallVector<AffineExpr> loops;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    loops.push_back(b.getAffineDimExpr(axis));
  return b.generic(
      {}, {b.empty(sizes, element), loops},
      [&](LinalgBuilder &s, ValueRange) -> Value {
        SmallVector<Value> indices = llvm::map_to_vector(
            loops, [&](AffineExpr loop) { return s.index(loop); });
        Value entry = indices[batchAxis], position = indices[sequenceAxis];
        auto extract = [&](OpBuilder &builder, Location loc) -> Value {
          LinalgBuilder inner(loc, builder);
          std::tie(indices[batchAxis], indices[sequenceAxis]) =
              rows.locate(inner, entry, position);
          return tensor::ExtractOp::create(inner, source, indices);
        };
        if (!rows.exists)
          return extract(s, s.getLoc());
        // What does not exist is not read: it may be nowhere.
        auto choice = scf::IfOp::create(
            s, rows.exists(s, entry, position),
            [&](OpBuilder &builder, Location loc) {
              scf::YieldOp::create(builder, loc, extract(builder, loc));
            },
            [&](OpBuilder &builder, Location loc) {
              Value zero = arith::ConstantOp::create(
                  builder, loc, builder.getZeroAttr(element));
              scf::YieldOp::create(builder, loc, zero);
            });
        return choice.getResult(0);
      });
}
