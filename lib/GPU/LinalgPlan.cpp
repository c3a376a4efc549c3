//===- LinalgPlan.cpp - Which thread does what ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgKernel.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

/// What a load or store moves at most.
static constexpr int64_t kVectorBytes = 16;
/// A warp sums this many terms in a few steps; more are for a block.
static constexpr int64_t kWarpTerms = 1024;
/// Threads for a point whose terms are not neighbors.
static constexpr int64_t kColumnLanes = 8;

/// The loop that the last axis of an operand follows.
static std::optional<unsigned> getLastLoop(linalg::GenericOp op,
                                           OpOperand *operand) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  if (map.getNumResults() == 0)
    return std::nullopt;
  auto loop = dyn_cast<AffineDimExpr>(map.getResults().back());
  if (!loop)
    return std::nullopt;
  return loop.getPosition();
}

bool vga::isVector(linalg::GenericOp op, OpOperand *operand, unsigned loop,
                   int64_t count) {
  auto type = dyn_cast<MemRefType>(operand->get().getType());
  // Vectors of i1 are bits, arrays of it bytes.
  if (!type || type.getElementType().isIndex() ||
      type.getElementTypeBitWidth() < 8 || getLastLoop(op, operand) != loop)
    return false;
  AffineMap map = op.getMatchingIndexingMap(operand);
  for (AffineExpr index : map.getResults().drop_back())
    if (index.isFunctionOfDim(loop))
      return false;
  auto isMultiple = [count](int64_t size) {
    return count == 1 || (!ShapedType::isDynamic(size) && size % count == 0);
  };
  if (type.getLayout().isIdentity())
    return type.getRank() == 1 || isMultiple(type.getShape().back());
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides.back() == 1 && isMultiple(offset) &&
         llvm::all_of(ArrayRef(strides).drop_back(), isMultiple);
}

/// How many iterations of `loop` to do at a time: as many as all operands that
/// follow it have as vectors.
static int64_t chooseVectorSize(linalg::GenericOp op, unsigned loop) {
  int64_t size = op.getStaticLoopRanges()[loop];
  if (ShapedType::isDynamic(size))
    return 1;
  SmallVector<OpOperand *> neighbors;
  int64_t bytes = kVectorBytes;
  for (OpOperand &operand : op->getOpOperands())
    if (isVector(op, &operand, loop, 1)) {
      neighbors.push_back(&operand);
      auto type = cast<MemRefType>(operand.get().getType());
      bytes = std::min<int64_t>(bytes, type.getElementTypeBitWidth() / 8);
    }
  int64_t count = neighbors.empty() ? 1 : kVectorBytes / bytes;
  while (size % count != 0 || !llvm::all_of(neighbors, [&](OpOperand *operand) {
           return isVector(op, operand, loop, count);
         }))
    count /= 2;
  return count;
}

/// The operations that add a term to each output, if they are such that terms
/// may be added in any order.
static FailureOr<SmallVector<Operation *>>
findCombiners(linalg::GenericOp op, ArrayRef<unsigned> terms) {
  SmallVector<Operation *> combiners;
  SmallVector<BlockArgument> outputs(op.getRegionOutputArgs());
  for (auto [i, output] : llvm::enumerate(outputs)) {
    SmallVector<Operation *> chain;
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(i));
    bool isSum = llvm::none_of(
        terms, [&](unsigned term) { return map.isFunctionOfDim(term); });
    if (!isSum || !matchReduction(outputs, i, chain) || chain.size() != 1 ||
        !output.hasOneUse() || !arith::getNeutralElement(chain.front()))
      return failure();
    combiners.push_back(chain.front());
  }
  return combiners;
}

Value vga::getFillValue(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 0 ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation())
    return {};
  Value filled = op.getBody()->getTerminator()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(filled);
  if (!argument || argument.getOwner() != op.getBody())
    return filled.getParentRegion() == &op.getRegion() ? Value() : filled;
  OpOperand *operand = op.getMatchingOpOperand(argument);
  bool isNumber = !isa<ShapedType>(operand->get().getType());
  return isNumber ? operand->get() : Value();
}

