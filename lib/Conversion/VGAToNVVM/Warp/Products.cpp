//===- Products.cpp - Scores and outputs on the tensor cores --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands come from shared memory four matrices of 8 rows of 16 bytes at a
// time: of keys and values, those of two products of 8 columns. The sums of
// scores are where a lane needs them as weights: they stay in registers.
//
// An element of f32 is the sum of two of tf32, and the product of two elements
// that of three products: what is left out is under 2^-22 of it. A schedule may
// have tf32, which takes the first one only.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

static constexpr int64_t kMatrixRows = 8;

//===----------------------------------------------------------------------===//
// Where a lane points to: lanes 8i to 8i + 7 to the rows of matrix i
//===----------------------------------------------------------------------===//

/// `address` moved on to the lane's row. All that is loaded there is at
/// constant distances from it: one address in a register.
static Value pointTo(Kernel &kernel, Value address, Value row, Value piece,
                     int64_t pitch) {
  KernelBuilder &b = kernel.b;
  Value offset = b.add(b.mul(row, pitch), b.mul(piece, kPieceBytes));
  return b.advance(address, b.keepHere(offset));
}

/// Matrices go down first: (rows 0-7, piece 0), (rows 8-15, piece 0), (rows
/// 0-7, piece 1), ...
static Value pointDown(Kernel &kernel, Value address, int64_t pitch) {
  KernelBuilder &b = kernel.b;
  Value lane = kernel.lane.lane;
  return pointTo(kernel, address, b.rem(lane, 2 * kMatrixRows),
                 b.div(lane, 2 * kMatrixRows), pitch);
}

/// Matrices go to the right first.
static Value pointRight(Kernel &kernel, Value address, int64_t pitch) {
  KernelBuilder &b = kernel.b;
  Value lane = kernel.lane.lane;
  Value row = b.add(b.mul(b.div(lane, 2 * kMatrixRows), kMatrixRows),
                    b.rem(lane, kMatrixRows));
  return pointTo(kernel, address, row, b.rem(b.div(lane, kMatrixRows), 2),
                 pitch);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

namespace {
/// The registers of an operand, and of f32 that is split what is left of the
/// elements as tf32.
struct Operand {
  SmallVector<Value> values, rest;
};
} // namespace

static Operand makeOperand(Kernel &kernel, ArrayRef<Value> registers) {
  KernelBuilder &b = kernel.b;
  if (!kernel.plan.elementType.isF32())
    return {llvm::to_vector(registers), {}};
  Operand operand;
  for (Value value : registers) {
    Value element = LLVM::BitcastOp::create(b, b.getF32Type(), value);
    Value rounded = NVVM::ConvertFloatToTF32Op::create(
        b, b.getI32Type(), element, NVVM::FPRoundingMode::RNA);
    operand.values.push_back(rounded);
    if (!kernel.plan.splitsElements())
      continue;
    Value rest =
        b.subF(element, LLVM::BitcastOp::create(b, b.getF32Type(), rounded));
    // The tensor cores cut off what is beyond tf32.
    operand.rest.push_back(LLVM::BitcastOp::create(b, b.getI32Type(), rest));
  }
  return operand;
}

/// Adds the products of 16 rows with 8 columns to sums.
static void multiply(Kernel &kernel, const Operand &rows,
                     const Operand &columns, MutableArrayRef<Value> sums) {
  auto add = [&](ArrayRef<Value> x, ArrayRef<Value> y) {
    llvm::copy(multiplyMatrices(kernel.b, kernel.plan.elementType, x, y, sums),
               sums.begin());
  };
  if (!rows.rest.empty()) {
    add(rows.rest, columns.values);
    add(rows.values, columns.rest);
  }
  add(rows.values, columns.values);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value warp::pointToQueries(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(plan.keyChannels);
  Value first = b.mul(kernel.lane.warp, plan.schedule.getWarpRows() * pitch);
  return pointDown(kernel, b.advance(kernel.sharedAt(plan.queryData), first),
                   pitch);
}

Fragments warp::loadQueries(Kernel &kernel, Value rows, int64_t depth) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(plan.keyChannels);
  Fragments fragments;
  for (int64_t m = 0; m < plan.getRowProducts(); ++m)
    fragments.push_back(
        loadMatrices(b,
                     b.advance(rows, m * kProductRows * pitch +
                                         depth * plan.getElementBytes()),
                     /*isTransposed=*/false));
  return fragments;
}

/// The products of rows with the vectors of a block, which have so many
/// channels. `loadRows` gives the operands of a depth, by products of 16 rows;
/// there may be several, whose products are added.
static Fragments
multiplyRows(Kernel &kernel, int64_t rowProducts, int64_t channels,
             Value vectors,
             function_ref<SmallVector<Fragments>(int64_t depth)> loadRows) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(channels);
  Value rows = pointRight(kernel, vectors, pitch);
  Fragments scores(
      rowProducts,
      SmallVector<Value>(plan.getKeyProducts() * kProductSums, b.f32(0)));
  for (int64_t depth = 0; depth < channels; depth += plan.getDepth()) {
    SmallVector<SmallVector<Operand>> terms;
    for (const Fragments &fragments : loadRows(depth)) {
      SmallVector<Operand> &operands = terms.emplace_back();
      for (ArrayRef<Value> registers : fragments)
        operands.push_back(makeOperand(kernel, registers));
    }
    for (int64_t n = 0; n < plan.getKeyProducts(); n += 2) {
      SmallVector<Value> columns =
          loadMatrices(b,
                       b.advance(rows, n * kProductColumns * pitch +
                                           depth * plan.getElementBytes()),
                       /*isTransposed=*/false);
      for (int64_t i = 0; i < 2; ++i) {
        Operand column = makeOperand(kernel, ArrayRef(columns).slice(2 * i, 2));
        for (ArrayRef<Operand> operands : terms)
          for (int64_t m = 0; m < rowProducts; ++m)
            multiply(kernel, operands[m], column,
                     MutableArrayRef(scores[m]).slice((n + i) * kProductSums,
                                                      kProductSums));
      }
    }
  }
  return scores;
}

