//===- Vectorize.cpp - Register tiles of linalg, as vectors --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DotTile.h"
#include "PairContraction.h"
#include "TransposeTile.h"
#include "vga/CPU/Passes.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUVECTORIZEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

/// Contractions of rows with rows have at most so many: with more it pays to
/// transpose one side.
static constexpr int64_t kDotRows = 8;

/// The longest sum of pairs that matrix tiles are unrolled for.
static constexpr int64_t kMostPairs = 128;

/// The tile sizes of one loop, largest first, ending in 1.
using Ladder = SmallVector<int64_t>;

/// The loop along which vectors run: the innermost axis of the largest operand,
/// of those the last.
static std::optional<unsigned> getContiguousLoop(LinalgOp op) {
  AffineMap largest;
  for (AffineMap map : op.getIndexingMapsArray())
    if (!largest || map.getNumResults() >= largest.getNumResults())
      largest = map;
  if (!largest || largest.getNumResults() == 0)
    return std::nullopt;
  return cast<AffineDimExpr>(largest.getResults().back()).getPosition();
}

namespace {
/// The registers that a tile may use.
struct Registers {
  int64_t lanes;
  unsigned count;
};

/// The tile sizes of all loops of an operation.
class TileSizes {
public:
  TileSizes(LinalgOp op, unsigned vectorBits, unsigned vectorRegisters,
            bool matrixTiles)
      : ladders(op.getNumLoops(), Ladder{1}), registers{1, vectorRegisters} {
    unsigned bits = 8;
    for (Value operand : op->getOperands()) {
      Type type = getElementTypeOrSelf(operand);
      if (type.isIntOrIndexOrFloat())
        bits =
            std::max(bits, type.isIndex() ? 64 : type.getIntOrFloatBitWidth());
    }
    registers.lanes = std::max(1u, vectorBits / bits);

    SmallVector<unsigned> reductions;
    op.getReductionDims(reductions);
    if (vga::isPairContraction(op)) {
      setPairs(matrixTiles, op.getStaticLoopRanges()[2]);
    } else if (auto transposition = vga::TransposeTile::match(op)) {
      setTransposition(*transposition, std::max(1u, vectorBits / 32));
    } else if (vga::DotTile::matches(op, kDotRows)) {
      setDotProducts(op.getIndexingMapsArray().back(), reductions.back(),
                     op.getStaticLoopRanges());
    } else if (!reductions.empty() && isaContractionOpInterface(op)) {
      setContraction(op.getIndexingMapsArray().back(), reductions.back(),
                     op.getStaticLoopRanges());
    } else if (std::optional<unsigned> loop = getContiguousLoop(op)) {
      ladders[*loop] = {2 * registers.lanes, registers.lanes, 1};
    }
  }

  /// The ladder of `loop`, inside tiles of the given sizes of the loops around
  /// it.
  Ladder getLadder(unsigned loop, ArrayRef<OpFoldResult> sizes) const {
    if (loop != columnLoop)
      return ladders[loop];
    if (isDot)
      return getDots(rowLoop ? *getConstantIntValue(sizes[*rowLoop]) : 1);
    if (!rowLoop)
      return getColumns(/*rows=*/1);
    return getColumns(*rowLoop < loop ? *getConstantIntValue(sizes[*rowLoop])
                                      : ladders[*rowLoop].front());
  }

  bool areDotProducts() const { return isDot; }
  bool arePairs() const { return isPairs; }

  /// Those of a tile that no matrix unit takes.
  TileSizes withoutMatrixTiles(LinalgOp tile) const {
    TileSizes sizes = *this;
    sizes.setPairs(/*matrixTiles=*/false, tile.getStaticLoopRanges()[2]);
    return sizes;
  }

