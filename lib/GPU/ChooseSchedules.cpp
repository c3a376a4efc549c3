//===- ChooseSchedules.cpp - A schedule for each attention ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Gates.h"
#include "vga/GPU/Passes.h"
#include "vga/GPU/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPUCHOOSESCHEDULESPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// A row of the table: for heads up to this size.
struct Choice {
  int64_t channels;
  /// The most queries and keys that pay: fewer keys where masks leave only a
  /// band, as more of a block on its edge is for nothing.
  int64_t queries, keys, bandKeys;
  int64_t keyStages, valueStages;
  bool pingPong, outputBuffer;
  int64_t queryStages;
};
} // namespace

/// Measured on an H100: see docs/performance.md.
static constexpr Choice kChoices[] = {
    {64, 192, 128, 96, 4, 4, true, true, 2},
    {128, 128, 128, 128, 2, 2, true, true, 2},
    {192, 128, 96, 96, 2, 2, true, false, 1},
    {256, 128, 80, 80, 2, 2, true, false, 1},
};

/// About how many registers a thread of a consumer takes: accumulators, scores,
/// packed weights, what is read for scores, descriptors, limits, statistics.
static int64_t estimateRegisters(AttentionOp op, const Choice &choice,
                                 int64_t keys) {
  AttentionSizes sizes(op);
  int64_t registers =
      sizes.valueChannels / 2 + keys / 2 + keys / 4 + sizes.keyChannels / 8;
  constexpr int64_t kStatistics = 20, kLimits = 8, kGatesAhead = 32,
                    kNextTile = 16;
  registers += kStatistics;
  if (!Band(op).isFull())
    registers += kLimits;
  if (op.getMask())
    registers += keys * 3 / 4 + (choice.outputBuffer ? kNextTile : 0);
  if (op.getSoftcap())
    registers += kLimits;
  // The assembler loads ahead.
  if (op.getOutputGate() && op.getOutputGate().getType().getRank() == 4)
    registers += kGatesAhead;
  return registers;
}

static ScheduleAttr chooseHopperSchedule(AttentionOp op) {
  AttentionSizes sizes(op);
  int64_t channels = std::max(sizes.keyChannels, sizes.valueChannels);
  const Choice *choice = llvm::find_if(kChoices, [&](const Choice &choice) {
    return channels <= choice.channels;
  });
  // Heads that are too large get the last schedule, and a diagnostic of the
  // lowering.
  if (choice == std::end(kChoices))
    --choice;

  // Three warpgroups have 160 registers a thread, two have 240.
  int64_t queries = choice->queries;
  bool gatesMore = op.getValueGate() && !hasScalarGatesInMemory(op) &&
                   chooseGatePlacement(op) == GatePlacement::inside;
  if (op.getMask() || gatesMore)
    queries = std::min<int64_t>(queries, 128);
  if (!ShapedType::isDynamic(sizes.queries))
    while (queries > 64 && queries - 64 >= sizes.queries)
      queries -= 64;
  int64_t registers = queries > 128 ? 160 : 240;
  // The producer's warps take some where they gate values.
  if (op.getValueGate() && sizes.valueChannels > 192)
    registers -= 16;
  int64_t keys = Band(op).isFull() ? choice->keys : choice->bandKeys;
  while (keys > 16 && estimateRegisters(op, *choice, keys) > registers)
    keys -= 16;
  return ScheduleAttr::get(
      op.getContext(), queries, keys, choice->keyStages, choice->valueStages,
      choice->pingPong, /*persistent=*/true,
      Band(op).isFull() ? TileOrder::linear : TileOrder::heavy_first,
      choice->outputBuffer, choice->queryStages, chooseGatePlacement(op));
}

//===----------------------------------------------------------------------===//
// Schedules of warps
//===----------------------------------------------------------------------===//

