//===- StatesTest.cpp - Functions that remember --------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModuleTest.h"
#include "vga/InitAll.h"
#include "vga/Runtime/Runner.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllForTools(registry);
  return registry;
}

/// Attention over tokens of 8 channels, which are their own keys: 2 heads
/// of 4 channels. @step appends tokens to caches; @whole remembers nothing.
static constexpr StringLiteral kDecoder = R"mlir(
  !rows = tensor<?x8xf32>
  !heads = tensor<1x?x2x4xf32>
  !cache = tensor<1x16x2x4xf32>
  !weight = tensor<8x8xf32>
  !gate = tensor<2x4xf32>

  func.func private @heads(%x: !rows) -> !heads {
    %c0 = arith.constant 0 : index
    %s = tensor.dim %x, %c0 : !rows
    %h = tensor.expand_shape %x [[0, 1], [2, 3]] output_shape [1, %s, 2, 4]
        : !rows into !heads
    return %h : !heads
  }
  func.func private @values(%x: !rows, %w: !weight) -> !heads {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %s = tensor.dim %x, %c0 : !rows
    %e = tensor.empty(%s) : !rows
    %z = linalg.fill ins(%zero : f32) outs(%e : !rows) -> !rows
    %y = linalg.matmul ins(%x, %w : !rows, !weight) outs(%z : !rows) -> !rows
    %v = call @heads(%y) : (!rows) -> !heads
    return %v : !heads
  }
  func.func private @attend(%x: !rows, %p: index, %keys: !cache,
                            %values: !cache, %w: !weight, %g: !gate)
      -> (!heads, !cache, !cache) {
    %c0 = arith.constant 0 : index
    %s = tensor.dim %x, %c0 : !rows
    %n = arith.addi %p, %s : index
    %q = call @heads(%x) : (!rows) -> !heads
    %v = call @values(%x, %w) : (!rows, !weight) -> !heads
    %k1 = tensor.insert_slice %q into %keys[0, %p, 0, 0] [1, %s, 2, 4]
        [1, 1, 1, 1] : !heads into !cache
    %v1 = tensor.insert_slice %v into %values[0, %p, 0, 0] [1, %s, 2, 4]
        [1, 1, 1, 1] : !heads into !cache
    %kn = tensor.extract_slice %k1[0, 0, 0, 0] [1, %n, 2, 4] [1, 1, 1, 1]
        : !cache to !heads
    %vn = tensor.extract_slice %v1[0, 0, 0, 0] [1, %n, 2, 4] [1, 1, 1, 1]
        : !cache to !heads
    %z = vga.gated_attention %q, %kn, %vn, %g causal layout bshd
        : !heads, !heads, !heads, !gate
    return %z, %k1, %v1 : !heads, !cache, !cache
  }

  func.func @step(%x: !rows, %past: tensor<i64> {vga.position},
                  %keys: !cache {vga.state = "keys"},
                  %values: !cache {vga.state = "values"},
                  %w: !weight {vga.param = "w"}, %g: !gate {vga.param = "g"})
      -> (!heads, !cache, !cache) {
    %p64 = tensor.extract %past[] : tensor<i64>
    %p = arith.index_cast %p64 : i64 to index
    %z, %k1, %v1 = call @attend(%x, %p, %keys, %values, %w, %g)
        : (!rows, index, !cache, !cache, !weight, !gate)
          -> (!heads, !cache, !cache)
    return %z, %k1, %v1 : !heads, !cache, !cache
  }
  func.func @whole(%x: !rows, %w: !weight, %g: !gate) -> !heads {
    %q = call @heads(%x) : (!rows) -> !heads
    %v = call @values(%x, %w) : (!rows, !weight) -> !heads
    %z = vga.gated_attention %q, %q, %v, %g causal layout bshd
        : !heads, !heads, !heads, !gate
    return %z : !heads
  }
)mlir";

static constexpr int64_t kTokens = 11, kContext = 16, kWidth = 8;

static HostTensor makeRandom(ArrayRef<int64_t> shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  HostTensor tensor =
      llvm::cantFail(HostTensor::create(ElementKind::F32, shape));
  for (float &value : tensor.getValues<float>())
    value = normal(generator);
  return tensor;
}

static HostTensor makeEmptyCache() {
  return makeF32({1, kContext, 2, 4}, SmallVector<float>(kContext * kWidth));
}

namespace {
class StatesTest : public ModuleTest {
protected:
  StatesTest() : ModuleTest(makeRegistry()) {}

  void SetUp() override {
    ASSERT_TRUE(parse(kDecoder)) << takeDiagnostics();
    SmallVector<Signature> entries;
    for (StringRef name : {"step", "whole"})
      entries.push_back(
          *getSignature(module->lookupSymbol<func::FuncOp>(name)));
    FailureOr<std::unique_ptr<Runner>> created =
        Runner::create(*module, entries, CompileOptions());
    ASSERT_TRUE(succeeded(created)) << takeDiagnostics();
    runner = std::move(*created);
  }

  /// Appends `count` tokens from `first` on.
  SmallVector<float> step(int64_t first, int64_t count) {
    HostTensor tokens =
        makeF32({count, kWidth},
                x.getValues<float>().slice(first * kWidth, count * kWidth));
    HostTensor past = makeTensor<int64_t>(ElementKind::I64, {}, {first});
    auto results =
        runner->run("step", {&tokens, &past, &keys, &values, &weight, &gate});
    return llvm::to_vector(
        llvm::cantFail(std::move(results))[0].getValues<float>());
  }

  std::unique_ptr<Runner> runner;
  HostTensor x = makeRandom({kTokens, kWidth}, 1);
  HostTensor weight = makeRandom({kWidth, kWidth}, 2);
  HostTensor gate = makeRandom({2, 4}, 3);
  HostTensor keys = makeEmptyCache(), values = makeEmptyCache();
};
} // namespace

TEST_F(StatesTest, TokenByTokenIsTheWholeSequence) {
  auto results = runner->run("whole", {&x, &weight, &gate});
  ASSERT_TRUE(static_cast<bool>(results)) << toString(results.takeError());
  ArrayRef<float> whole = (*results)[0].getValues<float>();
  // Three at once, then one after the other.
  SmallVector<float> steps = step(0, 3);
  for (int64_t token = 3; token < kTokens; ++token)
    llvm::append_range(steps, step(token, 1));
  ASSERT_EQ(steps.size(), whole.size());
  for (auto [got, expected] : llvm::zip_equal(steps, whole))
    EXPECT_NEAR(got, expected, 1e-5);
}

// What is appended is gated, and nothing else is touched.
TEST_F(StatesTest, CachesHoldGatedValues) {
  step(0, 4);
  step(4, 1);
  ArrayRef<float> tokens = x.getValues<float>(), w = weight.getValues<float>();
  ArrayRef<float> g = gate.getValues<float>(),
                  cache = values.getValues<float>();
  for (int64_t row = 0; row < kContext; ++row)
    for (int64_t head = 0; head < 2; ++head) {
      double value[4] = {}, logit = 0;
      for (int64_t d = 0; row < 5 && d < 4; ++d) {
        for (int64_t i = 0; i < kWidth; ++i)
          value[d] +=
              double(tokens[row * kWidth + i]) * w[i * kWidth + head * 4 + d];
        logit += value[d] * g[head * 4 + d];
      }
      for (int64_t d = 0; d < 4; ++d)
        EXPECT_NEAR(cache[row * kWidth + head * 4 + d],
                    value[d] / (1 + std::exp(-logit)), 1e-5)
            << "row " << row << ", head " << head << ", channel " << d;
    }
}
