//===- LinalgKernel.cpp - The body of a kernel for a linalg.generic -------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgKernel.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
class LinalgKernelBuilder {
public:
  LinalgKernelBuilder(OpBuilder &builder, linalg::GenericOp op,
                      const LinalgPlan &plan, const IRMapping &mapping,
                      ValueRange sizes, ValueRange scratch)
      : b(op.getLoc(), builder), op(op), plan(plan), mapping(mapping),
        sizes(sizes), scratch(scratch) {}

  void build();

private:
  // Arithmetic on indices, all of which are positive.
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<arith::MulIOp>(x, y); }
  Value div(Value x, Value y) { return b.createOrFold<arith::DivUIOp>(x, y); }
  Value rem(Value x, Value y) { return b.createOrFold<arith::RemUIOp>(x, y); }
  Value less(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, x, y);
  }
  Value isZero(Value x) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, index(0));
  }
  void ifThen(Value condition, function_ref<void()> body) {
    auto branch = scf::IfOp::create(b, condition);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(branch.thenYield());
    body();
  }

  /// How many steps `loops` take; a step along the vectors' loop is a vector.
  Value countSteps(ArrayRef<unsigned> loops);
  /// Puts the iterations of a step into `ivs`.
  void setIterations(ArrayRef<unsigned> loops, Value step);

  // Elements of operands at `ivs`.
  SmallVector<Value> getIndices(OpOperand *operand, ArrayRef<Value> at);
  SmallVector<Value> load(OpOperand *operand);
  void store(OpOperand *operand, ArrayRef<Value> values);
  /// The iterations `i` along the vectors' loop.
  SmallVector<Value> getIterations(int64_t i);

  /// Copies the body for iteration `i` of a vector; returns what it yields.
  SmallVector<Value> copyBody(int64_t i, ArrayRef<SmallVector<Value>> inputs,
                              ArrayRef<Value> outputs);

  // The three kinds of kernels.
  void buildElements(Value thread);
  void buildOrderedTerms(Value thread);
  void buildSharedTerms(Value thread);

  // Reductions.
  Value combine(unsigned output, Value x, Value y);
  Value shuffle(Value value, int64_t distance);
  SmallVector<Value> addTerms(Value lane);
  void meetInScratch(SmallVector<Value> &partials, Value partial, Value slot,
                     Value isWriter);

  Value blockPoint(int64_t pointsPerBlock) {
    return mul(gpu::BlockIdOp::create(b, gpu::Dimension::x),
               index(pointsPerBlock));
  }

  ImplicitLocOpBuilder b;
  linalg::GenericOp op;
  const LinalgPlan &plan;
  const IRMapping &mapping;
  ValueRange sizes, scratch;
  SmallVector<Value> ivs;
};
} // namespace

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

/// One vector of the outputs for each thread.
void LinalgKernelBuilder::buildElements(Value thread) {
  Value point = add(blockPoint(plan.getPointsPerBlock()), thread);
  ifThen(less(point, countSteps(plan.points)), [&] {
    setIterations(plan.points, point);
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
      for (auto [result, value] :
           llvm::zip(results, copyBody(i, inputs, before)))
        result.push_back(value);
    }
    for (auto [output, values] : llvm::zip(op.getDpsInitsMutable(), results))
      store(&output, values);
  });
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

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

Value LinalgKernelBuilder::combine(unsigned output, Value x, Value y) {
  Operation *combiner = plan.combiners[output];
  IRMapping values;
  values.map(combiner->getOperand(0), x);
  values.map(combiner->getOperand(1), y);
  return b.clone(*combiner, values)->getResult(0);
}

/// The value of the lane whose number has the bits of `distance` flipped.
Value LinalgKernelBuilder::shuffle(Value value, int64_t distance) {
  Type type = value.getType();
  // What moves are words of 32 bits.
  constexpr unsigned kWordBits = 32;
  auto shuffleWord = [&](Value word) -> Value {
    return gpu::ShuffleOp::create(b, word, distance, LinalgPlan::kWarp,
                                  gpu::ShuffleMode::XOR)
        .getShuffleResult();
  };
  if (type.isF32() || type.isInteger(kWordBits))
    return shuffleWord(value);
  if (type.isIndex()) {
    Value integer = arith::IndexCastOp::create(b, b.getI64Type(), value);
    return arith::IndexCastOp::create(b, type, shuffle(integer, distance));
  }
  if (isa<FloatType>(type)) {
    Type bits = b.getIntegerType(type.getIntOrFloatBitWidth());
    return arith::BitcastOp::create(
        b, type, shuffle(arith::BitcastOp::create(b, bits, value), distance));
  }
  if (type.getIntOrFloatBitWidth() < kWordBits) {
    Value word = arith::ExtUIOp::create(b, b.getI32Type(), value);
    return arith::TruncIOp::create(b, type, shuffleWord(word));
  }
  Value places =
      arith::ConstantOp::create(b, b.getIntegerAttr(type, kWordBits));
  Value low = arith::TruncIOp::create(b, b.getI32Type(), value);
  Value high = arith::TruncIOp::create(
      b, b.getI32Type(), arith::ShRUIOp::create(b, value, places));
  low = arith::ExtUIOp::create(b, type, shuffleWord(low));
  high = arith::ExtUIOp::create(b, type, shuffleWord(high));
  return arith::OrIOp::create(b, low, arith::ShLIOp::create(b, high, places));
}

