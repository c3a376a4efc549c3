//===- OnlineAttention.cpp - Verification and types ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreFactors.h"
#include "vga/Dialect/VGA/IR/VGA.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::vga;

/// Emits an error unless `operand` has the given shape and element type.
static LogicalResult expectShape(Operation *op, StringRef name, Value operand,
                                 ArrayRef<int64_t> shape, Type elementType) {
  if (!operand)
    return success();
  auto type = cast<RankedTensorType>(operand.getType());
  auto expected = RankedTensorType::get(shape, elementType);
  if (type.getElementType() != elementType ||
      failed(verifyCompatibleShape(type, expected)))
    return op->emitOpError() << "expected " << name << " to be of type "
                             << expected << ", got " << type;
  return success();
}

LogicalResult OnlineAttentionOp::inferReturnTypes(
    MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr,
    OpaqueProperties, RegionRange, SmallVectorImpl<Type> &results) {
  // The destinations are the last operands.
  llvm::append_range(results, operands.take_back(3).getTypes());
  return success();
}

LogicalResult OnlineAttentionOp::verify() {
  RankedTensorType accumulator = getAccumulator().getType();
  Type type = accumulator.getElementType();
  if (!type.isF32() && !type.isF64())
    return emitOpError() << "expected accumulator to be of f32 or f64, got "
                         << accumulator;
  if (getGroup() < 1)
    return emitOpError() << "expected group to be positive, got " << getGroup();
  if (failed(verifyScoreFactors(*this, cast<FloatType>(type), getScale(),
                                getSoftcap())))
    return failure();
  bool isPairs = getForm() == Form::pairs;
  if (isPairs && !type.isF32())
    return emitOpError() << "expected accumulator to be of f32 with pairs, got "
                         << accumulator;
  int64_t valueChannels = accumulator.getDimSize(1 - getQueryAxis());
  int64_t queries = accumulator.getDimSize(getQueryAxis());
  for (auto [name, operand] : {std::pair<StringRef, Value>("query", getQuery()),
                               {"key", getKey()},
                               {"value", getValue()}}) {
    int64_t rank = cast<RankedTensorType>(operand.getType()).getRank();
    if (rank != (isPairs ? 3 : 2))
      return emitOpError() << "expected " << name << " to be of rank "
                           << (isPairs ? 3 : 2) << " in form "
                           << stringifyForm(getForm()) << ", got "
                           << operand.getType();
  }
  RankedTensorType key = getKey().getType();
  int64_t keys = key.getDimSize(0), keyChannels = key.getDimSize(1);
  auto expect = [&](StringRef name, Value operand, ArrayRef<int64_t> shape) {
    return expectShape(*this, name, operand, shape, type);
  };
  // Indexed by query and something else.
  auto expectByQuery = [&](StringRef name, Value operand, int64_t other) {
    if (getForm() == Form::rows)
      return expect(name, operand, {queries, other});
    return expect(name, operand, {other, queries});
  };
  // Keys and values may be narrower than what is computed with them.
  auto expectBlock = [&](StringRef name, Value operand, int64_t channels) {
    Type element = getElementTypeOrSelf(operand);
    if (element.getIntOrFloatBitWidth() > type.getIntOrFloatBitWidth())
      element = type;
    return expectShape(*this, name, operand, {keys, channels}, element);
  };
  auto expectPairs = [&](StringRef name, Value operand, int64_t first,
                         int64_t second) {
    return expectShape(*this, name, operand, {first, second, 2},
                       BFloat16Type::get(getContext()));
  };
  LogicalResult areBlocks = success();
  if (isPairs) {
    int64_t keyPairs = ShapedType::isDynamic(keys) ? keys : keys / 2;
    if (keys % 2 == 1 && !ShapedType::isDynamic(keys))
      return emitOpError("expected pairs of keys, got ") << key;
    areBlocks = success(
        succeeded(expectPairs("query", getQuery(), keyChannels, queries)) &&
        succeeded(expectPairs("key", getKey(), keys, keyChannels)) &&
        succeeded(expectPairs("value", getValue(), valueChannels, keyPairs)));
  } else {
    areBlocks =
        success(succeeded(expectByQuery("query", getQuery(), keyChannels)) &&
                succeeded(expectBlock("key", getKey(), keyChannels)) &&
                succeeded(expectBlock("value", getValue(), valueChannels)));
  }
  return success(succeeded(areBlocks) &&
                 succeeded(expect("value_gate", getValueGate(), {keys})) &&
                 succeeded(expectByQuery("mask", getMask(), keys)) &&
                 succeeded(expect("maximum", getMaximum(), {queries})) &&
                 succeeded(expect("sum", getSum(), {queries})));
}
