//===- LaunchAttention.cpp - Attention as a kernel's launch ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchAttention.h"

#include "GuardedRow.h"
#include "Kernels.h"
#include "ValueGating.h"
#include "vga/Dialect/VGA/IR/Semantics.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::vga;

GatePlacement vga::getGatePlacement(AttentionOp op) {
  if (auto schedule = dyn_cast<WarpScheduleAttr>(op.getScheduleAttr()))
    return schedule.getValueGate();
  return cast<ScheduleAttr>(op.getScheduleAttr()).getValueGate();
}

SmallVector<Value> vga::getGateInputs(AttentionOp op, GateOp gate) {
  SmallVector<Value> inputs;
  if (!gate)
    inputs.push_back(op.getValueGate());
  else
    inputs.push_back(gate.getWeight());
  if (gate && gate.getBias())
    inputs.push_back(gate.getBias());
  return inputs;
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Memory that a kernel reads again, and so not any: not a tensor.empty, of
/// which one may stand for several.
static Value makeScratch(HostBuilder &b, RankedTensorType type,
                         ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> dynamicSizes;
  std::tie(std::ignore, dynamicSizes) = decomposeMixedValues(sizes);
  return bufferization::AllocTensorOp::create(b, type, dynamicSizes);
}

/// Elements between the entries of a mask along each of [B, Hq, Sq, Sk].
static void appendMaskStrides(HostBuilder &b, Value mask,
                              SmallVectorImpl<Value> &sizes) {
  auto type = cast<RankedTensorType>(mask.getType());
  SmallVector<Value, 4> strides(4, b.index(0));
  Value stride = b.index(1);
  for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
    if (type.getDimSize(axis) == 1)
      continue;
    strides[4 - type.getRank() + axis] = stride;
    stride = b.mul(stride, b.size(mask, axis));
  }
  llvm::append_range(sizes, strides);
}

namespace {
/// The launch of an attention kernel under construction.
class AttentionLaunch {
public:
  AttentionLaunch(HostBuilder &b, AttentionOp op);

  using Box = ArrayRef<int64_t>;
  void addInput(Value array, Box box = {}) {
    if (!array)
      return;
    inputs.push_back(array);
    inputBoxes.push_back(b.getDenseI64ArrayAttr(box));
  }
  void addOutput(Value array, Box box = {}) {
    outputs.push_back(array);
    outputBoxes.push_back(b.getDenseI64ArrayAttr(box));
  }
  /// Adds the gate on the output, the mask and what else a kernel may have.
  void addOptionalInputs() {
    for (Value array : {Value(op.getOutputGate()), Value(op.getMask()),
                        Value(op.getKvLength()), Value(op.getSink())})
      addInput(array);
  }
  LogicalResult addResults(Box resultBox = {});

  /// Launches the kernel; returns what replaces the op's results.
  SmallVector<Value> build(SymbolRefAttr kernel, Value blocks, int64_t threads,
                           int64_t sharedBytes, bool isPersistent,
                           bool isCooperative);

  Value batch, queries, keys;
  SmallVector<Value> sizes;

private:
  HostBuilder &b;
  AttentionOp op;
  SmallVector<Value> inputs, outputs;
  SmallVector<Attribute> inputBoxes, outputBoxes;
};
} // namespace

AttentionLaunch::AttentionLaunch(HostBuilder &b, AttentionOp op)
    : b(b), op(op) {
  AxisOrder axes(op.getLayout());
  batch = b.size(op.getQuery(), axes.batch);
  queries = b.size(op.getQuery(), axes.sequence);
  keys = b.size(op.getKey(), axes.sequence);
  if (op.getBlockTable())
    keys = b.mul(b.size(op.getBlockTable(), 1), keys);
  sizes = {batch, queries, keys};
}

LogicalResult AttentionLaunch::addResults(Box resultBox) {
  ReifiedRankedShapedTypeDims shapes;
  if (failed(op.reifyResultShapes(b, shapes)))
    return failure();
  for (auto [shape, result] : llvm::zip(shapes, op->getResults())) {
    Type type = cast<RankedTensorType>(result.getType()).getElementType();
    addOutput(tensor::EmptyOp::create(b, shape, type),
              result == op.getResult() ? resultBox : Box());
  }
  return success();
}

SmallVector<Value> AttentionLaunch::build(SymbolRefAttr kernel, Value blocks,
                                          int64_t threads, int64_t sharedBytes,
                                          bool isPersistent,
                                          bool isCooperative) {
  if (op.getMask())
    appendMaskStrides(b, op.getMask(), sizes);
  SmallVector<Attribute> boxes = inputBoxes;
  llvm::append_range(boxes, outputBoxes);
  auto launch = LaunchOp::create(b, TypeRange(ValueRange(outputs)), kernel,
                                 blocks, threads, sharedBytes, isPersistent,
                                 isCooperative, sizes, b.getArrayAttr(boxes),
                                 inputs, outputs, /*errors=*/ArrayAttr());
  return llvm::to_vector_of<Value>(
      launch->getResults().take_front(op->getNumResults()));
}

/// How many heads' keys and values stay in the cache together.
static Value getCachedHeads(HostBuilder &b, AttentionOp op, Value keys,
                            const Target &target) {
  AttentionSizes known(op);
  Type type = op.getKey().getType().getElementType();
  Value headBytes =
      b.mul(keys, b.index((known.keyChannels + known.valueChannels) *
                          type.getIntOrFloatBitWidth() / 8));
  Value one = b.index(1);
  return b.max(b.div(b.index(target.cacheBytes), b.max(headBytes, one)), one);
}

//===----------------------------------------------------------------------===//
// The kernel for Hopper
//===----------------------------------------------------------------------===//

