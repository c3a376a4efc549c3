//===- ModuleTest.h - Tests that start from a module
//------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_UNITTESTS_RUNTIME_MODULETEST_H
#define VGA_UNITTESTS_RUNTIME_MODULETEST_H

#include "TestUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// Holds a module and keeps what is said about it.
class ModuleTest : public ::testing::Test {
protected:
  explicit ModuleTest(const DialectRegistry &registry = DialectRegistry())
      : context(registry), handler(&context, [this](Diagnostic &diagnostic) {
          diagnostics += diagnostic.str();
        }) {
    context.printOpOnDiagnostic(false);
    context.loadDialect<VGADialect, arith::ArithDialect, func::FuncDialect,
                        linalg::LinalgDialect, scf::SCFDialect,
                        tensor::TensorDialect>();
  }

  bool parse(StringRef source) {
    module = parseSourceString<ModuleOp>(source, &context);
    return static_cast<bool>(module);
  }

  func::FuncOp getMain() { return module->lookupSymbol<func::FuncOp>("main"); }

  std::string takeDiagnostics() { return std::exchange(diagnostics, ""); }

  MLIRContext context;
  std::string diagnostics;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
};

} // namespace mlir::vga

#endif // VGA_UNITTESTS_RUNTIME_MODULETEST_H
