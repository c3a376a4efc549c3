//===- Epilogue.cpp - From accumulators to the output ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../GuardedRow.h"
#include "AttentionKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// Makes the sums of all four lanes of a row, with the sink; returns the
/// factors of the row's accumulators. Writes lse if the op has it.
static SmallVector<Value> normalize(Kernel &kernel, const Tile &tile,
                                    const Lane &lane, Rows &rows) {
  KernelBuilder &b = kernel.b;
  const Arguments &arguments = kernel.arguments;
  Value scale = b.f32(getExponentScale(kernel.op));
  SmallVector<Value> factors;
  for (int64_t r = 0; r < kLaneRows; ++r) {
    Value sum = sumOfRow(b, rows.sum[r]);
    Value maximum = b.mulF(rows.maximum[r], scale);
    Value sink;
    if (arguments.sink) {
      Type type = kernel.op.getSink().getType().getElementType();
      sink = b.loadF32(type, b.elementAddress(arguments.sink, type, tile.head));
      sink = b.mulF(sink, b.f32(llvm::numbers::log2e));
    }
    FinishedRow finished = FinishedRow::get(b, maximum, sum, sink);
    if (arguments.lse) {
      Value lse = finished.getLse(b);
      Value row = b.add(b.add(tile.query, lane.row), kLaneRowDistance * r);
      Value writes =
          b.bitAnd(b.less(row, arguments.queries), b.equal(lane.column, 0));
      b.onlyIf(writes, [&] {
        Value head =
            b.add(b.mul(tile.batch, kernel.plan.queryHeads), tile.head);
        Value index = b.add(b.mul(b.toI64(head), b.toI64(arguments.queries)),
                            b.toI64(row));
        LLVM::StoreOp::create(
            b, lse, b.elementAddress(arguments.lse, b.getF32Type(), index));
      });
    }
    factors.push_back(finished.factor);
  }
  return factors;
}

/// Writes a warp's 16 rows to shared memory, swizzled as the copy engine reads
/// them. Each stmatrix moves up to four blocks of 8 x 8: two of rows, two of
/// columns.
static void stageOutput(Kernel &kernel, const Lane &lane, Value rows,
                        ValueRange output) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  constexpr int64_t kChunkChannels = 8, kChunksInAtom = 8, kChunkBytes = 16;
  Value laneId = b.rem(lane.thread, 32);
  Value warp = b.div(lane.thread, 32);
  Value row = b.add(b.mul(warp, 16), b.rem(laneId, 16));
  // The swizzle: the number of a chunk of 16 bytes xor that of its row.
  Value twist = b.bitXor(b.rem(laneId, 8), b.div(laneId, 16));
  Value start = b.add(b.mul(row, kAtomBytes), b.mul(twist, kChunkBytes));
  start = LLVM::PtrToIntOp::create(b, b.getI32Type(), b.advance(rows, start));
  // One address stays in a register through all steps, not one for each block.
  start = b.keepHere(start);
  for (int64_t channel = 0; channel < plan.valueChannels;
       channel += 2 * kChunkChannels) {
    int64_t chunk = channel / kChunkChannels;
    SmallVector<Value> blocks;
    for (int64_t c = chunk;
         c < std::min(chunk + 2, plan.valueChannels / kChunkChannels); ++c)
      for (int64_t r = 0; r < kLaneRows; ++r)
        blocks.push_back(b.pack(output[4 * c + 2 * r],
                                output[4 * c + 2 * r + 1], plan.elementType));
    Value place = b.bitXor(start, b.i32(chunk % kChunksInAtom * kChunkBytes));
    Value address =
        b.advance(LLVM::IntToPtrOp::create(b, kernel.shared.getType(), place),
                  chunk / kChunksInAtom * plan.getQueryAtomBytes());
    NVVM::StMatrixOp::create(
        b, address, blocks,
        NVVM::MMALayoutAttr::get(b.getContext(), NVVM::MMALayout::row),
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
        NVVM::LdStMatrixEltTypeAttr::get(b.getContext(),
                                         NVVM::LdStMatrixEltType::B16));
  }
}

