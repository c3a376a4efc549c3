//===- LinalgKernel.cpp - Elements of a linalg.generic in a kernel --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgKernelBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Iterations
//===----------------------------------------------------------------------===//

Value LinalgKernelBuilder::countSteps(ArrayRef<unsigned> loops) {
  Value count = index(1);
  for (unsigned loop : loops) {
    Value size = sizes[loop];
    if (plan.vectorSize != 1 && loop == plan.vectorLoop)
      size = div(size, index(plan.vectorSize));
    count = mul(count, size);
  }
  return count;
}

void LinalgKernelBuilder::setIterations(ArrayRef<unsigned> loops, Value step) {
  for (unsigned loop : llvm::reverse(loops)) {
    Value size = countSteps(loop);
    ivs[loop] = loop == loops.front() ? step : rem(step, size);
    step = div(step, size);
    if (plan.vectorSize != 1 && loop == plan.vectorLoop)
      ivs[loop] = mul(ivs[loop], index(plan.vectorSize));
  }
}

SmallVector<Value> LinalgKernelBuilder::getIterations(int64_t i) {
  SmallVector<Value> at(ivs);
  if (i != 0)
    at[plan.vectorLoop] = add(at[plan.vectorLoop], index(i));
  return at;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

SmallVector<Value> LinalgKernelBuilder::getIndices(OpOperand *operand,
                                                   ArrayRef<Value> at) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<Value> indices;
  for (AffineExpr expression : map.getResults())
    indices.push_back(getValueOrCreateConstantIndexOp(
        b, b.getLoc(),
        affine::makeComposedFoldedAffineApply(
            b, b.getLoc(), AffineMap::get(map.getNumDims(), 0, expression),
            getAsOpFoldResult(at))));
  return indices;
}

/// The alignment of a vector of neighbors: as much as one access moves.
static llvm::MaybeAlign getAlignment(VectorType type) {
  constexpr int64_t kMostBytes = 16;
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  return llvm::MaybeAlign(std::min(bytes, kMostBytes));
}

SmallVector<Value> LinalgKernelBuilder::load(OpOperand *operand) {
  if (rows)
    if (Value row = rows->lookup(operand->get()))
      return SmallVector<Value>(plan.vectorSize, row);
  Value source = mapping.lookup(operand->get());
  auto type = dyn_cast<MemRefType>(source.getType());
  if (!type)
    return SmallVector<Value>(plan.vectorSize, source);
  int64_t count = plan.vectorSize;
  SmallVector<Value> values;
  if (count != 1 && isVector(op, operand, plan.vectorLoop, count)) {
    auto vectorType = VectorType::get(count, type.getElementType());
    Value vector =
        vector::LoadOp::create(b, vectorType, source, getIndices(operand, ivs),
                               /*nontemporal=*/false, getAlignment(vectorType));
    for (int64_t i = 0; i < count; ++i)
      values.push_back(vector::ExtractOp::create(b, vector, i));
    return values;
  }
  bool isOne =
      !op.getMatchingIndexingMap(operand).isFunctionOfDim(plan.vectorLoop);
  for (int64_t i = 0; i < count; ++i)
    values.push_back(i != 0 && isOne
                         ? values.front()
                         : memref::LoadOp::create(
                               b, source, getIndices(operand, getIterations(i)))
                               .getResult());
  return values;
}

void LinalgKernelBuilder::store(OpOperand *operand, ArrayRef<Value> values) {
  Value target = mapping.lookup(operand->get());
  auto type = cast<MemRefType>(target.getType());
  int64_t count = values.size();
  if (count != 1 && isVector(op, operand, plan.vectorLoop, count)) {
    auto vectorType = VectorType::get(count, type.getElementType());
    Value vector = vector::FromElementsOp::create(b, vectorType, values);
    vector::StoreOp::create(b, vector, target, getIndices(operand, ivs),
                            /*nontemporal=*/false, getAlignment(vectorType));
    return;
  }
  for (auto [i, value] : llvm::enumerate(values))
    memref::StoreOp::create(b, value, target,
                            getIndices(operand, getIterations(i)));
}

