//===- Launch.cpp - The launch of an attention kernel ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../LaunchAttention.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// How many blocks of threads are to share the keys of each of `tiles` tiles:
/// as many as keep all multiprocessors busy most of the time, with blocks of
/// keys for each of their teams.
static Value chooseSplits(HostBuilder &b, const Plan &plan, Value tiles,
                          Value keys, const Target &target) {
  constexpr int64_t kBlocksOfTeam = 4;
  const WarpScheduleAttr &schedule = plan.schedule;
  // After one, two or four rounds of all multiprocessors, what is left over is
  // to be under a tenth.
  int64_t places = target.multiprocessors * plan.blocksOfMultiprocessor;
  Value splits = b.index(1);
  Value some = b.max(tiles, b.index(1));
  for (int64_t rounds : {4, 2, 1}) {
    Value candidate = b.div(b.index(rounds * places), some);
    Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::uge,
                                         b.mul(candidate, some),
                                         b.index(rounds * places * 9 / 10));
    // Without a good one, many rounds leave the least.
    splits = rounds == 4 ? candidate : b.select(isFull, candidate, splits);
  }
  int64_t shareKeys = schedule.getTeams() * schedule.getKeys() * kBlocksOfTeam;
  splits = b.min(splits, b.ceilDiv(keys, b.index(shareKeys)));
  splits = b.min(splits, b.index(schedule.getSplits()));
  Value hasCounters = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, tiles,
                                            b.index(kMostSplitTiles));
  return b.max(b.select(hasCounters, splits, b.index(1)), b.index(1));
}

/// The states of all parts of tiles; none if keys are not split in the end.
static Value makeStates(HostBuilder &b, const Plan &plan, Value splits,
                        Value blocks) {
  Value isWhole =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, splits, b.index(1));
  Value numbers = b.mul(b.select(isWhole, b.index(0), blocks),
                        b.index(plan.getStateBytes() / sizeof(float)));
  auto type = RankedTensorType::get(ShapedType::kDynamic, b.getF32Type());
  return makeScratch(b, type, OpFoldResult(numbers));
}

/// Declares what the kernel takes; `splits` is null if it has none.
static LogicalResult declareOperands(HostBuilder &b, Kernel &kernel,
                                     const AttentionProblemSizes &sizes,
                                     Value splits, Value blocks,
                                     const Target &target,
                                     KernelSignature &signature) {
  AttentionOp op = kernel.op;
  Arguments &arguments = kernel.arguments;
  signature.addInput(op.getQuery(), arguments.query);
  signature.addInput(op.getKey(), arguments.key);
  signature.addInput(op.getValue(), arguments.value);
  signature.addInput(op.getBlockTable(), arguments.blockTable);
  declareValueGate(signature, op, kernel.gate, arguments);
  declareOptionalInputs(signature, op, arguments);
  if (failed(declareResults(b, signature, op, arguments.output, {}, arguments)))
    return failure();
  declareSizes(signature, sizes, getCachedHeads(b, op, sizes.keys, target),
               arguments);
  if (splits) {
    signature.addScratch(makeStates(b, kernel.plan, splits, blocks),
                         arguments.states);
    signature.addSize(splits, arguments.splits);
  }
  if (op.getBlockTable()) {
    AxisOrder axes(op.getLayout());
    signature.addSize(b.size(op.getKey(), axes.batch), arguments.pages);
    signature.addSize(b.size(op.getBlockTable(), 1), arguments.tablePages);
  }
  declareMaskStrides(b, signature, op, arguments);
  return success();
}

FailureOr<SmallVector<Value>>
warp::launchAttention(HostBuilder &b, AttentionOp op, GateOp gate,
                      WarpScheduleAttr schedule, gpu::GPUModuleOp module,
                      StringRef name, const Target &target) {
  FailureOr<Plan> plan = Plan::create(op, gate, schedule, target);
  if (failed(plan))
    return failure();
  AttentionProblemSizes sizes(b, op);
  Value rows = b.mul(sizes.queries, b.index(plan->packedHeads));
  int64_t packs = plan->queryHeads / plan->packedHeads;
  Value blocks = b.mul(b.ceilDiv(rows, b.index(schedule.getRows())),
                       b.mul(b.index(packs), sizes.batch));
  Value splits;
  if (schedule.getSplits() > 1) {
    splits = chooseSplits(b, *plan, blocks, sizes.keys, target);
    blocks = b.mul(blocks, splits);
  }
  KernelBuilder inKernel(op.getLoc(), b);
  Kernel kernel{inKernel, op, gate, *plan, {}, Value(), {}, {}};
  KernelSignature signature;
  if (failed(
          declareOperands(b, kernel, sizes, splits, blocks, target, signature)))
    return failure();
  buildAttentionKernel(kernel, module, name, signature);

  LaunchShape shape;
  shape.blocks = blocks;
  shape.threads = schedule.getThreads();
  shape.sharedBytes = plan->sharedBytes;
  ResultRange results = signature.launch(b, getKernel(module, name), shape);
  return llvm::to_vector_of<Value>(results.take_front(op->getNumResults()));
}
