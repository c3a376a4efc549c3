//===- TransposeTile.cpp - Squares of a transposition --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransposeTile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

/// Squares of fewer rows are not worth shuffles.
static constexpr int64_t kSmallestSquare = 4;

/// [..., n, 2] -> [..., 2n]
static SmallVector<ReassociationIndices> groupPairs(int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t axis = 0; axis < rank - 1; ++axis)
    groups.push_back({axis});
  groups.back().push_back(rank - 1);
  return groups;
}

/// True if the elements of pairs are neighbors, and so are pairs.
static bool hasContiguousPairs(Value array) {
  auto type = dyn_cast<MemRefType>(array.getType());
  return type && type.getRank() >= 2 &&
         memref::CollapseShapeOp::isGuaranteedCollapsible(
             type, groupPairs(type.getRank()));
}

/// The conversion that the body does, or null of a copy; failure of all else.
static FailureOr<Operation *> getConversion(LinalgOp op) {
  Value result = op.getBlock()->getTerminator()->getOperand(0);
  Value element = op.getBlock()->getArgument(0);
  if (result == element)
    return static_cast<Operation *>(nullptr);
  Operation *conversion = result.getDefiningOp();
  if (conversion && isa<arith::TruncFOp>(conversion) &&
      conversion->getOperand(0) == element)
    return conversion;
  return failure();
}

std::optional<TransposeTile> TransposeTile::match(LinalgOp op) {
  if (!isa<GenericOp>(op) || op.getNumDpsInputs() != 1 ||
      op.getNumDpsInits() != 1 || op.getNumParallelLoops() != op.getNumLoops())
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  FailureOr<Operation *> conversion = getConversion(op);
  if (failed(conversion) || !maps[0].isPermutation() ||
      !maps[1].isPermutation() || op.getNumLoops() < 2 ||
      !op.hasPureBufferSemantics())
    return std::nullopt;
  auto fromRight = [](AffineMap map, unsigned axis) {
    return map.getDimPosition(map.getNumResults() - 1 - axis);
  };
  unsigned in = fromRight(maps[0], 0), out = fromRight(maps[1], 0);
  auto type = cast<MemRefType>(op->getOperand(1).getType());
  unsigned bits =
      DataLayout::closest(op).getTypeSizeInBits(type.getElementType());
  if (bits == 32 && !*conversion && in != out)
    return TransposeTile{out, in, std::nullopt};
  if (bits != 16 || op.getStaticLoopRanges()[out] != 2 ||
      !hasContiguousPairs(op->getOperand(1)))
    return std::nullopt;
  // Pairs, in the innermost axis of the result.
  unsigned pair = out;
  out = fromRight(maps[1], 1);
  if (in == pair) {
    in = fromRight(maps[0], 1);
    return in != out && !*conversion && hasContiguousPairs(op->getOperand(0))
               ? std::optional(TransposeTile{out, in, pair})
               : std::nullopt;
  }
  if (fromRight(maps[0], 1) != pair || (*conversion && in != out))
    return std::nullopt;
  return TransposeTile{out, in, pair};
}

namespace {
class Emitter {
public:
  Emitter(RewriterBase &rewriter, LinalgOp op, TransposeTile tile)
      : b(op.getLoc(), rewriter), op(op), tile(tile),
        maps(op.getIndexingMapsArray()), in(op->getOperand(0)),
        out(op->getOperand(1)) {
    if (tile.pairLoop) {
      out = collapsePairs(out);
      if (keepsPairs())
        in = collapsePairs(in);
    }
  }

  void interleave() {
    int64_t width = op.getStaticLoopRanges()[tile.inLoop];
    Value pair = makePair(/*outIndex=*/0, /*inIndex=*/0, width);
    write(pair, /*inIndex=*/0, /*outIndex=*/0);
  }

  void transpose() {
    int64_t rows = op.getStaticLoopRanges()[tile.outLoop];
    int64_t columns = op.getStaticLoopRanges()[tile.inLoop];
    int64_t size = std::min(rows, columns);
    for (int64_t row = 0; row < rows; row += size)
      for (int64_t column = 0; column < columns; column += size) {
        SmallVector<Value> square;
        for (int64_t i = 0; i < size; ++i)
          square.push_back(readRow(row + i, column, size));
        transposeSquare(square);
        for (int64_t i = 0; i < size; ++i)
          writeRow(square[i], column + i, row, size);
      }
  }

private:
  /// True if pairs are contiguous in the operand, too.
  bool keepsPairs() {
    return tile.pairLoop && maps[0].getDimPosition(maps[0].getNumResults() -
                                                   1) == *tile.pairLoop;
  }

  Value collapsePairs(Value memref) {
    int64_t rank = cast<MemRefType>(memref.getType()).getRank();
    return memref::CollapseShapeOp::create(b, memref, groupPairs(rank));
  }

