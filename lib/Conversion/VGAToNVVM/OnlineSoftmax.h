//===- OnlineSoftmax.h - The running softmax of a lane's rows ---*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On the tensor cores, a lane has two of 16 rows: of every 8 columns two
// neighbors in each, in the order (first row, 2 columns), (second row, 2
// columns). Four neighboring lanes share a row.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_ONLINESOFTMAX_H
#define VGA_LIB_CONVERSION_VGATONVVM_ONLINESOFTMAX_H

#include "KernelBuilder.h"

namespace mlir::vga {

/// The rows of a lane, which are this far apart.
constexpr int64_t kLaneRows = 2;
constexpr int64_t kLaneRowDistance = 8;
/// Which of the lane's rows register i belongs to, and its column's distance
/// from the lane's first one.
inline int64_t getLaneRow(int64_t i) { return i / 2 % 2; }
inline int64_t getLaneColumn(int64_t i) { return i / 4 * 8 + i % 2; }

/// The running softmax of a lane's rows. Maxima are those of the scores before
/// they are scaled; sums are of the lane's columns only.
struct Rows {
  SmallVector<Value, kLaneRows> maximum, sum;
};

/// The softmax of a block of scores.
struct BlockSoftmax {
  KernelBuilder &b;
  ValueRange scores;
  Rows &rows;
  /// Whether a row may have seen no key yet.
  bool mayBeEmpty;
  /// The factor between scores and exponents of 2.
  Value scale;
  /// Whether accumulators are outdated, as this lane sees it.
  Value isOutdated = {};
  /// The factors by which accumulators become outdated.
  Value factors[kLaneRows] = {};
  SmallVector<Value> weights = SmallVector<Value>(scores.size());

  /// Turns the scores of some of the lane's rows into weights, step by step
  /// together.
  void compute(ArrayRef<int64_t> together);

private:
  /// Raises a row's running maximum; returns what its exponents start from.
  Value updateMaximum(int64_t row, Value maximum);
};

/// Whether a condition holds in any lane of the warp.
Value holdsInAnyLane(KernelBuilder &b, Value condition);

/// Multiplies accumulators by the factors of their rows, if they are outdated.
SmallVector<Value> rescale(KernelBuilder &b, ValueRange accumulator,
                           ValueRange factors, Value isOutdated);

/// The sum of the values of a row in its four lanes.
Value sumOfRow(KernelBuilder &b, Value sum);

/// The end of a row's softmax: the factor that makes its accumulators outputs,
/// and log2 of its denominator.
struct FinishedRow {
  Value factor;
  Value maximum, sum;

  /// `maximum` is an exponent of 2, `sum` that of the whole row, `sink` the
  /// exponent of the sink or null.
  static FinishedRow get(KernelBuilder &b, Value maximum, Value sum,
                         Value sink);
  /// The natural logarithm of the denominator: -inf if no key was seen.
  Value getLse(KernelBuilder &b) const;
};

} // namespace mlir::vga

#endif // VGA_LIB_CONVERSION_VGATONVVM_ONLINESOFTMAX_H
