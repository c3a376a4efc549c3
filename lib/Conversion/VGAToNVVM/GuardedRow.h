//===- GuardedRow.h - A row of attention without its hidden keys -*- C++
//-*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensor cores multiply the value of a key that a row does not see by a weight
// of 0. If that value is NaN or infinite, so is the sum. Kernels look at their
// sums, therefore, and where one is NaN, a warp computes the row again: in
// plain arithmetic, from global memory, of the keys that it sees.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_GUARDEDROW_H
#define VGA_LIB_CONVERSION_VGATONVVM_GUARDEDROW_H

#include "AttentionArguments.h"
#include "KernelBuilder.h"
#include "MemoryRows.h"
#include "vga/Dialect/VGA/IR/VGA.h"

namespace mlir::vga {

/// Whether blocks of keys can have some that a row does not see. Those past a
/// length are zeros by the time that they are multiplied.
bool hidesKeysOfBlocks(AttentionOp op);

/// A bit for each of the lane's rows whose sums are NaN, those of the lane's
/// first product first; `accumulators` are those of products of 16 rows.
Value findNaN(KernelBuilder &b, ArrayRef<SmallVector<Value>> accumulators);

/// Builds `body` for the number of each row, of so many of the warp, in which
/// some lane has found a NaN. The whole warp must come here.
void forEachNaN(KernelBuilder &b, Value found, int64_t rows,
                function_ref<void(Value row)> body);

/// Builds the computation of single rows.
class GuardedRow {
public:
  /// Addresses of queries, keys and values in global memory, and of the block
  /// table if keys are in pages: how many there are, and how many a sequence
  /// has, as i32.
  struct Rows {
    Value query, key, value, blockTable, pages, tablePages;
  };

  /// `gate` is the op of the value gate if it is computed on the way, or null.
  /// The arguments have no gate of values that have been gated before.
  GuardedRow(KernelBuilder &b, AttentionOp op, GateOp gate, const Rows &memory,
             const AttentionArguments &arguments, Value lane);

  /// Builds the store of an output, in f32, for a channel, an i32.
  using Store = function_ref<void(Value channel, Value output)>;
  /// Has the warp compute the outputs of a query, and store them.
  void compute(Value batch, Value head, Value query, Store store);
  /// The number of the row's first element in an array of outputs.
  Value getOutputLine() { return b.mul(outputRow, valueChannels); }

private:
  /// A key's place in arrays of keys and values.
  struct Place {
    Value entry, position;
  };
  Place getPlace(Value key);
  /// The number of a key's first element in an array of `heads` heads of so
  /// many channels.
  Value getLine(const Place &place, Value head, int64_t heads,
                int64_t channels);
  MemoryRows getKeyRows(AxisOrder order, int64_t heads);
  Value load(Value array, Type type, Value index) {
    return b.loadF32(type, b.elementAddress(array, type, index));
  }

  void locate(Value batch, Value head, Value query);
  /// The score of a key, -inf if the row does not see it.
  Value computeScore(Value key);
  /// The scalar gate of a key's value; null if there is none.
  Value computeScalarGate(Value key);
  Value getGateHead(int64_t heads);
  /// Adds the values of 32 keys to the sums of the lane's channels.
  SmallVector<Value> addValues(Value first, Value weight, Value isVisible,
                               ValueRange sums);
  Value getChannel(int64_t i);
  void finish(ValueRange sums, Value factor, Store store);

  KernelBuilder &b;
  AttentionOp op;
  GateOp gate;
  Rows memory;
  const AttentionArguments &arguments;
  Value lane;
  AxisOrder axes;
  Type element;
  int64_t queryHeads, kvHeads, keyChannels, valueChannels;

  /// The row: its query, in arrays of queries and of outputs, and the keys that
  /// its band leaves.
  Value batch, head, kvHead, query, queryLine, outputRow, firstKey, endKey,
      lastKey;
};

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_GUARDEDROW_H
