//===- Semantics.h - Shapes, visibility and precision of attention --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic behind the definition of the operations, in one place, for
// verifiers, lowerings and cost models. Every rule is stated in
// docs/semantics.md.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_SEMANTICS_H
#define VGA_DIALECT_VGA_IR_SEMANTICS_H

#include "vga/Dialect/VGA/IR/VGA.h"
#include <optional>
#include <utility>

namespace mlir::vga {

class LinalgBuilder;

/// Where the axes of a rank-4 tensor are; the channel is always the last.
struct AxisOrder {
  unsigned batch, head, sequence;
  static constexpr unsigned channel = 3;

  explicit AxisOrder(Layout layout);

  /// The sizes {batch, head, sequence, channel} in the order of the layout.
  template <typename T>
  SmallVector<T> arrange(T b, T h, T s, T d) const {
    SmallVector<T> result(4, d);
    result[batch] = b;
    result[head] = h;
    result[sequence] = s;
    return result;
  }
};

/// Where the axes of a cache are: keys, values and elementwise gates are of
/// rank 4, in a layout, scalar gates are [batch, head, sequence]. The batch
/// axis of a pool counts pages, and its sequence axis is a page.
struct CacheAxes {
  unsigned batch, head, sequence;

  CacheAxes(RankedTensorType type, Layout layout);
};

/// The rows of a page of a cache with a block table, which are static.
int64_t getPageSize(AttentionInterface op);

/// The sizes of an attention problem; ShapedType::kDynamic where unknown.
struct AttentionSizes {
  int64_t batch, queryHeads, kvHeads, queries, keys, keyChannels, valueChannels;

  explicit AttentionSizes(AttentionInterface op);

  /// How many query heads read one key/value head.
  int64_t groupSize() const { return queryHeads / kvHeads; }
};

/// The keys that causal masks and windows leave to a query: key j is visible
/// to query i when  i + o + lower <= j <= i + o + upper,  where a missing
/// bound is unbounded and o is the offset of the alignment.
struct Band {
  std::optional<int64_t> lower, upper;

  explicit Band(AttentionInterface op);
  Band(std::optional<int64_t> lower, std::optional<int64_t> upper)
      : lower(lower), upper(upper) {}

  bool isFull() const { return !lower && !upper; }

  /// The range [first, last) of keys that query `i` sees among `keys`, with
  /// the offset `o`; empty ranges are [k, k).
  std::pair<int64_t, int64_t> visibleKeys(int64_t i, int64_t offset,
                                          int64_t keys) const;

  /// True if every one of `queries` sees every one of `keys`.
  bool coversAll(int64_t offset, int64_t queries, int64_t keys) const;
};

/// The offset o of causal masks and windows, for static sizes; nothing where it
/// depends on lengths.
std::optional<int64_t> getBandOffset(Alignment alignment, int64_t queries,
                                     int64_t keys);

/// The number of keys of a sequence, those past its length included.
OpFoldResult getNumKeys(LinalgBuilder &builder, AttentionInterface op);

/// The factor of the scores: the attribute, or 1/sqrt(Dk).
double getScoreScale(AttentionInterface op);

/// The type in which scores, softmax, gates and sums of `elementType` are
/// computed: f64 for f64, f32 otherwise.
FloatType getComputeType(Type elementType);

/// act(x) of a scalar, without overflow for any x.
Value emitActivation(LinalgBuilder &builder, Activation activation, Value x);

} // namespace mlir::vga

#endif // VGA_DIALECT_VGA_IR_SEMANTICS_H
