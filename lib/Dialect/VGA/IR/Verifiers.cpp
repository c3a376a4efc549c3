//===- Verifiers.cpp - The rules that the vga operations obey -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every message names the operand, what was expected and what was there, and
// is provoked by a test in test/Dialect/VGA/*-invalid.mlir.
//
//===----------------------------------------------------------------------===//

#include "ScoreFactors.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

/// Unknown sizes agree with every size.
static bool agree(int64_t a, int64_t b) {
  return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
}

static bool agree(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of_zip(a, b,
                          [](int64_t x, int64_t y) { return agree(x, y); });
}

/// Prints a shape as a tensor type does: 2x?x64.
static std::string str(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "rank 0";
  return llvm::join(llvm::map_range(shape,
                                    [](int64_t size) {
                                      return ShapedType::isDynamic(size)
                                                 ? std::string("?")
                                                 : std::to_string(size);
                                    }),
                    "x");
}

/// `axis` of `operand` must be static: kernels are made for it.
static LogicalResult verifyStatic(Operation *op, StringRef operand,
                                  StringRef axis, int64_t size) {
  if (!ShapedType::isDynamic(size))
    return success();
  return op->emitOpError("expected ")
         << axis << " of " << operand << " to be static";
}

/// `axis` of `operand` must have the size that `source` gives it.
static LogicalResult verifySize(Operation *op, StringRef operand,
                                StringRef axis, int64_t got, StringRef source,
                                int64_t expected) {
  if (agree(got, expected))
    return success();
  return op->emitOpError("expected ")
         << axis << " of " << operand << " to be " << expected << " as in "
         << source << ", got " << got;
}

/// `value`, if there, must have one of the `expected` shapes.
static LogicalResult verifyShape(Operation *op, StringRef operand, Value value,
                                 ArrayRef<SmallVector<int64_t>> expected) {
  if (!value)
    return success();
  ArrayRef<int64_t> got = cast<RankedTensorType>(value.getType()).getShape();
  if (llvm::any_of(expected,
                   [&](ArrayRef<int64_t> shape) { return agree(got, shape); }))
    return success();
  std::string wanted = llvm::join(
      llvm::map_range(expected, [](auto &s) { return str(s); }), " or ");
  return op->emitOpError("expected ")
         << operand << " of shape " << wanted << ", got " << str(got);
}

/// Sizes and strides of operands, in bytes, are numbers of 64 bits.
static LogicalResult verifyCountable(Operation *op) {
  for (Type type : op->getOperandTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    int64_t bytes = llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
    for (int64_t size : tensor.getShape())
      if (ShapedType::isStatic(size) &&
          llvm::MulOverflow(bytes, std::max<int64_t>(size, 1), bytes))
        return op->emitOpError("expected less than 2^63 bytes, got ") << type;
  }
  return success();
}

/// Rows of pages are found by a division by their size.
static LogicalResult verifyPages(Operation *op, StringRef operand,
                                 int64_t page) {
  if (failed(verifyStatic(op, operand, "page", page)))
    return failure();
  if (page == 0)
    return op->emitOpError("expected a page of ")
           << operand << " to have at least one row";
  return success();
}

//===----------------------------------------------------------------------===//
// vga.gate
//===----------------------------------------------------------------------===//

/// The rules of a gate with `source` and `weight`; type inference has checked
/// the rank of the weight.
static LogicalResult verifyGate(Operation *op, StringRef sourceName,
                                RankedTensorType source,
                                RankedTensorType weight, Value bias,
                                Mixing mixing, Layout layout) {
  AxisOrder axes(layout);
  int64_t sourceHeads = source.getDimSize(axes.head);
  int64_t channels = source.getDimSize(axes.channel);
  if (failed(verifyStatic(op, sourceName, "heads", sourceHeads)) ||
      failed(verifyStatic(op, sourceName, "channels", channels)))
    return failure();
  if (!weight.hasStaticShape())
    return op->emitOpError("expected weight to have a static shape, got ")
           << weight;

  bool perHead = mixing == Mixing::per_head;
  int64_t heads = weight.getDimSize(perHead ? 0 : 2);
  if (failed(verifySize(op, "weight", "channels", weight.getDimSize(1),
                        sourceName, channels)))
    return failure();
  if (!perHead &&
      failed(verifySize(op, "weight", "source heads", weight.getDimSize(0),
                        sourceName, sourceHeads)))
    return failure();
  if (perHead && (sourceHeads == 0 || heads == 0 || heads % sourceHeads != 0))
    return op->emitOpError("expected heads of weight to be a multiple of the ")
           << sourceHeads << " heads of " << sourceName << ", got " << heads;
  if (sourceHeads == 0 || heads == 0)
    return op->emitOpError("expected ") << (heads == 0 ? "weight" : sourceName)
                                        << " to have at least one head";

  if (bias && !cast<RankedTensorType>(bias.getType()).hasStaticShape())
    return op->emitOpError("expected bias to have a static shape, got ")
           << bias.getType();
  SmallVector<int64_t> biasShape = {heads};
  if (weight.getRank() == (perHead ? 3 : 4))
    biasShape.push_back(weight.getShape().back());
  return verifyShape(op, "bias", bias, {biasShape});
}

