//===- InitAll.cpp - Registers everything of vga --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "vga/CPU/Passes.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/TransformOps/VGATransformOps.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/GPU/Passes.h"
#include "vga/Pipelines/CPU.h"
#include "vga/Pipelines/GPU.h"

using namespace mlir;

void vga::registerAllDialects(DialectRegistry &registry) {
  registry.insert<VGADialect>();
  registerTransformDialectExtension(registry);
  registerBufferizableOpInterfaceExternalModels(registry);
  registerTakeOverBufferizationModel(registry);
  registerRuntimeVerifiableOpInterfaceExternalModels(registry);
}

void vga::registerAllPasses() {
  registerVGAConversionPasses();
  registerVGACPUPasses();
  registerVGAGPUPasses();
  registerVGATransformsPasses();
  registerCPUPipeline();
  registerGPUPipeline();
}
