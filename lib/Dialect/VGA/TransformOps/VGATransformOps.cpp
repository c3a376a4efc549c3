//===- VGATransformOps.cpp - Steps of a schedule -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/TransformOps/VGATransformOps.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::transform;

#define GET_OP_CLASSES
#include "vga/Dialect/VGA/TransformOps/VGATransformOps.cpp.inc"

/// The failure to transform `payload`, which is not what was `expected`.
static DiagnosedSilenceableFailure
emitWrongTarget(TransformOpInterface transform, Operation *payload,
                StringRef expected) {
  DiagnosedSilenceableFailure failure = transform.emitSilenceableError()
                                        << "expected target to be " << expected
                                        << ", got " << payload->getName();
  failure.attachNote(payload->getLoc()) << "target";
  return failure;
}

//===----------------------------------------------------------------------===//
// transform.vga.tile_attention
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure TileAttentionOp::apply(TransformRewriter &rewriter,
                                                   TransformResults &results,
                                                   TransformState &state) {
  SmallVector<Operation *> tasks, steps;
  vga::TaskShape shape{static_cast<int64_t>(getLanes()),
                       static_cast<int64_t>(getStripes()),
                       static_cast<int64_t>(getKeys())};
  for (Operation *payload : state.getPayloadOps(getTarget())) {
    auto op = dyn_cast<vga::AttentionInterface>(payload);
    if (!op || !vga::isTileable(op))
      return emitWrongTarget(*this, payload,
                             "attention that tasks can compute");
    rewriter.setInsertionPoint(op);
    scf::ForallOp loop = vga::tileAttention(rewriter, op, shape);
    tasks.push_back(loop);
    loop.walk([&](vga::OnlineAttentionOp step) { steps.push_back(step); });
  }
  results.set(cast<OpResult>(getTasks()), tasks);
  results.set(cast<OpResult>(getSteps()), steps);
  return DiagnosedSilenceableFailure::success();
}

void TileAttentionOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  consumesHandle(getTargetMutable(), effects);
  producesHandle(getOperation()->getOpResults(), effects);
  modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// transform.vga.split_keys
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure SplitKeysOp::apply(TransformRewriter &rewriter,
                                               TransformResults &results,
                                               TransformState &state) {
  SmallVector<Operation *> parts, merges, steps;
  vga::PartShape shape{static_cast<int64_t>(getRows()),
                       static_cast<int64_t>(getKeys()),
                       static_cast<int64_t>(getPart())};
  for (Operation *payload : state.getPayloadOps(getTarget())) {
    auto op = dyn_cast<vga::AttentionInterface>(payload);
    if (!op || !vga::isTileable(op))
      return emitWrongTarget(*this, payload,
                             "attention that tasks can compute");
    rewriter.setInsertionPoint(op);
    vga::SplitAttention loops = vga::splitKeys(rewriter, op, shape);
    parts.push_back(loops.parts);
    merges.push_back(loops.merge);
    loops.parts.walk(
        [&](vga::OnlineAttentionOp step) { steps.push_back(step); });
  }
  results.set(cast<OpResult>(getParts()), parts);
  results.set(cast<OpResult>(getMerge()), merges);
  results.set(cast<OpResult>(getSteps()), steps);
  return DiagnosedSilenceableFailure::success();
}

void SplitKeysOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  consumesHandle(getTargetMutable(), effects);
  producesHandle(getOperation()->getOpResults(), effects);
  modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// transform.vga.decompose_online_attention
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure
DecomposeOnlineAttentionOp::apply(TransformRewriter &rewriter,
                                  TransformResults &, TransformState &state) {
  for (Operation *payload : state.getPayloadOps(getTarget())) {
    auto op = dyn_cast<vga::OnlineAttentionOp>(payload);
    if (!op)
      return emitWrongTarget(*this, payload, "vga.online_attention");
    vga::decomposeOnlineAttention(rewriter, op);
  }
  return DiagnosedSilenceableFailure::success();
}

void DecomposeOnlineAttentionOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  consumesHandle(getTargetMutable(), effects);
  modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// The extension
//===----------------------------------------------------------------------===//

namespace {
class VGATransformDialectExtension
    : public TransformDialectExtension<VGATransformDialectExtension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VGATransformDialectExtension)

  void init() {
    declareDependentDialect<vga::VGADialect>();
    declareGeneratedDialect<affine::AffineDialect>();
    declareGeneratedDialect<arith::ArithDialect>();
    declareGeneratedDialect<linalg::LinalgDialect>();
    declareGeneratedDialect<math::MathDialect>();
    declareGeneratedDialect<scf::SCFDialect>();
    declareGeneratedDialect<tensor::TensorDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "vga/Dialect/VGA/TransformOps/VGATransformOps.cpp.inc"
        >();
  }
};
} // namespace

void vga::registerTransformDialectExtension(DialectRegistry &registry) {
  registry.addExtensions<VGATransformDialectExtension>();
}