LogicalResult GateOp::verify() {
  if (failed(verifyCountable(*this)))
    return failure();
  return verifyGate(*this, "source", getSource().getType(),
                    getWeight().getType(), getBias(), getMixing(), getLayout());
}

//===----------------------------------------------------------------------===//
// What vga.attention and vga.gated_attention share
//===----------------------------------------------------------------------===//

static LogicalResult verifyBatch(AttentionInterface op, RankedTensorType query,
                                 RankedTensorType key, RankedTensorType value) {
  unsigned axis = AxisOrder(op.getLayout()).batch;
  int64_t batch = query.getDimSize(axis);
  return success(succeeded(verifySize(op, "key", "batch", key.getDimSize(axis),
                                      "query", batch)) &&
                 succeeded(verifySize(op, "value", "batch",
                                      value.getDimSize(axis), "query", batch)));
}

/// Keys and values are in pages, which the rows of the table name.
static LogicalResult verifyPools(AttentionInterface op, RankedTensorType query,
                                 RankedTensorType key, RankedTensorType value) {
  AxisOrder axes(op.getLayout());
  auto table = cast<RankedTensorType>(op.getBlockTable().getType());
  if (failed(verifySize(op, "block_table", "batch", table.getDimSize(0),
                        "query", query.getDimSize(axes.batch))) ||
      failed(verifySize(op, "value", "pages", value.getDimSize(axes.batch),
                        "key", key.getDimSize(axes.batch))))
    return failure();
  return success(
      succeeded(verifyPages(op, "key", key.getDimSize(axes.sequence))) &&
      succeeded(verifyPages(op, "value", value.getDimSize(axes.sequence))));
}

static LogicalResult verifyProblem(AttentionInterface op) {
  if (failed(verifyCountable(op)))
    return failure();
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto value = cast<RankedTensorType>(op.getValue().getType());
  for (auto [name, type] : {std::pair("key", key), std::pair("value", value)})
    if (type.getElementType() != query.getElementType())
      return op->emitOpError("expected element type of ")
             << name << " to be " << query.getElementType()
             << " as in query, got " << type.getElementType();

  AxisOrder axes(op.getLayout());
  for (auto [name, type] : {std::pair("query", query), std::pair("key", key),
                            std::pair("value", value)})
    if (failed(verifyStatic(op, name, "heads", type.getDimSize(axes.head))) ||
        failed(
            verifyStatic(op, name, "channels", type.getDimSize(axes.channel))))
      return failure();

  if (failed(op.getBlockTable() ? verifyPools(op, query, key, value)
                                : verifyBatch(op, query, key, value)) ||
      failed(verifySize(op, "value", "heads", value.getDimSize(axes.head),
                        "key", key.getDimSize(axes.head))) ||
      failed(verifySize(op, "value", "sequence",
                        value.getDimSize(axes.sequence), "key",
                        key.getDimSize(axes.sequence))) ||
      failed(verifySize(op, "key", "channels", key.getDimSize(axes.channel),
                        "query", query.getDimSize(axes.channel))))
    return failure();

  int64_t queryHeads = query.getDimSize(axes.head);
  int64_t kvHeads = key.getDimSize(axes.head);
  if (kvHeads == 0 || queryHeads == 0 || queryHeads % kvHeads != 0)
    return op->emitOpError("expected heads of query to be a multiple of the ")
           << kvHeads << " heads of key, got " << queryHeads;
  if (query.getDimSize(axes.channel) == 0)
    return op->emitOpError("expected query to have at least one channel");
  return success();
}

