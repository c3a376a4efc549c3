//===- Kernel.cpp - Gates that are products of matrices -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of threads computes a tile of gates. The source's channels and the
// weights come to shared memory in stages, the next ones while one is
// multiplied; sums stay in registers until bias and activation make them gates.
//
//===----------------------------------------------------------------------===//

#include "../Kernels.h"
#include "GateProduct.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::gate_product;

/// Finds this block's tile. Tiles of the same rows are neighbors: while their
/// source is in the cache, all columns pass by.
static void locateTile(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  int64_t columnTiles = plan.getColumnTiles();
  kernel.firstColumn = b.mul(b.rem(block, columnTiles), plan.tile.columns);
  block = b.div(block, columnTiles);
  kernel.product = b.rem(block, plan.products);
  kernel.firstRow = b.mul(b.div(block, plan.products), plan.tile.rows);
}

/// The sums of all steps, each multiplied while the next ones are copied.
static Sums sumUp(Kernel &kernel) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  int64_t steps = plan.getSteps(), ahead = plan.stages - 1;
  Copies copies(kernel);
  Multiplier multiplier(kernel);
  auto getStage = [&](Value step) {
    return b.advance(kernel.shared,
                     b.mul(b.rem(step, plan.stages), plan.getStageBytes()));
  };
  for (int64_t step = 0; step < ahead; ++step) {
    if (step < steps)
      copies.start(b.i32(step), getStage(b.i32(step)));
    NVVM::CpAsyncCommitGroupOp::create(b);
  }
  SmallVector<Value> zeros(multiplier.getSumCount(), b.f32(0));
  SmallVector<Value> sums = b.loop(
      b.i32(0), b.i32(steps), b.i32(1), zeros,
      [&](Value step, ValueRange sums) {
        // Each step commits a group, be it empty, so that this step's copies
        // are the oldest but `ahead - 1`.
        NVVM::CpAsyncWaitGroupOp::create(b, b.getI32IntegerAttr(ahead - 1));
        // All threads' copies have arrived, and all are done with the stage
        // that the next copies overwrite.
        NVVM::BarrierOp::create(b);
        Value next = b.add(step, ahead);
        b.onlyIf(b.less(next, b.i32(steps)),
                 [&] { copies.start(next, getStage(next)); });
        NVVM::CpAsyncCommitGroupOp::create(b);
        return multiplier.multiply(getStage(step), sums);
      });
  // Unrolled, the products of steps would be side by side, in more registers
  // than there are.
  keepRolled(sums.front().getDefiningOp<scf::ForOp>());
  return multiplier.arrange(sums);
}

FailureOr<Value> vga::launchGateProduct(HostBuilder &host, GateOp op,
                                        gpu::GPUModuleOp module,
                                        StringRef name) {
  Plan plan(op);
  KernelBuilder b(op.getLoc(), host);
  Kernel kernel(b, op, plan);
  KernelSignature signature;
  if (failed(declareGate(host, signature, op, kernel)))
    return failure();

  LLVM::GlobalOp memory = getSharedMemory(b, module);
  b.setInsertionPointToEnd(module.getBody());
  // With 128 registers, this many threads have a place at a time: while some
  // blocks wait for their first stages, or store, others multiply.
  constexpr int64_t kThreads = 512;
  int64_t threads = plan.tile.getThreads();
  signature.makeFunction(b, op.getLoc(), name, threads, kThreads / threads);
  kernel.rows = b.mul(kernel.batch, kernel.positions);
  kernel.shared = LLVM::AddressOfOp::create(b, memory);
  kernel.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  locateTile(kernel);
  storeGates(kernel, sumUp(kernel));
  LLVM::ReturnOp::create(b, ValueRange());

  // A block for each tile of the positions of all sequences.
  AxisOrder axes(op.getLayout());
  Value rows = host.mul(host.size(op.getSource(), axes.batch),
                        host.size(op.getSource(), axes.sequence));
  LaunchShape shape;
  shape.blocks = host.mul(host.ceilDiv(rows, host.index(plan.tile.rows)),
                          host.index(plan.getColumnTiles() * plan.products));
  shape.threads = threads;
  shape.sharedBytes = plan.stages * plan.getStageBytes();
  return Value(signature.launch(host, getKernel(module, name), shape).front());
}