  /// Where the loops that are given are at an index, in an operand; others are
  /// at 0. With collapsed pairs the last axis counts their elements.
  SmallVector<Value> position(AffineMap map, bool isCollapsed,
                              ArrayRef<std::pair<unsigned, int64_t>> indices) {
    SmallVector<Value> result;
    unsigned axes = map.getNumResults() - (isCollapsed ? 1 : 0);
    for (unsigned axis = 0; axis < axes; ++axis) {
      int64_t index = 0;
      for (auto [loop, at] : indices)
        if (map.getDimPosition(axis) == loop)
          index = at;
      if (isCollapsed && axis + 1 == axes)
        index *= 2;
      result.push_back(arith::ConstantIndexOp::create(b, index));
    }
    return result;
  }

  Value read(ArrayRef<std::pair<unsigned, int64_t>> indices, int64_t width) {
    Type type = cast<MemRefType>(in.getType()).getElementType();
    return vector::TransferReadOp::create(
        b, VectorType::get(width, type), in,
        position(maps[0], keepsPairs(), indices), /*padding=*/std::nullopt,
        ArrayRef<bool>{true});
  }

  void write(Value vector, int64_t inIndex, int64_t outIndex) {
    vector::TransferWriteOp::create(
        b, vector, out,
        position(maps[1], tile.pairLoop.has_value(),
                 {{tile.inLoop, inIndex}, {tile.outLoop, outIndex}}),
        ArrayRef<bool>{true});
  }

  /// The rows of a pair, element by element, in the type of the result.
  Value makePair(int64_t outIndex, int64_t inIndex, int64_t width) {
    Type type = cast<MemRefType>(out.getType()).getElementType();
    SmallVector<Value> rows;
    for (int64_t element = 0; element < 2; ++element)
      rows.push_back(read({{tile.outLoop, outIndex},
                           {tile.inLoop, inIndex},
                           {*tile.pairLoop, element}},
                          width));
    // Numbers of 32 bits are shuffled by faster instructions.
    Value pairs = vector::InterleaveOp::create(b, rows[0], rows[1]);
    auto to = cast<VectorType>(pairs.getType()).clone(type);
    return pairs.getType() == to ? pairs : narrow(pairs, to);
  }

  /// Pairs are the operands of products, to which denormals are zeros: the
  /// conversion may be one that makes zeros of them.
  Value narrow(Value pairs, VectorType to) {
    auto narrowed = arith::TruncFOp::create(b, to, pairs);
    narrowed.setFastmath(arith::FastMathFlags::afn);
    return narrowed;
  }

  /// A row of 32-bit elements.
  Value readRow(int64_t outIndex, int64_t inIndex, int64_t width) {
    if (!tile.pairLoop)
      return read({{tile.outLoop, outIndex}, {tile.inLoop, inIndex}}, width);
    Value pairs = keepsPairs()
                      ? read({{tile.outLoop, outIndex}, {tile.inLoop, inIndex}},
                             2 * width)
                      : makePair(outIndex, inIndex, width);
    return vector::BitCastOp::create(b, VectorType::get(width, b.getI32Type()),
                                     pairs);
  }

  void writeRow(Value row, int64_t inIndex, int64_t outIndex, int64_t width) {
    if (tile.pairLoop) {
      Type type = cast<MemRefType>(out.getType()).getElementType();
      row = vector::BitCastOp::create(b, VectorType::get(2 * width, type), row);
    }
    write(row, inIndex, outIndex);
  }

  /// Swaps the off-diagonal halves of the square, of its quarters, and so on
  /// (Eklundh's method): log2(n) shuffles per row.
  void transposeSquare(SmallVector<Value> &rows) {
    int64_t size = rows.size();
    for (int64_t half = size / 2; half >= 1; half /= 2)
      for (int64_t row = 0; row < size; ++row) {
        if (row & half)
          continue;
        Value upper = rows[row], lower = rows[row + half];
        SmallVector<int64_t> left, right;
        for (int64_t lane = 0; lane < size; ++lane) {
          bool isRight = lane & half;
          left.push_back(isRight ? size + lane - half : lane);
          right.push_back(isRight ? size + lane : lane + half);
        }
        rows[row] = vector::ShuffleOp::create(b, upper, lower, left);
        rows[row + half] = vector::ShuffleOp::create(b, upper, lower, right);
      }
  }

  ImplicitLocOpBuilder b;
  LinalgOp op;
  TransposeTile tile;
  SmallVector<AffineMap> maps;
  Value in, out;
};
} // namespace

LogicalResult TransposeTile::vectorize(RewriterBase &rewriter, LinalgOp op) {
  std::optional<TransposeTile> tile = match(op);
  if (!tile || op.hasDynamicShape())
    return failure();
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (std::min(extents[tile->outLoop], extents[tile->inLoop]) < kSmallestSquare)
    return failure();
  Emitter emitter(rewriter, op, *tile);
  if (tile->isInterleaving())
    emitter.interleave();
  else
    emitter.transpose();
  rewriter.eraseOp(op);
  return success();
}
