//===- VGAPlugin.cpp - Loads vga into a stock mlir-opt --------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/InitAll.h"

#include "mlir/Config/mlir-config.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;

/// `mlir-opt --load-dialect-plugin=VGAPlugin.so`
extern "C" LLVM_ATTRIBUTE_WEAK DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {
      MLIR_PLUGIN_API_VERSION, "vga", LLVM_VERSION_STRING,
      [](DialectRegistry *registry) { vga::registerAllDialects(*registry); }};
}

/// `mlir-opt --load-pass-plugin=VGAPlugin.so`
extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "vga", LLVM_VERSION_STRING,
          [] { vga::registerAllPasses(); }};
}
