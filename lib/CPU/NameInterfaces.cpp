//===- NameInterfaces.cpp - C interfaces have the user's names ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReservedNames.h"
#include "vga/CPU/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGANAMEINTERFACESPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
struct NameInterfacesPass
    : vga::impl::VGANameInterfacesPassBase<NameInterfacesPass> {
  void runOnOperation() override {
    constexpr StringLiteral kInterface = "_mlir_ciface_";
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      StringRef name = function.getName();
      // Functions of the compiled code do not call interfaces of others.
      if (name.consume_front(kInterface) && name.consume_front(kSeparateName))
        function.setName((kInterface + name).str());
    }
  }
};
} // namespace