static LogicalResult verifyVisibility(AttentionInterface op) {
  AttentionSizes sizes(op);
  if (Value mask = op.getMask()) {
    ArrayRef<int64_t> got = cast<RankedTensorType>(mask.getType()).getShape();
    SmallVector<int64_t> full = {sizes.batch, sizes.queryHeads, sizes.queries,
                                 sizes.keys};
    auto broadcasts = [](int64_t size, int64_t fullSize) {
      return size == 1 || agree(size, fullSize);
    };
    if (!llvm::all_of_zip(got, ArrayRef(full).take_back(got.size()),
                          broadcasts))
      return op->emitOpError("expected mask to broadcast to ")
             << str(full) << ", got " << str(got);
  }
  if (failed(verifyShape(op, "kv_length", op.getKvLength(), {{sizes.batch}})) ||
      failed(verifyShape(op, "sink", op.getSink(), {{sizes.queryHeads}})))
    return failure();
  if (Value sink = op.getSink())
    if (failed(
            verifyStatic(op, "sink", "heads",
                         cast<RankedTensorType>(sink.getType()).getDimSize(0))))
      return failure();
  if (op.getAlignment() == Alignment::length && !op.getKvLength())
    return op->emitOpError("expected a kv_length with alignment length");
  if (std::optional<ArrayRef<int64_t>> window = op.getWindow()) {
    if (window->size() != 2)
      return op->emitOpError("expected window to be [left, right], got ")
             << window->size() << " bounds";
    for (int64_t bound : *window)
      if (bound < -1 || bound > std::numeric_limits<int32_t>::max())
        return op->emitOpError("expected bounds of window to be -1 (unbounded) "
                               "or from 0 to 2147483647, got ")
               << bound;
  }
  return success();
}

/// The number as scores have it.
static APFloat roundToScores(APFloat value, FloatType type) {
  bool losesInfo;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value;
}

LogicalResult vga::verifyScoreFactors(Operation *op, FloatType type,
                                      std::optional<APFloat> scale,
                                      std::optional<APFloat> softcap) {
  if (scale && !roundToScores(*scale, type).isFinite())
    return op->emitOpError("expected scale to be finite in ")
           << type << ", got " << scale->convertToDouble();
  if (!softcap)
    return success();
  if (!softcap->isFinite() || softcap->isNegative() || softcap->isZero())
    return op->emitOpError("expected softcap to be positive and finite, got ")
           << softcap->convertToDouble();
  // Scores are divided by it.
  APFloat inverse(1.0 / softcap->convertToDouble());
  if (!roundToScores(*softcap, type).isFinite() ||
      !roundToScores(inverse, type).isFinite())
    return op->emitOpError("expected softcap and its inverse to be finite in ")
           << type << ", got " << softcap->convertToDouble();
  return success();
}

static LogicalResult verifyScores(AttentionInterface op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  return verifyScoreFactors(op, getComputeType(query.getElementType()),
                            op.getScale(), op.getSoftcap());
}

static LogicalResult verifyAttention(AttentionInterface op) {
  return success(succeeded(verifyProblem(op)) &&
                 succeeded(verifyVisibility(op)) &&
                 succeeded(verifyScores(op)));
}

