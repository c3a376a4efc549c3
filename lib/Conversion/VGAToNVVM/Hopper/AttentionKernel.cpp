//===- AttentionKernel.cpp - The function of an attention kernel ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "../GuardedRow.h"
#include "../KernelFunction.h"
#include "../Kernels.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::hopper;

/// Counters in global memory, 0 at first.
static LLVM::GlobalOp makeCounters(OpBuilder &b, gpu::GPUModuleOp module,
                                   const Twine &name, int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI32Type(), count);
  return LLVM::GlobalOp::create(
      b, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::Internal,
      name.str(),
      DenseElementsAttr::get(RankedTensorType::get(count, b.getI32Type()),
                             b.getI32IntegerAttr(0)),
      /*alignment=*/8, /*addrSpace=*/1);
}

FailureOr<LaunchPlan>
hopper::buildAttentionKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                             StringRef name, AttentionOp op, GateOp gate,
                             ScheduleAttr schedule, const Target &target) {
  FailureOr<Plan> plan = Plan::create(op, gate, schedule, target);
  if (failed(plan))
    return failure();

  OpBuilder::InsertionGuard guard(builder);
  LLVM::GlobalOp memory = getSharedMemory(builder, module);
  KernelFunction signature(builder);
  std::vector<std::pair<Value Arguments::*, unsigned>> members;
  auto addArray = [&](Value operand, Value Arguments::*member) {
    if (operand)
      members.push_back({member, signature.addPointer()});
  };
  for (Value Arguments::*map :
       {&Arguments::queryMap, &Arguments::keyMap, &Arguments::valueMap})
    members.push_back({map, signature.addMap()});
  if (plan->gatesAhead)
    addArray(op.getValue(), &Arguments::values);
  if (gate) {
    addArray(gate.getWeight(), &Arguments::gateWeight);
    addArray(gate.getBias(), &Arguments::gateBias);
  } else {
    addArray(op.getValueGate(), &Arguments::valueGate);
  }
  addArray(op.getOutputGate(), &Arguments::outputGate);
  addArray(op.getMask(), &Arguments::mask);
  addArray(op.getKvLength(), &Arguments::kvLength);
  addArray(op.getSink(), &Arguments::sink);
  if (hidesKeysOfBlocks(op)) {
    addArray(op.getQuery(), &Arguments::query);
    addArray(op.getKey(), &Arguments::key);
    if (!plan->gatesAhead)
      addArray(op.getValue(), &Arguments::value);
  }
  members.push_back({&Arguments::outputMap, signature.addMap()});
  addArray(op.getLse(), &Arguments::lse);
  if (plan->gatesAhead)
    addArray(op.getValue(), &Arguments::gatedValues);
  for (Value Arguments::*size : {&Arguments::batch, &Arguments::queries,
                                 &Arguments::keys, &Arguments::sectionHeads})
    members.push_back({size, signature.addSize()});
  SmallVector<unsigned> strides;
  if (op.getMask())
    for (int64_t i = 0; i < 4; ++i)
      strides.push_back(signature.addSize());

  builder.setInsertionPointToEnd(module.getBody());
  Block *entry = signature.makeFunction(op.getLoc(), name, plan->getThreads());
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);
  Kernel kernel{b, op, gate, *plan, {}, Value(), {}, {}};
  // Tiles taken, blocks that are done.
  if (plan->schedule.getPersistent())
    kernel.counters = makeCounters(builder, module, name + "_tiles", 2);
  if (plan->gatesAhead)
    kernel.progress =
        makeCounters(builder, module, name + "_gated", kMostGatingBlocks + 1);
  for (auto [member, number] : members)
    kernel.arguments.*member = entry->getArgument(number);
  for (unsigned number : strides)
    kernel.arguments.maskStrides.push_back(entry->getArgument(number));
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

  LaunchPlan launch;
  launch.threads = plan->getThreads();
  launch.sharedBytes = plan->sharedBytes;
  auto box = [&](int64_t rows) {
    return plan->axes.arrange<int64_t>(1, 1, rows, kAtomChannels);
  };
  launch.queryBox = box(plan->schedule.getQueries());
  launch.keyValueBox = box(plan->schedule.getKeys());
  launch.outputBox = box(kWarpgroupRows);
  return launch;
}
