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

#include "GateMath.h"
#include "KernelBuilder.h"
#include "KernelFunction.h"
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

int64_t vga::buildGateKernel(OpBuilder &builder, gpu::GPUModuleOp module,
                             StringRef name, GateOp op) {
  auto sourceType = op.getSource().getType();
  AxisOrder axes(op.getLayout());
  int64_t channels = sourceType.getDimSize(AxisOrder::channel);
  int64_t sourceHeads = sourceType.getDimSize(axes.head);
  int64_t heads = op.getNumHeads(), group = heads / sourceHeads;
  int64_t pieces = channels / kPieceElements;
  int64_t lanes = std::min<int64_t>(llvm::PowerOf2Ceil(pieces), 32);
  int64_t blockRows = kGateThreads / lanes;

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module.getBody());
  KernelFunction signature(builder);
  unsigned source = signature.addPointer(), weight = signature.addPointer();
  unsigned bias = op.getBias() ? signature.addPointer() : 0;
  unsigned result = signature.addPointer();
  unsigned batch = signature.addSize(), positions = signature.addSize();
  Block *entry = signature.makeFunction(op.getLoc(), name, kGateThreads);
  builder.setInsertionPointToStart(entry);
  KernelBuilder b(op.getLoc(), builder);
  auto argument = [&](unsigned number) { return entry->getArgument(number); };

  Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
  Value lane = b.rem(thread, lanes);
  Value row = b.add(b.mul(block, blockRows), b.div(thread, lanes));
  MemoryRows memory(b, axes, argument(batch), sourceHeads, argument(positions));
  Value rows = b.mul(b.mul(memory.sizes[0], memory.sizes[1]), memory.sizes[2]);
  Value exists = b.less(row, rows);
  // Lanes of rows that do not exist compute the last one, and do not store it:
  // shuffles need them.
  row = b.min(row, b.sub(rows, 1));
  SmallVector<Value> indices = memory.getIndices(b, row);

  Type elementType = sourceType.getElementType();
  Type weightType = op.getWeight().getType().getElementType();
  Value line = b.elementAddress(argument(source), elementType,
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
      Value weights = b.elementAddress(argument(weight), weightType,
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
    Value gate = finishGate(b, op, sums[i], lanes,
                            op.getBias() ? argument(bias) : Value(), head);
    Value index =
        b.add(b.mul(b.toI64(b.add(b.mul(indices[axes.batch], heads), head)),
                    b.toI64(argument(positions))),
              b.toI64(indices[axes.sequence]));
    b.onlyIf(b.bitAnd(exists, b.equal(lane, 0)), [&] {
      LLVM::StoreOp::create(
          b, gate, b.elementAddress(argument(result), b.getF32Type(), index));
    });
  }
  LLVM::ReturnOp::create(b, ValueRange());
  return lanes;
}
