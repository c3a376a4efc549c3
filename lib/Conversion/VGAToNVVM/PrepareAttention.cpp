//===- PrepareAttention.cpp - Attention in the forms that kernels have ----===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TakeDefinition.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"
#include "vga/GPU/Gates.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUPREPAREATTENTIONPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

/// What kernels multiply by is of so many channels, which are a multiple of
/// kPieceChannels.
static constexpr int64_t kMostChannels = 256, kPieceChannels = 8;

/// Why no kernel computes an attention, whatever its schedule; empty if one
/// may.
static std::string getObstacle(AttentionOp op) {
  if (getElementTypeOrSelf(op.getQuery()).isF64())
    return "kernels have elements of f16, bf16 or f32, not f64";
  AttentionSizes sizes(op);
  for (auto [name, channels] :
       {std::pair("keys", sizes.keyChannels), {"values", sizes.valueChannels}})
    if (channels == 0 || channels > kMostChannels)
      return ("kernels have " + Twine(name) + " of 1 to " +
              Twine(kMostChannels) + " channels, not " + Twine(channels))
          .str();
  return {};
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static bool isOfF64(Value tensor) {
  return tensor && getElementTypeOrSelf(tensor).isF64();
}

/// Rounds an operand of f64 to f32, in which kernels compute.
static void narrow(OpBuilder &b, Operation *op, Value operand) {
  if (!isOfF64(operand))
    return;
  auto type = cast<RankedTensorType>(operand.getType());
  Value narrowed = arith::TruncFOp::create(b, op->getLoc(),
                                           type.clone(b.getF32Type()), operand);
  for (OpOperand &use : op->getOpOperands())
    if (use.get() == operand)
      use.set(narrowed);
}

/// The same for a mask, whose finite entries stay finite: they hide nothing,
/// not even as exponents of 2 in f32.
static void narrowMask(OpBuilder &builder, AttentionOp op) {
  if (!isOfF64(op.getMask()))
    return;
  constexpr double kLargest = 2.35e38,
                   kInfinity = std::numeric_limits<double>::infinity();
  LinalgBuilder b(op.getLoc(), builder);
  SmallVector<AffineExpr> loops;
  for (int64_t axis = 0; axis < op.getMask().getType().getRank(); ++axis)
    loops.push_back(b.getAffineDimExpr(axis));
  FloatType wide = b.getF64Type(), type = b.getF32Type();
  Value mask = b.generic(
      {{op.getMask(), loops}}, {b.empty(b.sizesOf(op.getMask()), type), loops},
      [&](LinalgBuilder &s, ValueRange e) -> Value {
        Value size = math::AbsFOp::create(s, e[0]);
        Value isFinite = arith::CmpFOp::create(
            s, arith::CmpFPredicate::OLT, size, s.constant(wide, kInfinity));
        Value finite =
            arith::MaxNumFOp::create(s, e[0], s.constant(wide, -kLargest));
        finite =
            arith::MinNumFOp::create(s, finite, s.constant(wide, kLargest));
        Value entry = arith::SelectOp::create(s, isFinite, finite, e[0]);
        return s.convert(entry, type);
      });
  op.getMaskMutable().assign(mask);
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

/// A tensor with zeros after its elements along an axis.
static Value pad(LinalgBuilder &b, Value tensor, int64_t axis, int64_t size) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getDimSize(axis) == size)
    return tensor;
  SmallVector<OpFoldResult> low(type.getRank(), b.getIndexAttr(0)), high = low;
  high[axis] = b.getIndexAttr(size - type.getDimSize(axis));
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = size;
  Value zero =
      arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(b, type.clone(shape), tensor, low, high, zero,
                               /*nofold=*/false);
}

/// The gate that an attention computes from its values, of padded values.
static Value padOwnGate(LinalgBuilder &b, GateOp gate, Value values,
                        int64_t channels) {
  constexpr int64_t kChannelAxis = 1;
  return GateOp::create(
      b, values, pad(b, gate.getWeight(), kChannelAxis, channels),
      gate.getBias(), gate.getActivation(), gate.getMixing(), gate.getLayout());
}

