//===- Plan.cpp - Shared memory and registers of a kernel -----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "vga/GPU/Gates.h"
#include "vga/GPU/Target.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// The most registers of a thread; a block has 65536.
static int64_t getMostRegisters(WarpScheduleAttr schedule) {
  constexpr int64_t kMost = 255, kAll = 65536;
  return std::min(kMost, kAll / schedule.getThreads());
}

/// Those for the logits of gates that are computed as scores.
static int64_t estimateGateRegisters(const Plan &plan) {
  if (plan.gateTerms == 0)
    return 0;
  int64_t rowProducts = plan.gateHeads == 1 ? 1 : plan.getRowProducts();
  return rowProducts * kProductSums * plan.getKeyProducts();
}

/// About how many registers a thread takes without its queries: accumulators,
/// scores, addresses and statistics.
static int64_t estimateRegisters(const Plan &plan) {
  constexpr int64_t kOthers = 48;
  // Weights that are split are so before they meet the values.
  int64_t keyProducts = plan.getKeyProducts() * (plan.splitsElements() ? 2 : 1);
  return plan.getRowProducts() * kProductSums *
             (plan.getValueProducts() + keyProducts) +
         kOthers + estimateGateRegisters(plan);
}

/// Lays out shared memory; returns its size.
static int64_t layOut(Plan &plan) {
  int64_t teams = plan.schedule.getTeams();
  plan.queryData = 0;
  plan.gateData = plan.schedule.getRows() * plan.getPitch(plan.keyChannels);
  plan.rings = plan.gateData + plan.gateTerms * plan.gateHeads *
                                   plan.getPitch(plan.valueChannels);
  int64_t bytes = plan.rings + teams * plan.getTeamBytes();
  if (teams > 1)
    bytes = std::max(bytes, teams * plan.getStateBytes());
  return bytes;
}

/// Decides how gates of values are applied, and which heads share tiles.
static void placeGates(Plan &plan, AttentionOp op, GateOp gate) {
  int64_t group = plan.queryHeads / plan.kvHeads;
  bool areElementwise =
      op.getValueGate() && op.getValueGate().getType().getRank() == 4;
  plan.gateTerms = gate ? getGateTerms(gate) : 0;
  plan.gatesValues = areElementwise || (gate && plan.gateTerms == 0);
  plan.packedHeads = group;
  if (!hasGatesOfQueryHeads(op))
    return;
  // Values with gates of one query head are of no use for another. The logits
  // of many rows with different gates are as much work as their scores; where
  // keys are divided there are few rows.
  bool areFewRows = plan.schedule.getSplits() > 1;
  if (plan.gatesValues || (plan.gateTerms != 0 && !areFewRows))
    plan.packedHeads = 1;
  if (plan.gateTerms != 0)
    plan.gateHeads = plan.packedHeads;
}

FailureOr<Plan> Plan::create(AttentionOp op, GateOp gate,
                             WarpScheduleAttr schedule, const Target &target) {
  AttentionSizes sizes(op);
  Plan plan;
  plan.schedule = schedule;
  plan.queryHeads = sizes.queryHeads;
  plan.kvHeads = sizes.kvHeads;
  plan.keyChannels = sizes.keyChannels;
  plan.valueChannels = sizes.valueChannels;
  plan.axes = AxisOrder(op.getLayout());
  plan.elementType = op.getQuery().getType().getElementType();
  placeGates(plan, op, gate);
  plan.band = Band(op);
  plan.alignment = op.getAlignment();
  if (op.getBlockTable())
    plan.pageSize = getPageSize(op);

  auto refuse = [&]() {
    return op.emitOpError("has no kernel for '") << target.chip << "': ";
  };
  if (!plan.elementType.isF16() && !plan.elementType.isBF16() &&
      !plan.elementType.isF32())
    return refuse() << "expected elements of f16, bf16 or f32, got "
                    << plan.elementType;
  if (schedule.getTf32() && !plan.elementType.isF32())
    return refuse() << "tf32 is for elements of f32, got " << plan.elementType;
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
  int64_t registers = estimateRegisters(plan),
          most = getMostRegisters(schedule);
  if (registers > most)
    return refuse() << "its schedule takes about " << registers
                    << " registers of a thread, there are " << most;
  int64_t ofQueries = plan.getRowProducts() * kProductSums *
                      llvm::divideCeil(plan.keyChannels, plan.getDepth());
  plan.keepsQueries = registers + ofQueries <= most;
  if (plan.keepsQueries)
    registers += ofQueries;
  constexpr int64_t kAllRegisters = 65536, kReservedBytes = 1024;
  int64_t inMemory = (target.sharedMemoryBytes + kReservedBytes) /
                     (plan.sharedBytes + kReservedBytes);
  plan.blocksOfMultiprocessor = std::max<int64_t>(
      std::min(inMemory, kAllRegisters / (schedule.getThreads() * registers)),
      1);
  return plan;
}
