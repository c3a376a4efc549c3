//===- Bufferize.cpp - One-shot bufferization with cuts -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/CPU/Passes.h"
#include "vga/Dialect/VGA/IR/TakeOver.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGABUFFERIZEPASS
#include "vga/CPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::vga;

namespace {
struct TakeOverOpInterface
    : BufferizableOpInterface::ExternalModel<TakeOverOpInterface, TakeOverOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return true;
  }
  /// None, which is what the operation is for: its write is in the way of all
  /// that would see a write to the result.
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }

  FailureOr<BufferLikeType>
  getBufferType(Operation *op, Value, const BufferizationOptions &options,
                const BufferizationState &state,
                SmallVector<Value> &invocationStack) const {
    return bufferization::getBufferType(cast<TakeOverOp>(op).getSource(),
                                        options, state, invocationStack);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    FailureOr<Value> buffer =
        getBuffer(rewriter, cast<TakeOverOp>(op).getSource(), options, state);
    if (failed(buffer))
      return failure();
    replaceOpWithBufferizedValues(rewriter, op, *buffer);
    return success();
  }
};

struct BufferizePass : vga::impl::VGABufferizePassBase<BufferizePass> {
  void runOnOperation() override {
    OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    // A loop may carry what an iteration computes: in memory of its own.
    options.allowReturnAllocsFromLoops = true;
    options.setFunctionBoundaryTypeConversion(
        LayoutMapOption::IdentityLayoutMap);
    BufferizationState bufferization;
    OneShotAnalysisState analysis(getOperation(), options);
    if (failed(analyzeModuleOp(getOperation(), analysis)))
      return signalPassFailure();
    joinEquivalent(analysis);
    if (failed(insertTensorCopies(getOperation(), analysis, bufferization)) ||
        failed(bufferizeModuleOp(getOperation(), options, bufferization)))
      signalPassFailure();
  }

private:
  /// Both sides of a cut, and what a loop carries that its body has cut.
  void joinEquivalent(OneShotAnalysisState &analysis) {
    getOperation()->walk([&](Operation *op) {
      if (auto cut = dyn_cast<TakeOverOp>(op)) {
        if (analysis.isInPlace(cut->getOpOperand(0)))
          analysis.unionEquivalenceClasses(cut.getSource(), cut.getResult());
        return;
      }
      auto loop = dyn_cast<scf::ForOp>(op);
      if (!loop)
        return;
      for (auto [init, carried, yielded, result] :
           llvm::zip_equal(loop.getInitsMutable(), loop.getRegionIterArgs(),
                           loop.getYieldedValues(), loop.getResults()))
        if (isa<TensorType>(result.getType()) && analysis.isInPlace(init) &&
            analysis.areEquivalentBufferizedValues(carried, yielded))
          analysis.unionEquivalenceClasses(init.get(), result);
    });
  }
};
} // namespace

void vga::registerTakeOverBufferizationModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, VGADialect *) {
    TakeOverOp::attachInterface<TakeOverOpInterface>(*context);
  });
}
