//===- CPU.cpp - The way to CPU code -------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Pipelines/CPU.h"

#include "Shared.h"

#include "vga/CPU/Passes.h"
#include "vga/Conversion/Passes.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::vga;

/// vga and linalg on tensors -> linalg on tensors, fused.
static void addGraphPasses(OpPassManager &manager,
                           const CPUPipelineOptions &options) {
  manager.addPass(createVGACheckModulePass());
  manager.addPass(createVGACPUCheckFunctionsPass());
  manager.addPass(createVGASeparateNamesPass());
  if (options.runtimeChecks)
    manager.addPass(createVGACheckSizesPass());
  manager.addPass(createVGASpellOutPass());
  VGALowerTensorOpsPassOptions tensorOps;
  tensorOps.checks = options.runtimeChecks;
  manager.addPass(createVGALowerTensorOpsPass(tensorOps));
  if (options.checkPages)
    manager.addPass(createVGACheckPagesPass());
  if (options.foldValueGates)
    manager.addPass(createVGAFoldValueGatesPass());
  // All attention can be tiled once gates are split off.
  bool isFused = options.attention != AttentionLowering::Definition;
  VGASplitGatedAttentionPassOptions splitting;
  splitting.keepTileable = isFused;
  manager.addPass(createVGASplitGatedAttentionPass(splitting));
  if (isFused) {
    // Two vectors of f32 per stripe: a task is four stripes, but not so many
    // queries that few tasks are left.
    VGATileAttentionPassOptions tiling;
    // What is out of range, vga-cpu-vectorize refuses.
    tiling.lanes = std::max(2 * options.vectorBits / 32, 1u);
    tiling.stripes = std::max<int64_t>(64 / tiling.lanes, 1);
    tiling.pairs = options.bf16Products != BF16Products::Widen;
    manager.addPass(createVGATileAttentionPass(tiling));
    manager.addPass(createVGASpellOutPass());
    addCleanup(manager);
    manager.addPass(createVGADecomposeOnlineAttentionPass());
  }
  manager.addPass(createConvertVGAToLinalgPass());
  addCleanup(manager);
  // arith and math on tensors, and linalg's named operations.
  manager.addPass(createConvertElementwiseToLinalgPass());
  manager.addNestedPass<func::FuncOp>(createVGADecomposeAggregatesPass());
  manager.addNestedPass<func::FuncOp>(createLinalgGeneralizeNamedOpsPass());
  manager.addNestedPass<func::FuncOp>(createVGAFuseElementwisePass());
  addCleanup(manager);
  manager.addNestedPass<func::FuncOp>(createVGACPUTileTasksPass());
  manager.addNestedPass<func::FuncOp>(createVGACPULowerPacksPass());
  addCleanup(manager);
  manager.addNestedPass<func::FuncOp>(createLinalgGeneralizeNamedOpsPass());
}

/// Tensors -> buffers, each freed by its owner.
static void addBufferPasses(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createVGAFillSplatsPass());
  manager.addPass(createVGAHoistChecksPass());
  manager.addPass(createVGACutAliasesPass());
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  manager.addPass(createVGAOpenStatesPass());
  addBufferization(manager);
  manager.addPass(createVGACloseStatesPass());
  addCleanup(manager);
  manager.addNestedPass<func::FuncOp>(createVGACPUStackScratchPass());
  bufferization::buildBufferDeallocationPipeline(manager);
  manager.addNestedPass<func::FuncOp>(
      bufferization::createOptimizeAllocationLivenessPass());
  manager.addPass(createConvertBufferizationToMemRefPass());
}

/// linalg on buffers -> parallel loops over register tiles.
static void addLoopPasses(OpPassManager &manager,
                          const CPUPipelineOptions &options) {
  OpPassManager &function = manager.nest<func::FuncOp>();
  function.addPass(createForallToParallelLoopPass());
  addCleanup(function);
  // Copies that bufferization made are linalg too.
  function.addPass(createVGACopyToLinalgPass());
  function.addPass(createLinalgGeneralizeNamedOpsPass());
  if (options.parallel)
    function.addPass(createVGACPUParallelizePass());
  addCleanup(function);
  function.addPass(createVGACPUDropUnitLoopsPass());
  VGACPUVectorizePassOptions vectorize;
  vectorize.vectorBits = options.vectorBits;
  vectorize.vectorRegisters = options.vectorRegisters;
  vectorize.pairs = options.bf16Products != BF16Products::Widen;
  vectorize.matrixTiles = options.bf16Products == BF16Products::Matrix;
  function.addPass(createVGACPUVectorizePass(vectorize));
  // Accumulators are seen to be the same only once their addresses are.
  function.addPass(memref::createFoldMemRefAliasOpsPass());
  addCleanup(function);
  function.addPass(createLoopInvariantCodeMotionPass());
  function.addPass(createVGAExpandMathPass());
  // Before functions become polynomials, which are made for f32.
  function.addPass(math::createMathExtendToSupportedTypes());
  function.addPass(createVGACPULowerVectorsPass());
  function.addPass(createVGAExpandExpPass());
  addCleanup(function);
}

