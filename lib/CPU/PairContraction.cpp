//===- PairContraction.cpp - Products of bf16 in pairs -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairContraction.h"

#include "Contraction.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/LinalgInterfaces.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::linalg;
using namespace mlir::vga;

/// (m, n, k, v) in the order of the loops.
static SmallVector<AffineMap> getPairMaps(MLIRContext *context) {
  AffineExpr m, n, k, v;
  bindDims(context, m, n, k, v);
  SmallVector<SmallVector<AffineExpr, 4>> operands = {
      {m, k, v}, {k, n, v}, {m, n}};
  return AffineMap::inferFromExprList(operands, context);
}

bool vga::isPairContraction(LinalgOp op) {
  std::optional<Contraction> contraction = Contraction::match(op);
  if (!isa<GenericOp>(op) || !contraction ||
      !contraction->hasSimpleConversions() ||
      op.getIndexingMapsArray() != getPairMaps(op.getContext()))
    return false;
  // Pairs are one element of 32 bits, and rows are vectors.
  if (!op.hasPureBufferSemantics() || !areContiguous(op->getOperand(0), 2) ||
      !areContiguous(op->getOperand(1), 2) || !areContiguous(op->getOperand(2)))
    return false;
  auto isOf = [&](unsigned operand, auto isType) {
    return isType(getElementTypeOrSelf(op->getOperand(operand)));
  };
  auto isBF16 = [](Type type) { return type.isBF16(); };
  return isOf(0, isBF16) && isOf(1, isBF16) &&
         isOf(2, [](Type type) { return type.isF32(); }) &&
         op.getStaticLoopRanges()[3] == 2;
}

/// [x, y, 2] -> [x, 2y]
static Value collapsePairs(OpBuilder &builder, Location loc, Value memref) {
  SmallVector<ReassociationIndices> groups = {{0}, {1, 2}};
  return memref::CollapseShapeOp::create(builder, loc, memref, groups);
}

Value vga::readPairs(OpBuilder &builder, Location loc, Value memref) {
  Value rows = collapsePairs(builder, loc, memref);
  auto type = cast<MemRefType>(rows.getType());
  SmallVector<Value> origin(2, arith::ConstantIndexOp::create(builder, loc, 0));
  Value vector = vector::TransferReadOp::create(
      builder, loc, VectorType::get(type.getShape(), type.getElementType()),
      rows, origin, /*padding=*/std::nullopt, ArrayRef<bool>{true, true});
  return vector::ShapeCastOp::create(
      builder, loc,
      VectorType::get(cast<MemRefType>(memref.getType()).getShape(),
                      type.getElementType()),
      vector);
}

//===----------------------------------------------------------------------===//
// Matrix units
//===----------------------------------------------------------------------===//

namespace {
class MatrixTiles {
public:
  MatrixTiles(RewriterBase &rewriter, LinalgOp op)
      : b(op.getLoc(), rewriter),
        a(collapsePairs(b, b.getLoc(), op->getOperand(0))),
        bPairs(collapsePairs(b, b.getLoc(), op->getOperand(1))),
        out(op->getOperand(2)), extents(op.getStaticLoopRanges()) {}

  void emit() {
    SmallVector<int64_t> ms = blocks(extents[0]), ns = blocks(extents[1]);
    SmallVector<Value> sums;
    for (int64_t m : ms)
      for (int64_t n : ns)
        sums.push_back(load(out, m, n));
    for (int64_t k : blocks(extents[2])) {
      SmallVector<Value> lefts, rights;
      for (int64_t m : ms)
        lefts.push_back(load(a, m, 2 * k));
      for (int64_t n : ns)
        rights.push_back(load(bPairs, k, 2 * n));
      Value *sum = sums.begin();
      for (Value left : lefts)
        for (Value right : rights) {
          *sum = amx::TileMulFOp::create(b, sum->getType(), left, right, *sum);
          ++sum;
        }
    }
    Value *sum = sums.begin();
    for (int64_t m : ms)
      for (int64_t n : ns)
        amx::TileStoreOp::create(b, out, indices(m, n), *sum++);
  }

private:
  /// The first element of each tile.
  static SmallVector<int64_t> blocks(int64_t extent) {
    SmallVector<int64_t> firsts;
    for (int64_t first = 0; first < extent; first += kMatrixTileSize)
      firsts.push_back(first);
    return firsts;
  }

