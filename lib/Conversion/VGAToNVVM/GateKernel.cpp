//===- GateKernel.cpp - Gates from the vectors of their own heads ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// g[b, h, s] = act(<x[b, h', s, :], W[h, :]> + b[h]): a few neighboring lanes
// read a vector in 16-byte pieces, multiply and add up.
//
//===----------------------------------------------------------------------===//

#include "GateArguments.h"
#include "GateMath.h"
#include "KernelBuilder.h"
#include "Kernels.h"
#include "MemoryRows.h"
#include "vga/GPU/Gates.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

bool vga::hasGateKernel(GateOp op) {
  auto type = op.getSource().getType();
  bool has16Bits =
      type.getElementType().isF16() || type.getElementType().isBF16();
  return has16Bits && hasKernelTypes(op) &&
         type.getDimSize(3) % kPieceElements == 0;
}

bool vga::isGateProduct(GateOp op) {
  return op.getMixing() == Mixing::cross_head || op.isElementwise();
}

/// How many threads work on a vector of the source: each has a piece at a time.
static int64_t getLanes(GateOp op) {
  int64_t channels = op.getSource().getType().getDimSize(AxisOrder::channel);
  int64_t pieces = channels / kPieceElements;
  return std::min<int64_t>(llvm::PowerOf2Ceil(pieces), 32);
}

static void buildKernel(KernelBuilder &b, GateOp op,
                        const GateArguments &arguments) {
  auto sourceType = op.getSource().getType();
  AxisOrder axes(op.getLayout());
  int64_t channels = sourceType.getDimSize(AxisOrder::channel);
  int64_t sourceHeads = sourceType.getDimSize(axes.head);
  int64_t heads = op.getNumHeads(), group = heads / sourceHeads;
  int64_t pieces = channels / kPieceElements;
  int64_t lanes = getLanes(op);
  int64_t blockRows = kGateThreads / lanes;

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value lane = b.rem(thread, lanes);
  Value row = b.add(b.mul(block, blockRows), b.div(thread, lanes));
  MemoryRows memory(b, axes, arguments.batch, sourceHeads, arguments.positions);
  Value rows = b.mul(b.mul(memory.sizes[0], memory.sizes[1]), memory.sizes[2]);
  Value exists = b.less(row, rows);
  // Lanes of rows that do not exist compute the last one, and do not store it:
  // shuffles need them.
  row = b.min(row, b.sub(rows, 1));
  SmallVector<Value> indices = memory.getIndices(b, row);

  Type elementType = sourceType.getElementType();
  Type weightType = op.getWeight().getType().getElementType();
  Value line = b.elementAddress(arguments.source, elementType,
                                b.mul(b.toI64(row), channels));
  SmallVector<Value> sums(group, b.f32(0));
  for (int64_t first = 0; first < pieces; first += lanes) {
    Value piece = b.add(lane, first);
    Value isPiece = b.less(piece, b.i32(pieces));
    // A lane past the end reads the first piece, and drops it.
    Value place = b.mul(b.select(isPiece, piece, b.i32(0)), kPieceElements);
    SmallVector<Value> x =
        b.loadPiece(elementType, b.elementAddress(line, elementType, place));
    for (int64_t i = 0; i < group; ++i) {
      Value head = b.add(b.mul(indices[axes.head], group), i);
      Value weights = b.elementAddress(arguments.weight, weightType,
                                       b.add(b.mul(head, channels), place));
      Value sum = dotPiece(b, x, weightType, weights);
      bool allHavePieces = first + lanes <= pieces;
      sums[i] = allHavePieces
                    ? b.addF(sums[i], sum)
                    : b.addF(sums[i], b.select(isPiece, sum, b.f32(0)));
    }
  }

  for (int64_t i = 0; i < group; ++i) {
    Value head = b.add(b.mul(indices[axes.head], group), i);
    Value gate = finishGate(b, op, sums[i], lanes, arguments.bias, head);
    Value index =
        b.add(b.mul(b.toI64(b.add(b.mul(indices[axes.batch], heads), head)),
                    b.toI64(arguments.positions)),
              b.toI64(indices[axes.sequence]));
    b.onlyIf(b.bitAnd(exists, b.equal(lane, 0)), [&] {
      LLVM::StoreOp::create(
          b, gate, b.elementAddress(arguments.result, b.getF32Type(), index));
    });
  }
  LLVM::ReturnOp::create(b, ValueRange());
}

FailureOr<Value> vga::launchGate(HostBuilder &b, GateOp op,
                                 gpu::GPUModuleOp module, StringRef name) {
  KernelSignature signature;
  GateArguments arguments;
  if (failed(declareGate(b, signature, op, arguments)))
    return failure();
  KernelBuilder inKernel(op.getLoc(), b);
  inKernel.setInsertionPointToEnd(module.getBody());
  signature.makeFunction(inKernel, op.getLoc(), name, kGateThreads);
  buildKernel(inKernel, op, arguments);
  LaunchShape shape = getVectorShape(b, op.getSource(),
                                     AxisOrder(op.getLayout()), getLanes(op));
  return Value(signature.launch(b, getKernel(module, name), shape).front());
}
