//===- AttentionKernel.cpp - The function of an attention kernel ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "../KernelFunction.h"
#include "../Kernels.h"

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

/// Counters in global memory, 0 before and after each launch.
static LLVM::GlobalOp makeArrivals(OpBuilder &b, gpu::GPUModuleOp module,
                                   const Twine &name) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI32Type(), kMostSplitTiles);
  return LLVM::GlobalOp::create(
      b, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::Internal,
      name.str(),
      DenseElementsAttr::get(
          RankedTensorType::get(kMostSplitTiles, b.getI32Type()),
          b.getI32IntegerAttr(0)),
      /*alignment=*/8, /*addrSpace=*/1);
}

FailureOr<WarpLaunchPlan>
warp::buildAttentionKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                           StringRef name, AttentionOp op, GateOp gate,
                           WarpScheduleAttr schedule, const Target &target) {
  FailureOr<Plan> plan = Plan::create(op, gate, schedule, target);
  if (failed(plan))
    return failure();
  bool hasSplits = schedule.getSplits() > 1;

  OpBuilder::InsertionGuard guard(builder);
  LLVM::GlobalOp memory = getSharedMemory(builder, module);
  KernelFunction signature(builder);
  std::vector<std::pair<Value Arguments::*, unsigned>> members;
  auto addArray = [&](Value operand, Value Arguments::*member) {
    if (operand)
      members.push_back({member, signature.addPointer()});
  };
  addArray(op.getQuery(), &Arguments::query);
  addArray(op.getKey(), &Arguments::key);
  addArray(op.getValue(), &Arguments::value);
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
  if (hasSplits)
    members.push_back({&Arguments::states, signature.addPointer()});
  addArray(op.getResult(), &Arguments::output);
  addArray(op.getLse(), &Arguments::lse);
  if (hasSplits) // Scratch is among inputs and outputs.
    members.push_back({&Arguments::states, signature.addPointer()});
  for (Value Arguments::*size : {&Arguments::batch, &Arguments::queries,
                                 &Arguments::keys, &Arguments::sectionHeads})
    members.push_back({size, signature.addSize()});
  if (hasSplits)
    members.push_back({&Arguments::splits, signature.addSize()});
  SmallVector<unsigned> strides;
  if (op.getMask())
    for (int64_t i = 0; i < 4; ++i)
      strides.push_back(signature.addSize());

  builder.setInsertionPointToEnd(module.getBody());
  Block *entry =
      signature.makeFunction(op.getLoc(), name, schedule.getThreads());
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);
  Kernel kernel{b, op, gate, *plan, {}, Value(), Lane(b, *plan), {}};
  if (hasSplits)
    kernel.arrivals = makeArrivals(builder, module, name + "_arrivals");
  for (auto [member, number] : members)
    kernel.arguments.*member = entry->getArgument(number);
  for (unsigned number : strides)
    kernel.arguments.maskStrides.push_back(entry->getArgument(number));
  kernel.shared = LLVM::AddressOfOp::create(b, memory);

  Tile tile = locateTile(kernel);
  State state = computeKeys(kernel, tile);
  tile = relocateTile(kernel);
  mergeStates(kernel, tile, state, [&](const State &state, Value firstProduct) {
    writeOutput(kernel, tile, state, firstProduct);
  });
  LLVM::ReturnOp::create(b, ValueRange());

  WarpLaunchPlan launch;
  launch.sharedBytes = plan->sharedBytes;
  launch.packedHeads = plan->packedHeads;
  launch.stateBytes = plan->getStateBytes();
  return launch;
}
