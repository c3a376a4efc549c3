//===- CheckLinalgOps.cpp - Sizes of operands of linalg -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeChecker.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AffineExprVisitor.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
/// The least and the greatest value of an index expression while each loop has
/// one iteration at least.
struct Interval {
  Value first, last;
};

/// Finds the intervals of expressions of loops; failure for what no map of
/// linalg has, such as remainders by a number that is no constant.
class Intervals : public AffineExprVisitor<Intervals, FailureOr<Interval>> {
public:
  Intervals(SizeChecker &checker, ArrayRef<Value> sizes)
      : b(checker), sizes(sizes) {}

  FailureOr<Interval> visitDimExpr(AffineDimExpr loop) {
    return Interval{b.index(0), b.sub(sizes[loop.getPosition()], b.index(1))};
  }
  FailureOr<Interval> visitConstantExpr(AffineConstantExpr number) {
    Value value = b.index(number.getValue());
    return Interval{value, value};
  }
  FailureOr<Interval> visitSymbolExpr(AffineSymbolExpr) { return failure(); }
  FailureOr<Interval> visitAddExpr(AffineBinaryOpExpr sum) {
    FailureOr<Interval> x = visit(sum.getLHS()), y = visit(sum.getRHS());
    if (failed(x) || failed(y))
      return failure();
    return Interval{b.add(x->first, y->first), b.add(x->last, y->last)};
  }
  FailureOr<Interval> visitMulExpr(AffineBinaryOpExpr product) {
    FailureOr<Interval> x = visit(product.getLHS());
    auto factor = dyn_cast<AffineConstantExpr>(product.getRHS());
    if (failed(x) || !factor)
      return failure();
    Value value = b.index(factor.getValue());
    Interval scaled{b.mul(x->first, value), b.mul(x->last, value)};
    if (factor.getValue() < 0)
      std::swap(scaled.first, scaled.last);
    return scaled;
  }
  FailureOr<Interval> visitFloorDivExpr(AffineBinaryOpExpr quotient) {
    return divide<arith::FloorDivSIOp>(quotient);
  }
  FailureOr<Interval> visitCeilDivExpr(AffineBinaryOpExpr quotient) {
    return divide<arith::CeilDivSIOp>(quotient);
  }
  FailureOr<Interval> visitModExpr(AffineBinaryOpExpr remainder) {
    FailureOr<Interval> x = visit(remainder.getLHS());
    auto divisor = dyn_cast<AffineConstantExpr>(remainder.getRHS());
    if (failed(x) || !divisor || divisor.getValue() < 1)
      return failure();
    // What is divided starts at 0 in all maps that there is a use for.
    return Interval{b.index(0), b.createOrFold<arith::MinSIOp>(
                                    x->last, b.index(divisor.getValue() - 1))};
  }

private:
  template <typename OpTy>
  FailureOr<Interval> divide(AffineBinaryOpExpr quotient) {
    FailureOr<Interval> x = visit(quotient.getLHS());
    auto divisor = dyn_cast<AffineConstantExpr>(quotient.getRHS());
    if (failed(x) || !divisor || divisor.getValue() < 1)
      return failure();
    Value value = b.index(divisor.getValue());
    return Interval{b.createOrFold<OpTy>(x->first, value),
                    b.createOrFold<OpTy>(x->last, value)};
  }

  SizeChecker &b;
  ArrayRef<Value> sizes;
};

/// The size of a loop: that of an axis which follows it.
struct Loop {
  OpOperand *operand = nullptr;
  int64_t axis = 0;
};

class StructuredOpChecker {
public:
  StructuredOpChecker(linalg::LinalgOp op, SizeChecker &checker)
      : op(op), checker(checker), loops(op.getNumLoops()) {}

  void run() {
    findLoops();
    for (OpOperand &operand : op->getOpOperands())
      for (auto [axis, expression] :
           llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
        auto type = dyn_cast<RankedTensorType>(operand.get().getType());
        if (!type)
          continue;
        if (auto loop = dyn_cast<AffineDimExpr>(expression))
          checkLoop(loop.getPosition(), operand, axis);
        else
          checkExpression(expression, operand, axis);
      }
  }

private:
  static std::string describe(OpOperand &operand, int64_t axis) {
    return ("axis " + Twine(axis) + " of operand #" +
            Twine(operand.getOperandNumber()))
        .str();
  }

  bool isDynamic(const Loop &loop) {
    return cast<ShapedType>(loop.operand->get().getType())
        .isDynamicDim(loop.axis);
  }

  /// Takes static sizes, if there are any, and those of inputs.
  void findLoops() {
    for (OpOperand &operand : op->getOpOperands())
      for (auto [axis, expression] :
           llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
        auto dim = dyn_cast<AffineDimExpr>(expression);
        if (!dim)
          continue;
        Loop &loop = loops[dim.getPosition()];
        Loop candidate{&operand, static_cast<int64_t>(axis)};
        if (!loop.operand || (isDynamic(loop) && !isDynamic(candidate)))
          loop = candidate;
      }
  }

  Value getSize(const Loop &loop) {
    return checker.getSize(loop.operand->get(), loop.axis);
  }

