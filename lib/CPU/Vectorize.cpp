//===- Vectorize.cpp - Register tiles of linalg, as vectors --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionTile.h"
#include "DotTile.h"
#include "PairContraction.h"
#include "TileSizes.h"
#include "TransposeTile.h"
#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"

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
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGACPUVECTORIZEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::linalg;

namespace {
/// Replaces a linalg operation on buffers by loops over static tiles.
class RegisterTiling {
public:
  RegisterTiling(RewriterBase &rewriter, LinalgOp op, vga::TileSizes tileSizes,
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
  vga::TileSizes tileSizes;
  bool matrixTiles;
  SmallVector<OpFoldResult> extents, offsets, sizes;
};

struct VectorizePass : vga::impl::VGACPUVectorizePassBase<VectorizePass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    return success(
        succeeded(vga::checkOption(context, getArgument(), "vector-bits",
                                   vectorBits, vga::kVectorBits)) &&
        succeeded(vga::checkOption(context, getArgument(), "vector-registers",
                                   vectorRegisters, vga::kVectorRegisters)));
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (LinalgOp op : collect()) {
      if (op.hasPureBufferSemantics())
        continue;
      op->emitOpError("is on tensors: ")
          << getArgument() << " comes after bufferization";
      return signalPassFailure();
    }
    for (LinalgOp op : collect())
      if (auto generic = dyn_cast<GenericOp>(op.getOperation()))
        makeParallel(generic);
    if (!pairs)
      separatePairs(rewriter);
    for (LinalgOp op : collect())
      if (isTileable(op))
        RegisterTiling(
            rewriter, op,
            vga::TileSizes(op, vectorBits, vectorRegisters, matrixTiles),
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
    if (pairs)
      getOperation()->walk(
          [&](arith::TruncFOp op) { roundByInstruction(rewriter, op); });
  }

private:
  SmallVector<LinalgOp> collect() {
    SmallVector<LinalgOp> ops;
    getOperation()->walk([&](LinalgOp op) { ops.push_back(op); });
    return ops;
  }

  /// Without an instruction for them pairs are no tile: they are summed one
  /// after the other.
  void separatePairs(IRRewriter &rewriter) {
    for (LinalgOp op : collect()) {
      if (!vga::isPairContraction(op))
        continue;
      [[maybe_unused]] FailureOr<GenericOp> separated = interchangeGenericOp(
          rewriter, cast<GenericOp>(op.getOperation()), {0, 1, 3, 2});
      assert(succeeded(separated) && "any order of these loops will do");
    }
  }

  LogicalResult vectorizeTile(RewriterBase &rewriter, LinalgOp op) {
    if (succeeded(vga::TransposeTile::vectorize(rewriter, op)))
      return success();
    if (!isWorthVectorizing(op))
      return failure();
    if (vga::ContractionTile::matches(op)) {
      vga::ContractionTile::vectorize(rewriter, op);
      return success();
    }
    FailureOr<VectorizationResult> result = vectorize(rewriter, op);
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, result->replacements);
    return success();
  }

  /// Roundings to bf16 that may be approximate become the machine's, which
  /// makes zeros of denormals. What others do is spelled out later.
  static void roundByInstruction(RewriterBase &rewriter, arith::TruncFOp op) {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isBF16() ||
        !getElementTypeOrSelf(op.getIn()).isF32() ||
        !arith::bitEnumContainsAny(
            op.getFastmath().value_or(arith::FastMathFlags::none),
            arith::FastMathFlags::afn))
      return;
    int64_t count = type.getNumElements(), width = count % 16 == 0 ? 16 : 8;
    if (count % width != 0)
      return;
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    b.setInsertionPoint(op);
    auto flat = VectorType::get(count, b.getBF16Type());
    Value numbers = b.createOrFold<vector::ShapeCastOp>(
        VectorType::get(count, b.getF32Type()), op.getIn());
    Value rounded = arith::ConstantOp::create(b, b.getZeroAttr(flat));
    for (int64_t offset = 0; offset < count; offset += width) {
      Value piece = b.createOrFold<vector::ExtractStridedSliceOp>(
          numbers, offset, width, /*strides=*/1);
      piece = x86vector::CvtPackedF32ToBF16Op::create(
          b, VectorType::get(width, b.getBF16Type()), piece);
      rounded = b.createOrFold<vector::InsertStridedSliceOp>(
          piece, rounded, offset, /*strides=*/1);
    }
    rewriter.replaceOp(op, b.createOrFold<vector::ShapeCastOp>(type, rounded));
  }

  /// Loops that all results have an axis of reduce nothing, whatever they are
  /// said to be; upstream takes their word for it.
  static void makeParallel(GenericOp op) {
    SmallVector<utils::IteratorType> types = op.getIteratorTypesArray();
    for (auto [loop, type] : llvm::enumerate(types)) {
      AffineExpr axis = getAffineDimExpr(loop, op.getContext());
      if (llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &init) {
            return llvm::is_contained(
                op.getMatchingIndexingMap(&init).getResults(), axis);
          }))
        type = utils::IteratorType::parallel;
    }
    Builder b(op.getContext());
    op.setIteratorTypesAttr(b.getArrayAttr(
        llvm::map_to_vector(types, [&](utils::IteratorType type) -> Attribute {
          return IteratorTypeAttr::get(op.getContext(), type);
        })));
  }

  static bool isTileable(LinalgOp op) {
    auto isSimple = [](AffineMap map) { return map.isProjectedPermutation(); };
    return isa<GenericOp>(op) && op.hasPureBufferSemantics() &&
           op.getNumDpsInits() >= 1 &&
           llvm::all_of(op.getIndexingMapsArray(), isSimple);
  }

  /// Whether a reduction takes in the same number over and over, one that no
  /// vector has: upstream would take it in once.
  static bool hasScalarTerm(LinalgOp op) {
    if (op.getNumReductionLoops() == 0)
      return false;
    Block *body = op.getBlock();
    auto varies = [&](Value value) {
      if (auto argument = dyn_cast<BlockArgument>(value))
        return argument.getOwner() == body &&
               argument.getArgNumber() < op.getNumDpsInputs() &&
               op.getMatchingIndexingMap(op.getMatchingOpOperand(argument))
                       .getNumResults() != 0;
      return isa_and_nonnull<IndexOp>(value.getDefiningOp());
    };
    return llvm::any_of(body->getTerminator()->getOperands(), [&](Value value) {
      SetVector<Value> seen;
      seen.insert(value);
      for (unsigned next = 0; next < seen.size(); ++next) {
        if (varies(seen[next]))
          return false;
        if (Operation *definition = seen[next].getDefiningOp())
          if (definition->getBlock() == body)
            seen.insert_range(definition->getOperands());
      }
      return true;
    });
  }

  /// Tiles that are one element wide gain nothing from vectors.
  static bool isWorthVectorizing(LinalgOp op) {
    if (op.hasDynamicShape() || hasScalarTerm(op))
      return false;
    // A memref holds an i1 in a byte, a vector in a bit: no vector loads.
    for (Value operand : op->getOperands())
      if (getElementTypeOrSelf(operand).isInteger(1))
        return false;
    // Tiles that are one element wide in the direction of vectors.
    std::optional<unsigned> loop = vga::getContiguousLoop(op);
    if (vga::ContractionTile::matches(op))
      loop = cast<AffineDimExpr>(
                 op.getIndexingMapsArray().back().getResults().back())
                 .getPosition();
    return loop && op.getStaticLoopRanges()[*loop] >= 4;
  }
};

} // namespace