static FailureOr<SmallVector<Value>>
launchOnHopper(HostBuilder &b, AttentionOp op, GateOp gate,
               ScheduleAttr schedule, gpu::GPUModuleOp module, StringRef name,
               const Target &target) {
  if (!target.hasWarpgroups())
    return op.emitOpError("has no kernel for '")
           << target.chip << "': expected a warp_schedule";
  if (op.getBlockTable() || op.getAlignment() == Alignment::length)
    return op.emitOpError("has no kernel for '")
           << target.chip
           << "': a block_table and alignment length take a warp_schedule";
  bool isAhead =
      op.getValueGate() && schedule.getValueGate() == GatePlacement::ahead;
  if (isAhead && failed(ValueGating::verify(op, target)))
    return failure();
  FailureOr<LaunchPlan> plan =
      hopper::buildAttentionKernel(b, module, name, op, gate, schedule, target);
  if (failed(plan))
    return failure();

  AttentionSizes known(op);
  AttentionLaunch launch(b, op);
  launch.sizes.push_back(b.mul(getCachedHeads(b, op, launch.keys, target),
                               b.index(known.groupSize())));
  Value tiles = b.mul(b.ceilDiv(launch.queries, b.index(schedule.getQueries())),
                      b.mul(b.index(known.queryHeads), launch.batch));

  // Values that are gated ahead go through scratch.
  Value gated = op.getValue();
  if (isAhead)
    gated = makeScratch(b, op.getValue().getType(),
                        tensor::getMixedSizes(b, op.getLoc(), op.getValue()));
  launch.addInput(op.getQuery(), plan->queryBox);
  launch.addInput(op.getKey(), plan->keyValueBox);
  launch.addInput(gated, plan->keyValueBox);
  if (isAhead)
    launch.addInput(op.getValue());
  for (Value array : getGateInputs(op, gate))
    launch.addInput(array);
  launch.addOptionalInputs();
  if (hidesKeysOfBlocks(op)) {
    launch.addInput(op.getQuery());
    launch.addInput(op.getKey());
    if (!isAhead)
      launch.addInput(op.getValue());
  }
  if (failed(launch.addResults(plan->outputBox)))
    return failure();
  if (isAhead)
    launch.addOutput(gated);
  return launch.build(getKernel(module, name), tiles, plan->threads,
                      plan->sharedBytes, schedule.getPersistent(),
                      /*isCooperative=*/isAhead);
}

//===----------------------------------------------------------------------===//
// The kernel of warps
//===----------------------------------------------------------------------===//

/// How many blocks of threads are to share the keys of each of `tiles` tiles:
/// as many as keep all multiprocessors busy most of the time, with blocks of
/// keys for each of their teams.
static Value chooseSplits(HostBuilder &b, WarpScheduleAttr schedule,
                          const WarpLaunchPlan &plan, Value tiles, Value keys,
                          const Target &target) {
  constexpr int64_t kBlocksOfTeam = 4;
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

static FailureOr<SmallVector<Value>>
launchOfWarps(HostBuilder &b, AttentionOp op, GateOp gate,
              WarpScheduleAttr schedule, gpu::GPUModuleOp module,
              StringRef name, const Target &target) {
  FailureOr<WarpLaunchPlan> plan =
      warp::buildAttentionKernel(b, module, name, op, gate, schedule, target);
  if (failed(plan))
    return failure();

  AttentionLaunch launch(b, op);
  int64_t packs = AttentionSizes(op).queryHeads / plan->packedHeads;
  Value rows = b.mul(launch.queries, b.index(plan->packedHeads));
  Value tiles = b.mul(b.ceilDiv(rows, b.index(schedule.getRows())),
                      b.mul(b.index(packs), launch.batch));
  launch.sizes.push_back(getCachedHeads(b, op, launch.keys, target));

  launch.addInput(op.getQuery());
  launch.addInput(op.getKey());
  launch.addInput(op.getValue());
  launch.addInput(op.getBlockTable());
  for (Value array : getGateInputs(op, gate))
    launch.addInput(array);
  launch.addOptionalInputs();
  Value states, blocks = tiles;
  if (schedule.getSplits() > 1) {
    Value splits = chooseSplits(b, schedule, *plan, tiles, launch.keys, target);
    launch.sizes.push_back(splits);
    blocks = b.mul(tiles, splits);
    Value isWhole =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, splits, b.index(1));
    Value numbers = b.mul(b.select(isWhole, b.index(0), blocks),
                          b.index(plan->stateBytes / 4));
    auto type = RankedTensorType::get(ShapedType::kDynamic, b.getF32Type());
    states = makeScratch(b, type, OpFoldResult(numbers));
    launch.addInput(states);
  }
  if (op.getBlockTable())
    launch.sizes.append({b.size(op.getKey(), AxisOrder(op.getLayout()).batch),
                         b.size(op.getBlockTable(), 1)});
  if (failed(launch.addResults()))
    return failure();
  if (states)
    launch.addOutput(states);
  return launch.build(getKernel(module, name), blocks, schedule.getThreads(),
                      plan->sharedBytes, /*isPersistent=*/false,
                      /*isCooperative=*/false);
}

FailureOr<SmallVector<Value>> vga::launchAttention(HostBuilder &b,
                                                   AttentionOp op, GateOp gate,
                                                   gpu::GPUModuleOp module,
                                                   StringRef name,
                                                   const Target &target) {
  if (auto schedule = dyn_cast<WarpScheduleAttr>(op.getScheduleAttr()))
    return launchOfWarps(b, op, gate, schedule, module, name, target);
  return launchOnHopper(b, op, gate, cast<ScheduleAttr>(op.getScheduleAttr()),
                        module, name, target);
}
