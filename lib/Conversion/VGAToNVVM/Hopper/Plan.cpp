//===- Plan.cpp - Shared memory and registers of a kernel -----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "vga/GPU/Target.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

std::pair<int64_t, int64_t> Plan::getRegisters() const {
  // A multiprocessor has 512 registers for each of 128 threads; setmaxnreg
  // takes multiples of 8 up to 240 here.
  switch (schedule.getConsumers()) {
  case 1:
    return {56, 240};
  case 2:
    if (gatesValues)
      return {56, 224};
    if (endsEarly)
      return {40, 232};
    return {24, 240};
  default:
    return {32, 160};
  }
}

bool Plan::hasShortTiles() const {
  constexpr int64_t kFewBlocks = 8;
  if (ShapedType::isDynamic(keys))
    return false;
  int64_t blocks = llvm::divideCeil(keys, schedule.getKeys());
  return (band.upper ? blocks / 2 : blocks) < kFewBlocks;
}

/// Lays out shared memory; returns its size.
static int64_t layOut(Plan &plan) {
  // Swizzled tiles start at multiples of 1024 bytes; all but the barriers are
  // such multiples.
  int64_t offset = 0;
  auto take = [&](int64_t bytes) {
    int64_t start = offset;
    offset += bytes;
    return start;
  };
  ScheduleAttr schedule = plan.schedule;
  plan.queryRing.stages = schedule.getQueryStages();
  plan.queryRing.stageBytes = plan.getKeyAtoms() * plan.getQueryAtomBytes();
  int64_t queryBytes = plan.queryRing.stages * plan.queryRing.stageBytes;
  int64_t outputBytes = plan.getValueAtoms() * plan.getQueryAtomBytes();
  if (schedule.getOutputBuffer()) {
    plan.queryRing.data = take(queryBytes);
    plan.outputData = take(outputBytes);
  } else {
    plan.queryRing.data = plan.outputData =
        take(std::max(queryBytes, outputBytes));
  }
  plan.keyRing.stages = schedule.getKeyStages();
  plan.keyRing.stageBytes = plan.getKeyAtoms() * plan.getKeyAtomBytes();
  plan.keyRing.data = take(plan.keyRing.stages * plan.keyRing.stageBytes);
  plan.valueRing.stages = schedule.getValueStages();
  plan.valueRing.stageBytes = plan.getValueAtoms() * plan.getKeyAtomBytes();
  plan.valueRing.data = take(plan.valueRing.stages * plan.valueRing.stageBytes);
  constexpr int64_t kBarrierBytes = 8;
  plan.tileNumber = take(kBarrierBytes);
  plan.tileFull = take(kBarrierBytes);
  plan.tileEmpty = take(kBarrierBytes);
  plan.tileKept = take(schedule.getConsumers() * 4 * kKeptTileBytes);
  if (plan.gatesRows && plan.hasShortTiles())
    plan.rowGates = take(schedule.getConsumers() * 4 * kWarpRows * 4);
  for (Ring *ring : {&plan.queryRing, &plan.keyRing, &plan.valueRing}) {
    ring->full = take(ring->stages * kBarrierBytes);
    ring->empty = take(ring->stages * kBarrierBytes);
    ring->ready = ring->full;
  }
  if (plan.hasGater())
    plan.valueRing.ready = take(plan.valueRing.stages * kBarrierBytes);
  return offset;
}

FailureOr<Plan> Plan::create(AttentionOp op, GateOp gate, ScheduleAttr schedule,
                             const Target &target) {
  AttentionSizes sizes(op);
  Plan plan;
  plan.schedule = schedule;
  plan.queryHeads = sizes.queryHeads;
  plan.kvHeads = sizes.kvHeads;
  plan.keyChannels = sizes.keyChannels;
  plan.valueChannels = sizes.valueChannels;
  plan.keys = sizes.keys;
  plan.axes = AxisOrder(op.getLayout());
  plan.elementType = op.getQuery().getType().getElementType();
  plan.band = Band(op);
  plan.isBottomRight = op.getAlignment() == Alignment::bottom_right;
  plan.gatesRows =
      op.getOutputGate() && op.getOutputGate().getType().getRank() == 3;
  plan.gatesValues = static_cast<bool>(op.getValueGate());
  plan.gatesAhead =
      plan.gatesValues && schedule.getValueGate() == GatePlacement::ahead;
  plan.endsEarly = static_cast<bool>(op.getKvLength());

  auto refuse = [&]() {
    return op.emitOpError("has no kernel for '") << target.chip << "': ";
  };
  if (!plan.elementType.isF16() && !plan.elementType.isBF16())
    return refuse() << "expected elements of f16 or bf16, got "
                    << plan.elementType;
  for (auto [name, channels] :
       {std::pair("key", plan.keyChannels), {"value", plan.valueChannels}})
    if (channels % 8 != 0 || channels > 256 || channels == 0)
      return refuse() << "expected the channels of " << name
                      << " to be a multiple of 8 up to 256, got " << channels;
  for (Value gate : {Value(op.getValueGate()), Value(op.getOutputGate())})
    if (gate && getElementTypeOrSelf(gate).isF64())
      return refuse() << "expected gates of f16, bf16 or f32, got 'f64'";
  plan.sharedBytes = layOut(plan);
  if (plan.sharedBytes > target.sharedMemoryBytes)
    return refuse() << "its schedule takes " << plan.sharedBytes
                    << " bytes of shared memory, there are "
                    << target.sharedMemoryBytes;
  // Accumulators, scores and packed weights of a consumer thread, and room for
  // addresses and statistics.
  constexpr int64_t kOtherRegisters = 24;
  int64_t registers = plan.valueChannels / 2 + schedule.getKeys() / 2 +
                      schedule.getKeys() / 4 + kOtherRegisters;
  if (registers > plan.getRegisters().second)
    return refuse() << "its schedule takes about " << registers
                    << " registers of a thread, there are "
                    << plan.getRegisters().second;
  return plan;
}
