//===- SamplingTest.cpp - Choosing what comes next ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Sampling.h"
#include "ModuleTest.h"
#include "vga/InitAll.h"
#include "vga/Runtime/LanguageModel.h"
#include "llvm/ADT/Sequence.h"
#include <cmath>

using namespace mlir;
using namespace mlir::vga;

//===----------------------------------------------------------------------===//
// Sampler
//===----------------------------------------------------------------------===//

static SamplingOptions makeOptions(double temperature, unsigned topK = 0,
                                   uint64_t seed = 0) {
  SamplingOptions options;
  options.temperature = temperature;
  options.topK = topK;
  options.seed = seed;
  return options;
}

TEST(Sampler, GreedyTakesTheFirstHighest) {
  Sampler sampler(makeOptions(0));
  EXPECT_EQ(sampler.sample({1, 3, 3, 2}), 1u);
  EXPECT_EQ(sampler.sample({-INFINITY, -5}), 1u);
  EXPECT_EQ(sampler.sample({-1}), 0u);
}

TEST(Sampler, RefusesWhatIsNoDistribution) {
  for (double temperature : {0.0, 1.0}) {
    Sampler sampler(makeOptions(temperature));
    EXPECT_EQ(sampler.sample({1, NAN}), std::nullopt);
    EXPECT_EQ(sampler.sample({1, INFINITY}), std::nullopt);
    EXPECT_EQ(sampler.sample({-INFINITY, -INFINITY}), std::nullopt);
    EXPECT_EQ(sampler.sample({}), std::nullopt);
  }
}

/// How often each index is drawn.
static SmallVector<int> draw(const SamplingOptions &options,
                             ArrayRef<float> logits, int times) {
  Sampler sampler(options);
  SmallVector<int> counts(logits.size(), 0);
  for (int i = 0; i < times; ++i)
    ++counts[*sampler.sample(logits)];
  return counts;
}

TEST(Sampler, DrawsFromTheDistribution) {
  const float logits[] = {std::log(1.0f), std::log(2.0f), std::log(5.0f),
                          -INFINITY};
  SmallVector<int> counts = draw(makeOptions(1), logits, 80000);
  EXPECT_NEAR(counts[0], 10000, 500);
  EXPECT_NEAR(counts[1], 20000, 500);
  EXPECT_NEAR(counts[2], 50000, 500);
  EXPECT_EQ(counts[3], 0);
  // Temperature 1/2 squares the probabilities.
  counts = draw(makeOptions(0.5), logits, 30000);
  EXPECT_NEAR(counts[0], 1000, 200);
  EXPECT_NEAR(counts[1], 4000, 400);
}

TEST(Sampler, TopKDropsTheRest) {
  const float logits[] = {1, 4, 2, 3};
  SmallVector<int> counts = draw(makeOptions(100, /*topK=*/2), logits, 1000);
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[2], 0);
  EXPECT_GT(counts[1], 400);
  EXPECT_GT(counts[3], 400);
  EXPECT_EQ(draw(makeOptions(100, /*topK=*/1), logits, 100)[1], 100);
}

TEST(Sampler, TheSeedDecides) {
  const float logits[] = {0, 0, 0, 0};
  auto sequence = [&](uint64_t seed) {
    Sampler sampler(makeOptions(1, 0, seed));
    SmallVector<unsigned> indices;
    for (int i = 0; i < 32; ++i)
      indices.push_back(*sampler.sample(logits));
    return indices;
  };
  EXPECT_EQ(sequence(1), sequence(1));
  EXPECT_NE(sequence(1), sequence(2));
}

TEST(Sampler, ExtremeTemperatures) {
  const float logits[] = {1, 2, 3e38f, -3e38f};
  EXPECT_EQ(draw(makeOptions(1e-300), logits, 10)[2], 10);
  EXPECT_GT(draw(makeOptions(1e300), logits, 1000)[3], 150);
}

//===----------------------------------------------------------------------===//
// addSampling
//===----------------------------------------------------------------------===//

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllForTools(registry);
  return registry;
}

namespace {
class SamplingTest : public ModuleTest {
protected:
  SamplingTest() : ModuleTest(makeRegistry()) {}

  std::unique_ptr<Runner> compile(const Signature &entry) {
    CompileOptions options;
    options.parallel = false;
    auto runner = Runner::create(*module, entry, options);
    EXPECT_TRUE(succeeded(runner)) << takeDiagnostics();
    return succeeded(runner) ? std::move(*runner) : nullptr;
  }
};
} // namespace

