//===- GateProduct.h - A gate as a product of matrices ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parts of the kernel of gates that are products of matrices: positions by
// channels times channels by gates. Kernel.cpp puts them together.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_GATEPRODUCT_GATEPRODUCT_H
#define VGA_LIB_CONVERSION_VGATONVVM_GATEPRODUCT_GATEPRODUCT_H

#include "../GateArguments.h"
#include "../WarpMatrices.h"

namespace mlir::vga::gate_product {

/// The elements of a source have 16 bits.
constexpr int64_t kSourceBytes = 2;

/// How products are divided: among blocks of threads, and among their warps.
struct Tile {
  int64_t rows, columns;
  int64_t warpRows, warpColumns;

  int64_t getWarpsAcross() const { return columns / warpColumns; }
  int64_t getThreads() const {
    return rows / warpRows * getWarpsAcross() * kWarpThreads;
  }
};

/// What of a gate is known when its kernel is made. Its rows are positions of
/// all sequences, its columns gates.
struct Plan {
  explicit Plan(GateOp op);

  /// Rows of tiles in shared memory end in an unused piece: eight rows in a
  /// column are in different banks then, as the pieces of a row are 2^n.
  int64_t getSourceRowBytes() const {
    return depth * kSourceBytes + kPieceBytes;
  }
  int64_t getWeightRowBytes() const {
    return tile.columns * getWeightBytes() + kPieceBytes;
  }
  int64_t getSourceStageBytes() const {
    return tile.rows * getSourceRowBytes();
  }
  int64_t getStageBytes() const {
    return getSourceStageBytes() + depth * getWeightRowBytes();
  }
  int64_t getWeightBytes() const {
    return weightType.getIntOrFloatBitWidth() / 8;
  }
  /// Steps of the loop over the channels.
  int64_t getSteps() const { return llvm::divideCeil(channels, depth); }
  int64_t getColumnTiles() const {
    return llvm::divideCeil(columns, tile.columns);
  }

  Type sourceType, weightType;
  AxisOrder axes;
  int64_t sourceHeads, sourceChannels;
  int64_t gateHeads, gateChannels;
  /// Products of heads of their own; across heads there is one.
  int64_t products;
  /// The channels that a product sums over, and its columns.
  int64_t channels, columns;
  bool usesTensorCores;
  Tile tile;
  /// The channels of a stage, and how many stages there are.
  int64_t depth, stages;
};

/// A kernel under construction.
struct Kernel : GateArguments {
  Kernel(KernelBuilder &b, GateOp op, const Plan &plan)
      : b(b), op(op), plan(plan) {}

  KernelBuilder &b;
  GateOp op;
  const Plan &plan;
  /// All rows of a product, as i32.
  Value rows;
  /// The start of shared memory, and the thread's number.
  Value shared, thread;
  /// Where this block of threads is: its product, and its tile.
  Value product, firstRow, firstColumn;

  /// The batch entry and the position of a row.
  std::pair<Value, Value> getPosition(Value row) {
    return {b.div(row, positions), b.rem(row, positions)};
  }
};

/// Brings stages of the source and of the weights to shared memory, with zeros
/// for what is outside. Each thread copies the same places of each stage.
class Copies {
public:
  explicit Copies(Kernel &kernel);
  /// Starts the copies of a step of the loop over channels to a stage.
  void start(Value step, Value stage);

private:
  void copySource(Value step, Value stage);
  void copyWeights(Value step, Value stage);

  Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  /// How many passes of all threads a stage takes, and how far they are apart.
  int64_t sourcePasses, sourcePassRows, weightPasses, weightPassRows;
  /// What a copy of weights moves.
  int64_t weightPieceBytes;
  /// Of the source: the channel of the thread's pieces; for each pass, the
  /// address of its row, and the bytes to read, 0 outside.
  Value sourceChannel, sourceOffset, isSourceThread;
  SmallVector<Value> sourceLines, sourceBytes;
  /// Elements from a head to the next one, as i64; null if they are neighbors.
  Value headDistance;
  /// Of the weights: the thread's first channel and its address.
  Value weightChannel, weightOffset, weightAddress, isWeightThread, isColumn;
};

/// The sums of a thread: runs of neighboring columns, the same ones in each of
/// its rows.
struct Sums {
  /// Of the tile: the thread's rows, and the first columns of its runs.
  SmallVector<Value> rows, columns;
  int64_t run;
  /// By rows, runs and columns.
  SmallVector<Value> values;
};

/// Multiplies what a stage holds: on the tensor cores where the weights have
/// the type of the source, by fused multiply-adds in f32 otherwise.
class Multiplier {
public:
  explicit Multiplier(const Kernel &kernel);
  int64_t getSumCount() const {
    return plan.tile.warpRows * plan.tile.warpColumns / kWarpThreads;
  }
  /// The sums of a step added to those before.
  SmallVector<Value> multiply(Value stage, ValueRange sums);
  /// Where sums belong.
  Sums arrange(ValueRange sums);

private:
  SmallVector<Value> multiplyOnTensorCores(Value stage);
  SmallVector<Value> multiplyAndAdd(Value stage, ValueRange sums);
  Sums arrangeOfTensorCores(ValueRange sums);
  Sums arrangeOfMultiplyAndAdd(ValueRange sums);

  KernelBuilder &b;
  const Plan &plan;
  /// The lane, and where its warp is in the tile.
  Value lane, warpRow, warpColumn;
};

/// Adds the bias, applies the activation, and stores what is inside.
void storeGates(Kernel &kernel, const Sums &sums);

} // namespace mlir::vga::gate_product

#endif // VGA_LIB_CONVERSION_VGATONVVM_GATEPRODUCT_GATEPRODUCT_H
