//===- AppendToLinalg.cpp - Appending to caches, block by block -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::vga;

/// Positions that a task copies into a cache without pages.
static constexpr int64_t kPositionsPerTask = 256;

/// What one thread copies in the time that others take to begin.
static constexpr int64_t kSerialBytes = 1 << 18;

namespace {
/// Writes one vga.append as a loop over sequences and blocks of their new
/// positions, each of which is inserted as a slice. A block is what goes to one
/// page, or a number of positions.
class AppendLoop {
public:
  AppendLoop(LinalgBuilder &builder, AppendOp op)
      : b(builder), op(op), axes(op.getCache().getType(), op.getLayout()),
        size(op.getBlockTable()
                 ? op.getCache().getType().getDimSize(axes.sequence)
                 : kPositionsPerTask),
        count(b.sizeOf(op.getSource(), axes.sequence)) {
    bindSymbols(b.getContext(), x, y, z);
  }

  /// Few bytes are copied before another thread has begun. How many there are
  /// may be known only later: one of two loops then has nothing to do.
  Value build() {
    OpFoldResult sequences = b.sizeOf(op.getSource(), axes.batch);
    OpFoldResult blocks = countBlocks();
    int64_t most = kSerialBytes / std::max<int64_t>(getPositionBytes(), 1);
    OpFoldResult positions = b.apply(x * y, {sequences, count});
    if (std::optional<int64_t> known = getConstantIntValue(positions))
      return *known <= most ? buildLoops(op.getCache(), sequences, blocks)
                            : buildTasks(op.getCache(), sequences, blocks);
    Value few =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sle,
                              b.toValue(positions), b.toValue(index(most)));
    Value none = b.toValue(index(0));
    auto onlyIf = [&](bool isFew, OpFoldResult number) -> OpFoldResult {
      Value some = b.toValue(number);
      return arith::SelectOp::create(b, few, isFew ? some : none,
                                     isFew ? none : some)
          .getResult();
    };
    Value cache = buildLoops(op.getCache(), onlyIf(true, sequences), blocks);
    return buildTasks(cache, onlyIf(false, sequences), onlyIf(false, blocks));
  }

private:
  /// Some new positions of a sequence, and where they go: the sequence or the
  /// page, and the row there.
  struct Block {
    OpFoldResult first, extent, target, row;
  };

  Value buildLoops(Value cache, OpFoldResult sequences, OpFoldResult blocks) {
    Value zero = b.toValue(index(0)), one = b.toValue(index(1));
    auto outer = scf::ForOp::create(b, zero, b.toValue(sequences), one, cache);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(outer.getBody());
    auto inner = scf::ForOp::create(b, zero, b.toValue(blocks), one,
                                    outer.getRegionIterArg(0));
    scf::YieldOp::create(b, inner.getResult(0));
    b.setInsertionPointToStart(inner.getBody());
    Copy copy = emitCopy(outer.getInductionVar(), inner.getInductionVar());
    scf::YieldOp::create(b, b.insert(copy.rows, inner.getRegionIterArg(0),
                                     copy.offsets, copy.extents));
    return outer.getResult(0);
  }

