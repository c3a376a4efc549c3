//===- DotTile.cpp - Products of rows with rows --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DotTile.h"

#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

/// Shorter rows are no vectors, and longer ones than those of attention heads
/// are tiled.
static constexpr int64_t kShortestRow = 4;
static constexpr int64_t kLongestRow = 512;

bool DotTile::matches(LinalgOp op, int64_t maxRows) {
  std::optional<Contraction> contraction = Contraction::match(op);
  if (!contraction || !contraction->hasSimpleConversions() ||
      op.getNumReductionLoops() != 1 || !op.hasPureBufferSemantics() ||
      !areContiguous(op->getOperand(0)) || !areContiguous(op->getOperand(1)))
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  auto runsAlongReduction = [&](AffineMap map) {
    return map.getNumResults() >= 1 && map.getNumResults() <= 2 &&
           map.getResults().back() ==
               getAffineDimExpr(reductions[0], op.getContext());
  };
  AffineMap out = maps[2];
  if (!runsAlongReduction(maps[0]) || !runsAlongReduction(maps[1]) ||
      out.getNumResults() == 0)
    return false;
  if (!isa<FloatType>(getElementTypeOrSelf(op->getOperand(2))))
    return false;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  int64_t length = extents[reductions[0]];
  if (ShapedType::isDynamic(length) || length < kShortestRow ||
      length > kLongestRow)
    return false;
  if (out.getNumResults() == 1)
    return maps[0].getNumResults() == 2 || maps[1].getNumResults() == 2;
  int64_t rows = extents[out.getDimPosition(0)];
  // The first operand is that of the rows.
  return out.getNumResults() == 2 && maps[0].getNumResults() == 2 &&
         maps[1].getNumResults() == 2 &&
         maps[0].getResult(0) == out.getResult(0) &&
         maps[1].getResult(0) == out.getResult(1) &&
         !ShapedType::isDynamic(rows) && rows <= maxRows;
}

namespace {
class Emitter {
public:
  Emitter(RewriterBase &rewriter, LinalgOp op, int64_t lanes)
      : b(op.getLoc(), rewriter), op(op), lanes(lanes),
        type(cast<FloatType>(getElementTypeOrSelf(op.getDpsInits()[0]))) {}

  void emit() {
    Value a = op->getOperand(0), c = op->getOperand(1);
    Value out = op.getDpsInits()[0];
    bool hasRows = cast<MemRefType>(a.getType()).getRank() == 2;
    bool hasColumns = cast<MemRefType>(c.getType()).getRank() == 2;
    if (hasRows && hasColumns && cast<MemRefType>(out.getType()).getRank() == 1)
      return emitPaired(a, c, out);
    // A matrix times a vector: its rows are columns of the result.
    if (hasRows && !hasColumns && areContiguous(out)) {
      std::swap(a, c);
      std::swap(hasRows, hasColumns);
    }
    int64_t rows = hasRows ? dim(a, 0) : 1;
    int64_t columns = hasColumns ? dim(c, 0) : 1;
    SmallVector<SmallVector<Value>> sums(rows);

    for (auto [first, width] : chunks()) {
      SmallVector<Value> queries, keys;
      for (int64_t row = 0; row < rows; ++row)
        queries.push_back(read(a, row, first, width));
      for (int64_t column = 0; column < columns; ++column)
        keys.push_back(read(c, column, first, width));
      for (int64_t row = 0; row < rows; ++row)
        addProducts(sums[row], queries[row], keys);
    }
    for (int64_t row = 0; row < rows; ++row)
      accumulate(out, row, hasRows, hasColumns, sumAcross(sums[row]));
  }

private:
  /// out[c] += sum_k a[c][k] * b[c][k]
  void emitPaired(Value lhs, Value rhs, Value out) {
    SmallVector<Value> sums(dim(lhs, 0));
    for (auto [row, sum] : llvm::enumerate(sums)) {
      SmallVector<Value> ofRow;
      for (auto [first, width] : chunks())
        addProducts(ofRow, read(lhs, row, first, width),
                    read(rhs, row, first, width));
      sum = ofRow.front();
    }
    accumulate(out, /*row=*/0, /*hasRows=*/false, /*hasColumns=*/true,
               sumAcross(sums));
  }

  int64_t dim(Value memref, unsigned axis) {
    return cast<MemRefType>(memref.getType()).getDimSize(axis);
  }