/// What a lane adds up: every terms that is its own.
SmallVector<Value> LinalgKernelBuilder::addTerms(Value lane) {
  SmallVector<Value> neutral;
  for (Operation *combiner : plan.combiners)
    neutral.push_back(
        arith::ConstantOp::create(b, *arith::getNeutralElement(combiner)));
  auto loop = scf::ForOp::create(b, lane, countSteps(plan.terms),
                                 index(plan.lanes), neutral);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(loop.getBody());
  setIterations(plan.terms, loop.getInductionVar());
  SmallVector<SmallVector<Value>> inputs;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(load(input));
  SmallVector<Value> sums(loop.getRegionIterArgs());
  for (int64_t i = 0; i < plan.vectorSize; ++i)
    sums = copyBody(i, inputs, sums);
  scf::YieldOp::create(b, sums);
  return SmallVector<Value>(loop.getResults());
}

/// Combines partial results number 0 to getPartials() of each point of a block,
/// its `slot`, for the threads of number 0.
void LinalgKernelBuilder::meetInScratch(SmallVector<Value> &partials,
                                        Value partial, Value slot,
                                        Value isWriter) {
  Value numSlots = index(plan.getPointsPerBlock());
  Value place = add(mul(partial, numSlots), slot);
  ifThen(isWriter, [&] {
    for (auto [memory, value] : llvm::zip(scratch, partials))
      memref::StoreOp::create(b, value, memory, place);
  });
  gpu::BarrierOp::create(b);
  // Others read, too, and drop it: there is nothing else for them to do.
  for (unsigned output = 0; output < partials.size(); ++output) {
    Value sum = memref::LoadOp::create(b, scratch[output], slot);
    for (int64_t i = 1; i < plan.getPartials(); ++i)
      sum = combine(output, sum,
                    memref::LoadOp::create(
                        b, scratch[output],
                        ValueRange(add(mul(index(i), numSlots), slot))));
    partials[output] = sum;
  }
}

/// Several threads for each point.
void LinalgKernelBuilder::buildSharedTerms(Value thread) {
  int64_t numSlots = plan.getPointsPerBlock();
  Value lane, slot;
  if (plan.lanesAreNeighbors) {
    lane = rem(thread, index(plan.lanes));
    slot = div(thread, index(plan.lanes));
  } else {
    lane = div(thread, index(numSlots));
    slot = rem(thread, index(numSlots));
  }
  // Threads whose point does not exist compute the last one, and do not store
  // it: shuffles and barriers need them.
  Value point = add(blockPoint(numSlots), slot);
  Value count = countSteps(plan.points);
  Value exists = less(point, count);
  Value last = arith::SubIOp::create(b, count, index(1));
  setIterations(plan.points, arith::MinUIOp::create(b, point, last));

  SmallVector<Value> partials = addTerms(lane);
  if (plan.lanesAreNeighbors)
    for (int64_t distance = 1; distance < LinalgPlan::kWarp; distance *= 2)
      for (unsigned output = 0; output < partials.size(); ++output)
        partials[output] = combine(output, partials[output],
                                   shuffle(partials[output], distance));
  if (plan.getPartials() != 1) {
    Value warp = index(LinalgPlan::kWarp);
    Value isFirst = isZero(rem(thread, warp));
    meetInScratch(
        partials, plan.lanesAreNeighbors ? div(lane, warp) : lane, slot,
        plan.lanesAreNeighbors
            ? isFirst
            : arith::ConstantOp::create(b, b.getBoolAttr(true)).getResult());
  }
  ifThen(arith::AndIOp::create(b, exists, isZero(lane)), [&] {
    for (auto [i, output] : llvm::enumerate(op.getDpsInitsMutable())) {
      Value before =
          plan.fills[i]
              ? mapping.lookup(getFillValue(plan.fills[i]))
              : memref::LoadOp::create(b, mapping.lookup(output.get()),
                                       getIndices(&output, ivs))
                    .getResult();
      memref::StoreOp::create(b, combine(i, before, partials[i]),
                              mapping.lookup(output.get()),
                              getIndices(&output, ivs));
    }
  });
}

void LinalgKernelBuilder::build() {
  ivs.assign(sizes.size(), index(0));
  Value thread = gpu::ThreadIdOp::create(b, gpu::Dimension::x);
  if (plan.terms.empty())
    buildElements(thread);
  else if (plan.lanes == 1)
    buildOrderedTerms(thread);
  else
    buildSharedTerms(thread);
}

void vga::buildLinalgKernel(OpBuilder &builder, linalg::GenericOp op,
                            const LinalgPlan &plan, const IRMapping &mapping,
                            ValueRange sizes, ValueRange scratch) {
  LinalgKernelBuilder(builder, op, plan, mapping, sizes, scratch).build();
}
