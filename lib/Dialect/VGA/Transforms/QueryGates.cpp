//===- QueryGates.cpp - Gates at the positions of the queries -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/QueryGates.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/GatherRows.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Where the queries of one vga.gated_attention are: query i of sequence b at
/// position i + o of its values, with o = Sk - Sq or, at the length, that of
/// the sequence - Sq.
class QueryPositions {
public:
  QueryPositions(LinalgBuilder &builder, GatedAttentionOp op)
      : b(builder), op(op), axes(op.getLayout()), keys(getNumKeys(b, op)),
        queries(b.sizeOf(op.getQuery(), axes.sequence)) {
    bindSymbols(b.getContext(), x, y, z);
  }

  /// The values there, [B, Hkv, Sq, Dv] in the layout; anything where there is
  /// no position.
  Value gatherValues() {
    SmallVector<OpFoldResult> extents = b.sizesOf(op.getValue());
    OpFoldResult batch = b.sizeOf(op.getQuery(), axes.batch);
    extents[axes.batch] = batch;
    extents[axes.sequence] = queries;
    Value values = b.empty(extents, getElementTypeOrSelf(op.getValue()));
    auto loop =
        scf::ForallOp::create(b, b.getLoc(), ArrayRef{batch, queries},
                              ValueRange(values), /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value sequence = loop.getInductionVar(0), query = loop.getInductionVar(1);
    OpFoldResult position = b.apply(
        x + y - z,
        {query, countKeys(b, load(op.getKvLength(), {sequence})), queries});
    // One row, or none.
    extents[axes.batch] = index(1);
    extents[axes.sequence] =
        b.max(index(0), b.min(index(1), b.apply(x + 1, {position})));
    position = b.max(index(0), position);
    OpFoldResult target = sequence;
    if (op.getBlockTable()) {
      int64_t page = getPageSize(op);
      target = loadPage(sequence, b.apply(x.floorDiv(page), {position}),
                        extents[axes.sequence]);
      position = b.apply(x % page, {position});
    }
    SmallVector<OpFoldResult> strides(extents.size(), index(1));
    Value row = b.slice(op.getValue(), at(target, position), extents);
    b.setInsertionPointToEnd(loop.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(b, row, loop.getRegionIterArgs()[0],
                                          at(sequence, query), extents,
                                          strides);
    return loop.getResult(0);
  }

  /// The same by an operation that becomes a kernel, with zeros where there is
  /// no position.
  Value gatherElements() {
    auto getPosition = [&](LinalgBuilder &s, Value sequence,
                           Value query) -> Value {
      Value length =
          isAtLength() ? load(s, op.getKvLength(), {sequence}) : Value();
      Value last =
          arith::AddIOp::create(s, query, s.toValue(countKeys(s, length)));
      return arith::SubIOp::create(s, last, s.toValue(queries));
    };
    RowSource rows;
    rows.exists = [&](LinalgBuilder &s, Value sequence, Value query) -> Value {
      Value zero = arith::ConstantIndexOp::create(s, 0);
      return arith::CmpIOp::create(s, arith::CmpIPredicate::sge,
                                   getPosition(s, sequence, query), zero);
    };
    rows.locate = [&](LinalgBuilder &s, Value sequence,
                      Value query) -> RowSource::Place {
      Value position = getPosition(s, sequence, query);
      if (!op.getBlockTable())
        return {sequence, position};
      Value page = arith::ConstantIndexOp::create(s, getPageSize(op));
      Value entry = arith::DivUIOp::create(s, position, page);
      return {load(s, op.getBlockTable(), {sequence, entry}),
              arith::RemUIOp::create(s, position, page)};
    };
    return gatherRows(b, op.getValue(), axes.batch, axes.sequence,
                      b.sizeOf(op.getQuery(), axes.batch), queries, rows);
  }

  /// `gate` of these values, and 0 where there is no position.
  Value closeOutside(Value gate) {
    auto type = cast<RankedTensorType>(gate.getType());
    auto element = cast<FloatType>(type.getElementType());
    AffineExpr n, h, i, c;
    bindDims(b.getContext(), n, h, i, c);
    SmallVector<AffineExpr> loops = {n, h, i};
    if (type.getRank() == 4)
      loops = axes.arrange(n, h, i, c);
    SmallVector<Indexed> ins = {{gate, loops}};
    if (isAtLength())
      ins.push_back({op.getKvLength(), {n}});
    return b.generic(
        ins, {b.empty(b.sizesOf(gate), element), loops},
        [&](LinalgBuilder &e, ValueRange in) -> Value {
          Value length;
          if (isAtLength())
            length = arith::IndexCastOp::create(e, e.getIndexType(), in[1]);
          // i + keys - queries >= 0
          Value last = arith::AddIOp::create(e, e.index(i),
                                             e.toValue(countKeys(e, length)));
          Value exists = arith::CmpIOp::create(e, arith::CmpIPredicate::sge,
                                               last, e.toValue(queries));
          return arith::SelectOp::create(e, exists, in[0],
                                         e.constant(element, 0.0));
        });
  }

private:
  bool isAtLength() { return op.getAlignment() == Alignment::length; }

  /// The keys that the last query is lined up with.
  OpFoldResult countKeys(LinalgBuilder &builder, Value length) {
    if (!isAtLength())
      return keys;
    return builder.max(index(0), builder.min(keys, OpFoldResult(length)));
  }

  /// An element of a tensor of integers, if there is one.
  Value load(Value tensor, ValueRange indices) {
    return tensor ? load(b, tensor, indices) : Value();
  }
  static Value load(LinalgBuilder &s, Value tensor, ValueRange indices) {
    Value element = tensor::ExtractOp::create(s, tensor, indices);
    return arith::IndexCastOp::create(s, s.getIndexType(), element);
  }

  /// The page of an entry, or 0 for none of its rows: there may be no entry.
  Value loadPage(Value sequence, OpFoldResult entry, OpFoldResult rows) {
    Value isUsed = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                         b.toValue(rows), b.toValue(index(1)));
    auto page = scf::IfOp::create(b, b.getIndexType(), isUsed,
                                  /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(page.thenBlock());
    scf::YieldOp::create(
        b, load(op.getBlockTable(), {sequence, b.toValue(entry)}));
    b.setInsertionPointToStart(page.elseBlock());
    scf::YieldOp::create(b, b.toValue(index(0)));
    return page.getResult(0);
  }

  SmallVector<OpFoldResult> at(OpFoldResult target, OpFoldResult row) {
    return axes.arrange<OpFoldResult>(target, index(0), row, index(0));
  }
  OpFoldResult index(int64_t value) { return b.getIndexAttr(value); }

  LinalgBuilder &b;
  GatedAttentionOp op;
  AxisOrder axes;
  OpFoldResult keys, queries;
  AffineExpr x, y, z;
};
} // namespace

Value vga::gateQueryPositions(OpBuilder &builder, GatedAttentionOp op,
                              bool isForKernels) {
  LinalgBuilder linalg(op.getLoc(), builder);
  QueryPositions positions(linalg, op);
  Value values =
      isForKernels ? positions.gatherElements() : positions.gatherValues();
  Value gate =
      GateOp::create(linalg, values, op.getWeight(), op.getBias(),
                     op.getActivation(), op.getMixing(), op.getLayout());
  return positions.closeOutside(gate);
}