  /// The row in vectors: whole ones, then halves of what is left.
  SmallVector<std::pair<int64_t, int64_t>> chunks() {
    Value a = op->getOperand(0);
    int64_t length = dim(a, cast<MemRefType>(a.getType()).getRank() - 1);
    SmallVector<std::pair<int64_t, int64_t>> chunks;
    for (int64_t first = 0, width = lanes; first < length; first += width) {
      while (first + width > length)
        width /= 2;
      chunks.push_back({first, width});
    }
    return chunks;
  }

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  /// Elements [first, first + width) of a row, in the type of the result.
  Value read(Value memref, int64_t row, int64_t first, int64_t width) {
    auto from = cast<MemRefType>(memref.getType());
    SmallVector<Value> position = {index(first)};
    if (from.getRank() == 2)
      position.insert(position.begin(), index(row));
    Value vector = vector::TransferReadOp::create(
        b, VectorType::get(width, from.getElementType()), memref, position,
        /*padding=*/std::nullopt, ArrayRef<bool>{true});
    auto to = VectorType::get(width, type);
    if (vector.getType() == to)
      return vector;
    if (from.getElementTypeBitWidth() < type.getWidth())
      return arith::ExtFOp::create(b, to, vector);
    return arith::TruncFOp::create(b, to, vector);
  }

  /// The first chunk makes vectors of sums; a narrow one adds to their first
  /// lanes.
  void addProducts(SmallVector<Value> &sums, Value query,
                   ArrayRef<Value> keys) {
    if (sums.empty()) {
      for (Value key : keys)
        sums.push_back(arith::MulFOp::create(b, query, key));
      return;
    }
    for (auto [sum, key] : llvm::zip_equal(sums, keys)) {
      int64_t width = cast<VectorType>(query.getType()).getNumElements();
      int64_t whole = cast<VectorType>(sum.getType()).getNumElements();
      if (width == whole) {
        sum = math::FmaOp::create(b, query, key, sum);
        continue;
      }
      Value part = vector::ExtractStridedSliceOp::create(
          b, sum, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{width},
          ArrayRef<int64_t>{1});
      part = math::FmaOp::create(b, query, key, part);
      sum = vector::InsertStridedSliceOp::create(
          b, part, sum, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
    }
  }

  /// One vector of the sums across each of `vectors`, whose number is a power
  /// of two. Halves are added on the way down: a pair of vectors of n lanes
  /// becomes one vector with half as many lanes of each.
  Value sumAcross(SmallVector<Value> vectors) {
    int64_t segments = 1;
    while (vectors.size() > 1) {
      SmallVector<Value> merged;
      for (size_t i = 0; i < vectors.size(); i += 2)
        merged.push_back(foldSegments(vectors[i], vectors[i + 1], segments));
      vectors = std::move(merged);
      segments *= 2;
    }
    Value sum = vectors.front();
    while (cast<VectorType>(sum.getType()).getNumElements() > segments)
      sum = foldSegments(sum, Value(), segments);
    return sum;
  }

  /// Adds the second half of every segment of `x`, then of `y`, to the first.
  /// A segment of one lane is as it is: `x` and `y` are put side by side.
  Value foldSegments(Value x, Value y, int64_t segments) {
    int64_t n = cast<VectorType>(x.getType()).getNumElements();
    int64_t length = n / segments;
    SmallVector<int64_t> low, high;
    for (int64_t segment = 0; segment < (y ? 2 : 1) * segments; ++segment)
      for (int64_t lane = 0; lane < std::max<int64_t>(length / 2, 1); ++lane) {
        low.push_back(segment * length + lane);
        high.push_back(segment * length + length / 2 + lane);
      }
    if (!y)
      y = x;
    Value first = vector::ShuffleOp::create(b, x, y, low);
    if (length == 1)
      return first;
    return arith::AddFOp::create(b, first,
                                 vector::ShuffleOp::create(b, x, y, high));
  }

  /// out[row] += sums
  void accumulate(Value out, int64_t row, bool hasRows, bool hasColumns,
                  Value sums) {
    SmallVector<Value> position;
    if (hasRows)
      position.push_back(index(row));
    if (hasColumns)
      position.push_back(index(0));
    if (!hasColumns) {
      Value sum = vector::ExtractOp::create(b, sums, 0);
      Value old = memref::LoadOp::create(b, out, position);
      memref::StoreOp::create(b, arith::AddFOp::create(b, old, sum), out,
                              position);
      return;
    }
    Value old = vector::TransferReadOp::create(
        b, cast<VectorType>(sums.getType()), out, position,
        /*padding=*/std::nullopt, ArrayRef<bool>{true});
    vector::TransferWriteOp::create(b, arith::AddFOp::create(b, old, sums), out,
                                    position, ArrayRef<bool>{true});
  }

  ImplicitLocOpBuilder b;
  LinalgOp op;
  int64_t lanes;
  FloatType type;
};
} // namespace

void DotTile::vectorize(RewriterBase &rewriter, LinalgOp op, int64_t lanes) {
  Emitter(rewriter, op, lanes).emit();
  rewriter.eraseOp(op);
}