/// The most rows of packed queries for which blocks of keys are divided among
/// teams and blocks of threads, not rows.
static constexpr int64_t kFewRows = 64;

/// The rows of a key/value head: its queries, packed.
static int64_t getPackedRows(AttentionOp op) {
  AttentionSizes sizes(op);
  if (ShapedType::isDynamic(sizes.queries))
    return ShapedType::kDynamic;
  return sizes.queries * sizes.groupSize();
}

/// Shared memory that a block of threads takes.
static int64_t getSharedBytes(AttentionOp op, int64_t rows, int64_t teams,
                              int64_t keys, int64_t stages) {
  AttentionSizes sizes(op);
  Type type = op.getQuery().getType().getElementType();
  auto getPitch = [&](int64_t channels) -> int64_t {
    return llvm::alignTo(channels, 16) * type.getIntOrFloatBitWidth() / 8 + 16;
  };
  int64_t queryPitch = getPitch(sizes.keyChannels);
  int64_t valuePitch = getPitch(sizes.valueChannels);
  int64_t gateRows = 0;
  if (GateOp gate = getOwnGate(op))
    gateRows =
        getGateTerms(gate) * (hasGatesOfQueryHeads(op) ? sizes.groupSize() : 1);
  return rows * queryPitch + gateRows * valuePitch +
         teams * stages * keys * (queryPitch + valuePitch);
}

static bool isOfF32(AttentionOp op) {
  return op.getQuery().getType().getElementType().isF32();
}

/// A schedule for so many rows, or for any number of them.
static WarpScheduleAttr chooseWarpSchedule(AttentionOp op, int64_t packedRows,
                                           const Target &target, bool tf32) {
  AttentionSizes sizes(op);
  int64_t channels = std::max(sizes.keyChannels, sizes.valueChannels);
  bool isF32 = isOfF32(op);
  bool areFew = !ShapedType::isDynamic(packedRows) && packedRows <= kFewRows;
  int64_t warps = 4, rows, teams = 1, keys, splits = 1, mostStages = 2;
  if (areFew) {
    // 16 rows a warp, and as many teams as make 4 warps. What a team copies at
    // a time is 16 KB of bf16 with 128 channels: measured, see
    // docs/performance.md.
    warps = std::max<int64_t>(llvm::divideCeil(packedRows, 16), 1);
    warps = llvm::PowerOf2Ceil(warps);
    rows = 16 * warps;
    teams = 4 / warps;
    keys = 32 * warps;
    if (getSharedBytes(op, rows, teams, keys, 2) > target.sharedMemoryBytes)
      keys = 16 * warps;
    mostStages = 4;
    splits = 64;
  } else {
    // 32 rows a warp as long as there are registers for them.
    bool isWide = channels <= 128 && !op.getMask() && !isF32;
    rows = isWide ? 128 : 64;
    GateOp ownGate = getOwnGate(op);
    bool hasLogits = ownGate && getGateTerms(ownGate) != 0;
    keys = isWide && channels <= 64 && !hasLogits ? 128 : isF32 ? 32 : 64;
    // Gates, their logits, and limits on both sides take registers from the
    // scores.
    bool isTight = hasScalarGatesInMemory(op) || Band(op).lower ||
                   (op.getValueGate() && channels > 96) ||
                   (op.getKvLength() && channels <= 64) ||
                   (op.getMask() && isF32);
    if (isTight && (isWide || isF32))
      keys -= 16;
  }
  // Two blocks of threads are to fit into a multiprocessor, which keeps 1 KB
  // for each; or else one.
  int64_t half = target.sharedMemoryBytes / 2 - 512;
  auto getBytes = [&](int64_t stages) {
    return getSharedBytes(op, rows, teams, keys, stages);
  };
  while (keys > 16 && getBytes(1) > target.sharedMemoryBytes)
    keys -= 16;
  int64_t stages = 1;
  int64_t budget = getBytes(1) <= half ? half : target.sharedMemoryBytes;
  // Two stages of large blocks of keys, for one block of threads, are more on
  // their way than small ones for two.
  if (areFew && keys > 16 * warps && getBytes(2) > half)
    budget = std::min<int64_t>(std::max(getBytes(2), half),
                               target.sharedMemoryBytes);
  while (stages < mostStages && getBytes(stages + 1) <= budget)
    ++stages;

  // Gates in memory that are scalars take little inside, and so do all where
  // values meet one tile.
  bool isBefore = op.getValueGate() && !hasScalarGatesInMemory(op) &&
                  !hasGatesOfQueryHeads(op) && !areFew && !isF32 &&
                  !op.getBlockTable();
  GatePlacement placement =
      isBefore ? GatePlacement::before : GatePlacement::inside;
  return WarpScheduleAttr::get(
      op.getContext(), rows, warps, teams, keys, stages, splits,
      Band(op).upper ? TileOrder::heavy_first : TileOrder::linear, placement,
      isF32 && tf32);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static bool isFewRows(int64_t rows) {
  return !ShapedType::isDynamic(rows) && rows <= kFewRows;
}

static Attribute chooseSchedule(AttentionOp op, int64_t packedRows,
                                const Target &target, bool tf32) {
  bool needsWarps = isOfF32(op) || op.getBlockTable() ||
                    op.getAlignment() == Alignment::length;
  if (target.hasWarpgroups() && !isFewRows(packedRows) && !needsWarps)
    return chooseHopperSchedule(op);
  return chooseWarpSchedule(op, packedRows, target, tf32);
}

/// Moves a copy of the op with this schedule, and of its own gate, to a block.
static void moveTo(OpBuilder &b, Block *block, AttentionOp op,
                   Attribute schedule) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(block);
  IRMapping mapping;
  if (GateOp gate = getOwnGate(op))
    b.clone(*gate, mapping);
  auto copy = cast<AttentionOp>(b.clone(*op, mapping));
  copy.setScheduleAttr(schedule);
  scf::YieldOp::create(b, op.getLoc(), copy->getResults());
}

