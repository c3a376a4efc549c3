//===- Pipeline.cpp - Barriers and stages between the warpgroups ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../WarpgroupMatrices.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static constexpr int64_t kBarrierBytes = 8;

Stage Stage::first(Kernel &kernel) {
  return {kernel.b.i32(0), kernel.b.i32(0)};
}

Stage Stage::next(Kernel &kernel, const Ring &ring) const {
  KernelBuilder &b = kernel.b;
  if (ring.stages == 1)
    return {index, b.bitXor(parity, b.i32(1))};
  Value following = b.add(index, 1);
  Value wraps = b.equal(following, ring.stages);
  return {
      b.select(wraps, b.i32(0), following),
      b.bitXor(parity, b.createOrFold<arith::ExtUIOp>(b.getI32Type(), wraps))};
}

Value Stage::getData(Kernel &kernel, const Ring &ring) const {
  return kernel.b.advance(kernel.sharedAt(ring.data),
                          kernel.b.mul(index, ring.stageBytes));
}
Value Stage::getFull(Kernel &kernel, const Ring &ring) const {
  return kernel.b.advance(kernel.sharedAt(ring.full),
                          kernel.b.mul(index, kBarrierBytes));
}
Value Stage::getReady(Kernel &kernel, const Ring &ring) const {
  return kernel.b.advance(kernel.sharedAt(ring.ready),
                          kernel.b.mul(index, kBarrierBytes));
}
Value Stage::getEmpty(Kernel &kernel, const Ring &ring) const {
  return kernel.b.advance(kernel.sharedAt(ring.empty),
                          kernel.b.mul(index, kBarrierBytes));
}

//===----------------------------------------------------------------------===//
// Barriers in shared memory
//===----------------------------------------------------------------------===//

void hopper::initializeBarriers(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  // One thread fills a stage; one of every consumer warp empties it. The
  // gater's warps take tiles, too, and have values ready.
  int64_t consumerWarps = plan.schedule.getConsumers() * 4;
  int64_t gaterWarps = plan.hasGater() ? kGaterWarps : 0;
  Value filling = b.i32(1);
  Value emptying = b.i32(consumerWarps);
  auto initialize = [&](int64_t offset, Value count) {
    NVVM::MBarrierInitOp::create(b, kernel.sharedAt(offset), count, Value());
  };
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  b.onlyIf(b.equal(thread, 0), [&] {
    initialize(plan.tileFull, filling);
    initialize(plan.tileEmpty, b.i32(consumerWarps + gaterWarps));
    for (const Ring &ring : {plan.queryRing, plan.keyRing, plan.valueRing})
      for (int64_t i = 0; i < ring.stages; ++i) {
        initialize(ring.full + i * kBarrierBytes, filling);
        initialize(ring.empty + i * kBarrierBytes, emptying);
      }
    if (plan.hasGater())
      for (int64_t i = 0; i < plan.valueRing.stages; ++i)
        initialize(plan.valueRing.ready + i * kBarrierBytes, b.i32(gaterWarps));
    NVVM::FenceMbarrierInitOp::create(b);
  });
  NVVM::Barrier0Op::create(b);
}

void hopper::waitFor(Kernel &kernel, Value barrier, Value parity) {
  warpgroup::waitFor(kernel.b, barrier, parity);
}

void hopper::waitUntilEmpty(Kernel &kernel, Value barrier, Value parity) {
  waitFor(kernel, barrier, kernel.b.bitXor(parity, kernel.b.i32(1)));
}

void hopper::arrive(Kernel &kernel, Value barrier) {
  warpgroup::arrive(kernel.b, barrier);
}

void hopper::arriveExpecting(Kernel &kernel, Value barrier, int64_t bytes) {
  warpgroup::arriveExpecting(kernel.b, barrier, bytes);
}

void hopper::fenceSharedStores(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  NVVM::FenceProxyOp::create(
      b,
      NVVM::ProxyKindAttr::get(b.getContext(), NVVM::ProxyKind::async_shared),
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

//===----------------------------------------------------------------------===//
// Named barriers
//===----------------------------------------------------------------------===//

void hopper::syncNamed(Kernel &kernel, Value number, int64_t threads) {
  NVVM::BarrierOp::create(kernel.b, TypeRange(), number, kernel.b.i32(threads),
                          NVVM::BarrierReductionAttr(), Value());
}

void hopper::arriveNamed(Kernel &kernel, Value number, int64_t threads) {
  NVVM::BarrierArriveOp::create(kernel.b, number, kernel.b.i32(threads));
}
