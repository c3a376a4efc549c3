//===- Launch.cpp - The launch of an attention kernel ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../GuardedRow.h"
#include "../LaunchAttention.h"
#include "../ValueGating.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// Fails if no kernel of this form computes an attention.
static LogicalResult verify(AttentionOp op, ScheduleAttr schedule,
                            const Target &target) {
  if (!target.hasWarpgroups())
    return op.emitOpError("has no kernel for '")
           << target.chip << "': expected a warp_schedule";
  if (op.getBlockTable() || op.getAlignment() == Alignment::length)
    return op.emitOpError("has no kernel for '")
           << target.chip
           << "': a block_table and alignment length take a warp_schedule";
  if (op.getValueGate() && schedule.getValueGate() == GatePlacement::ahead)
    return ValueGating::verify(op, target);
  return success();
}

/// Declares what the kernel takes. Values that are gated ahead go through
/// scratch.
static LogicalResult declareOperands(HostBuilder &b, Kernel &kernel,
                                     const AttentionProblemSizes &sizes,
                                     const Target &target,
                                     KernelSignature &signature) {
  AttentionOp op = kernel.op;
  const Plan &plan = kernel.plan;
  Arguments &arguments = kernel.arguments;
  auto getBox = [&](int64_t rows) {
    return plan.axes.arrange<int64_t>(1, 1, rows, kAtomChannels);
  };
  SmallVector<int64_t> queryBox = getBox(plan.schedule.getQueries()),
                       keyBox = getBox(plan.schedule.getKeys());
  Value gated = op.getValue();
  if (plan.gatesAhead)
    gated = makeScratch(b, op.getValue().getType(),
                        tensor::getMixedSizes(b, op.getLoc(), op.getValue()));
  signature.addInput(op.getQuery(), arguments.queryMap, queryBox);
  signature.addInput(op.getKey(), arguments.keyMap, keyBox);
  signature.addInput(gated, arguments.valueMap, keyBox);
  if (plan.gatesAhead)
    signature.addInput(op.getValue(), arguments.values);
  declareValueGate(signature, op, kernel.gate, arguments);
  declareOptionalInputs(signature, op, arguments);
  if (hidesKeysOfBlocks(op)) {
    signature.addInput(op.getQuery(), arguments.query);
    signature.addInput(op.getKey(), arguments.key);
    if (!plan.gatesAhead)
      signature.addInput(op.getValue(), arguments.value);
  }
  if (failed(declareResults(b, signature, op, arguments.outputMap,
                            getBox(kWarpgroupRows), arguments)))
    return failure();
  if (plan.gatesAhead)
    signature.addOutput(gated, arguments.gatedValues);
  Value cachedHeads = getCachedHeads(b, op, sizes.keys, target);
  declareSizes(signature, sizes,
               b.mul(cachedHeads, b.index(AttentionSizes(op).groupSize())),
               arguments);
  declareMaskStrides(b, signature, op, arguments);
  return success();
}

FailureOr<SmallVector<Value>>
hopper::launchAttention(HostBuilder &b, AttentionOp op, GateOp gate,
                        ScheduleAttr schedule, gpu::GPUModuleOp module,
                        StringRef name, const Target &target) {
  if (failed(verify(op, schedule, target)))
    return failure();
  FailureOr<Plan> plan = Plan::create(op, gate, schedule, target);
  if (failed(plan))
    return failure();
  KernelBuilder inKernel(op.getLoc(), b);
  Kernel kernel{inKernel, op, gate, *plan, {}, Value(), {}, {}};
  AttentionProblemSizes sizes(b, op);
  KernelSignature signature;
  if (failed(declareOperands(b, kernel, sizes, target, signature)))
    return failure();
  buildAttentionKernel(kernel, module, name, signature);

  LaunchShape shape;
  shape.blocks = b.mul(b.ceilDiv(sizes.queries, b.index(schedule.getQueries())),
                       b.mul(b.index(plan->queryHeads), sizes.batch));
  shape.threads = plan->getThreads();
  shape.sharedBytes = plan->sharedBytes;
  shape.isPersistent = schedule.getPersistent();
  shape.isCooperative = plan->gatesAhead;
  ResultRange results = signature.launch(b, getKernel(module, name), shape);
  return llvm::to_vector_of<Value>(results.take_front(op->getNumResults()));
}
