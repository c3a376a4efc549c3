//===- GivenSchedule.h - A schedule from the command line -------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_GIVENSCHEDULE_H
#define VGA_LIB_RUNTIME_DRIVER_GIVENSCHEDULE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlir::vga {

/// Gives all attention of a module the schedule `text`, written as on the
/// operation: <queries = 128, ...> or warp<rows = 64, ...>.
llvm::Error setSchedule(ModuleOp module, StringRef text);

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_GIVENSCHEDULE_H
