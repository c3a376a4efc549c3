//===- BufferizeLaunch.cpp - Launches on tensors become ones on memrefs ---===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::vga;

namespace {
struct LaunchOpInterface
    : DstBufferizableOpInterfaceExternalModel<LaunchOpInterface, LaunchOp> {
  /// Scratch is an input, too, but what is in it before is not read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    auto launch = cast<LaunchOp>(op);
    return launch.isDpsInit(&operand) ||
           !llvm::is_contained(launch.getOutputs(), operand.get());
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto launch = cast<LaunchOp>(op);
    if (launch.getNumResults() == 0)
      return success();
    auto getBuffers =
        [&](OperandRange tensors) -> FailureOr<SmallVector<Value>> {
      SmallVector<Value> buffers;
      for (Value tensor : tensors) {
        FailureOr<Value> buffer = getBuffer(rewriter, tensor, options, state);
        if (failed(buffer))
          return failure();
        buffers.push_back(*buffer);
      }
      return buffers;
    };
    FailureOr<SmallVector<Value>> inputs = getBuffers(launch.getInputs());
    FailureOr<SmallVector<Value>> outputs = getBuffers(launch.getOutputs());
    if (failed(inputs) || failed(outputs))
      return failure();
    rewriter.setInsertionPoint(op);
    LaunchOp::create(rewriter, op->getLoc(), TypeRange(),
                     launch.getKernelAttr(), launch.getBlocks(),
                     launch.getThreadsAttr(), launch.getSharedMemoryAttr(),
                     launch.getPersistentAttr(), launch.getCooperativeAttr(),
                     launch.getSizes(), launch.getBoxesAttr(), *inputs,
                     *outputs, launch.getErrorsAttr());
    replaceOpWithBufferizedValues(rewriter, op, *outputs);
    return success();
  }
};
} // namespace

namespace {
/// The result is in the memory of the output, as for destination-style
/// operations, of which this is none: it also says whether it is done.
struct MultiplyOpInterface
    : BufferizableOpInterface::ExternalModel<MultiplyOpInterface, MultiplyOp> {
  static bool isOutput(Operation *op, OpOperand &operand) {
    return &operand == &cast<MultiplyOp>(op).getOutputMutable();
  }

  /// The output is read, too: it stays as it is if nothing is done.
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &) const {
    return isOutput(op, operand);
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &) const {
    if (!isOutput(op, operand))
      return {};
    return {{cast<MultiplyOp>(op).getResult(), BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        operands.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    auto onBuffers = MultiplyOp::create(rewriter, op->getLoc(),
                                        TypeRange(rewriter.getI1Type()),
                                        operands, op->getAttrs());
    replaceOpWithBufferizedValues(rewriter, op,
                                  {onBuffers.getOutput(), onBuffers.getDone()});
    return success();
  }
};
} // namespace

void vga::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, VGADialect *) {
    LaunchOp::attachInterface<LaunchOpInterface>(*context);
    MultiplyOp::attachInterface<MultiplyOpInterface>(*context);
  });
}
