//===- vga-run.cpp - Compile a function and run it ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllPasses.h"
#include "vga/InitAll.h"
#include "vga/Runtime/RunMain.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/PrettyStackTrace.h"

int main(int argc, char **argv) {
  mlir::vga::guardStandardOutput();
  llvm::InitLLVM initLLVM(argc, argv);
  llvm::setBugReportMsg("This is a fault of vga-run or of code that it was "
                        "given: please report it with the module.\n");
  // Passes have names in --mlir-print-ir-before and the like.
  mlir::registerAllPasses();
  mlir::vga::registerAllPasses();
  mlir::DialectRegistry registry;
  mlir::vga::registerAllForTools(registry);
  return mlir::vga::VGARunMain(argc, argv, registry);
}