SmallVector<Value>
LinalgKernelBuilder::copyBody(int64_t i, ArrayRef<SmallVector<Value>> inputs,
                              ArrayRef<Value> outputs) {
  IRMapping values(mapping);
  for (auto [argument, input] : llvm::zip(op.getRegionInputArgs(), inputs))
    values.map(argument, input[i]);
  for (auto [argument, output] : llvm::zip(op.getRegionOutputArgs(), outputs))
    values.map(argument, output);
  SmallVector<Value> at = getIterations(i);
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (auto loop = dyn_cast<linalg::IndexOp>(inner)) {
      values.map(loop.getResult(), at[loop.getDim()]);
      continue;
    }
    b.clone(inner, values);
  }
  SmallVector<Value> results;
  for (Value result : op.getBody()->getTerminator()->getOperands())
    results.push_back(values.lookup(result));
  return results;
}

static bool isRead(linalg::GenericOp op, OpOperand *output) {
  return !op.getMatchingBlockArgument(output).use_empty();
}

SmallVector<Value> LinalgKernelBuilder::computeElements(Value isStored) {
  SmallVector<SmallVector<Value>> inputs, outputs, results;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(load(input));
  for (OpOperand &output : op.getDpsInitsMutable())
    outputs.push_back(isRead(op, &output) ? load(&output)
                                          : SmallVector<Value>());
  results.resize(outputs.size());
  for (int64_t i = 0; i < plan.vectorSize; ++i) {
    SmallVector<Value> before;
    for (ArrayRef<Value> output : outputs)
      before.push_back(output.empty() ? Value() : output[i]);
    for (auto [result, value] : llvm::zip(results, copyBody(i, inputs, before)))
      result.push_back(value);
  }
  auto storeAll = [&] {
    for (auto [output, values] : llvm::zip(op.getDpsInitsMutable(), results))
      store(&output, values);
  };
  if (isStored)
    ifThen(isStored, storeAll);
  else
    storeAll();
  return llvm::map_to_vector(
      results, [](ArrayRef<Value> values) { return values.front(); });
}

/// One vector of the outputs for each thread.
void LinalgKernelBuilder::buildElements(Value thread) {
  Value point = add(blockPoint(plan.getPointsPerBlock()), thread);
  ifThen(less(point, countSteps(plan.points)), [&] {
    setIterations(plan.points, point);
    computeElements(/*isStored=*/Value());
  });
}

/// One point for each thread, which adds its terms in memory one by one.
void LinalgKernelBuilder::buildOrderedTerms(Value thread) {
  Value point = add(blockPoint(plan.getPointsPerBlock()), thread);
  ifThen(less(point, countSteps(plan.points)), [&] {
    setIterations(plan.points, point);
    auto loop =
        scf::ForOp::create(b, index(0), countSteps(plan.terms), index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(loop.getBody()->getTerminator());
    setIterations(plan.terms, loop.getInductionVar());
    SmallVector<SmallVector<Value>> inputs;
    for (OpOperand *input : op.getDpsInputOperands())
      inputs.push_back(load(input));
    SmallVector<Value> outputs;
    for (OpOperand &output : op.getDpsInitsMutable())
      outputs.push_back(load(&output).front());
    for (auto [output, value] :
         llvm::zip(op.getDpsInitsMutable(), copyBody(0, inputs, outputs)))
      store(&output, value);
  });
}

void LinalgKernelBuilder::build(Value thread) {
  if (plan.terms.empty())
    buildElements(thread);
  else
    buildOrderedTerms(thread);
}

void vga::buildLinalgKernel(OpBuilder &builder, RowGroup &group,
                            const IRMapping &mapping,
                            ArrayRef<SmallVector<Value>> sizes,
                            ValueRange scratch) {
  Value thread = gpu::ThreadIdOp::create(builder, group.getLeader().getLoc(),
                                         gpu::Dimension::x);
  const LinalgPlan &leader = group.plans.front();
  if (!leader.sharesPoints()) {
    LinalgKernelBuilder(builder, group.getLeader(), leader, mapping,
                        sizes.front(), scratch)
        .build(thread);
    return;
  }
  RowPlace place;
  SmallVector<Value> point;
  DenseMap<Value, Value> rows;
  for (auto [op, plan, loops, isStored] :
       llvm::zip(group.ops, group.plans, sizes, group.isStored)) {
    ValueRange own = scratch.take_front(plan.combiners.size());
    scratch = scratch.drop_front(plan.combiners.size());
    LinalgKernelBuilder row(builder, op, plan, mapping, loops, own);
    if (point.empty() && !place.thread) {
      place = row.locate(thread);
      point = row.getPoint();
    }
    row.buildRows(place, point, rows, isStored);
  }
}
