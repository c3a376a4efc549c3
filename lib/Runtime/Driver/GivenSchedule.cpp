//===- GivenSchedule.cpp - A schedule from the command line ---------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GivenSchedule.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "vga/Dialect/VGA/IR/VGA.h"

using namespace mlir;
using namespace mlir::vga;

llvm::Error vga::setSchedule(ModuleOp module, StringRef text) {
  std::string message;
  Attribute schedule;
  {
    ScopedDiagnosticHandler handler(module.getContext(),
                                    [&](Diagnostic &diagnostic) {
                                      if (message.empty())
                                        message = diagnostic.str();
                                      return success();
                                    });
    bool isWarp = text.consume_front("warp");
    schedule = parseAttribute(
        ((isWarp ? "#vga.warp_schedule" : "#vga.schedule") + text).str(),
        module.getContext());
  }
  if (!schedule)
    return llvm::createStringError("--schedule: " + message);
  module.walk([&](Operation *op) {
    if (auto attention = dyn_cast<AttentionOp>(op))
      attention.setScheduleAttr(schedule);
    else if (auto attention = dyn_cast<GatedAttentionOp>(op))
      attention.setScheduleAttr(schedule);
  });
  return llvm::Error::success();
}
