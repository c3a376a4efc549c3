//===- Mask.cpp - Which keys a row sees, and what scores are --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

static bool isFloatMask(AttentionOp op) {
  return op.getMask() &&
         isa<FloatType>(op.getMask().getType().getElementType());
}

/// Whether scores are more than products times a positive number: then they are
/// made before the maximum is taken.
static bool needsTransform(const Plan &plan, AttentionOp op) {
  return plan.softcap != 0 || isFloatMask(op) || plan.scale <= 0;
}

double hopper::getExponentScale(const Plan &plan, AttentionOp op) {
  return needsTransform(plan, op) ? 1 : plan.scale * llvm::numbers::log2e;
}

namespace {
/// The mask's entries for a lane's rows.
class MaskReader {
public:
  MaskReader(Kernel &kernel, const Tile &tile, const Lane &lane, Value block)
      : kernel(kernel), b(kernel.b),
        type(kernel.op.getMask().getType().getElementType()) {
    const Arguments &arguments = kernel.arguments;
    ArrayRef<Value> strides = arguments.maskStrides;
    // Rows and keys that do not exist read others' entries; nothing comes of
    // it.
    lastKey = b.sub(arguments.keys, 1);
    firstColumn =
        b.add(b.mul(block, kernel.plan.schedule.getKeys()), lane.column);
    Value head =
        b.add(wide(tile.batch, strides[0]), wide(tile.head, strides[1]));
    for (int64_t r = 0; r < kLaneRows; ++r) {
      Value row = b.add(b.add(tile.query, lane.row), 8 * r);
      row = b.min(row, b.sub(arguments.queries, 1));
      rows.push_back(b.elementAddress(arguments.mask, getMemoryType(),
                                      b.add(head, wide(row, strides[2]))));
    }
  }

  /// The entry that belongs to register i.
  Value read(int64_t i) {
    Value key = b.min(b.add(firstColumn, getLaneColumn(i)), lastKey);
    Value address =
        b.elementAddress(rows[getLaneRow(i)], getMemoryType(),
                         b.mul(key, kernel.arguments.maskStrides[3]));
    if (!type.isInteger(1))
      return b.loadF32(type, address);
    Value byte = LLVM::LoadOp::create(b, b.getI8Type(), address);
    return b.compare(arith::CmpIPredicate::ne, byte,
                     arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
  }

private:
  /// Booleans are bytes in memory.
  Type getMemoryType() { return type.isInteger(1) ? b.getI8Type() : type; }
  Value wide(Value index, Value stride) {
    return b.mul(b.toI64(index), b.toI64(stride));
  }

  Kernel &kernel;
  KernelBuilder &b;
  Type type;
  Value lastKey, firstColumn;
  SmallVector<Value, kLaneRows> rows;
};
} // namespace

/// c * tanh(x / c): tanh.approx is off by 5e-4. Where x/c is small, by its
/// series, whose next term is under 2e-8; elsewhere by powers of two.
static Value capScore(KernelBuilder &b, Value score, double cap) {
  constexpr double kSmall = 0.3;
  Value y = b.mulF(score, b.f32(1 / cap));
  Value power = b.exp2(b.mulF(y, b.f32(2 * llvm::numbers::log2e)));
  Value quotient = b.reciprocal(b.addF(power, b.f32(1)));
  Value large = b.fma(quotient, b.f32(-2 * cap), b.f32(cap));
  Value square = b.mulF(y, y);
  Value series = b.f32(62.0 / 2835);
  for (double coefficient : {-17.0 / 315, 2.0 / 15, -1.0 / 3, 1.0})
    series = b.fma(series, square, b.f32(coefficient));
  Value isSmall =
      b.compareF(arith::CmpFPredicate::OLT, square, b.f32(kSmall * kSmall));
  return b.select(isSmall, b.mulF(score, series), large);
}

SmallVector<Value> hopper::transformScores(Kernel &kernel, const Tile &tile,
                                           const Lane &lane, Value block,
                                           ValueRange scores) {
  SmallVector<Value> result = llvm::to_vector(scores);
  const Plan &plan = kernel.plan;
  if (!needsTransform(plan, kernel.op))
    return result;
  KernelBuilder &b = kernel.b;
  std::optional<MaskReader> mask;
  if (isFloatMask(kernel.op))
    mask.emplace(kernel, tile, lane, block);
  for (auto [i, score] : llvm::enumerate(result)) {
    score = b.mulF(score, b.f32(plan.scale));
    if (plan.softcap != 0)
      score = capScore(b, score, plan.softcap);
    if (mask)
      score = b.addF(score, mask->read(i));
    score = b.mulF(score, b.f32(llvm::numbers::log2e));
  }
  return result;
}

SmallVector<Value> hopper::hideKeys(Kernel &kernel, const Tile &tile,
                                    const Lane &lane, Value block,
                                    ValueRange scores) {
  KernelBuilder &b = kernel.b;
  const Band &band = kernel.plan.band;
  // Limits of the column, as distances from the lane's first one in the block.
  Value first =
      b.add(b.mul(block, kernel.plan.schedule.getKeys()), lane.column);
  SmallVector<Value, kLaneRows> ends, begins;
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value position =
        b.add(b.add(b.add(tile.query, lane.row), 8 * r), tile.offset);
    Value end = tile.keyEnd;
    if (band.upper)
      end = b.min(end, b.add(position, *band.upper + 1));
    ends.push_back(b.sub(end, first));
    if (band.lower)
      begins.push_back(b.sub(b.add(position, *band.lower), first));
  }

  std::optional<MaskReader> mask;
  if (kernel.op.getMask() && !isFloatMask(kernel.op))
    mask.emplace(kernel, tile, lane, block);
  Value lowest = b.lowest();
  SmallVector<Value> result;
  for (auto [i, score] : llvm::enumerate(scores)) {
    Value column = b.i32(getLaneColumn(i));
    Value isVisible = b.less(column, ends[getLaneRow(i)]);
    if (band.lower)
      isVisible = b.bitAnd(isVisible, b.compare(arith::CmpIPredicate::sge,
                                                column, begins[getLaneRow(i)]));
    if (mask)
      isVisible = b.bitAnd(isVisible, mask->read(i));
    result.push_back(b.select(isVisible, score, lowest));
  }
  return result;
}