Fragments warp::computeScores(Kernel &kernel, ArrayRef<Fragments> queries,
                              Value keys) {
  const Plan &plan = kernel.plan;
  Value rows = queries.empty() ? pointToQueries(kernel) : Value();
  return multiplyRows(kernel, plan.getRowProducts(), plan.keyChannels, keys,
                      [&](int64_t depth) -> SmallVector<Fragments> {
                        if (queries.empty())
                          return {loadQueries(kernel, rows, depth)};
                        return {queries[depth / plan.getDepth()]};
                      });
}

Fragments warp::computeGateLogits(Kernel &kernel, const Tile &tile,
                                  Value values) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(plan.valueChannels);
  bool areShared = plan.gateHeads == 1;
  int64_t rowProducts = areShared ? 1 : plan.getRowProducts();
  // The lane points to the weights of the head of a matrix's row, as in
  // pointDown.
  Value lane = kernel.lane.lane;
  Value piece = b.mul(b.div(lane, 2 * kMatrixRows), kPieceBytes);
  SmallVector<Value> rows;
  for (int64_t m = 0; m < rowProducts; ++m) {
    Value offset = piece;
    if (!areShared) {
      Value row = b.add(b.mul(kernel.lane.warp, plan.schedule.getWarpRows()),
                        b.add(b.rem(lane, 2 * kMatrixRows), m * kProductRows));
      Value head = b.sub(getOwner(kernel, tile, row).head, tile.head);
      offset = b.add(offset, b.mul(head, pitch));
    }
    rows.push_back(
        b.advance(kernel.sharedAt(plan.gateData), b.keepHere(offset)));
  }
  return multiplyRows(
      kernel, rowProducts, plan.valueChannels, values, [&](int64_t depth) {
        SmallVector<Fragments> terms(plan.gateTerms);
        for (auto [term, fragments] : llvm::enumerate(terms))
          for (Value row : rows)
            fragments.push_back(
                loadMatrices(b,
                             b.advance(row, term * plan.gateHeads * pitch +
                                                depth * kGateElementBytes),
                             /*isTransposed=*/false));
        return terms;
      });
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