/// The fill of new memory that an output starts from, with nothing that could
/// see it in between; else null.
static linalg::GenericOp findFill(linalg::GenericOp op, OpOperand &operand) {
  Value output = operand.get();
  if (!output.getDefiningOp<memref::AllocOp>() ||
      !op.getMatchingIndexingMap(&operand).isProjectedPermutation())
    return {};
  linalg::GenericOp fill;
  for (Operation *user : output.getUsers()) {
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    if (ancestor == op || (ancestor && op->isBeforeInBlock(ancestor)))
      continue;
    auto candidate = dyn_cast<linalg::GenericOp>(user);
    if (fill || ancestor != user || !candidate || !getFillValue(candidate))
      return {};
    fill = candidate;
  }
  // As an input, too, it would have to be in memory.
  if (llvm::count(op->getOperands(), output) != 1)
    return {};
  return fill;
}

/// Parallel loops in the order of the axes of the first output, then others.
static SmallVector<unsigned> orderPoints(linalg::GenericOp op) {
  SetVector<unsigned> order;
  SmallVector<unsigned> parallel;
  op.getParallelDims(parallel);
  if (op.getNumDpsInits() != 0) {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    SmallVector<unsigned> inMemory;
    for (AffineExpr index : map.getResults())
      if (auto loop = dyn_cast<AffineDimExpr>(index))
        if (llvm::is_contained(parallel, loop.getPosition()))
          inMemory.push_back(loop.getPosition());
    for (unsigned loop : parallel)
      if (!llvm::is_contained(inMemory, loop))
        order.insert(loop);
    order.insert_range(inMemory);
  } else {
    order.insert_range(parallel);
  }
  return order.takeVector();
}

LinalgPlan::LinalgPlan(linalg::GenericOp op) : points(orderPoints(op)) {
  op.getReductionDims(terms);
  if (terms.empty()) {
    if (!points.empty()) {
      vectorLoop = points.back();
      vectorSize = chooseVectorSize(op, vectorLoop);
    }
    return;
  }
  FailureOr<SmallVector<Operation *>> found = findCombiners(op, terms);
  if (failed(found))
    return;
  combiners = std::move(*found);
  for (OpOperand &output : op.getDpsInitsMutable())
    fills.push_back(findFill(op, output));

  // Neighbors in memory are for threads beside each other.
  bool hasRows = false, hasColumns = false;
  for (OpOperand *input : op.getDpsInputOperands())
    if (std::optional<unsigned> loop = getLastLoop(op, input)) {
      bool isTerm = llvm::is_contained(terms, *loop);
      (isTerm ? hasRows : hasColumns) = true;
      if (!isTerm)
        continue;
      // What inputs follow in memory is the innermost.
      llvm::erase(terms, *loop);
      terms.push_back(*loop);
    }
  lanesAreNeighbors = hasRows || !hasColumns;
  if (!lanesAreNeighbors) {
    lanes = kColumnLanes;
    return;
  }
  vectorLoop = terms.back();
  vectorSize = chooseVectorSize(op, vectorLoop);
  int64_t numTerms = 1;
  for (unsigned term : terms) {
    int64_t size = op.getStaticLoopRanges()[term];
    numTerms = ShapedType::isDynamic(size) || ShapedType::isDynamic(numTerms)
                   ? ShapedType::kDynamic
                   : numTerms * size;
  }
  bool isFew = !ShapedType::isDynamic(numTerms) && numTerms <= kWarpTerms;
  lanes = isFew ? kWarp : kThreads;
}

std::optional<LinalgPlan> LinalgPlan::follow(const LinalgPlan &leader,
                                             linalg::GenericOp op,
                                             ArrayRef<unsigned> points) {
  LinalgPlan plan(op);
  auto isPoint = [&](unsigned loop) {
    return llvm::is_contained(points, loop);
  };
  if (!plan.terms.empty()) {
    if (!plan.lanesAreNeighbors || plan.points.size() != points.size() ||
        !llvm::all_of(plan.points, isPoint) || plan.combiners.empty() ||
        llvm::is_contained(plan.fills, nullptr))
      return std::nullopt;
  } else {
    plan.terms = plan.points;
    llvm::erase_if(plan.terms, isPoint);
    if (plan.terms.empty())
      return std::nullopt;
    plan.vectorLoop = plan.terms.back();
    plan.vectorSize = chooseVectorSize(op, plan.vectorLoop);
    plan.lanesAreNeighbors = true;
  }
  plan.points.assign(points.begin(), points.end());
  plan.lanes = leader.lanes;
  return plan;
}