  int64_t getLanes() const { return registers.lanes; }

private:
  void setContraction(AffineMap result, unsigned reduction,
                      ArrayRef<int64_t> extents) {
    auto loopOf = [&](unsigned axis) {
      return cast<AffineDimExpr>(result.getResult(axis)).getPosition();
    };
    unsigned axes = result.getNumResults();
    if (axes >= 1)
      columnLoop = loopOf(axes - 1);
    if (axes >= 2) {
      rowLoop = loopOf(axes - 2);
      // Rows times two vectors of accumulators, with room for the operands. A
      // block of a power of two leaves nothing over with 8 rows.
      int64_t rows = extents[*rowLoop];
      bool isBlock = !ShapedType::isDynamic(rows) && rows % 8 == 0;
      if (registers.count < 32)
        ladders[*rowLoop] = {6, 4, 2, 1};
      else if (isBlock && rows % 12 != 0)
        ladders[*rowLoop] = {8, 4, 2, 1};
      else
        ladders[*rowLoop] = {12, 6, 4, 2, 1};
    }
    ladders[reduction] = {4, 1};
  }

  /// Loops (m, n, k, v). Matrix units take 2 x 2 whole tiles, which are loaded
  /// and stored as seldom as k allows; dot products do the rest.
  void setPairs(bool matrixTiles, int64_t k) {
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
    int64_t size = vga::kMatrixTileSize;
    ladders[0].insert(ladders[0].begin(), {2 * size, size});
    int64_t whole = k / size * size;
    bool isUnrolled =
        !ShapedType::isDynamic(k) && whole > 0 && whole <= kMostPairs;
    ladders[2] = {isUnrolled ? whole : 2 * size, size, 4, 1};
  }

  /// Squares of vectors; pairs as a whole.
  void setTransposition(vga::TransposeTile tile, int64_t lanes) {
    Ladder squares;
    for (; lanes >= 4; lanes /= 2)
      squares.push_back(lanes);
    squares.push_back(1);
    ladders[tile.outLoop] = ladders[tile.inLoop] = squares;
    if (tile.pairLoop)
      ladders[*tile.pairLoop] = {2};
  }

  /// The whole of every dot product, many at once.
  void setDotProducts(AffineMap result, unsigned reduction,
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
  Ladder getDots(int64_t rows) const {
    Ladder columns;
    int64_t most =
        std::min<int64_t>(registers.count / 2 / rows, registers.lanes);
    for (int64_t count : {most, most / 4})
      if (count > 1)
        columns.push_back(llvm::bit_floor<uint64_t>(count));
    columns.push_back(1);
    return columns;
  }

  /// The columns of a contraction's tile. Multiplying and adding takes several
  /// cycles, and as many accumulators to hide them: few rows get more columns.
  Ladder getColumns(int64_t rows) const {
    int64_t lanes = registers.lanes;
    Ladder columns;
    for (int64_t vectors = 8; vectors >= 4; vectors /= 2)
      if (vectors * rows <= 8)
        columns.push_back(vectors * lanes);
    columns.append({2 * lanes, lanes});
    // Half a vector is better than so many single columns.
    if (lanes >= 8)
      columns.push_back(lanes / 2);
    columns.push_back(1);
    return columns;
  }

  SmallVector<Ladder> ladders;
  Registers registers;
  std::optional<unsigned> rowLoop, columnLoop;
  bool isDot = false, isPairs = false;
};

/// Replaces a linalg operation on buffers by loops over static tiles.
class RegisterTiling {
public:
  RegisterTiling(RewriterBase &rewriter, LinalgOp op, TileSizes tileSizes,
                 bool matrixTiles)
      : rewriter(rewriter), op(op), tileSizes(std::move(tileSizes)),
        matrixTiles(matrixTiles) {}

