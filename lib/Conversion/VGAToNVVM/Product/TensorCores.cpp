//===- TensorCores.cpp - Products of a stage on the tensor cores ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands are in shared memory in either order: loads of matrices transpose
// what is not in that of the product's registers (WarpMatrices.h). They do not
// do that for elements of 32 bits, which lanes load one by one.
//
// Sums go on over all stages, although tensor cores cut them off; docs/gpu.md
// says what that costs, and why gates do otherwise.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

namespace {
class TensorCoreMultiplier : public Multiplier {
public:
  explicit TensorCoreMultiplier(const Kernel &kernel)
      : Multiplier(kernel), elementType(kernel.product.lhs.getElementType()),
        productDepth(getProductDepth(elementType)) {}
  SmallVector<Value> multiply(Value stage, ValueRange sums) override;
  void store(ValueRange sums) override;

private:
  int64_t getRowProducts() const { return plan.tile.warpRows / kProductRows; }
  int64_t getColumnProducts() const {
    return plan.tile.warpColumns / kProductColumns;
  }
  /// The address that a lane loads matrices of an operand from, at the start of
  /// its part of a stage. In registers, matrices of the next rows or columns
  /// come second, or those of the next depths.
  Value getLaneAddress(Value stage, const StagePlan &side, Value across,
                       bool isAcrossFirst);
  /// The registers of 16 rows or columns and the depth of a product.
  SmallVector<Value> loadOperand(const StagePlan &side, Value laneAddress,
                                 int64_t across, int64_t depth,
                                 bool isAcrossFirst);

  Type elementType;
  int64_t productDepth;
};
} // namespace

/// The rows, columns or elements of 16 bits on a side of a matrix.
static constexpr int64_t kMatrix = 8;
/// Lanes of a warp that share a row or a column of a matrix.
static constexpr int64_t kLaneGroup = 4;

/// Whether lanes load elements, not matrices.
static bool loadsElements(const StagePlan &side) {
  return !side.isAlongDepth && side.elementBytes == sizeof(float);
}

/// Bytes from an element of an operand to one that is `across` and `depth` from
/// it.
static int64_t getDistance(const StagePlan &side, int64_t across,
                           int64_t depth) {
  int64_t line = side.isAlongDepth ? across : depth,
          place = side.isAlongDepth ? depth : across;
  return line * side.getLineBytes() + place * side.elementBytes;
}

Value TensorCoreMultiplier::getLaneAddress(Value stage, const StagePlan &side,
                                           Value across, bool isAcrossFirst) {
  Value depth = getFirstDepth();
  if (loadsElements(side))
    return getOperand(stage, side, b.add(across, b.div(place.lane, kLaneGroup)),
                      b.add(depth, b.rem(place.lane, kLaneGroup)));
  // Lanes point to the lines of four matrices.
  Value line = b.rem(place.lane, kMatrix);
  Value second = b.rem(b.div(place.lane, kMatrix), 2);
  Value third = b.div(place.lane, 2 * kMatrix);
  if (isAcrossFirst != side.isAlongDepth)
    std::swap(second, third);
  line = b.add(line, b.mul(second, kMatrix));
  Value element = b.mul(third, kPieceBytes / side.elementBytes);
  if (side.isAlongDepth)
    return getOperand(stage, side, b.add(across, line), b.add(depth, element));
  return getOperand(stage, side, b.add(across, element), b.add(depth, line));
}

SmallVector<Value> TensorCoreMultiplier::loadOperand(const StagePlan &side,
                                                     Value laneAddress,
                                                     int64_t across,
                                                     int64_t depth,
                                                     bool isAcrossFirst) {
  Value address = b.advance(laneAddress, getDistance(side, across, depth));
  SmallVector<Value> registers;
  if (loadsElements(side)) {
    for (int64_t i = 0; i < 4; ++i) {
      int64_t first = i % 2, second = i / 2;
      if (!isAcrossFirst)
        std::swap(first, second);
      registers.push_back(LLVM::LoadOp::create(
          b, b.getI32Type(),
          b.advance(address, getDistance(side, first * kMatrix,
                                         second * productDepth / 2))));
    }
  } else {
    registers = loadMatrices(b, address, /*isTransposed=*/!side.isAlongDepth);
  }
  if (!elementType.isF32())
    return registers;
  return llvm::map_to_vector(registers, [&](Value bits) -> Value {
    Value value = LLVM::BitcastOp::create(b, b.getF32Type(), bits);
    return NVVM::ConvertFloatToTF32Op::create(b, b.getI32Type(), value,
                                              NVVM::FPRoundingMode::RNA);
  });
}

SmallVector<Value> TensorCoreMultiplier::multiply(Value stage,
                                                  ValueRange sums) {
  // The next rows come second in the registers of lhs, the next depths in those
  // of rhs.
  Value lhs = getLaneAddress(stage, plan.lhs, place.row, true);
  Value rhs = getLaneAddress(b.advance(stage, plan.lhs.getBytes()), plan.rhs,
                             place.column, false);
  SmallVector<Value> result = llvm::to_vector(sums);
  for (int64_t depth = 0; depth < plan.depth / plan.tile.splits;
       depth += productDepth) {
    SmallVector<SmallVector<Value>> rows;
    for (int64_t i = 0; i < getRowProducts(); ++i)
      rows.push_back(loadOperand(plan.lhs, lhs, i * kProductRows, depth, true));
    // Four matrices of rhs are the operands of two products.
    for (int64_t j = 0; j < getColumnProducts(); j += 2) {
      SmallVector<Value> columns =
          loadOperand(plan.rhs, rhs, j * kProductColumns, depth, false);
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
