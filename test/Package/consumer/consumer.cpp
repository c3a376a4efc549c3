//===- consumer.cpp - vga in a program of its own -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Parses the module in the file that is named, which verifies it, prints it,
// lowers it to linalg and prints it again.
//
//===----------------------------------------------------------------------===//

#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/InitAll.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

int main(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "usage: consumer FILE.mlir\n";
    return 1;
  }
  DialectRegistry registry;
  registry.insert<func::FuncDialect>();
  vga::registerAllDialects(registry);
  MLIRContext context(registry);

  llvm::SourceMgr sourceMgr;
  SourceMgrDiagnosticHandler printDiagnostics(sourceMgr, &context);
  auto module = parseSourceFile<ModuleOp>(argv[1], sourceMgr, &context);
  if (!module)
    return 1;
  module->walk([](vga::AttentionInterface op) {
    llvm::outs() << op->getName()
                 << (op.getCausal() ? " is causal\n" : " is not causal\n");
  });
  llvm::outs() << *module << '\n';

  PassManager manager(&context);
  manager.addPass(vga::createVGASplitGatedAttentionPass());
  manager.addPass(vga::createConvertVGAToLinalgPass());
  if (failed(manager.run(*module)))
    return 1;
  llvm::outs() << *module << '\n';
  return 0;
}
