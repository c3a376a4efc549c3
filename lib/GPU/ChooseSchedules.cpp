//===- ChooseSchedules.cpp - A schedule for each attention ----------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/GPU/Passes.h"
#include "vga/GPU/Target.h"

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
  int64_t queries, keys, bandKeys;
  int64_t keyStages, valueStages;
  bool pingPong, outputBuffer;
};
} // namespace

/// Measured on an H100: see docs/performance.md.
static constexpr Choice kChoices[] = {
    {64, 192, 128, 128, 2, 2, true, true},
    {128, 128, 128, 128, 2, 2, true, true},
    {192, 128, 96, 96, 2, 2, true, false},
    {256, 128, 80, 80, 2, 2, false, false},
};

static ScheduleAttr chooseSchedule(AttentionOp op) {
  AttentionSizes sizes(op);
  int64_t channels = std::max(sizes.keyChannels, sizes.valueChannels);
  const Choice *choice = llvm::find_if(kChoices, [&](const Choice &choice) {
    return channels <= choice.channels;
  });
  // Heads that are too large get the last schedule, and a diagnostic of the
  // lowering.
  if (choice == std::end(kChoices))
    --choice;
  Band band(op);
  int64_t queries = choice->queries;
  if (!ShapedType::isDynamic(sizes.queries))
    while (queries > 64 && queries - 64 >= sizes.queries)
      queries -= 64;
  return ScheduleAttr::get(
      op.getContext(), queries,
      band.isFull() ? choice->keys : choice->bandKeys, choice->keyStages,
      choice->valueStages, choice->pingPong, /*persistent=*/true,
      band.isFull() ? TileOrder::linear : TileOrder::heavy_first,
      choice->outputBuffer);
}

namespace {
struct VGAGPUChooseSchedulesPass
    : vga::impl::VGAGPUChooseSchedulesPassBase<VGAGPUChooseSchedulesPass> {
  using Base::Base;

  void runOnOperation() override {
    if (!Target::lookup(chip)) {
      getOperation()->emitError("no kernels for '")
          << chip << "'; there are some for " << Target::getNames();
      return signalPassFailure();
    }
    getOperation()->walk([](AttentionOp op) {
      if (!op.getSchedule())
        op.setScheduleAttr(chooseSchedule(op));
    });
  }
};
} // namespace
