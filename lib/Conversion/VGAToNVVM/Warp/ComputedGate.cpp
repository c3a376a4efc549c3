//===- ComputedGate.cpp - Gates of values as scores of a query ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The logit of a key's gate, <w, v_j>, is the score of a query w whose keys are
// the values. So the tensor cores compute it, from the values in shared memory
// as they are, with the gate's weights in the place of each row's query: a lane
// has the logits of the keys and rows of which it has the weights of the
// softmax, and multiplies these by the gates.
//
// The gate's weights stay in shared memory. Those with more bits than an
// element of the values are a sum of several such elements, in rows of their
// own.
//
//===----------------------------------------------------------------------===//

#include "../GateMath.h"
#include "AttentionKernel.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

/// The number of the first head of a tile's gates, among all that have gates.
static Value getFirstGateHead(Kernel &kernel, const Tile &tile) {
  return kernel.gate.getNumHeads() == kernel.plan.kvHeads ? tile.kvHead
                                                          : tile.head;
}

/// What a pair of f32 is more than the elements of bf16 that it is packed to.
static std::pair<Value, Value> subtractPacked(KernelBuilder &b, Value low,
                                              Value high, Value packed) {
  auto toF32 = [&](Value bits) {
    return LLVM::BitcastOp::create(b, b.getF32Type(), bits);
  };
  Value lowBits = b.mul(packed, int64_t(1) << 16);
  Value highBits = b.bitAnd(packed, b.i32(-(int64_t(1) << 16)));
  return {b.subF(low, toF32(lowBits)), b.subF(high, toF32(highBits))};
}

void warp::storeGateWeights(Kernel &kernel, const Tile &tile) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  Type type = kernel.gate.getWeight().getType().getElementType();
  int64_t pitch = plan.getPitch(plan.valueChannels);
  int64_t pairs = llvm::alignTo(plan.valueChannels, plan.getDepth()) / 2;
  Value firstHead = getFirstGateHead(kernel, tile);
  b.loop(kernel.lane.thread, b.i32(plan.gateHeads * pairs),
         b.i32(plan.schedule.getThreads()), {}, [&](Value i, ValueRange) {
           Value head = b.div(i, pairs), channel = b.mul(b.rem(i, pairs), 2);
           Value exists = b.less(channel, b.i32(plan.valueChannels));
           // Of channels that do not exist some others are loaded.
           Value line =
               b.mul(b.toI64(b.add(firstHead, head)), plan.valueChannels);
           Value first = b.elementAddress(
               kernel.arguments.gateWeight, type,
               b.add(line, b.toI64(b.select(exists, channel, b.i32(0)))));
           auto load = [&](Value address) {
             return b.select(exists, b.loadF32(type, address), b.f32(0));
           };
           Value low = load(first),
                 high = load(b.elementAddress(first, type, b.i32(1)));
           Value place = b.advance(
               kernel.sharedAt(plan.gateData),
               b.add(b.mul(head, pitch), b.mul(channel, kGateElementBytes)));
           for (int64_t term = 0; term < plan.gateTerms; ++term) {
             Value packed = b.pack(low, high, plan.elementType);
             LLVM::StoreOp::create(
                 b, packed, b.advance(place, term * plan.gateHeads * pitch));
             if (term + 1 < plan.gateTerms)
               std::tie(low, high) = subtractPacked(b, low, high, packed);
           }
           return SmallVector<Value>();
         });
}

void warp::multiplyByComputedGates(Kernel &kernel, const Tile &tile,
                                   Value values, Fragments &weights) {
  KernelBuilder &b = kernel.b;
  const Plan &plan = kernel.plan;
  Value row = b.keepHere(kernel.lane.row);
  auto getHead = [&](int64_t m, int64_t r) -> Value {
    if (plan.gateHeads == 1)
      return getFirstGateHead(kernel, tile);
    Value number = b.add(row, m * kProductRows + r * kLaneRowDistance);
    return getOwner(kernel, tile, number).head;
  };
  // Rows with the same gates have one product, of which one row counts.
  Fragments gates = computeGateLogits(kernel, tile, values);
  bool areShared = plan.gateHeads == 1;
  for (auto [m, logits] : llvm::enumerate(gates))
    for (auto [i, logit] : llvm::enumerate(logits))
      if (!areShared || getLaneRow(i) == 0)
        logit =
            finishGate(b, kernel.gate, logit, /*lanes=*/1,
                       kernel.arguments.gateBias, getHead(m, getLaneRow(i)));
  for (auto [m, ofRows] : llvm::enumerate(weights))
    for (auto [i, weight] : llvm::enumerate(ofRows)) {
      int64_t sameKey = i - getLaneRow(i) * kProductRun;
      weight = b.mulF(weight, areShared ? gates[0][sameKey] : gates[m][i]);
    }
}
