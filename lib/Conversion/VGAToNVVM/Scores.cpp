//===- Scores.cpp - What scores are, and which keys there are -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scores.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

bool vga::hasFloatMask(AttentionOp op) {
  return op.getMask() &&
         isa<FloatType>(op.getMask().getType().getElementType());
}

bool vga::hasBooleanMask(AttentionOp op) {
  return op.getMask() && !hasFloatMask(op);
}

/// Whether scores are more than products times a positive number: then they are
/// made before the maximum is taken.
static bool needsTransform(AttentionOp op) {
  return op.getSoftcap() || hasFloatMask(op) || getScoreScale(op) <= 0;
}

/// A score this far from 0 is a finite exponent of 2, too.
static constexpr double kLargestMaskEntry = 2.35e38;

double vga::getExponentScale(AttentionOp op) {
  return needsTransform(op) ? 1 : getScoreScale(op) * llvm::numbers::log2e;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

MaskReader::MaskReader(KernelBuilder &b, AttentionOp op, Value mask,
                       ArrayRef<Value> strides, Value firstColumn, Value keys)
    : b(b), type(op.getMask().getType().getElementType()), mask(mask),
      strides(strides), firstColumn(firstColumn), lastKey(b.sub(keys, 1)) {}

void MaskReader::addRow(Value batch, Value head, Value query) {
  Value start = b.add(wide(batch, strides[0]), wide(head, strides[1]));
  rows.push_back(b.elementAddress(mask, getMemoryType(),
                                  b.add(start, wide(query, strides[2]))));
}

Value MaskReader::read(int64_t i) {
  Value key = b.min(b.add(firstColumn, getLaneColumn(i)), lastKey);
  Value address = b.elementAddress(rows[getLaneRow(i)], getMemoryType(),
                                   b.mul(key, strides[3]));
  if (!type.isInteger(1))
    return b.loadF32(type, address);
  Value byte = LLVM::LoadOp::create(b, b.getI8Type(), address);
  return b.compare(arith::CmpIPredicate::ne, byte,
                   arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

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

SmallVector<Value> vga::transformScores(KernelBuilder &b, AttentionOp op,
                                        ValueRange scores,
                                        function_ref<MaskReader()> makeMask) {
  SmallVector<Value> result = llvm::to_vector(scores);
  if (!needsTransform(op))
    return result;
  std::optional<MaskReader> mask;
  if (hasFloatMask(op))
    mask.emplace(makeMask());
  for (auto [i, score] : llvm::enumerate(result)) {
    score = b.mulF(score, b.f32(getScoreScale(op)));
    if (op.getSoftcap())
      score = capScore(b, score, op.getSoftcapAttr().getValueAsDouble());
    if (mask) {
      // What an entry of -inf hides may be NaN, and does not matter. A finite
      // one hides nothing: it stays finite as an exponent of 2.
      Value entry = mask->read(i);
      Value isHidden = b.compareF(arith::CmpFPredicate::OEQ, entry, b.lowest());
      Value finite = b.maxF(entry, b.f32(-kLargestMaskEntry));
      score = b.select(isHidden, entry, b.addF(score, finite));
    }
    score = b.mulF(score, b.f32(llvm::numbers::log2e));
  }
  return result;
}

Value vga::getKeyEnd(KernelBuilder &b, AttentionOp op, Value kvLength,
                     Value keys, Value batch) {
  if (!kvLength)
    return keys;
  auto type = op.getKvLength().getType().getElementType();
  Value length =
      LLVM::LoadOp::create(b, type, b.elementAddress(kvLength, type, batch));
  if (type.isInteger(64)) {
    // A length past the end is one of the definition's errors; here it must not
    // wrap.
    Value most = b.toI64(keys);
    length = arith::TruncIOp::create(b, b.getI32Type(),
                                     b.max(b.min(length, most), b.i64(0)));
  }
  return b.max(b.min(length, keys), b.i32(0));
}