/// The weights of a row for a product's depth: sums of two products of scores,
/// packed; or of one, in f32, whose second columns are the depths from 4 on.
static Operand makeWeights(Kernel &kernel, ArrayRef<Value> weights,
                           int64_t key) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  ArrayRef<Value> sums =
      weights.drop_front(key / kProductColumns * kProductSums);
  SmallVector<Value> registers;
  if (plan.elementType.isF32())
    for (int64_t i : {0, 2, 1, 3})
      registers.push_back(LLVM::BitcastOp::create(b, b.getI32Type(), sums[i]));
  else
    for (int64_t i = 0; i < 2 * kProductSums; i += 2)
      registers.push_back(b.pack(sums[i], sums[i + 1], plan.elementType));
  return makeOperand(kernel, registers);
}

/// Adds weights times values of 16 bits.
static void addProducts(Kernel &kernel, const Fragments &weights, Value values,
                        State &state) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(plan.valueChannels);
  Value rows = pointDown(kernel, values, pitch);
  for (int64_t key = 0; key < plan.schedule.getKeys(); key += plan.getDepth()) {
    SmallVector<Operand> operands;
    for (ArrayRef<Value> row : weights)
      operands.push_back(makeWeights(kernel, row, key));
    for (int64_t n = 0; n < plan.getValueProducts(); n += 2) {
      SmallVector<Value> columns =
          loadMatrices(b, b.advance(rows, key * pitch + n * kPieceBytes),
                       /*isTransposed=*/true);
      for (int64_t i = 0; i < std::min<int64_t>(2, plan.getValueProducts() - n);
           ++i) {
        Operand column = makeOperand(kernel, ArrayRef(columns).slice(2 * i, 2));
        for (int64_t m = 0; m < plan.getRowProducts(); ++m)
          multiply(kernel, operands[m], column,
                   MutableArrayRef(state.accumulators[m])
                       .slice((n + i) * kProductSums, kProductSums));
      }
    }
  }
}

/// The same in f32, which no matrix is transposed of: lane 4g + t loads the
/// values of keys 2t and 2t + 1 and of channel g. The tensor cores cut off sums
/// instead of rounding them, which over many keys adds up: so they sum up a
/// block only.
static void addProductsOfF32(Kernel &kernel, const Fragments &weights,
                             Value values, State &state) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = plan.getPitch(plan.valueChannels);
  Value lane = kernel.lane.lane;
  Value offset = b.add(b.mul(kernel.lane.column, pitch),
                       b.mul(b.div(lane, 4), plan.getElementBytes()));
  Value start = b.advance(values, b.keepHere(offset));
  int64_t depth = plan.getDepth(), steps = plan.schedule.getKeys() / depth;
  SmallVector<SmallVector<Operand>> operands;
  for (int64_t step = 0; step < steps; ++step) {
    SmallVector<Operand> &rows = operands.emplace_back();
    for (ArrayRef<Value> row : weights)
      rows.push_back(makeWeights(kernel, row, step * depth));
  }
  for (int64_t n = 0; n < plan.getValueProducts(); ++n) {
    Fragments sums(plan.getRowProducts(),
                   SmallVector<Value>(kProductSums, b.f32(0)));
    for (int64_t step = 0; step < steps; ++step) {
      SmallVector<Value> registers;
      for (int64_t i = 0; i < 2; ++i)
        registers.push_back(LLVM::LoadOp::create(
            b, b.getI32Type(),
            b.advance(start,
                      (step * depth + i) * pitch +
                          n * kProductColumns * plan.getElementBytes())));
      Operand column = makeOperand(kernel, registers);
      for (int64_t m = 0; m < plan.getRowProducts(); ++m)
        multiply(kernel, operands[step][m], column, sums[m]);
    }
    for (auto [m, part] : llvm::enumerate(sums))
      for (auto [i, sum] : llvm::enumerate(part)) {
        Value &total = state.accumulators[m][n * kProductSums + i];
        total = b.addF(total, sum);
      }
  }
}

void warp::addWeightedValues(Kernel &kernel, const Fragments &weights,
                             Value values, State &state) {
  if (kernel.plan.elementType.isF32())
    addProductsOfF32(kernel, weights, values, state);
  else
    addProducts(kernel, weights, values, state);
}