  void run() {
    rewriter.setInsertionPoint(op);
    for (Range range :
         cast<TilingInterface>(op.getOperation()).getIterationDomain(rewriter))
      extents.push_back(range.size);
    emitLoops(/*loop=*/0);
    rewriter.eraseOp(op);
  }

private:
  /// Emits the loops from `loop` inwards, each covered by its ladder.
  void emitLoops(unsigned loop) {
    if (loop == extents.size())
      return emitTile();
    Location loc = op.getLoc();
    OpFoldResult start = rewriter.getIndexAttr(0);
    for (int64_t step : tileSizes.getLadder(loop, sizes)) {
      // [start, end) is the largest multiple of the step that is left.
      AffineExpr s, n;
      bindSymbols(rewriter.getContext(), s, n);
      OpFoldResult end = affine::makeComposedFoldedAffineApply(
          rewriter, loc, s + (n - s).floorDiv(step) * step,
          {start, extents[loop]});
      if (isEqualConstantIntOrValue(start, end))
        continue;
      Value from = getValueOrCreateConstantIndexOp(rewriter, loc, start);
      Value to = getValueOrCreateConstantIndexOp(rewriter, loc, end);
      Value by = arith::ConstantIndexOp::create(rewriter, loc, step);
      auto forOp = scf::ForOp::create(rewriter, loc, from, to, by);
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(forOp.getBody());
      offsets.push_back(forOp.getInductionVar());
      sizes.push_back(rewriter.getIndexAttr(step));
      emitLoops(loop + 1);
      offsets.pop_back();
      sizes.pop_back();
      start = end;
    }
  }

  /// Emits the operation on one tile, without the loops that are one
  /// iteration long: a row of a matrix is a vector.
  void emitTile() {
    SmallVector<unsigned> kept;
    SmallVector<utils::IteratorType> iterators;
    for (auto [loop, size] : llvm::enumerate(sizes))
      if (!isOneInteger(size) || tileSizes.arePairs()) {
        kept.push_back(loop);
        iterators.push_back(op.getIteratorTypesArray()[loop]);
      }
    SmallVector<Value> operands;
    SmallVector<AffineMap> maps;
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray())) {
      auto [tile, tileMap] = sliceOperand(operand, map, kept);
      operands.push_back(tile);
      maps.push_back(tileMap);
    }
    unsigned inputs = op.getNumDpsInputs();
    auto tile = GenericOp::create(rewriter, op.getLoc(), TypeRange(),
                                  ArrayRef(operands).take_front(inputs),
                                  ArrayRef(operands).drop_front(inputs), maps,
                                  iterators);
    rewriter.cloneRegionBefore(op->getRegion(0), tile.getRegion(),
                               tile.getRegion().begin());
    shiftIndices(tile, kept);
    if (tileSizes.areDotProducts()) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPoint(tile);
      vga::DotTile::vectorize(rewriter, tile, tileSizes.getLanes());
    } else if (matrixTiles && tileSizes.arePairs()) {
      emitPairs(tile);
    }
  }

  /// Whole tiles of a matrix unit, or else dot products.
  void emitPairs(GenericOp tile) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(tile);
    if (vga::areMatrixTiles(tile))
      return vga::emitMatrixTiles(rewriter, tile);
    RegisterTiling(rewriter, tile, tileSizes.withoutMatrixTiles(tile),
                   /*matrixTiles=*/false)
        .run();
  }

  /// The part of `operand` that the tile works on, and its map over `kept`.
  std::pair<Value, AffineMap> sliceOperand(Value operand, AffineMap map,
                                           ArrayRef<unsigned> kept) {
    auto getMap = [&](ArrayRef<AffineExpr> results) {
      return AffineMap::get(kept.size(), 0, results, rewriter.getContext());
    };
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type)
      return {operand, getMap({})};
    SmallVector<OpFoldResult> starts, shape;
    SmallVector<int64_t> keptShape;
    SmallVector<AffineExpr> results;
    for (AffineExpr result : map.getResults()) {
      unsigned loop = cast<AffineDimExpr>(result).getPosition();
      starts.push_back(offsets[loop]);
      shape.push_back(sizes[loop]);
      if (auto it = llvm::find(kept, loop); it != kept.end()) {
        keptShape.push_back(*getConstantIntValue(sizes[loop]));
        results.push_back(rewriter.getAffineDimExpr(it - kept.begin()));
      }
    }
    SmallVector<OpFoldResult> strides(shape.size(), rewriter.getIndexAttr(1));
    auto tileType =
        cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
            keptShape, type, starts, shape, strides));
    return {memref::SubViewOp::create(rewriter, op.getLoc(), tileType, operand,
                                      starts, shape, strides),
            getMap(results)};
  }

  /// linalg.index counts from the start of the tile: adds that start.
  void shiftIndices(GenericOp tile, ArrayRef<unsigned> kept) {
    SmallVector<IndexOp> indices(tile.getBody()->getOps<IndexOp>());
    for (IndexOp index : indices) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointAfter(index);
      Value start = cast<Value>(offsets[index.getDim()]);
      auto it = llvm::find(kept, index.getDim());
      if (it == kept.end()) {
        rewriter.replaceOp(index, start);
        continue;
      }
      Value within =
          IndexOp::create(rewriter, index.getLoc(), it - kept.begin());
      rewriter.replaceOpWithNewOp<arith::AddIOp>(index, within, start);
    }
  }

  RewriterBase &rewriter;
  LinalgOp op;
  TileSizes tileSizes;
  bool matrixTiles;
  SmallVector<OpFoldResult> extents, offsets, sizes;
};

