//===- vga-opt.cpp - The vga optimizer driver -----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  mlir::vga::registerAllPasses();
  mlir::DialectRegistry registry;
  mlir::vga::registerAllForTools(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "vga optimizer driver: gated attention and upstream MLIR\n",
      registry));
}