  void checkLoop(unsigned number, OpOperand &operand, int64_t axis) {
    const Loop &loop = loops[number];
    // The verifier has compared static sizes.
    if ((loop.operand == &operand && loop.axis == axis) ||
        (!isDynamic(loop) && !isDynamic({&operand, axis})))
      return;
    checker.expectSize(describe(operand, axis), getSize(loop),
                       describe(*loop.operand, loop.axis), operand.get(), axis);
  }

  void checkExpression(AffineExpr expression, OpOperand &operand,
                       int64_t axis) {
    SmallVector<Value> sizes;
    // The verifier compares static sizes only where none is dynamic.
    bool isStatic = !isDynamic({&operand, axis});
    for (const Loop &loop : loops) {
      isStatic &= loop.operand && !isDynamic(loop);
      sizes.push_back(loop.operand ? getSize(loop) : checker.index(1));
    }
    if (isStatic)
      return;
    FailureOr<Interval> interval = Intervals(checker, sizes).visit(expression);
    if (failed(interval))
      return;
    Value zero = checker.index(0);
    Value needed = checker.add(interval->last, checker.index(1));
    Value first = interval->first;
    Value got = checker.getSize(operand.get(), axis);
    if (checker.isKnownAtMost(zero, first) &&
        checker.isKnownAtMost(needed, got))
      return;
    // Without an iteration nothing is accessed.
    for (Value size : sizes) {
      Value isEmpty = checker.isEqual(size, zero);
      needed = checker.createOrFold<arith::SelectOp>(isEmpty, zero, needed);
      first = checker.createOrFold<arith::SelectOp>(isEmpty, zero, first);
    }
    std::string what = describe(operand, axis);
    checker.expectAtLeast("first index of " + what, 0, first);
    if (checker.isKnownAtMost(needed, got))
      return;
    checker.expect(checker.isAtMost(needed, got), what, "at least {0}", "{1}",
                   {needed, got});
  }

  linalg::LinalgOp op;
  SizeChecker &checker;
  SmallVector<Loop> loops;
};
} // namespace

static std::string describeAxis(int64_t axis, StringRef operand) {
  return ("axis " + Twine(axis) + " of " + operand).str();
}

static void check(linalg::SoftmaxOp op, SizeChecker &checker) {
  for (int64_t axis = 0; axis < op.getInputOperandRank(); ++axis)
    checker.expectSize(describeAxis(axis, "output"),
                       checker.getSize(op.getInput(), axis), "that of input",
                       op.getOutput(), axis);
}

/// `packed` has `plain` in tiles: an axis counts tiles, and one more is a tile.
template <typename OpTy>
static void checkTiles(OpTy op, StringRef plainName, Value plain,
                       StringRef packedName, Value packed, bool isPadded,
                       SizeChecker &checker) {
  int64_t rank = cast<RankedTensorType>(plain.getType()).getRank();
  SmallVector<OpFoldResult> tiles = op.getMixedTiles();
  SmallVector<Value> counts;
  for (int64_t axis = 0; axis < rank; ++axis)
    counts.push_back(checker.getSize(plain, axis));
  for (auto [i, axis] : llvm::enumerate(op.getInnerDimsPos())) {
    Value tile = checker.getValue(tiles[i]);
    checker.expectAtLeast("tile of axis " + Twine(axis), 1, tile);
    checker.expectSize(describeAxis(rank + i, packedName), tile, "the tile",
                       packed, rank + i);
    if (!isPadded) {
      Value rest = checker.createOrFold<arith::RemUIOp>(counts[axis], tile);
      if (!checker.isKnownEqual(rest, checker.index(0)))
        checker.expect(checker.isEqual(rest, checker.index(0)),
                       describeAxis(axis, plainName), "a multiple of {0}",
                       "{1}", {tile, counts[axis]});
    }
    counts[axis] = checker.ceilDiv(counts[axis], tile);
  }
  ArrayRef<int64_t> order = op.getOuterDimsPerm();
  for (int64_t axis = 0; axis < rank; ++axis)
    checker.expectSize(describeAxis(axis, packedName),
                       counts[order.empty() ? axis : order[axis]],
                       "the tiles of " + plainName, packed, axis);
}

void vga::checkLinalgOp(Operation *op, SizeChecker &checker) {
  if (auto structured = dyn_cast<linalg::LinalgOp>(op)) {
    if (structured.hasPureTensorSemantics())
      StructuredOpChecker(structured, checker).run();
  } else if (op->getNumResults() == 0) {
    // Others on buffers are refused later.
  } else if (auto softmax = dyn_cast<linalg::SoftmaxOp>(op)) {
    check(softmax, checker);
  } else if (auto pack = dyn_cast<linalg::PackOp>(op)) {
    checkTiles(pack, "source", pack.getSource(), "dest", pack.getDest(),
               pack.getPaddingValue() != nullptr, checker);
  } else if (auto unpack = dyn_cast<linalg::UnPackOp>(op)) {
    checkTiles(unpack, "dest", unpack.getDest(), "source", unpack.getSource(),
               /*isPadded=*/true, checker);
  }
}
