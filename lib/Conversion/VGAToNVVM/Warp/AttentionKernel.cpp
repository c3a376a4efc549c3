//===- AttentionKernel.cpp - The function of an attention kernel ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

Lane::Lane(KernelBuilder &b, const Plan &plan) {
  const WarpScheduleAttr &schedule = plan.schedule;
  thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  // The same for all lanes of a warp, and known to be.
  Value number = b.broadcast(b.div(thread, kWarpThreads));
  team = b.div(number, schedule.getWarps());
  warp = b.rem(number, schedule.getWarps());
  inTeam = b.rem(thread, schedule.getTeamThreads());
  lane = b.rem(thread, kWarpThreads);
  row = b.add(b.mul(warp, schedule.getWarpRows()), b.div(lane, 4));
  column = b.mul(b.rem(lane, 4), kProductRun);
}

void warp::buildAttentionKernel(Kernel &kernel, gpu::GPUModuleOp module,
                                StringRef name, KernelSignature &signature) {
  KernelBuilder &b = kernel.b;
  LLVM::GlobalOp memory = getSharedMemory(b, module);
  b.setInsertionPointToEnd(module.getBody());
  signature.makeFunction(b, b.getLoc(), name,
                         kernel.plan.schedule.getThreads());
  kernel.lane = Lane(b, kernel.plan);
  if (kernel.hasSplits())
    kernel.arrivals =
        makeCounters(b, module, name + "_arrivals", kMostSplitTiles);
  kernel.shared = LLVM::AddressOfOp::create(b, memory);

  Tile tile = locateTile(kernel);
  State state = computeKeys(kernel, tile);
  tile = relocateTile(kernel);
  mergeStates(kernel, tile, state, [&](const State &state, Value firstProduct) {
    writeOutput(kernel, tile, state, firstProduct);
  });
  LLVM::ReturnOp::create(b, ValueRange());
}
