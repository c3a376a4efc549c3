//===- TensorCores.cpp - Products of a stage on the tensor cores ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are in shared memory in either order: loads of matrices transpose
// what is not in that of the product's registers (WarpMatrices.h).
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

namespace {
class TensorCoreMultiplier : public Multiplier {
public:
  using Multiplier::Multiplier;
  SmallVector<Value> multiply(Value stage, ValueRange sums) override;
  void store(ValueRange sums) override;

private:
  int64_t getRowProducts() const { return plan.tile.warpRows / kProductRows; }
  int64_t getColumnProducts() const {
    return plan.tile.warpColumns / kProductColumns;
  }
  /// Where a lane points to of 16 by 16 elements in shared memory: the line,
  /// and the place in it.
  std::pair<Value, Value> getLanePlace(bool areLinesFirst);
  /// The address for a lane in an operand at the start of a stage.
  Value getLaneAddress(Value stage, const StagePlan &side, Value across,
                       bool areLinesFirst);
};
} // namespace

/// Four matrices of 8 lines and 8 places: the second is that of the next lines,
/// or of the next places.
std::pair<Value, Value> TensorCoreMultiplier::getLanePlace(bool areLinesFirst) {
  constexpr int64_t kMatrix = 8;
  Value line = b.rem(place.lane, kMatrix);
  Value second = b.rem(b.div(place.lane, kMatrix), 2);
  Value third = b.div(place.lane, 2 * kMatrix);
  if (!areLinesFirst)
    std::swap(second, third);
  return {b.add(line, b.mul(second, kMatrix)), b.mul(third, kMatrix)};
}

Value TensorCoreMultiplier::getLaneAddress(Value stage, const StagePlan &side,
                                           Value across, bool areLinesFirst) {
  auto [line, element] = getLanePlace(areLinesFirst);
  Value depth = getFirstDepth();
  if (side.isAlongDepth)
    return getOperand(stage, side, b.add(across, line), b.add(depth, element));
  return getOperand(stage, side, b.add(across, element), b.add(depth, line));
}

SmallVector<Value> TensorCoreMultiplier::multiply(Value stage,
                                                  ValueRange sums) {
  Type elementType = kernel.product.lhs.getElementType();
  // Rows come first in the registers of lhs, depths in those of rhs.
  Value lhs = getLaneAddress(stage, plan.lhs, place.row, plan.lhs.isAlongDepth);
  Value rhs = getLaneAddress(b.advance(stage, plan.lhs.getBytes()), plan.rhs,
                             place.column, !plan.rhs.isAlongDepth);
  /// Bytes from an element to one that is `across` and `depth` from it.
  auto getDistance = [](const StagePlan &side, int64_t across, int64_t depth) {
    int64_t lines = side.isAlongDepth ? across : depth,
            places = side.isAlongDepth ? depth : across;
    return lines * side.getLineBytes() + places * side.elementBytes;
  };
  SmallVector<Value> result = llvm::to_vector(sums);
  for (int64_t depth = 0; depth < plan.depth / plan.tile.splits;
       depth += kProductDepth) {
    SmallVector<SmallVector<Value>> rows;
    for (int64_t i = 0; i < getRowProducts(); ++i)
      rows.push_back(loadMatrices(
          b, b.advance(lhs, getDistance(plan.lhs, i * kProductRows, depth)),
          /*isTransposed=*/!plan.lhs.isAlongDepth));
    // Four matrices of rhs are the operands of two products.
    for (int64_t j = 0; j < getColumnProducts(); j += 2) {
      SmallVector<Value> columns = loadMatrices(
          b, b.advance(rhs, getDistance(plan.rhs, j * kProductColumns, depth)),
          /*isTransposed=*/!plan.rhs.isAlongDepth);
      for (int64_t i = 0; i < getRowProducts(); ++i)
        for (int64_t k = 0; k < 2; ++k) {
          int64_t at = (i * getColumnProducts() + j + k) * kProductSums;
          llvm::copy(multiplyMatrices(b, elementType, rows[i],
                                      ArrayRef(columns).slice(2 * k, 2),
                                      ArrayRef(result).slice(at, kProductSums)),
                     result.begin() + at);
        }
    }
  }
  return result;
}

void TensorCoreMultiplier::store(ValueRange sums) {
  constexpr int64_t kLaneGroup = 4;
  Value row = b.add(place.row, b.div(place.lane, kLaneGroup));
  Value column =
      b.add(place.column, b.mul(b.rem(place.lane, kLaneGroup), kProductRun));
  Value address = getSumAddress(row, column);
  storeSums(b, plan, address, getColumnProducts(), sums);
}

void product::storeSums(KernelBuilder &b, const Plan &plan, Value address,
                        int64_t columnProducts, ValueRange sums) {
  auto pairType = VectorType::get(kProductRun, b.getF32Type());
  int64_t rowProducts = sums.size() / (columnProducts * kProductSums);
  for (int64_t i = 0; i < rowProducts; ++i)
    for (int64_t j = 0; j < columnProducts; ++j)
      for (int64_t half = 0; half < 2; ++half) {
        int64_t at =
            (i * columnProducts + j) * kProductSums + half * kProductRun;
        Value pair = LLVM::PoisonOp::create(b, pairType);
        for (int64_t k = 0; k < kProductRun; ++k)
          pair = LLVM::InsertElementOp::create(b, pair, sums[at + k], b.i32(k));
        int64_t rows = i * kProductRows + half * (kProductRows / 2);
        LLVM::StoreOp::create(
            b, pair,
            b.advance(address, rows * plan.getSumRowBytes() +
                                   j * kProductColumns * sizeof(float)),
            kProductRun * sizeof(float));
      }
}

std::unique_ptr<Multiplier>
product::makeTensorCoreMultiplier(const Kernel &kernel) {
  return std::make_unique<TensorCoreMultiplier>(kernel);
}