/// Where the number of queries is known when the function runs, it decides
/// then.
static void decideLater(AttentionOp op, const Target &target, bool tf32) {
  AttentionSizes sizes(op);
  // The fewest rows, and those that take two tiles of such.
  int64_t rows = sizes.groupSize();
  Attribute many = chooseSchedule(op, ShapedType::kDynamic, target, tf32);
  if (!isFewRows(rows)) {
    op.setScheduleAttr(many);
    return;
  }
  WarpScheduleAttr few = chooseWarpSchedule(op, rows, target, tf32);
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value queries = b.createOrFold<tensor::DimOp>(
      op.getQuery(), AxisOrder(op.getLayout()).sequence);
  Value most = arith::ConstantIndexOp::create(b, 2 * few.getRows() / rows);
  Value areFew =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ule, queries, most);
  auto branch = scf::IfOp::create(b, op->getResultTypes(), areFew,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  moveTo(b, branch.thenBlock(), op, few);
  moveTo(b, branch.elseBlock(), op, many);
  GateOp gate = getOwnGate(op);
  op->replaceAllUsesWith(branch);
  op->erase();
  if (gate)
    gate->erase();
}

namespace {
struct VGAGPUChooseSchedulesPass
    : vga::impl::VGAGPUChooseSchedulesPassBase<VGAGPUChooseSchedulesPass> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target = Target::require(chip, getOperation());
    if (failed(target))
      return signalPassFailure();
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      if (!op.getSchedule())
        ops.push_back(op);
    });
    for (AttentionOp op : ops) {
      int64_t rows = getPackedRows(op);
      if (ShapedType::isDynamic(rows))
        decideLater(op, *target, tf32);
      else
        op.setScheduleAttr(chooseSchedule(op, rows, *target, tf32));
    }
  }
};
} // namespace
