//===- Reports.cpp - What vga-run says of its work ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reports.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::vga;

/// Prints a value and the end of its line.
static void printValue(llvm::json::Value value, raw_ostream &os) {
  os << llvm::formatv("{0:2}", std::move(value)) << '\n';
}

//===----------------------------------------------------------------------===//
// BenchmarkReport
//===----------------------------------------------------------------------===//

namespace {
struct Summary {
  double min, median, max;

  explicit Summary(std::vector<double> values) {
    llvm::sort(values);
    size_t middle = values.size() / 2;
    min = values.front();
    max = values.back();
    median = values.size() % 2 == 1 ? values[middle]
                                    : (values[middle - 1] + values[middle]) / 2;
  }
};
} // namespace

void BenchmarkReport::print(raw_ostream &os) const {
  Summary summary(seconds);
  os << entry << ": " << seconds.size() << " runs on " << threads
     << " threads, " << (isCached ? "loaded from the cache" : "compiled")
     << llvm::format(" in %.2f s\n", compileSeconds)
     << llvm::format("time: min %.4g ms, median %.4g ms, max %.4g ms\n",
                     summary.min * 1e3, summary.median * 1e3,
                     summary.max * 1e3);
  if (flops)
    os << llvm::format("FLOP rate: %.4g GFLOP/s at the median (%.4g GFLOP)\n",
                       *flops / summary.median * 1e-9, *flops * 1e-9);
  else
    os << "FLOP rate: n/a\n";
}

llvm::json::Object BenchmarkReport::toJSON() const {
  Summary summary(seconds);
  llvm::json::Object object{{"entry", entry},
                            {"runs", seconds.size()},
                            {"threads", threads},
                            {"compile_seconds", compileSeconds},
                            {"cached", isCached},
                            {"min_ms", summary.min * 1e3},
                            {"median_ms", summary.median * 1e3},
                            {"max_ms", summary.max * 1e3},
                            {"flop", nullptr},
                            {"gflops_per_second", nullptr}};
  if (flops) {
    object["flop"] = *flops;
    object["gflops_per_second"] = *flops / summary.median * 1e-9;
  }
  return object;
}

void BenchmarkReport::printJSON(raw_ostream &os) const {
  printValue(toJSON(), os);
}

void BenchmarkReport::printJSON(ArrayRef<BenchmarkReport> reports,
                                raw_ostream &os) {
  llvm::json::Array list;
  for (const BenchmarkReport &report : reports)
    list.push_back(report.toJSON());
  printValue(std::move(list), os);
}

//===----------------------------------------------------------------------===//
// GenerationReport
//===----------------------------------------------------------------------===//

/// Tokens per second; nothing if there are none, or no time that they took.
static std::optional<double> getRate(unsigned tokens, double seconds) {
  if (tokens == 0 || seconds <= 0)
    return std::nullopt;
  return tokens / seconds;
}

/// The first byte comes out of the run that reads the prompt.
static std::optional<double> getPromptRate(const GenerationStats &stats) {
  return getRate(stats.generatedTokens != 0 ? stats.promptTokens : 0,
                 stats.promptSeconds);
}
static std::optional<double> getGenerationRate(const GenerationStats &stats) {
  return getRate(std::max(stats.generatedTokens, 1u) - 1,
                 stats.generationSeconds);
}

void GenerationReport::print(raw_ostream &os) const {
  auto printRate = [&](std::optional<double> rate) {
    if (rate)
      os << llvm::format(" (%.4g tokens/s)", *rate);
  };
  os << "prompt: " << stats.promptTokens << " tokens";
  printRate(getPromptRate(stats));
  os << ", generated: " << stats.generatedTokens << " tokens";
  printRate(getGenerationRate(stats));
  os << '\n';
}

void GenerationReport::printJSON(raw_ostream &os) const {
  auto toValue = [](std::optional<double> rate) {
    return rate ? llvm::json::Value(*rate) : llvm::json::Value(nullptr);
  };
  printValue(
      llvm::json::Object{
          {"entry", entry},
          {"threads", threads},
          {"compile_seconds", compileSeconds},
          {"cached", isCached},
          {"temperature", sampling.temperature},
          {"top_k", sampling.topK},
          {"seed", sampling.seed},
          {"prompt", prompt},
          {"text", text},
          {"prompt_tokens", stats.promptTokens},
          {"generated_tokens", stats.generatedTokens},
          {"prompt_tokens_per_second", toValue(getPromptRate(stats))},
          {"generated_tokens_per_second", toValue(getGenerationRate(stats))}},
      os);
}