  SmallVector<Value> indices(int64_t row, int64_t column) {
    return {arith::ConstantIndexOp::create(b, row),
            arith::ConstantIndexOp::create(b, column)};
  }

  /// A whole tile: 16 rows of 64 bytes.
  Value load(Value memref, int64_t row, int64_t column) {
    Type type = cast<MemRefType>(memref.getType()).getElementType();
    int64_t columns = kMatrixTileSize * 32 /
                      static_cast<int64_t>(type.getIntOrFloatBitWidth());
    return amx::TileLoadOp::create(
        b, amx::TileType::get({kMatrixTileSize, columns}, type), memref,
        indices(row, column));
  }

  ImplicitLocOpBuilder b;
  Value a, bPairs, out;
  SmallVector<int64_t> extents;
};
} // namespace

bool vga::areMatrixTiles(LinalgOp op) {
  return llvm::all_of(
      ArrayRef(op.getStaticLoopRanges()).drop_back(),
      [](int64_t extent) { return extent % kMatrixTileSize == 0; });
}

void vga::emitMatrixTiles(RewriterBase &rewriter, LinalgOp op) {
  MatrixTiles(rewriter, op).emit();
  rewriter.eraseOp(op);
}

//===----------------------------------------------------------------------===//
// Dot products
//===----------------------------------------------------------------------===//

namespace {
/// acc[m][:] = dot(broadcast a[m][k], b[k][:], acc[m][:]) for every m and k.
struct ContractionToDots : OpRewritePattern<vector::ContractionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::ContractionOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getIndexingMapsArray() != getPairMaps(op.getContext()) ||
        !op.getLhsType().getElementType().isBF16() ||
        op.getLhsType().getShape().back() != 2)
      return rewriter.notifyMatchFailure(op, "not a contraction of pairs");
    auto type = cast<VectorType>(op.getResultType());
    int64_t columns = type.getDimSize(1);
    int64_t width = std::min<int64_t>(columns, 16);
    if (!type.getElementType().isF32() || columns % width != 0 || width < 4 ||
        !llvm::isPowerOf2_64(width))
      return rewriter.notifyMatchFailure(op, "no vector of this many columns");

    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto slice = [&](Value vector, int64_t first, int64_t count) -> Value {
      return vector::ExtractStridedSliceOp::create(
          b, vector, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{count},
          ArrayRef<int64_t>{1});
    };
    auto flatType = VectorType::get(
        {op.getRhsType().getDimSize(0), 2 * columns}, b.getBF16Type());
    Value right = vector::ShapeCastOp::create(b, flatType, op.getRhs());
    Value result = op.getAcc();
    for (int64_t m = 0; m < type.getDimSize(0); ++m) {
      Value row = vector::ExtractOp::create(b, op.getAcc(), m);
      for (int64_t first = 0; first < columns; first += width) {
        Value sum = slice(row, first, width);
        for (int64_t k = 0; k < flatType.getDimSize(0); ++k) {
          Value pair = vector::ExtractOp::create(b, op.getLhs(),
                                                 ArrayRef<int64_t>{m, k});
          Value pairs = vector::ExtractOp::create(b, right, k);
          sum = x86vector::DotBF16Op::create(
              b, sum.getType(), sum, broadcastPair(b, pair, width),
              slice(pairs, 2 * first, 2 * width));
        }
        row = vector::InsertStridedSliceOp::create(
            b, sum, row, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{1});
      }
      result = vector::InsertOp::create(b, row, result, m);
    }
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  /// [x, y] -> [x, y, x, y, ...], as the 32 bits that it is.
  static Value broadcastPair(ImplicitLocOpBuilder &b, Value pair,
                             int64_t count) {
    Type i32 = b.getI32Type();
    Value bits = vector::BitCastOp::create(b, VectorType::get(1, i32), pair);
    bits = vector::ExtractOp::create(b, bits, 0);
    Value many =
        vector::BroadcastOp::create(b, VectorType::get(count, i32), bits);
    return vector::BitCastOp::create(
        b, VectorType::get(2 * count, b.getBF16Type()), many);
  }
};
} // namespace

void vga::populatePairContractionPatterns(RewritePatternSet &patterns) {
  // Before the lowerings that know no pairs.
  patterns.add<ContractionToDots>(patterns.getContext(), /*benefit=*/10);
}
