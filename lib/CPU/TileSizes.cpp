//===- TileSizes.cpp - How large register tiles are -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileSizes.h"

#include "Contraction.h"
#include "DotTile.h"
#include "PairContraction.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

/// Contractions of rows with rows have at most so many: with more it pays to
/// transpose one side.
static constexpr int64_t kDotRows = 8;

/// The longest sum of pairs that matrix tiles are unrolled for.
static constexpr int64_t kMostPairs = 128;

std::optional<unsigned> vga::getContiguousLoop(LinalgOp op) {
  AffineMap largest;
  for (AffineMap map : op.getIndexingMapsArray())
    if (!largest || map.getNumResults() >= largest.getNumResults())
      largest = map;
  if (!largest || largest.getNumResults() == 0)
    return std::nullopt;
  return cast<AffineDimExpr>(largest.getResults().back()).getPosition();
}

TileSizes::TileSizes(LinalgOp op, unsigned vectorBits, unsigned vectorRegisters,
                     bool matrixTiles)
    : ladders(op.getNumLoops(), Ladder{1}), registers{1, vectorRegisters} {
  unsigned bits = 8;
  for (Value operand : op->getOperands()) {
    Type type = getElementTypeOrSelf(operand);
    if (type.isIntOrIndexOrFloat())
      bits = std::max(bits, type.isIndex() ? 64 : type.getIntOrFloatBitWidth());
  }
  registers.lanes = std::max(1u, vectorBits / bits);

  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  if (isPairContraction(op)) {
    setPairs(matrixTiles, op.getStaticLoopRanges()[2]);
  } else if (auto transposition = TransposeTile::match(op)) {
    setTransposition(*transposition, std::max(1u, vectorBits / 32));
  } else if (DotTile::matches(op, kDotRows)) {
    setDotProducts(op.getIndexingMapsArray().back(), reductions.back(),
                   op.getStaticLoopRanges());
  } else if (Contraction::match(op) && setContraction(op)) {
  } else if (std::optional<unsigned> loop = getContiguousLoop(op)) {
    ladders[*loop] = {2 * registers.lanes, registers.lanes, 1};
  }
}

Ladder TileSizes::getLadder(unsigned loop, ArrayRef<OpFoldResult> sizes) const {
  if (loop != columnLoop)
    return ladders[loop];
  if (isDot)
    return getDots(rowLoop ? *getConstantIntValue(sizes[*rowLoop]) : 1);
  if (!rowLoop)
    return getColumns(/*rows=*/1);
  return getColumns(*rowLoop < loop ? *getConstantIntValue(sizes[*rowLoop])
                                    : ladders[*rowLoop].front());
}

TileSizes TileSizes::withoutMatrixTiles(LinalgOp tile) const {
  TileSizes sizes = *this;
  sizes.setPairs(/*matrixTiles=*/false, tile.getStaticLoopRanges()[2]);
  return sizes;
}

/// How the columns of a factor lie in memory.
TileSizes::Access TileSizes::getAccess(LinalgOp op, unsigned factor,
                                       unsigned column, unsigned reduction) {
  auto runsAlong = [&](unsigned operand, unsigned loop) {
    AffineMap map = op.getIndexingMapsArray()[operand];
    return map.getDimPosition(map.getNumResults() - 1) == loop &&
           areContiguous(op->getOperand(operand));
  };
  if (!areContiguous(op->getOperand(2)))
    return Access::Apart;
  if (runsAlong(factor, column))
    return Access::Along;
  return runsAlong(factor, reduction) ? Access::Across : Access::Apart;
}

