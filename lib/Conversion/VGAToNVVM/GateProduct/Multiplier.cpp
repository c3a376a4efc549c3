//===- Multiplier.cpp - Products of what a stage holds --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On the tensor cores, lane l = 4g + t has of a product of 16 rows and 8
// columns the sums of rows g and g + 8 and columns 2t and 2t + 1 (PTX ISA,
// mma.m16n8k16). By multiply-adds, 4 rows of 8 lanes have every fourth row, and
// four neighboring columns each.
//
//===----------------------------------------------------------------------===//

#include "GateProduct.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::gate_product;

/// How multiply-adds divide a warp, and the columns of a lane.
static constexpr int64_t kLaneRows = 4, kLaneColumns = 8, kLaneRun = 4;

Multiplier::Multiplier(const Kernel &kernel) : b(kernel.b), plan(kernel.plan) {
  const Tile &tile = plan.tile;
  Value warp = b.div(kernel.thread, kWarpThreads);
  lane = b.rem(kernel.thread, kWarpThreads);
  warpRow = b.mul(b.div(warp, tile.getWarpsAcross()), tile.warpRows);
  warpColumn = b.mul(b.rem(warp, tile.getWarpsAcross()), tile.warpColumns);
}

SmallVector<Value> Multiplier::multiply(Value stage, ValueRange sums) {
  if (!plan.usesTensorCores)
    return multiplyAndAdd(stage, sums);
  // The tensor cores cut off what is beyond f32, always towards zero, and over
  // thousands of channels that adds up as rounding does not. So they sum up a
  // stage only.
  SmallVector<Value> result;
  for (auto [sum, part] : llvm::zip(sums, multiplyOnTensorCores(stage)))
    result.push_back(b.addF(sum, part));
  return result;
}

Sums Multiplier::arrange(ValueRange sums) {
  return plan.usesTensorCores ? arrangeOfTensorCores(sums)
                              : arrangeOfMultiplyAndAdd(sums);
}

//===----------------------------------------------------------------------===//
// On the tensor cores
//===----------------------------------------------------------------------===//

SmallVector<Value> Multiplier::multiplyOnTensorCores(Value stage) {
  const Tile &tile = plan.tile;
  int64_t rowProducts = tile.warpRows / kProductRows,
          columnProducts = tile.warpColumns / kProductColumns;
  // Lanes point to 16 rows of shared memory, in both operands, and to one of
  // two neighboring pieces in each.
  Value laneRow = b.rem(lane, 16), lanePiece = b.div(lane, 16);
  Value source = b.advance(
      stage, b.add(b.mul(b.add(warpRow, laneRow), plan.getSourceRowBytes()),
                   b.mul(lanePiece, kPieceBytes)));
  Value weights =
      b.advance(stage, b.add(b.add(b.mul(laneRow, plan.getWeightRowBytes()),
                                   b.add(b.mul(lanePiece, kPieceBytes),
                                         b.mul(warpColumn, kSourceBytes))),
                             plan.getSourceStageBytes()));

  SmallVector<Value> result(getSumCount(), b.f32(0));
  for (int64_t first = 0; first < plan.depth; first += kProductDepth) {
    SmallVector<SmallVector<Value>> rows;
    for (int64_t i = 0; i < rowProducts; ++i)
      rows.push_back(loadMatrices(
          b,
          b.advance(source, i * kProductRows * plan.getSourceRowBytes() +
                                first * kSourceBytes),
          /*isTransposed=*/false));
    // Four matrices of weights are the operands of two products.
    for (int64_t j = 0; j < columnProducts; j += 2) {
      SmallVector<Value> columns = loadMatrices(
          b,
          b.advance(weights, first * plan.getWeightRowBytes() +
                                 j * kProductColumns * kSourceBytes),
          /*isTransposed=*/true);
      for (int64_t i = 0; i < rowProducts; ++i)
        for (int64_t k = 0; k < 2; ++k) {
          int64_t at = (i * columnProducts + j + k) * kProductSums;
          llvm::copy(multiplyMatrices(b, plan.sourceType, rows[i],
                                      ArrayRef(columns).slice(2 * k, 2),
                                      ArrayRef(result).slice(at, kProductSums)),
                     result.begin() + at);
        }
    }
  }
  return result;
}