/// A "model" whose logits are an input, the same for each token.
static std::string getGivenLogits(StringRef token) {
  return ("func.func @main(%t: tensor<?x" + token +
          R"mlir(>, %row: tensor<256xf32>) -> tensor<?x256xf32> {
    %c0 = arith.constant 0 : index
    %s = tensor.dim %t, %c0 : tensor<?x)mlir" +
          token + R"mlir(>
    %e = tensor.empty(%s) : tensor<?x256xf32>
    %b = linalg.broadcast ins(%row : tensor<256xf32>)
        outs(%e : tensor<?x256xf32>) dimensions = [0]
    return %b : tensor<?x256xf32>
  })mlir")
      .str();
}

TEST_F(SamplingTest, TheFunctionChoosesAsTheHost) {
  ASSERT_TRUE(parse(getGivenLogits("i64"))) << takeDiagnostics();
  ASSERT_TRUE(succeeded(addSampling(getMain()))) << takeDiagnostics();
  Signature signature = *getSignature(getMain());
  std::unique_ptr<Runner> runner = compile(signature);
  ASSERT_TRUE(runner);
  HostTensor tokens = llvm::cantFail(HostTensor::create(ElementKind::I64, {3}));
  llvm::fill(tokens.getValues<int64_t>(), 7);
  HostTensor row = llvm::cantFail(HostTensor::create(ElementKind::F32, {256}));
  HostTensor state = llvm::cantFail(HostTensor::create(ElementKind::I64, {1}));
  state.getValues<int64_t>().front() = 0;
  MutableArrayRef<float> logits = row.getValues<float>();

  auto expectSame = [&](const SamplingOptions &options, int times) {
    Sampler host(options), device(options);
    int64_t differences = 0;
    for (int i = 0; i < times; ++i) {
      HostTensor choice = llvm::cantFail(device.getChoice());
      auto results =
          llvm::cantFail(runner->run("main", {&tokens, &row, &state, &choice}));
      int64_t byte = results.front().getValues<int64_t>().front();
      std::optional<unsigned> expected = host.sample(logits);
      differences += byte != (expected ? int64_t(*expected) : -1);
      if (byte >= 0)
        EXPECT_EQ(state.getValues<int64_t>().front(), byte);
    }
    return differences;
  };
  std::mt19937 random(0);
  std::normal_distribution<float> normal(0, 2);
  for (float &logit : logits)
    logit = normal(random);
  for (double temperature : {0.0, 0.3, 1.0, 4.0})
    for (unsigned topK : {0, 1, 5, 255, 1000})
      EXPECT_EQ(expectSame(makeOptions(temperature, topK, 3), 20), 0)
          << temperature << " " << topK;

  // Of equal logits the first comes first.
  for (float &logit : logits)
    logit = std::round(logit);
  EXPECT_EQ(expectSame(makeOptions(0), 1), 0);
  EXPECT_EQ(expectSame(makeOptions(1, 3, 5), 50), 0);
  EXPECT_EQ(expectSame(makeOptions(1, 0, 6), 50), 0);
  // Temperatures and logits at the ends of what there is.
  logits[17] = 3e38f;
  logits[18] = -3e38f;
  EXPECT_EQ(expectSame(makeOptions(1e-300), 5), 0);
  EXPECT_EQ(expectSame(makeOptions(1e300), 50), 0);
  // No distributions.
  llvm::fill(logits, -INFINITY);
  EXPECT_EQ(expectSame(makeOptions(1), 1), 0);
  logits[3] = 1;
  EXPECT_EQ(expectSame(makeOptions(1), 3), 0);
  logits[200] = INFINITY;
  EXPECT_EQ(expectSame(makeOptions(1), 1), 0);
  logits[200] = NAN;
  EXPECT_EQ(expectSame(makeOptions(0), 1), 0);
}

