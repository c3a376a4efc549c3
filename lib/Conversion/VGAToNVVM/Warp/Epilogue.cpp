//===- Epilogue.cpp - From accumulators to the output ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../GuardedRow.h"
#include "../MemoryRows.h"
#include "AttentionKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::warp;

namespace {
/// Writes a lane's part of one of its rows.
class RowWriter {
public:
  RowWriter(Kernel &kernel, const Tile &tile, Value row, Value firstProduct)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), tile(tile),
        owner(getOwner(kernel, tile, row)), firstProduct(firstProduct) {
    MemoryRows memory(b, plan.axes, kernel.arguments.batch, plan.queryHeads,
                      kernel.arguments.queries);
    line = b.mul(memory.getRow(b, tile.batch, owner.head, owner.query),
                 plan.valueChannels);
  }

  /// The factor of the row's accumulators: one over the sum, and the gate of
  /// the row. Writes lse if the op has it.
  Value finish(Value maximum, Value sum);
  /// Writes the row's sums: two of each product.
  void write(ArrayRef<Value> sums);

private:
  Value loadSink();
  Value gateElements(Value first, Value second, Value channel);
  /// The number of the row in arrays [B, Hq, Sq].
  Value getNumber() {
    Value head = b.add(b.mul(tile.batch, plan.queryHeads), owner.head);
    return b.add(b.mul(b.toI64(head), b.toI64(kernel.arguments.queries)),
                 b.toI64(owner.query));
  }
  Value getChannel(Value product) {
    // Past the last product comes the last again, with the same sums.
    product =
        b.min(b.add(firstProduct, product), b.i32(plan.getValueProducts() - 1));
    return b.mul(product, kProductColumns);
  }
  Value getPlace(Value array, Type type, Value channel) {
    return b.elementAddress(array, type, b.add(line, b.toI64(channel)));
  }
  void gateElements(MutableArrayRef<Value> sums);
  void writePieces(ArrayRef<Value> sums);
  void writePairs(ArrayRef<Value> sums);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  const Tile &tile;
  RowOwner owner;
  Value firstProduct;
  /// The number of the row's first element.
  Value line;
};
} // namespace

Value RowWriter::loadSink() {
  Type type = kernel.op.getSink().getType().getElementType();
  Value sink = b.loadF32(
      type, b.elementAddress(kernel.arguments.sink, type, owner.head));
  return b.mulF(sink, b.f32(llvm::numbers::log2e));
}

Value RowWriter::finish(Value maximum, Value sum) {
  Value scale = b.f32(getExponentScale(kernel.op));
  FinishedRow row =
      FinishedRow::get(b, b.mulF(maximum, scale), sum,
                       kernel.arguments.sink ? loadSink() : Value());
  if (kernel.arguments.lse) {
    Value writes = b.bitAnd(owner.exists, b.equal(kernel.lane.column, 0));
    b.onlyIf(writes, [&] {
      LLVM::StoreOp::create(
          b, row.getLse(b),
          b.elementAddress(kernel.arguments.lse, b.getF32Type(), getNumber()));
    });
  }
  if (!kernel.arguments.outputGate ||
      kernel.op.getOutputGate().getType().getRank() == 4)
    return row.factor;
  Type type = kernel.op.getOutputGate().getType().getElementType();
  Value gate = b.loadF32(
      type, b.elementAddress(kernel.arguments.outputGate, type, getNumber()));
  return b.mulF(row.factor, gate);
}

/// Multiplies by gates of elements.
void RowWriter::gateElements(MutableArrayRef<Value> sums) {
  Type type = kernel.op.getOutputGate().getType().getElementType();
  for (size_t i = 0; i < sums.size(); i += kProductRun) {
    Value channel =
        b.add(getChannel(b.i32(i / kProductRun)), kernel.lane.column);
    Value pair = LLVM::LoadOp::create(
        b, VectorType::get(kProductRun, type),
        getPlace(kernel.arguments.outputGate, type, channel),
        /*alignment=*/type.getIntOrFloatBitWidth() / 4);
    for (int64_t j = 0; j < kProductRun; ++j) {
      Value gate = LLVM::ExtractElementOp::create(b, pair, b.i32(j));
      if (!type.isF32())
        gate = LLVM::FPExtOp::create(b, b.getF32Type(), gate);
      sums[i + j] = b.mulF(sums[i + j], gate);
    }
  }
}