Sums Multiplier::arrangeOfTensorCores(ValueRange sums) {
  const Tile &tile = plan.tile;
  int64_t rowProducts = tile.warpRows / kProductRows,
          columnProducts = tile.warpColumns / kProductColumns;
  Value g = b.div(lane, 4), t = b.rem(lane, 4);
  Sums arranged;
  arranged.run = kProductRun;
  for (int64_t j = 0; j < columnProducts; ++j)
    arranged.columns.push_back(
        b.add(b.add(warpColumn, b.mul(t, kProductRun)), j * kProductColumns));
  for (int64_t i = 0; i < rowProducts; ++i)
    for (int64_t half = 0; half < 2; ++half) {
      arranged.rows.push_back(
          b.add(b.add(warpRow, g), i * kProductRows + half * 8));
      for (int64_t j = 0; j < columnProducts; ++j)
        for (int64_t k = 0; k < kProductRun; ++k)
          arranged.values.push_back(
              sums[(i * columnProducts + j) * kProductSums +
                   half * kProductRun + k]);
    }
  return arranged;
}

//===----------------------------------------------------------------------===//
// By multiply-adds in f32
//===----------------------------------------------------------------------===//

/// The f32 values of the weights of a lane's columns.
static SmallVector<Value> loadRun(KernelBuilder &b, Type elementType,
                                  Value address) {
  int64_t bytes = kLaneRun * elementType.getIntOrFloatBitWidth() / 8;
  Value run = LLVM::LoadOp::create(b, VectorType::get(kLaneRun, elementType),
                                   address, bytes);
  SmallVector<Value> values;
  for (int64_t i = 0; i < kLaneRun; ++i) {
    Value element = LLVM::ExtractElementOp::create(b, run, b.i32(i));
    values.push_back(elementType.isF32()
                         ? element
                         : LLVM::FPExtOp::create(b, b.getF32Type(), element));
  }
  return values;
}

SmallVector<Value> Multiplier::multiplyAndAdd(Value stage, ValueRange sums) {
  int64_t rows = plan.tile.warpRows / kLaneRows;
  Value source =
      b.advance(stage, b.mul(b.add(warpRow, b.div(lane, kLaneColumns)),
                             plan.getSourceRowBytes()));
  Value column = b.add(warpColumn, b.mul(b.rem(lane, kLaneColumns), kLaneRun));
  Value weights = b.advance(stage, b.add(b.mul(column, plan.getWeightBytes()),
                                         plan.getSourceStageBytes()));
  auto multiplyPiece = [&](Value piece, ValueRange state) {
    SmallVector<Value> result = llvm::to_vector(state);
    SmallVector<SmallVector<Value>> lines;
    Value place = b.advance(source, b.mul(piece, kPieceBytes));
    for (int64_t i = 0; i < rows; ++i)
      lines.push_back(b.loadPiece(
          plan.sourceType,
          b.advance(place, i * kLaneRows * plan.getSourceRowBytes())));
    Value block = b.advance(
        weights, b.mul(piece, kPieceElements * plan.getWeightRowBytes()));
    for (int64_t channel = 0; channel < kPieceElements; ++channel) {
      SmallVector<Value> factors =
          loadRun(b, plan.weightType,
                  b.advance(block, channel * plan.getWeightRowBytes()));
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < kLaneRun; ++j) {
          Value &sum = result[i * kLaneRun + j];
          sum = b.fma(lines[i][channel], factors[j], sum);
        }
    }
    return result;
  };
  return b.loop(b.i32(0), b.i32(plan.depth / kPieceElements), b.i32(1), sums,
                multiplyPiece);
}

Sums Multiplier::arrangeOfMultiplyAndAdd(ValueRange sums) {
  Sums arranged;
  arranged.run = kLaneRun;
  arranged.columns = {
      b.add(warpColumn, b.mul(b.rem(lane, kLaneColumns), kLaneRun))};
  for (int64_t i = 0; i < plan.tile.warpRows / kLaneRows; ++i)
    arranged.rows.push_back(
        b.add(b.add(warpRow, b.div(lane, kLaneColumns)), i * kLaneRows));
  arranged.values = llvm::to_vector(sums);
  return arranged;
}