/// A tile of a contraction, as reads, a vector.contract and a write. Upstream
/// would make a reduction of a product of operands broadcast to all loops.
class ContractionTile {
public:
  static bool matches(LinalgOp op) {
    // A dot product has a scalar result: that is a reduction.
    return isaContractionOpInterface(op) && op.getNumDpsInputs() == 2 &&
           op.getIndexingMapsArray().back().getNumResults() != 0 &&
           llvm::all_of(op->getOperandTypes(), [](Type type) {
             return isa<FloatType>(getElementTypeOrSelf(type));
           });
  }

  static void vectorize(RewriterBase &rewriter, LinalgOp op) {
    Location loc = op.getLoc();
    Value out = op.getDpsInits()[0];
    auto type = cast<FloatType>(getElementTypeOrSelf(out));
    // What vectors run along is loaded as vectors; of the other operand each
    // element meets a whole vector, and is loaded by itself.
    AffineMap result = op.getIndexingMapsArray().back();
    AffineExpr column = result.getResults().back();
    auto readOperand = [&](unsigned index) {
      AffineMap map = op.getIndexingMapsArray()[index];
      return llvm::is_contained(map.getResults(), column)
                 ? read(rewriter, loc, op->getOperand(index))
                 : readElements(rewriter, loc, op->getOperand(index));
    };
    Value a, b;
    if (vga::isPairContraction(op)) {
      a = read(rewriter, loc, op->getOperand(0));
      b = vga::readPairs(rewriter, loc, op->getOperand(1));
    } else {
      a = convert(rewriter, loc, readOperand(0), type);
      b = convert(rewriter, loc, readOperand(1), type);
    }
    Value accumulator = read(rewriter, loc, out);
    SmallVector<Attribute> iterators;
    for (utils::IteratorType iterator : op.getIteratorTypesArray())
      iterators.push_back(vector::IteratorTypeAttr::get(
          rewriter.getContext(), iterator == utils::IteratorType::parallel
                                     ? vector::IteratorType::parallel
                                     : vector::IteratorType::reduction));
    Value sum = vector::ContractionOp::create(
        rewriter, loc, a, b, accumulator,
        rewriter.getAffineMapArrayAttr(op.getIndexingMapsArray()),
        rewriter.getArrayAttr(iterators));
    rewriter.replaceOpWithNewOp<vector::TransferWriteOp>(
        op, sum, out, zeros(rewriter, loc, out), inBounds(out));
  }

private:
  static SmallVector<Value> zeros(OpBuilder &builder, Location loc,
                                  Value memref) {
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    return SmallVector<Value>(cast<MemRefType>(memref.getType()).getRank(),
                              zero);
  }

  static SmallVector<bool> inBounds(Value memref) {
    return SmallVector<bool>(cast<MemRefType>(memref.getType()).getRank(),
                             true);
  }