/// Finds columns that only one factor has, rows that only the other one has, if
/// any, and what is summed over in both.
bool TileSizes::setContraction(LinalgOp op) {
  AffineMap result = op.getIndexingMapsArray().back();
  unsigned axes = result.getNumResults();
  if (axes == 0)
    return false;
  unsigned column = result.getDimPosition(axes - 1);
  unsigned columnOperands = getIndexedOperands(op, column);
  if (columnOperands != kInLhs + kInResult &&
      columnOperands != kInRhs + kInResult)
    return false;
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  llvm::erase_if(reductions, [&](unsigned loop) {
    return getIndexedOperands(op, loop) != kInLhs + kInRhs;
  });
  if (reductions.empty())
    return false;
  unsigned factor = columnOperands == kInLhs + kInResult ? 0 : 1;
  access = getAccess(op, factor, column, reductions.back());
  ladders[reductions.back()] = {4, 1};
  columnLoop = column;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (axes == 1)
    return true;
  unsigned row = result.getDimPosition(axes - 2);
  if ((getIndexedOperands(op, row) | columnOperands) !=
          kInLhs + kInRhs + kInResult ||
      getIndexedOperands(op, row) == kInLhs + kInRhs + kInResult)
    return true;
  rowLoop = row;
  // Rows times two vectors of accumulators, with room for the operands. A
  // block of a power of two leaves nothing over with 8 rows, but 64 are five
  // times 12 and 4.
  int64_t rows = extents[row];
  bool isBlock = !ShapedType::isDynamic(rows) && rows % 8 == 0 &&
                 (rows < 64 || rows % 12 > 4);
  isShort =
      ShapedType::isDynamic(rows) && ShapedType::isDynamic(extents[column]);
  if (access == Access::Apart)
    ladders[row] = {4, 1};
  else if (registers.count < 32)
    ladders[row] = isShort ? Ladder{6, 2, 1} : Ladder{6, 4, 2, 1};
  else if (isShort)
    ladders[row] = {12, 4, 1};
  else if (isBlock && rows % 12 != 0)
    ladders[row] = {8, 4, 2, 1};
  else
    ladders[row] = {12, 6, 4, 2, 1};
  return true;
}

/// Loops (m, n, k, v). Matrix units take 2 x 2 whole tiles, which are loaded
/// and stored as seldom as k allows; dot products do the rest.
void TileSizes::setPairs(bool matrixTiles, int64_t k) {
  isPairs = true;
  ladders[0] = {8, 4, 2, 1};
  ladders[1].clear();
  for (int64_t columns : {32, 16, 8, 4, 1})
    if (columns <= 2 * registers.lanes)
      ladders[1].push_back(columns);
  ladders[2] = {4, 1};
  ladders[3] = {2};
  if (!matrixTiles)
    return;
  int64_t size = kMatrixTileSize;
  ladders[0].insert(ladders[0].begin(), {2 * size, size});
  int64_t whole = k / size * size;
  bool isUnrolled =
      !ShapedType::isDynamic(k) && whole > 0 && whole <= kMostPairs;
  ladders[2] = {isUnrolled ? whole : 2 * size, size, 4, 1};
}

/// Squares of vectors; pairs as a whole.
void TileSizes::setTransposition(TransposeTile tile, int64_t lanes) {
  Ladder squares;
  for (; lanes >= 4; lanes /= 2)
    squares.push_back(lanes);
  squares.push_back(1);
  ladders[tile.outLoop] = ladders[tile.inLoop] = squares;
  if (tile.pairLoop)
    ladders[*tile.pairLoop] = {2};
}

/// The whole of every dot product, many at once.
void TileSizes::setDotProducts(AffineMap result, unsigned reduction,
                               ArrayRef<int64_t> extents) {
  isDot = true;
  unsigned axes = result.getNumResults();
  columnLoop = result.getDimPosition(axes - 1);
  if (axes == 2) {
    rowLoop = result.getDimPosition(0);
    ladders[*rowLoop] = {4, 2, 1};
  }
  ladders[reduction] = {extents[reduction]};
}

/// A power of two of dot products: half of the registers, or one vector.
Ladder TileSizes::getDots(int64_t rows) const {
  Ladder columns;
  int64_t most = std::min<int64_t>(registers.count / 2 / rows, registers.lanes);
  for (int64_t count : {most, most / 4})
    if (count > 1)
      columns.push_back(llvm::bit_floor<uint64_t>(count));
  columns.push_back(1);
  return columns;
}

/// The columns of a contraction's tile. Multiplying and adding takes several
/// cycles, and as many accumulators to hide them: few rows get more columns,
/// unless each is a load of its own.
Ladder TileSizes::getColumns(int64_t rows) const {
  int64_t lanes = registers.lanes;
  if (access == Access::Apart)
    return {lanes, 1};
  Ladder columns;
  if (access == Access::Along)
    for (int64_t vectors = 8; vectors >= (isShort ? 8 : 4); vectors /= 2)
      if (vectors * rows <= 8)
        columns.push_back(vectors * lanes);
  if (!isShort || columns.empty())
    columns.push_back(2 * lanes);
  columns.push_back(lanes);
  // A part of a vector is better than so many single columns.
  if (lanes >= 8)
    columns.push_back(isShort ? 4 : lanes / 2);
  columns.push_back(1);
  return columns;
}
