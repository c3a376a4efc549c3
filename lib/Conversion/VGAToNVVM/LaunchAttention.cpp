//===- LaunchAttention.cpp - Attention as a kernel's launch ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaunchAttention.h"

using namespace mlir;
using namespace mlir::vga;

GatePlacement vga::getGatePlacement(AttentionOp op) {
  if (auto schedule = dyn_cast<WarpScheduleAttr>(op.getScheduleAttr()))
    return schedule.getValueGate();
  return cast<ScheduleAttr>(op.getScheduleAttr()).getValueGate();
}

FailureOr<SmallVector<Value>> vga::launchAttention(HostBuilder &b,
                                                   AttentionOp op, GateOp gate,
                                                   gpu::GPUModuleOp module,
                                                   StringRef name,
                                                   const Target &target) {
  if (auto schedule = dyn_cast<WarpScheduleAttr>(op.getScheduleAttr()))
    return warp::launchAttention(b, op, gate, schedule, module, name, target);
  return hopper::launchAttention(b, op, gate,
                                 cast<ScheduleAttr>(op.getScheduleAttr()),
                                 module, name, target);
}
