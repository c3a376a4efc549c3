//===- GPU.cpp - The way to GPU code --------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Pipelines/GPU.h"

#include "Shared.h"

#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "vga/CPU/Passes.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/GPU/Passes.h"
#include "vga/GPU/Target.h"

using namespace mlir;
using namespace mlir::vga;

/// vga on tensors -> kernels, and launches on tensors.
static void addAttentionPasses(OpPassManager &manager,
                               const GPUPipelineOptions &options) {
  const std::string &chip = options.chip;
  manager.addPass(createVGACheckModulePass());
  manager.addPass(createVGASeparateNamesPass());
  manager.addPass(createVGASpellOutPass());
  // With everything in one function, every buffer has one owner, and what one
  // function computes fuses with what another does. Nothing is folded yet:
  // sizes that are wrong have to be seen before they are part of types.
  manager.addPass(createInlinerPass({}, [](OpPassManager &) {}));
  manager.addPass(createSymbolDCEPass());
  if (options.runtimeChecks)
    manager.addPass(createVGACheckSizesPass({/*readsArrays=*/false}));
  VGALowerTensorOpsPassOptions tensorOps;
  tensorOps.kernels = true;
  tensorOps.checks = options.runtimeChecks;
  manager.addPass(createVGALowerTensorOpsPass(tensorOps));
  if (options.checkPages)
    manager.addPass(createVGACheckPagesPass());
  manager.addPass(createVGAFoldValueGatesPass());
  manager.addPass(createVGAGPUSplitGatedAttentionPass());
  addCleanup(manager);
  if (options.attention == AttentionLowering::Definition) {
    ConvertVGAToLinalgPassOptions definition;
    definition.attentionOnly = true;
    manager.addPass(createConvertVGAToLinalgPass(definition));
    addCleanup(manager);
  }
  bool orDefinition = options.attention == AttentionLowering::Auto;
  manager.addPass(createVGAGPUPrepareAttentionPass({orDefinition}));
  addCleanup(manager);
  manager.addPass(createVGAGPUChooseSchedulesPass({chip, options.tf32}));
  manager.addPass(createConvertVGAToNVVMPass({chip, orDefinition}));
  // Gates without a kernel of their own.
  manager.addPass(createConvertVGAToLinalgPass());
  addCleanup(manager);
}

/// Everything else on tensors -> products with what surrounds them, and linalg,
/// fused.
static void addGraphPasses(OpPassManager &manager,
                           const GPUPipelineOptions &options) {
  manager.addNestedPass<func::FuncOp>(createVGACPULowerPacksPass());
  manager.addPass(createVGAGPUCheckHostPass());
  manager.addPass(createConvertElementwiseToLinalgPass());
  manager.addNestedPass<func::FuncOp>(createVGADecomposeAggregatesPass());
  manager.addNestedPass<func::FuncOp>(createVGAGPUFillConstantsPass());
  manager.addPass(createConvertProductsToNVVMPass(
      {options.chip, options.tf32, options.cublas}));
  addCleanup(manager);
  // Launches that are joined are where the first of them is.
  manager.addPass(createVGAHoistChecksPass());
  manager.addPass(createVGAGPUJoinLaunchesPass());
  OpPassManager &function = manager.nest<func::FuncOp>();
  function.addPass(createLinalgGeneralizeNamedOpsPass());
  function.addPass(createVGAGPUFuseElementwisePass());
  addCleanup(function);
  function.addPass(createVGAGPUSeparateFillsPass());
}

/// Tensors -> memrefs of the GPU's memory.
static void addBufferPasses(OpPassManager &manager) {
  manager.addPass(createVGAHoistChecksPass());
  manager.addPass(createVGACutAliasesPass());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(createVGAOpenStatesPass());
  // Of a tensor.empty, an scf.if does not know that it will be dense.
  manager.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  addBufferization(manager);
  manager.addPass(createVGACloseStatesPass());
  addCleanup(manager);
  manager.addPass(createVGAGPULowerHostAccessesPass());
  manager.addPass(createVGAGPUPlaceArraysPass());
  bufferization::buildBufferDeallocationPipeline(manager);
  manager.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  manager.addPass(createConvertBufferizationToMemRefPass());
  manager.addPass(createVGAGPUPlaceHostScratchPass());
}