/// Gives an attention whose heads are of an odd size heads with zeros at their
/// end, which change no score, and outputs that are cut off.
static void padChannels(RewriterBase &rewriter, AttentionOp op) {
  AttentionSizes sizes(op);
  int64_t keyChannels = llvm::alignTo<kPieceChannels>(sizes.keyChannels),
          valueChannels = llvm::alignTo<kPieceChannels>(sizes.valueChannels);
  if (keyChannels == sizes.keyChannels && valueChannels == sizes.valueChannels)
    return;
  op.emitRemark("'vga.attention' op pads keys of ")
      << sizes.keyChannels << " channels and values of " << sizes.valueChannels
      << " to " << keyChannels << " and " << valueChannels
      << ": kernels have heads of multiples of " << kPieceChannels;
  rewriter.setInsertionPoint(op);
  LinalgBuilder b(op.getLoc(), rewriter);
  auto padChannel = [&](Value tensor, int64_t channels) {
    return pad(b, tensor, AxisOrder::channel, channels);
  };
  Value query = padChannel(op.getQuery(), keyChannels);
  Value key = padChannel(op.getKey(), keyChannels);
  Value value = padChannel(op.getValue(), valueChannels);
  GateOp ownGate = getOwnGate(op);
  auto padGate = [&](Value gate) -> Value {
    if (gate && cast<RankedTensorType>(gate.getType()).getRank() == 4)
      return padChannel(gate, valueChannels);
    return gate;
  };
  Value valueGate = ownGate ? padOwnGate(b, ownGate, value, valueChannels)
                            : padGate(op.getValueGate());
  Value outputGate = padGate(op.getOutputGate());

  double scale = getScoreScale(op);
  auto padded = cast<AttentionOp>(b.clone(*op));
  padded.setScaleAttr(b.getF64FloatAttr(scale));
  padded.getQueryMutable().assign(query);
  padded.getKeyMutable().assign(key);
  padded.getValueMutable().assign(value);
  if (valueGate)
    padded.getValueGateMutable().assign(valueGate);
  if (outputGate)
    padded.getOutputGateMutable().assign(outputGate);
  RankedTensorType type = op.getResult().getType();
  SmallVector<int64_t> shape(type.getShape());
  shape[AxisOrder::channel] = valueChannels;
  padded.getResult().setType(type.clone(shape));

  SmallVector<Value> results = llvm::to_vector_of<Value>(padded->getResults());
  SmallVector<OpFoldResult> extents = b.sizesOf(padded.getResult());
  extents[AxisOrder::channel] = b.getIndexAttr(sizes.valueChannels);
  results[0] = b.slice(
      padded.getResult(),
      SmallVector<OpFoldResult>(extents.size(), b.getIndexAttr(0)), extents);
  rewriter.replaceOp(op, results);
  if (ownGate)
    rewriter.eraseOp(ownGate);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void vga::takeDefinition(RewriterBase &rewriter, AttentionOp op,
                         const Twine &obstacle) {
  op.emitRemark("'vga.attention' op is computed as it is defined, with all "
                "scores in memory: ")
      << obstacle;
  replaceByDefinition(rewriter, op, /*isForKernels=*/true);
}

namespace {
struct VGAGPUPrepareAttentionPass
    : vga::impl::VGAGPUPrepareAttentionPassBase<VGAGPUPrepareAttentionPass> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](GateOp op) {
      if (getElementTypeOrSelf(op.getSource()).isF64())
        return;
      rewriter.setInsertionPoint(op);
      narrow(rewriter, op, op.getWeight());
      narrow(rewriter, op, op.getBias());
    });
    SmallVector<AttentionOp> attentions;
    getOperation()->walk([&](AttentionOp op) { attentions.push_back(op); });
    for (AttentionOp op : attentions)
      prepare(rewriter, op);
  }

private:
  void prepare(RewriterBase &rewriter, AttentionOp op) {
    // Canonicalization leaves nothing of it.
    if (isEmpty(op))
      return;
    std::string obstacle = getObstacle(op);
    if (!obstacle.empty()) {
      // Without this option the conversion says what is wrong.
      if (orDefinition)
        takeDefinition(rewriter, op, obstacle);
      return;
    }
    rewriter.setInsertionPoint(op);
    narrowMask(rewriter, op);
    for (Value operand : {Value(op.getSink()), Value(op.getValueGate()),
                          Value(op.getOutputGate())})
      narrow(rewriter, op, operand);
    padChannels(rewriter, op);
  }
};
} // namespace