/// Computes rows again whose sums are NaN: a value that they do not see may be
/// why. The warp has put its rows into shared memory before.
static void guardRows(Kernel &kernel, const Tile &tile, const Lane &lane,
                      Value rows, Value found) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  const Arguments &own = kernel.arguments;
  constexpr int64_t kChunkChannels = 8, kChunksInAtom = 8, kChunkBytes = 16;
  AttentionArguments arguments = own;
  if (plan.gatesAhead)
    arguments.valueGate = Value();
  forEachNaN(b, found, kWarpRows, [&](Value row) {
    Value inGroup = b.add(b.mul(b.div(lane.thread, 32), kWarpRows), row);
    Value query = b.add(
        b.add(tile.query, b.mul(lane.warpgroup, kWarpgroupRows)), inGroup);
    GuardedRow guarded(b, kernel.op, plan.gatesAhead ? GateOp() : kernel.gate,
                       {own.query, own.key,
                        plan.gatesAhead ? own.gatedValues : own.value,
                        /*blockTable=*/Value(), /*pages=*/Value(),
                        /*tablePages=*/Value()},
                       arguments, b.rem(lane.thread, 32));
    // As stageOutput has put it there.
    auto store = [&](Value channel, Value output) {
      Value chunk = b.div(channel, kChunkChannels);
      Value twisted =
          b.bitXor(b.rem(chunk, kChunksInAtom), b.rem(row, kLaneRowDistance));
      Value bytes = b.add(
          b.add(b.mul(inGroup, kAtomBytes), b.mul(twisted, kChunkBytes)),
          b.add(b.mul(b.div(chunk, kChunksInAtom), plan.getQueryAtomBytes()),
                b.mul(b.rem(channel, kChunkChannels), 2)));
      LLVM::StoreOp::create(
          b, LLVM::FPTruncOp::create(b, plan.elementType, output),
          b.advance(rows, bytes));
    };
    b.onlyIf(b.less(query, arguments.queries),
             [&] { guarded.compute(tile.batch, tile.head, query, store); });
  });
}

void hopper::writeTile(Kernel &kernel, const Tile &tile, const Lane &lane,
                       ValueRange rowGates, ValueRange accumulator, Rows rows) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  bool mayLeak = hidesKeysOfBlocks(kernel.op);
  Value found = mayLeak ? findNaN(b, {llvm::to_vector(accumulator)}) : Value();
  SmallVector<Value> factors = normalize(kernel, tile, lane, rows);
  SmallVector<Value> output;
  for (auto [i, value] : llvm::enumerate(accumulator))
    output.push_back(b.mulF(value, factors[getLaneRow(i)]));
  output = gateOutput(kernel, tile, lane, rowGates, output);

  Value ownRows = b.advance(kernel.sharedAt(plan.outputData),
                            b.mul(lane.warpgroup, kWarpgroupRows * kAtomBytes));
  Value barrier = b.add(lane.warpgroup, 1);
  Value isFirst = b.equal(lane.thread, 0);
  auto waitUntilRead = [&] {
    b.onlyIf(isFirst, [&] {
      NVVM::CpAsyncBulkWaitGroupOp::create(b, b.getI32IntegerAttr(0),
                                           b.getUnitAttr());
    });
    syncNamed(kernel, barrier, kWarpgroupThreads);
  };
  if (plan.schedule.getOutputBuffer())
    waitUntilRead();
  stageOutput(kernel, lane, ownRows, output);
  if (mayLeak)
    guardRows(kernel, tile, lane, ownRows, found);
  fenceSharedStores(kernel);
  syncNamed(kernel, barrier, kWarpgroupThreads);
  b.onlyIf(isFirst, [&] {
    Value row = b.add(tile.query, b.mul(lane.warpgroup, kWarpgroupRows));
    storeRows(kernel, kernel.arguments.outputMap, ownRows, plan.getValueAtoms(),
              plan.getQueryAtomBytes(), row, tile.head, tile.batch);
  });
  // The queries' memory is free for the next ones when the copy has read it.
  if (!plan.schedule.getOutputBuffer())
    waitUntilRead();
}