/// Logits are hashes of the token and its position.
static constexpr StringLiteral kModel = R"mlir(
  func.func @main(%t: tensor<?xi32>, %past: tensor<i64> {vga.position},
                  %count: tensor<1xi32> {vga.state = "count"})
      -> (tensor<?x256xf32>, tensor<1xi32>) attributes {vga.context = 9} {
    %c0 = arith.constant 0 : index
    %prime = arith.constant 73856093 : i32
    %other = arith.constant 19349663 : i32
    %golden = arith.constant 0x9E3779B1 : i32
    %bits = arith.constant 20 : i32
    %unit = arith.constant 0.0025 : f32
    %s = tensor.dim %t, %c0 : tensor<?xi32>
    %p64 = tensor.extract %past[] : tensor<i64>
    %p = arith.index_cast %p64 : i64 to index
    %e = tensor.empty(%s) : tensor<?x256xf32>
    %l = linalg.generic {
        indexing_maps = [affine_map<(s, d) -> (s)>, affine_map<(s, d) -> (s, d)>],
        iterator_types = ["parallel", "parallel"]}
        ins(%t : tensor<?xi32>) outs(%e : tensor<?x256xf32>) {
    ^bb0(%x: i32, %out: f32):
      %i = linalg.index 0 : index
      %d = linalg.index 1 : index
      %position = arith.addi %p, %i : index
      %p32 = arith.index_cast %position : index to i32
      %d32 = arith.index_cast %d : index to i32
      %token = arith.addi %x, %p32 : i32
      %a = arith.muli %token, %prime : i32
      %b = arith.muli %d32, %other : i32
      %c = arith.xori %a, %b : i32
      %h = arith.muli %c, %golden : i32
      %high = arith.shrui %h, %bits : i32
      %number = arith.uitofp %high : i32 to f32
      %logit = arith.mulf %number, %unit : f32
      linalg.yield %logit : f32
    } -> tensor<?x256xf32>
    return %l, %count : tensor<?x256xf32>, tensor<1xi32>
  }
)mlir";

namespace {
/// Continues "In the" with a model, as often as it is asked to.
class Writer {
public:
  Writer(LanguageModel of, std::unique_ptr<Runner> runner)
      : model(std::move(of)), runner(std::move(runner)),
        arguments(llvm::cantFail(
            BoundArguments::bind(model.getCalled(), parameters,
                                 llvm::cantFail(model.makeInputs("In the")),
                                 {"prompt", "choice"}))) {}

  /// Forty bytes, or as many as there is room for.
  std::string write(const SamplingOptions &options, size_t room = 1000) {
    std::string text;
    auto emit = [&](StringRef more) -> llvm::Error {
      if (text.size() + more.size() > room)
        return llvm::createStringError("no more room");
      text += more;
      return llvm::Error::success();
    };
    auto stats =
        generate(*runner, model, arguments, "In the", 40, options, emit);
    if (stats)
      EXPECT_EQ(stats->generatedTokens, 40u);
    else
      EXPECT_EQ(toString(stats.takeError()), "no more room");
    return text;
  }

private:
  ParameterStore parameters;
  LanguageModel model;
  std::unique_ptr<Runner> runner;
  BoundArguments arguments;
};

class WritingTest : public SamplingTest {
protected:
  /// A writer with kModel, which chooses bytes itself if `isSampled`.
  std::unique_ptr<Writer> makeWriter(bool isSampled) {
    EXPECT_TRUE(parse(kModel)) << takeDiagnostics();
    auto model = LanguageModel::get(getMain());
    EXPECT_TRUE(succeeded(model)) << takeDiagnostics();
    if (isSampled)
      EXPECT_TRUE(succeeded(model->sample(getMain()))) << takeDiagnostics();
    std::unique_ptr<Runner> runner = compile(model->getCalled());
    return std::make_unique<Writer>(std::move(*model), std::move(runner));
  }
};
} // namespace

TEST_F(WritingTest, CallsThatRunAheadWriteTheSameText) {
  auto write = [&](bool isSampled, const SamplingOptions &options) {
    return makeWriter(isSampled)->write(options);
  };
  // Forty bytes fill the states several times.
  for (const SamplingOptions &options :
       {makeOptions(0), makeOptions(1, 0, 7), makeOptions(0.7, 20, 8)}) {
    std::string text = write(false, options);
    EXPECT_EQ(write(true, options), text);
  }
}

TEST_F(WritingTest, AnErrorLeavesNoCallUnderWay) {
  auto writer = makeWriter(/*isSampled=*/true);
  std::string text = writer->write(makeOptions(0));
  EXPECT_LE(writer->write(makeOptions(0), /*room=*/20).size(), 20u);
  EXPECT_EQ(writer->write(makeOptions(0)), text);
}
