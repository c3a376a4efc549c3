//===- TileAttention.cpp - Attention as tasks over blocks of keys --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"
#include "vga/Dialect/VGA/IR/EmptyAttention.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGATILEATTENTIONPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {

/// A loop over tasks, each of which sees all of its keys.
class AttentionTiling : AttentionTask {
public:
  AttentionTiling(LinalgBuilder &builder, AttentionInterface op,
                  TaskShape shape)
      : AttentionTask(builder, op, shape) {}

  scf::ForallOp build(ValueRange outs) {
    auto tasks = scf::ForallOp::create(b, b.getLoc(), getTaskCounts(), outs,
                                       /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    enter(tasks.getInductionVars());
    finish(tasks, foldKeys(packQueries(), createState()));
    return tasks;
  }
};

struct TileAttentionPass
    : vga::impl::VGATileAttentionPassBase<TileAttentionPass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    auto check = [&](StringRef option, int64_t value, OptionRange range) {
      return checkOption(context, getArgument(), option, value, range);
    };
    return success(succeeded(check("lanes", lanes, kTileSize)) &&
                   succeeded(check("stripes", stripes, kTileSize)) &&
                   succeeded(check("keys", keys, kTileSize)) &&
                   succeeded(check("decode-rows", decodeRows, kThreshold)) &&
                   succeeded(check("decode-keys", decodeKeys, kTileSize)));
  }

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](AttentionInterface op) {
      if (!isTileable(op))
        return;
      rewriter.setInsertionPoint(op);
      LinalgBuilder builder(op.getLoc(), rewriter);
      rewriter.replaceOp(op, build(builder, op));
    });
  }

private:
  /// Few queries split the keys; how many there are may be known only later.
  ValueRange build(LinalgBuilder &b, AttentionInterface op) {
    AttentionSizes sizes(op);
    SmallVector<Value> outs = createOutputs(b, op);
    int64_t few = std::max<int64_t>(decodeRows / sizes.groupSize(), 1);
    if (decodeRows == 0)
      return buildTasks(b, op, outs);
    if (sizes.queries != ShapedType::kDynamic)
      return sizes.queries <= few ? buildParts(b, op, outs)
                                  : buildTasks(b, op, outs);

    Value queries =
        b.toValue(b.sizeOf(op.getQuery(), AxisOrder(op.getLayout()).sequence));
    Value isFew = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, queries,
                                        b.toValue(b.getIndexAttr(few)));
    auto choice =
        scf::IfOp::create(b, b.getLoc(), ValueRange(outs).getTypes(), isFew,
                          /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    ValueRange results = buildParts(b, op, outs);
    b.setInsertionPointToEnd(choice.thenBlock());
    scf::YieldOp::create(b, results);
    b.setInsertionPointToStart(choice.elseBlock());
    results = buildTasks(b, op, outs);
    b.setInsertionPointToEnd(choice.elseBlock());
    scf::YieldOp::create(b, results);
    return choice.getResults();
  }

  ValueRange buildTasks(LinalgBuilder &b, AttentionInterface op,
                        ValueRange outs) {
    TaskShape shape{lanes, stripes, keys};
    Type type = getElementTypeOrSelf(op.getQuery());
    // A vector holds half as many f64.
    if (type.isF64())
      shape.lanes = std::max<int64_t>(shape.lanes / 2, 1);
    if (pairs && type.isBF16()) {
      // Values are rearranged once per block, which pays with many queries.
      shape.form = Form::pairs;
      shape.keys = llvm::alignTo<kPairKeys>(shape.keys);
      shape.stripes *= 2;
    }
    return emitTasks(b, op, shape, outs).getResults();
  }

  ValueRange buildParts(LinalgBuilder &b, AttentionInterface op,
                        ValueRange outs) {
    return emitParts(b, op, {decodeRows, keys, decodeKeys}, outs)
        .merge.getResults();
  }
};

} // namespace

bool vga::isTileable(AttentionInterface op) {
  // There is nothing to make tiles of.
  if (isEmpty(op))
    return false;
  auto gated = dyn_cast<GatedAttentionOp>(op.getOperation());
  return !gated || (gated.getSite() == GateSite::value &&
                    gated.getMixing() == Mixing::per_head &&
                    gated.getWeight().getType().getRank() == 2);
}

scf::ForallOp vga::emitTasks(LinalgBuilder &builder, AttentionInterface op,
                             TaskShape shape, ValueRange outs) {
  return AttentionTiling(builder, op, shape).build(outs);
}

scf::ForallOp vga::tileAttention(RewriterBase &rewriter, AttentionInterface op,
                                 TaskShape shape) {
  LinalgBuilder builder(op.getLoc(), rewriter);
  scf::ForallOp tasks =
      emitTasks(builder, op, shape, createOutputs(builder, op));
  rewriter.replaceOp(op, tasks);
  return tasks;
}