  Value buildTasks(Value cache, OpFoldResult sequences, OpFoldResult blocks) {
    auto loop =
        scf::ForallOp::create(b, b.getLoc(), ArrayRef{sequences, blocks},
                              ValueRange(cache), /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Copy copy = emitCopy(loop.getInductionVar(0), loop.getInductionVar(1));
    SmallVector<OpFoldResult> strides(copy.offsets.size(), index(1));
    b.setInsertionPointToEnd(loop.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(b, copy.rows,
                                          loop.getRegionIterArgs()[0],
                                          copy.offsets, copy.extents, strides);
    return loop.getResult(0);
  }

  /// The rows of a block, and the slice of the cache that they become.
  struct Copy {
    Value rows;
    SmallVector<OpFoldResult> offsets, extents;
  };

  Copy emitCopy(OpFoldResult sequence, OpFoldResult number) {
    Block block = op.getBlockTable() ? findInPage(sequence, number)
                                     : findInSequence(sequence, number);
    SmallVector<OpFoldResult> extents = b.sizesOf(op.getSource());
    extents[axes.batch] = index(1);
    extents[axes.sequence] = block.extent;
    return {b.slice(op.getSource(), at(sequence, block.first), extents),
            at(block.target, block.row), extents};
  }

  /// Of all heads.
  int64_t getPositionBytes() {
    RankedTensorType type = op.getCache().getType();
    int64_t channels =
        type.getRank() == 4 ? type.getDimSize(AxisOrder::channel) : 1;
    return type.getDimSize(axes.head) * channels *
           type.getElementTypeBitWidth() / 8;
  }

  OpFoldResult countBlocks() {
    if (!op.getBlockTable())
      return b.apply(x.ceilDiv(size), {count});
    // All but the first of the positions may begin pages of their own.
    return b.min(count, b.apply((x - 1).ceilDiv(size) + 1, {count}));
  }

  Block findInSequence(OpFoldResult sequence, OpFoldResult number) {
    Block block;
    block.first = b.apply(x * size, {number});
    block.extent = b.min(index(size), b.apply(x - y, {count, block.first}));
    block.target = sequence;
    block.row = b.apply(x + y, {loadPosition(sequence), block.first});
    return block;
  }

  Block findInPage(OpFoldResult sequence, OpFoldResult number) {
    OpFoldResult position = loadPosition(sequence);
    OpFoldResult page = b.apply(x.floorDiv(size) + y, {position, number});
    Block block{index(0), index(1), OpFoldResult(),
                b.apply(x % size, {position})};
    if (!isOneInteger(count)) {
      // The last block is empty if the others have taken all positions.
      OpFoldResult toPage = b.apply(x * size - y, {page, position});
      block.first = b.min(count, b.max(index(0), toPage));
      OpFoldResult last = b.min(count, b.apply(x + size, {toPage}));
      block.extent = b.max(index(0), b.apply(x - y, {last, block.first}));
      block.row = b.max(index(0), b.apply(x - y, {block.first, toPage}));
      OpFoldResult pages = b.sizeOf(op.getBlockTable(), 1);
      page = b.min(page, b.apply(x - 1, {pages}));
    }
    block.target = load(op.getBlockTable(), {sequence, page});
    return block;
  }

  OpFoldResult loadPosition(OpFoldResult sequence) {
    return load(op.getPosition(), {sequence});
  }

  OpFoldResult load(Value tensor, ArrayRef<OpFoldResult> indices) {
    SmallVector<Value> values;
    for (OpFoldResult index : indices)
      values.push_back(b.toValue(index));
    Value element = tensor::ExtractOp::create(b, tensor, values);
    return arith::IndexCastOp::create(b, b.getIndexType(), element).getResult();
  }

  /// The offsets of a position.
  SmallVector<OpFoldResult> at(OpFoldResult target, OpFoldResult row) {
    SmallVector<OpFoldResult> offsets(op.getCache().getType().getRank(),
                                      index(0));
    offsets[axes.batch] = target;
    offsets[axes.sequence] = row;
    return offsets;
  }

  OpFoldResult index(int64_t value) { return b.getIndexAttr(value); }

  LinalgBuilder &b;
  AppendOp op;
  CacheAxes axes;
  /// Of a block, and of the new positions.
  int64_t size;
  OpFoldResult count;
  AffineExpr x, y, z;
};

struct AppendToLinalg : OpRewritePattern<AppendOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AppendOp op,
                                PatternRewriter &rewriter) const override {
    LinalgBuilder builder(op.getLoc(), rewriter);
    rewriter.replaceOp(op, AppendLoop(builder, op).build());
    return success();
  }
};
} // namespace

void vga::populateAppendToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<AppendToLinalg>(patterns.getContext());
}
