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
using namespace mlir::vga::hopper;

void hopper::buildAttentionKernel(Kernel &kernel, gpu::GPUModuleOp module,
                                  StringRef name, KernelSignature &signature) {
  KernelBuilder &b = kernel.b;
  LLVM::GlobalOp memory = getSharedMemory(b, module);
  b.setInsertionPointToEnd(module.getBody());
  signature.makeFunction(b, b.getLoc(), name, kernel.plan.getThreads());
  // Tiles taken, blocks that are done.
  if (kernel.plan.schedule.getPersistent())
    kernel.counters = makeCounters(b, module, name + "_tiles", 2);
  if (kernel.plan.gatesAhead)
    kernel.progress =
        makeCounters(b, module, name + "_gated", kMostGatingBlocks + 1);
  kernel.shared = LLVM::AddressOfOp::create(b, memory);

  initializeBarriers(kernel);
  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  auto roles = scf::IfOp::create(b, b.less(thread, b.i32(kWarpgroupThreads)),
                                 /*withElseRegion=*/true);
  b.setInsertionPointToStart(roles.thenBlock());
  buildProducer(kernel, thread);
  b.setInsertionPointToStart(roles.elseBlock());
  buildConsumer(kernel, b.sub(thread, kWarpgroupThreads));
  b.setInsertionPointAfter(roles);
  LLVM::ReturnOp::create(b, ValueRange());
}