//===----------------------------------------------------------------------===//
// vga.attention
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::verify() {
  if (failed(verifyAttention(*this)))
    return failure();

  AxisOrder axes(getLayout());
  AttentionSizes sizes(*this);
  auto gateShapes = [&](int64_t batch, ArrayRef<int64_t> heads,
                        int64_t sequence) {
    SmallVector<SmallVector<int64_t>> shapes;
    for (int64_t h : heads)
      shapes.push_back({batch, h, sequence});
    for (int64_t h : heads)
      shapes.push_back(axes.arrange(batch, h, sequence, sizes.valueChannels));
    return shapes;
  };
  // The gates of values in pages are in pages.
  RankedTensorType key = getKey().getType();
  int64_t keyBatch = getBlockTable() ? key.getDimSize(axes.batch) : sizes.batch;
  SmallVector<int64_t> valueGateHeads = {sizes.kvHeads};
  if (sizes.groupSize() != 1)
    valueGateHeads.push_back(sizes.queryHeads);
  if (failed(verifyShape(*this, "value_gate", getValueGate(),
                         gateShapes(keyBatch, valueGateHeads,
                                    key.getDimSize(axes.sequence)))) ||
      failed(verifyShape(
          *this, "output_gate", getOutputGate(),
          gateShapes(sizes.batch, sizes.queryHeads, sizes.queries))))
    return failure();
  // Its heads say to which kind of heads a gate belongs.
  for (auto [name, gate] : {std::pair("value_gate", getValueGate()),
                            std::pair("output_gate", getOutputGate())}) {
    if (!gate)
      continue;
    auto type = cast<RankedTensorType>(gate.getType());
    bool elementwise = type.getRank() == 4;
    if (failed(verifyStatic(*this, name, "heads",
                            type.getDimSize(elementwise ? axes.head : 1))) ||
        (elementwise && failed(verifyStatic(*this, name, "channels",
                                            type.getDimSize(axes.channel)))))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// vga.gated_attention
//===----------------------------------------------------------------------===//

LogicalResult GatedAttentionOp::verify() {
  if (failed(verifyAttention(*this)))
    return failure();

  RankedTensorType weight = getWeight().getType();
  bool perHead = getMixing() == Mixing::per_head;
  int64_t minRank = perHead ? 2 : 3;
  if (weight.getRank() < minRank || weight.getRank() > minRank + 1)
    return emitOpError("expected weight of a ")
           << stringifyMixing(getMixing()) << " gate to have rank " << minRank
           << " (scalar) or " << minRank + 1 << " (elementwise), got "
           << weight;
  if (failed(verifyGate(*this, "value", getValue().getType(), weight, getBias(),
                        getMixing(), getLayout())))
    return failure();

  AttentionSizes sizes(*this);
  int64_t heads = weight.getDimSize(perHead ? 0 : 2);
  bool atOutput = getSite() == GateSite::output;
  // The queries are at the length then, or positions are no longer in use.
  if (atOutput && getBlockTable() && getKvLength() &&
      getAlignment() != Alignment::length)
    return emitOpError("expected alignment length at site output, with a "
                       "block_table and a kv_length, got ")
           << stringifyAlignment(getAlignment());
  if (heads != sizes.queryHeads && (atOutput || heads != sizes.kvHeads)) {
    InFlightDiagnostic diagnostic =
        emitOpError("expected heads of weight to be ");
    if (!atOutput && sizes.groupSize() != 1)
      diagnostic << sizes.kvHeads << " or ";
    return diagnostic << sizes.queryHeads << " at site "
                      << stringifyGateSite(getSite()) << ", got " << heads;
  }
  bool elementwise = weight.getRank() == minRank + 1;
  if (elementwise && failed(verifySize(*this, "weight", "gated channels",
                                       weight.getShape().back(), "value",
                                       sizes.valueChannels)))
    return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// vga.append
//===----------------------------------------------------------------------===//

LogicalResult AppendOp::verify() {
  if (failed(verifyCountable(*this)))
    return failure();
  RankedTensorType source = getSource().getType(), cache = getCache().getType();
  if (source.getElementType() != cache.getElementType())
    return emitOpError("expected element type of source to be ")
           << cache.getElementType() << " as in cache, got "
           << source.getElementType();
  if (source.getRank() != cache.getRank())
    return emitOpError("expected source to have rank ")
           << cache.getRank() << " as cache, got " << source.getRank();

  CacheAxes axes(cache, getLayout());
  auto verifySame = [&](StringRef name, unsigned axis) -> LogicalResult {
    if (failed(verifyStatic(*this, "source", name, source.getDimSize(axis))) ||
        failed(verifyStatic(*this, "cache", name, cache.getDimSize(axis))))
      return failure();
    return verifySize(*this, "source", name, source.getDimSize(axis), "cache",
                      cache.getDimSize(axis));
  };
  if (failed(verifySame("heads", axes.head)) ||
      (cache.getRank() == 4 &&
       failed(verifySame("channels", AxisOrder::channel))))
    return failure();

  int64_t batch = source.getDimSize(axes.batch);
  if (failed(verifySize(*this, "position", "batch",
                        getPosition().getType().getDimSize(0), "source",
                        batch)))
    return failure();
  if (!getBlockTable())
    return verifySize(*this, "cache", "batch", cache.getDimSize(axes.batch),
                      "source", batch);
  if (failed(verifySize(*this, "block_table", "batch",
                        getBlockTable().getType().getDimSize(0), "source",
                        batch)))
    return failure();
  return verifyPages(*this, "cache", cache.getDimSize(axes.sequence));
}