/// Exchanges words among the four lanes of a row: lane t has word t of each
/// piece, and gets all words of piece t.
static SmallVector<Value> exchangeWords(KernelBuilder &b, Value t,
                                        ArrayRef<Value> words) {
  SmallVector<Value> pieces = llvm::to_vector(words);
  // What a lane has of two groups of words becomes two lanes' of one.
  auto exchange = [&](Value isSecond, int64_t distance, Value first,
                      Value second) -> std::pair<Value, Value> {
    Value kept = b.select(isSecond, second, first);
    Value got = b.shuffleXor(b.select(isSecond, first, second), distance);
    return {b.select(isSecond, got, kept), b.select(isSecond, kept, got)};
  };
  Value isOdd = b.equal(b.rem(t, 2), 1), isHigh = b.less(b.i32(1), t);
  auto [low0, high0] = exchange(isOdd, 1, pieces[0], pieces[1]);
  auto [low1, high1] = exchange(isOdd, 1, pieces[2], pieces[3]);
  auto [word0, word2] = exchange(isHigh, 2, low0, low1);
  auto [word1, word3] = exchange(isHigh, 2, high0, high1);
  return {word0, word1, word2, word3};
}

/// Elements of 16 bits: a lane writes every fourth piece.
void RowWriter::writePieces(ArrayRef<Value> sums) {
  constexpr int64_t kRowLanes = 4;
  Value t = b.rem(kernel.lane.lane, kRowLanes);
  int64_t products = sums.size() / kProductRun;
  for (int64_t n = 0; n < products; n += kRowLanes) {
    SmallVector<Value> words;
    for (int64_t i = n; i < n + kRowLanes; ++i) {
      ArrayRef<Value> pair =
          sums.slice(std::min(i, products - 1) * kProductRun, kProductRun);
      words.push_back(b.pack(pair[0], pair[1], plan.elementType));
    }
    words = exchangeWords(b, t, words);
    Value piece =
        LLVM::PoisonOp::create(b, VectorType::get(kRowLanes, b.getI32Type()));
    for (auto [i, word] : llvm::enumerate(words))
      piece = LLVM::InsertElementOp::create(b, piece, word, b.i32(i));
    Value product = b.min(b.add(t, n), b.i32(products - 1));
    b.onlyIf(owner.exists, [&] {
      b.storePacked(getPlace(kernel.arguments.output, plan.elementType,
                             getChannel(product)),
                    piece);
    });
  }
}

/// Elements of f32: each lane writes its own.
void RowWriter::writePairs(ArrayRef<Value> sums) {
  b.onlyIf(owner.exists, [&] {
    for (size_t i = 0; i < sums.size(); i += kProductRun) {
      Value channel =
          b.add(getChannel(b.i32(i / kProductRun)), kernel.lane.column);
      storeVector(b, sums.slice(i, kProductRun),
                  getPlace(kernel.arguments.output, plan.elementType, channel));
    }
  });
}

void RowWriter::write(ArrayRef<Value> sums) {
  SmallVector<Value> output = llvm::to_vector(sums);
  if (kernel.arguments.outputGate &&
      kernel.op.getOutputGate().getType().getRank() == 4)
    gateElements(output);
  if (plan.elementType.isF32())
    writePairs(output);
  else
    writePieces(output);
}

/// Computes rows again whose sums are NaN: a value that they do not see may be
/// why. The warp has written its own before.
static void guardRows(Kernel &kernel, const Tile &tile, Value found) {
  KernelBuilder &b = kernel.b;
  const Arguments &arguments = kernel.arguments;
  Type element = kernel.plan.elementType;
  int64_t rows = kernel.plan.schedule.getWarpRows();
  forEachNaN(b, found, rows, [&](Value row) {
    RowOwner owner =
        getOwner(kernel, tile, b.add(b.mul(kernel.lane.warp, rows), row));
    GuardedRow guarded(b, kernel.op, kernel.gate,
                       {arguments.query, arguments.key, arguments.value,
                        arguments.blockTable, arguments.pages,
                        arguments.tablePages},
                       arguments, kernel.lane.lane);
    auto store = [&](Value channel, Value output) {
      if (!element.isF32())
        output = LLVM::FPTruncOp::create(b, element, output);
      Value place = b.add(guarded.getOutputLine(), b.toI64(channel));
      LLVM::StoreOp::create(b, output,
                            b.elementAddress(arguments.output, element, place));
    };
    b.onlyIf(owner.exists, [&] {
      guarded.compute(tile.batch, owner.head, owner.query, store);
    });
  });
}

void warp::writeOutput(Kernel &kernel, const Tile &tile, const State &state,
                       Value firstProduct) {
  KernelBuilder &b = kernel.b;
  bool mayLeak = hidesKeysOfBlocks(kernel.op);
  Value found = mayLeak ? findNaN(b, state.accumulators) : Value();
  for (auto [m, rows] : llvm::enumerate(state.rows))
    for (int64_t r = 0; r < kLaneRows; ++r) {
      Value row =
          b.add(kernel.lane.row, m * kProductRows + r * kLaneRowDistance);
      RowWriter writer(kernel, tile, row, firstProduct);
      Value factor = writer.finish(rows.maximum[r], rows.sum[r]);
      SmallVector<Value> sums;
      for (auto [i, sum] : llvm::enumerate(state.accumulators[m]))
        if (getLaneRow(i) == r)
          sums.push_back(b.mulF(sum, factor));
      writer.write(sums);
    }
  if (mayLeak)
    guardRows(kernel, tile, found);
}
