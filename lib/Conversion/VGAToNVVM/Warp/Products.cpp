//===- Products.cpp - Scores and outputs on the tensor cores --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands come from shared memory four matrices of 8 x 8 at a time: of keys
// and values, those of two products of 8 columns. The sums of scores are where
// a lane needs them as weights: they stay in registers.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// Two matrices side by side, and how a lane finds the row that it points to:
/// lanes 8i to 8i + 7 those of matrix i.
static constexpr int64_t kMatrixRows = 8;

/// The address of the lane's row, where matrices go down first: (rows 0-7,
/// depths 0-7), (rows 8-15, depths 0-7), (rows 0-7, depths 8-15), ...
static Value pointDown(Kernel &kernel, Value address, int64_t pitch) {
  KernelBuilder &b = kernel.b;
  Value lane = kernel.lane.lane;
  return b.advance(address,
                   b.add(b.mul(b.rem(lane, 2 * kMatrixRows), pitch),
                         b.mul(b.div(lane, 2 * kMatrixRows), kPieceBytes)));
}

/// The same where they go to the right first.
static Value pointRight(Kernel &kernel, Value address, int64_t pitch) {
  KernelBuilder &b = kernel.b;
  Value lane = kernel.lane.lane;
  Value row = b.add(b.mul(b.div(lane, 2 * kMatrixRows), kMatrixRows),
                    b.rem(lane, kMatrixRows));
  Value piece = b.rem(b.div(lane, kMatrixRows), 2);
  return b.advance(address,
                   b.add(b.mul(row, pitch), b.mul(piece, kPieceBytes)));
}

Fragments warp::loadQueries(Kernel &kernel, int64_t depth) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = Plan::getPitch(plan.keyChannels);
  Value first = b.mul(kernel.lane.warp, plan.schedule.getWarpRows() * pitch);
  Value rows = pointDown(
      kernel, b.advance(kernel.sharedAt(plan.queryData), first), pitch);
  Fragments fragments;
  for (int64_t m = 0; m < plan.getRowProducts(); ++m)
    fragments.push_back(
        loadMatrices(b,
                     b.advance(rows, m * kProductRows * pitch +
                                         depth / kPieceElements * kPieceBytes),
                     /*isTransposed=*/false));
  return fragments;
}

/// Adds the products of 16 rows with 8 columns to sums.
static void multiply(Kernel &kernel, ArrayRef<Value> rows,
                     ArrayRef<Value> columns, MutableArrayRef<Value> sums) {
  llvm::copy(
      multiplyMatrices(kernel.b, kernel.plan.elementType, rows, columns, sums),
      sums.begin());
}

Fragments warp::computeScores(Kernel &kernel, ArrayRef<Fragments> queries,
                              Value keys) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = Plan::getPitch(plan.keyChannels);
  Value rows = pointRight(kernel, keys, pitch);
  Fragments scores(
      plan.getRowProducts(),
      SmallVector<Value>(plan.getKeyProducts() * kProductSums, b.f32(0)));
  for (int64_t depth = 0; depth < plan.keyChannels; depth += kProductDepth) {
    Fragments operands = queries.empty() ? loadQueries(kernel, depth)
                                         : queries[depth / kProductDepth];
    for (int64_t n = 0; n < plan.getKeyProducts(); n += 2) {
      SmallVector<Value> columns = loadMatrices(
          b,
          b.advance(rows, n * kProductColumns * pitch +
                              depth / kPieceElements * kPieceBytes),
          /*isTransposed=*/false);
      for (int64_t m = 0; m < plan.getRowProducts(); ++m)
        for (int64_t i = 0; i < 2; ++i)
          multiply(kernel, operands[m], ArrayRef(columns).slice(2 * i, 2),
                   MutableArrayRef(scores[m]).slice((n + i) * kProductSums,
                                                    kProductSums));
    }
  }
  return scores;
}

void warp::addWeightedValues(Kernel &kernel, const Fragments &weights,
                             Value values, State &state) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t pitch = Plan::getPitch(plan.valueChannels);
  Value rows = pointDown(kernel, values, pitch);
  for (int64_t key = 0; key < plan.schedule.getKeys(); key += kProductDepth) {
    // The sums of two products of the scores are one operand.
    Fragments operands;
    for (const SmallVector<Value> &row : weights) {
      SmallVector<Value> packed;
      int64_t first = key / kProductColumns * kProductSums;
      for (int64_t i = first; i < first + 2 * kProductSums; i += 2)
        packed.push_back(b.pack(row[i], row[i + 1], plan.elementType));
      operands.push_back(packed);
    }
    for (int64_t n = 0; n < plan.getValueProducts(); n += 2) {
      SmallVector<Value> columns =
          loadMatrices(b, b.advance(rows, key * pitch + n * kPieceBytes),
                       /*isTransposed=*/true);
      for (int64_t i = 0; i < std::min<int64_t>(2, plan.getValueProducts() - n);
           ++i)
        for (int64_t m = 0; m < plan.getRowProducts(); ++m)
          multiply(kernel, operands[m], ArrayRef(columns).slice(2 * i, 2),
                   MutableArrayRef(state.accumulators[m])
                       .slice((n + i) * kProductSums, kProductSums));
    }
  }
}