static void addLLVMPasses(OpPassManager &manager,
                          const CPUPipelineOptions &options) {
  if (options.parallel) {
    manager.addPass(createConvertSCFToOpenMPPass());
    manager.addNestedPass<func::FuncOp>(createVGACPUSerializeSingleTasksPass());
    manager.addNestedPass<func::FuncOp>(createVGACPUBalanceTasksPass());
  }
  manager.addNestedPass<func::FuncOp>(createVGACPUHoistAllocasPass());
  if (options.parallel) {
    // Removes the stack scopes of loop bodies that allocate nothing: they do
    // not hold the branches that come next.
    manager.addPass(createCanonicalizerPass());
  }
  if (options.runtimeChecks)
    manager.addNestedPass<func::FuncOp>(createVGACPUCheckAllocationsPass());
  manager.addPass(createVGALowerAssertPass());
  manager.addPass(createConvertVectorToSCFPass());
  manager.addPass(createVGALowerReshapesPass());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createLowerAffinePass());
  // LLVM would call a library to round each result, or take the machine's
  // conversion, which makes zeros of denormals.
  arith::ArithEmulateUnsupportedFloatsOptions narrow;
  narrow.sourceTypeStrs = {"bf16"};
  manager.addPass(arith::createArithEmulateUnsupportedFloats(narrow));
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  manager.addPass(arith::createArithExpandOpsPass(expand));
  addCleanup(manager);
  manager.addPass(createSCFToControlFlowPass());
  // What the machine has no instruction for is left to the mathematical
  // library; log1p too, which log(1 + x) does not stand in for.
  ConvertMathToLLVMPassOptions math;
  math.approximateLog1p = false;
  manager.addPass(createConvertMathToLLVMPass(math));
  manager.addPass(createConvertMathToLibmPass());
  ConvertVectorToLLVMPassOptions vectors;
  vectors.amx = vectors.x86Vector = options.bf16Products != BF16Products::Widen;
  manager.addPass(createConvertVectorToLLVMPass(vectors));
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createVGANameInterfacesPass());
  manager.addPass(createFinalizeMemRefToLLVMConversionPass());
  if (options.runtimeChecks)
    manager.addPass(createVGACPUCheckMallocPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createUBToLLVMConversionPass());
  if (options.parallel)
    manager.addPass(createConvertOpenMPToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createVGACPULoadBitsPass());
  addCleanup(manager);
}

void vga::buildPreparationPipeline(OpPassManager &manager) {
  manager.addPass(createVGACPUPackWeightsPass());
  manager.addPass(createVGAHoistParametersPass());
}

void vga::buildCPUPipeline(OpPassManager &manager,
                           const CPUPipelineOptions &options) {
  addGraphPasses(manager, options);
  addBufferPasses(manager);
  addLoopPasses(manager, options);
  addLLVMPasses(manager, options);
}

/// What is wrong with options; empty if nothing is.
static std::string describeFault(const CPUPipelineOptions &options) {
  std::string fault =
      describeOutOfRange("vector-bits", options.vectorBits, kVectorBits);
  return fault.empty()
             ? describeOutOfRange("vector-registers", options.vectorRegisters,
                                  kVectorRegisters)
             : fault;
}

void vga::registerCPUPipeline() {
  // As PassPipelineRegistration, but options may be out of range.
  registerPassPipeline(
      "vga-cpu-pipeline",
      "Compile vga, linalg, tensor, arith and math on tensors to CPU code in "
      "the llvm dialect",
      [](OpPassManager &manager, StringRef text,
         function_ref<LogicalResult(const Twine &)> fail) -> LogicalResult {
        CPUPipelineOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        std::string fault = describeFault(options);
        if (!fault.empty())
          return fail("vga-cpu-pipeline: " + fault);
        buildCPUPipeline(manager, options);
        return success();
      },
      [](function_ref<void(const mlir::detail::PassOptions &)> handle) {
        handle(CPUPipelineOptions());
      });
  PassPipelineRegistration<>(
      "vga-cpu-preparation-pipeline",
      "Move the packing of weights, and what else depends on weights only, to "
      "functions NAME.prepare",
      buildPreparationPipeline);
}