/// linalg on memrefs -> kernels, and launches on memrefs.
static void addKernelPasses(OpPassManager &manager) {
  OpPassManager &function = manager.nest<func::FuncOp>();
  function.addPass(createVGACopyToLinalgPass());
  function.addPass(createLinalgGeneralizeNamedOpsPass());
  manager.addPass(createVGAGPUOutlineLinalgPass());
  addCleanup(manager);
  manager.addPass(createVGAGPUMergeKernelsPass());
  manager.addPass(createSymbolDCEPass());
}

/// Whether kernels can begin before the one before them has ended.
static bool overlapsLaunches(StringRef chip) {
  std::optional<Target> target = Target::lookup(chip);
  return target && target->capability >= 90;
}

/// Kernels -> PTX.
static void addCodePasses(OpPassManager &manager, const std::string &chip) {
  OpPassManager &kernels = manager.nest<gpu::GPUModuleOp>();
  if (overlapsLaunches(chip))
    kernels.addPass(createVGAGPUOverlapLaunchesPass());
  kernels.addPass(createVGAExpandMathPass({/*kernels=*/true}));
  kernels.addPass(math::createMathExtendToSupportedTypes());
  kernels.addPass(createVGAGPUExpandMathPass());
  kernels.addPass(createVGAExpandExpPass());
  kernels.addPass(createVGAGPULowerMathPass());
  kernels.addPass(createLowerAffinePass());
  kernels.addPass(createSCFToControlFlowPass());
  // Before the conversion of gpu, which takes functions of a library for some.
  kernels.addPass(createArithToLLVMConversionPass());
  kernels.addPass(createConvertGpuOpsToNVVMOps());
  kernels.addPass(createConvertNVVMToLLVMPass());
  kernels.addPass(createConvertToLLVMPass());
  kernels.addPass(createReconcileUnrealizedCastsPass());
  addCleanup(kernels);
  GpuNVVMAttachTargetOptions attach;
  attach.chip = chip;
  if (std::optional<Target> target = Target::lookup(chip))
    attach.features = target->features.str();
  attach.optLevel = 3;
  manager.addPass(createGpuNVVMAttachTarget(attach));
  GpuModuleToBinaryPassOptions binary;
  binary.compilationTarget = "isa";
  manager.addPass(createGpuModuleToBinaryPass(binary));
}

void vga::buildGPUKernelPipeline(OpPassManager &manager,
                                 const GPUPipelineOptions &options) {
  addAttentionPasses(manager, options);
  addGraphPasses(manager, options);
  addBufferPasses(manager);
  addKernelPasses(manager);
  addCodePasses(manager, options.chip);
}

void vga::buildGPUPipeline(OpPassManager &manager,
                           const GPUPipelineOptions &options) {
  buildGPUKernelPipeline(manager, options);
  manager.addPass(
      createVGAGPULowerLaunchesPass({overlapsLaunches(options.chip)}));
  manager.addNestedPass<func::FuncOp>(createVGACPUCheckAllocationsPass());
  manager.addPass(createVGALowerAssertPass());
  manager.addPass(createVGALowerReshapesPass());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  manager.addPass(createSCFToControlFlowPass());
  // What functions allocate is the GPU's memory: the runtime does it.
  FinalizeMemRefToLLVMConversionPassOptions memory;
  memory.useGenericFunctions = true;
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createVGANameInterfacesPass());
  manager.addPass(createFinalizeMemRefToLLVMConversionPass(memory));
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  addCleanup(manager);
}

void vga::registerGPUPipeline() {
  PassPipelineRegistration<GPUPipelineOptions>(
      "vga-gpu-kernel-pipeline",
      "Compile vga on tensors to GPU kernels in PTX and launches of them",
      buildGPUKernelPipeline);
  PassPipelineRegistration<GPUPipelineOptions>(
      "vga-gpu-pipeline",
      "Compile vga on tensors to GPU kernels and functions in the llvm dialect "
      "that launch them",
      buildGPUPipeline);
}
