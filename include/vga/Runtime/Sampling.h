//===- Sampling.h - Choosing what comes next --------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The probability of index i is exp(l_i / T) / sum_j exp(l_j / T), for logits l
// and a temperature T. The host draws from that (Sampler), or the function that
// computes the logits does, where they are (addSampling).
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_SAMPLING_H
#define VGA_RUNTIME_SAMPLING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vga/Runtime/HostTensor.h"
#include <random>

namespace mlir::vga {

/// What a byte-level language model chooses among.
constexpr int64_t kNumBytes = 256;

struct SamplingOptions {
  /// 0 takes the most probable byte; higher is more varied.
  double temperature = 0;
  /// Only the `topK` most probable bytes are candidates; 0 for all.
  unsigned topK = 0;
  /// The same seed gives the same text.
  uint64_t seed = 0;
};

/// Draws from the distribution that logits describe.
class Sampler {
public:
  explicit Sampler(const SamplingOptions &options)
      : options(options), generator(options.seed) {}

  /// An index into `logits`; nothing if they describe no distribution.
  std::optional<unsigned> sample(ArrayRef<float> logits);

  /// The same draw as an input of the function of addSampling.
  llvm::Expected<HostTensor> getChoice();

private:
  /// A number of [0, 1).
  double draw();

  SamplingOptions options;
  std::mt19937_64 generator;
};

/// Has a byte-level language model choose the byte that comes next, instead of
/// returning logits. Its arguments are then those that it had, the byte that it
/// has chosen last, which is a state, and `tensor<3xf64>`: 1/T, the number of
/// candidates, and a draw from [0, 1). It returns `tensor<1xi32>`, or i64 as
/// the tokens are: the byte, or -1 if the logits describe no distribution. A
/// token -1 among its inputs stands for the byte chosen last, so that the next
/// call needs no answer of this one.
LogicalResult addSampling(func::FuncOp model);

} // namespace mlir::vga

#endif // VGA_RUNTIME_SAMPLING_H
