//===- GatherPages.cpp - The definition of a cache in pages ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GatherPages.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/GatherRows.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

/// An integer of a tensor, as an index.
static OpFoldResult load(LinalgBuilder &b, Value tensor, ValueRange indices) {
  Value element = tensor::ExtractOp::create(b, tensor, indices);
  return arith::IndexCastOp::create(b, b.getIndexType(), element).getResult();
}

/// `pool`, of keys, values or gates, as a tensor of sequences. Positions past
/// their lengths hold anything.
static Value gather(LinalgBuilder &b, AttentionOp op, Value pool) {
  CacheAxes axes(cast<RankedTensorType>(pool.getType()), op.getLayout());
  Value table = op.getBlockTable();
  int64_t size = getPageSize(op);
  AffineExpr x, y;
  bindSymbols(b.getContext(), x, y);
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);

  SmallVector<OpFoldResult> sizes = b.sizesOf(pool);
  sizes[axes.batch] = b.sizeOf(table, 0);
  sizes[axes.sequence] = getNumKeys(b, op);
  Value sequences = b.empty(sizes, getElementTypeOrSelf(pool));
  auto loop = scf::ForallOp::create(b, b.getLoc(), b.sizesOf(table),
                                    ValueRange(sequences),
                                    /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value sequence = loop.getInductionVar(0), entry = loop.getInductionVar(1);
  OpFoldResult first = b.apply(x * size, {entry}), count = b.getIndexAttr(size);
  if (op.getKvLength()) {
    OpFoldResult length = load(b, op.getKvLength(), {sequence});
    count = b.max(zero, b.min(count, b.apply(x - y, {length, first})));
  }
  SmallVector<OpFoldResult> from(sizes.size(), zero), to = from,
                                                      extents = sizes;
  from[axes.batch] = load(b, table, {sequence, entry});
  to[axes.batch] = sequence;
  to[axes.sequence] = first;
  extents[axes.batch] = one;
  extents[axes.sequence] = count;
  SmallVector<OpFoldResult> strides(sizes.size(), one);
  Value rows = b.slice(pool, from, extents);
  b.setInsertionPointToEnd(loop.getTerminator().getBody());
  tensor::ParallelInsertSliceOp::create(b, rows, loop.getRegionIterArgs()[0],
                                        to, extents, strides);
  return loop.getResult(0);
}

/// The same, with zeros past the lengths.
static Value gatherElements(LinalgBuilder &b, AttentionOp op, Value pool) {
  CacheAxes axes(cast<RankedTensorType>(pool.getType()), op.getLayout());
  Value table = op.getBlockTable();
  RowSource rows;
  if (op.getKvLength())
    rows.exists = [&](LinalgBuilder &s, Value sequence, Value key) -> Value {
      auto length = cast<Value>(load(s, op.getKvLength(), {sequence}));
      return arith::CmpIOp::create(s, arith::CmpIPredicate::slt, key, length);
    };
  rows.locate = [&](LinalgBuilder &s, Value sequence,
                    Value key) -> RowSource::Place {
    Value size = arith::ConstantIndexOp::create(s, getPageSize(op));
    Value entry = arith::DivUIOp::create(s, key, size);
    auto page = cast<Value>(load(s, table, {sequence, entry}));
    return {page, arith::RemUIOp::create(s, key, size)};
  };
  return gatherRows(b, pool, axes.batch, axes.sequence, b.sizeOf(table, 0),
                    getNumKeys(b, op), rows);
}

AttentionOp vga::gatherPages(LinalgBuilder &b, AttentionOp op, bool byElement) {
  auto gatherPool = [&](Value pool) {
    return byElement ? gatherElements(b, op, pool) : gather(b, op, pool);
  };
  Value key = gatherPool(op.getKey());
  Value value = op.getValue() == op.getKey() ? key : gatherPool(op.getValue());
  Value gate;
  if (op.getValueGate())
    gate = gatherPool(op.getValueGate());
  auto attention = cast<AttentionOp>(b.clone(*op));
  attention.getBlockTableMutable().clear();
  attention.getKeyMutable().assign(key);
  attention.getValueMutable().assign(value);
  if (gate)
    attention.getValueGateMutable().assign(gate);
  return attention;
}
