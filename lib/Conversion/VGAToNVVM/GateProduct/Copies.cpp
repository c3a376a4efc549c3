//===- Copies.cpp - Source and weights to shared memory -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies of the machine (cp.async) run beside the products, and write zeros for
// what they do not read. They move 4, 8 or 16 bytes, which a row of weights
// with an odd number of 16-bit columns does not consist of: those take
// registers.
//
//===----------------------------------------------------------------------===//

#include "../MemoryRows.h"
#include "GateProduct.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::gate_product;

/// Builds `body` for the threads that `condition` selects; null selects all.
static void forThreads(KernelBuilder &b, Value condition,
                       function_ref<void()> body) {
  if (condition)
    b.onlyIf(condition, body);
  else
    body();
}

/// `x` and `y`, of which each may be null for true.
static Value both(KernelBuilder &b, Value x, Value y) {
  return x && y ? b.bitAnd(x, y) : (x ? x : y);
}

Copies::Copies(Kernel &kernel)
    : kernel(kernel), b(kernel.b), plan(kernel.plan) {
  const Tile &tile = plan.tile;
  int64_t threads = tile.getThreads();

  int64_t rowPieces = plan.depth / kPieceElements;
  sourcePassRows = threads / rowPieces;
  sourcePasses = llvm::divideCeil(tile.rows, sourcePassRows);
  Value row = b.div(kernel.thread, rowPieces);
  Value piece = b.rem(kernel.thread, rowPieces);
  if (sourcePassRows > tile.rows)
    isSourceThread = b.less(row, b.i32(tile.rows));
  sourceChannel = b.mul(piece, kPieceElements);
  sourceOffset =
      b.add(b.mul(row, plan.getSourceRowBytes()), b.mul(piece, kPieceBytes));
  MemoryRows memory(b, plan.axes, kernel.batch, plan.sourceHeads,
                    kernel.positions);
  Value head = b.i32(0);
  if (plan.products > 1)
    head = b.div(kernel.product, plan.gateHeads / plan.sourceHeads);
  for (int64_t pass = 0; pass < sourcePasses; ++pass) {
    Value passRow = b.add(kernel.firstRow, b.add(row, pass * sourcePassRows));
    Value exists = b.less(passRow, kernel.rows);
    auto [batch, position] =
        kernel.getPosition(b.select(exists, passRow, kernel.firstRow));
    Value vector = memory.getRow(b, batch, head, position);
    sourceLines.push_back(b.elementAddress(kernel.source, plan.sourceType,
                                           b.mul(vector, plan.sourceChannels)));
    sourceBytes.push_back(b.select(exists, b.i32(kPieceBytes), b.i32(0)));
  }
  bool areHeadsNeighbors = plan.axes.head == 2;
  if (plan.channels > plan.sourceChannels && !areHeadsNeighbors)
    headDistance = b.mul(b.toI64(kernel.positions), plan.sourceChannels);

  int64_t elementBytes = plan.getWeightBytes();
  weightPieceBytes = std::gcd(plan.columns * elementBytes, kPieceBytes);
  int64_t pieceColumns = weightPieceBytes / elementBytes;
  int64_t weightPieces = tile.columns / pieceColumns;
  weightPassRows = threads / weightPieces;
  weightPasses = llvm::divideCeil(plan.depth, weightPassRows);
  weightChannel = b.div(kernel.thread, weightPieces);
  if (weightPassRows > plan.depth)
    isWeightThread = b.less(weightChannel, b.i32(plan.depth));
  Value column = b.mul(b.rem(kernel.thread, weightPieces), pieceColumns);
  weightOffset = b.add(b.add(b.mul(weightChannel, plan.getWeightRowBytes()),
                             b.mul(column, elementBytes)),
                       plan.getSourceStageBytes());
  column = b.add(kernel.firstColumn, column);
  if (plan.columns % tile.columns != 0) {
    isColumn = b.less(column, b.i32(plan.columns));
    column = b.select(isColumn, column, b.i32(0));
  }
  Value line = b.add(b.mul(b.toI64(kernel.product), plan.channels),
                     b.toI64(weightChannel));
  weightAddress =
      b.elementAddress(kernel.weight, plan.weightType,
                       b.add(b.mul(line, plan.columns), b.toI64(column)));
}

void Copies::start(Value step, Value stage) {
  forThreads(b, isSourceThread, [&] { copySource(step, stage); });
  forThreads(b, isWeightThread, [&] { copyWeights(step, stage); });
}

void Copies::copySource(Value step, Value stage) {
  Value channel = b.add(b.mul(step, plan.depth), sourceChannel);
  Value isChannel;
  if (plan.channels % plan.depth != 0) {
    isChannel = b.less(channel, b.i32(plan.channels));
    channel = b.select(isChannel, channel, b.i32(0));
  }
  Value offset = b.toI64(channel);
  if (headDistance)
    offset =
        b.add(b.mul(b.toI64(b.div(channel, plan.sourceChannels)), headDistance),
              b.toI64(b.rem(channel, plan.sourceChannels)));
  Value destination = b.advance(stage, sourceOffset);
  for (int64_t pass = 0; pass < sourcePasses; ++pass) {
    Value read = sourceBytes[pass];
    if (isChannel)
      read = b.select(isChannel, read, b.i32(0));
    copyAsync(b,
              b.advance(destination,
                        pass * sourcePassRows * plan.getSourceRowBytes()),
              b.elementAddress(sourceLines[pass], plan.sourceType, offset),
              kPieceBytes, read);
  }
}

void Copies::copyWeights(Value step, Value stage) {
  int64_t rowBytes = plan.columns * plan.getWeightBytes();
  Value firstChannel = b.mul(step, plan.depth);
  Value address =
      b.advance(weightAddress, b.mul(b.toI64(firstChannel), rowBytes));
  Value destination = b.advance(stage, weightOffset);
  // Pieces of 2 bytes: first all loads, then all stores.
  SmallVector<Value> loaded;
  for (int64_t pass = 0; pass < weightPasses; ++pass) {
    int64_t row = pass * weightPassRows;
    Value exists = isColumn;
    if (plan.channels % plan.depth != 0) {
      Value channel = b.add(b.add(firstChannel, weightChannel), row);
      exists = both(b, exists, b.less(channel, b.i32(plan.channels)));
    }
    Value source = b.advance(address, b.i64(row * rowBytes));
    if (weightPieceBytes >= 4) {
      copyAsync(b, b.advance(destination, row * plan.getWeightRowBytes()),
                source, weightPieceBytes,
                exists ? b.select(exists, b.i32(weightPieceBytes), b.i32(0))
                       : Value());
      continue;
    }
    if (exists)
      source = b.select(exists, source, kernel.weight);
    Value element = LLVM::LoadOp::create(b, b.getI16Type(), source);
    if (exists) {
      Value zero = arith::ConstantOp::create(b, b.getI16IntegerAttr(0));
      element = b.select(exists, element, zero);
    }
    loaded.push_back(element);
  }
  for (auto [pass, element] : llvm::enumerate(loaded))
    LLVM::StoreOp::create(b, element,
                          b.advance(destination, pass * weightPassRows *
                                                     plan.getWeightRowBytes()));
}