  static Value read(OpBuilder &builder, Location loc, Value memref) {
    auto type = cast<MemRefType>(memref.getType());
    return vector::TransferReadOp::create(
        builder, loc, VectorType::get(type.getShape(), type.getElementType()),
        memref, zeros(builder, loc, memref), /*padding=*/std::nullopt,
        ArrayRef<bool>(inBounds(memref)));
  }

  /// The same vector, of scalars. A vector of six floats would be two registers
  /// to the machine, which it takes apart again by shuffles.
  static Value readElements(OpBuilder &builder, Location loc, Value memref) {
    auto type = cast<MemRefType>(memref.getType());
    SmallVector<Value> elements;
    SmallVector<int64_t> strides = computeSuffixProduct(type.getShape());
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      SmallVector<Value> indices;
      for (int64_t index : delinearize(i, strides))
        indices.push_back(arith::ConstantIndexOp::create(builder, loc, index));
      elements.push_back(memref::LoadOp::create(builder, loc, memref, indices));
    }
    return vector::FromElementsOp::create(
        builder, loc, VectorType::get(type.getShape(), type.getElementType()),
        elements);
  }

  static Value convert(OpBuilder &builder, Location loc, Value vector,
                       FloatType type) {
    auto from = cast<VectorType>(vector.getType());
    auto to = from.clone(type);
    if (from == to)
      return vector;
    if (from.getElementTypeBitWidth() < type.getWidth())
      return arith::ExtFOp::create(builder, loc, to, vector);
    return arith::TruncFOp::create(builder, loc, to, vector);
  }
};

struct VectorizePass : vga::impl::VGACPUVectorizePassBase<VectorizePass> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (LinalgOp op : collect())
      if (isTileable(op))
        RegisterTiling(rewriter, op,
                       TileSizes(op, vectorBits, vectorRegisters, matrixTiles),
                       matrixTiles)
            .run();
    for (LinalgOp op : collect()) {
      rewriter.setInsertionPoint(op);
      if (succeeded(vectorizeTile(rewriter, op)))
        continue;
      if (failed(linalgOpToLoops(rewriter, op))) {
        op->emitError("could not be lowered to loops");
        return signalPassFailure();
      }
      rewriter.eraseOp(op);
    }
  }

private:
  SmallVector<LinalgOp> collect() {
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) { ops.push_back(op); });
    return ops;
  }

  static LogicalResult vectorizeTile(RewriterBase &rewriter, LinalgOp op) {
    if (succeeded(vga::TransposeTile::vectorize(rewriter, op)))
      return success();
    if (!isWorthVectorizing(op))
      return failure();
    if (ContractionTile::matches(op)) {
      ContractionTile::vectorize(rewriter, op);
      return success();
    }
    FailureOr<VectorizationResult> result = vectorize(rewriter, op);
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, result->replacements);
    return success();
  }

  static bool isTileable(LinalgOp op) {
    auto isSimple = [](AffineMap map) { return map.isProjectedPermutation(); };
    return isa<GenericOp>(op) && op.hasPureBufferSemantics() &&
           op.getNumDpsInits() >= 1 &&
           llvm::all_of(op.getIndexingMapsArray(), isSimple);
  }

  /// Tiles that are one element wide gain nothing from vectors.
  static bool isWorthVectorizing(LinalgOp op) {
    if (op.hasDynamicShape())
      return false;
    // A memref holds an i1 in a byte, a vector in a bit: no vector loads.
    for (Value operand : op->getOperands())
      if (getElementTypeOrSelf(operand).isInteger(1))
        return false;
    // Tiles that are one element wide in the direction of vectors.
    std::optional<unsigned> loop = getContiguousLoop(op);
    if (isaContractionOpInterface(op) &&
        op.getIndexingMapsArray().back().getNumResults() != 0)
      loop = cast<AffineDimExpr>(
                 op.getIndexingMapsArray().back().getResults().back())
                 .getPosition();
    return loop && op.getStaticLoopRanges()[*loop] >= 4;
  }
};

} // namespace
