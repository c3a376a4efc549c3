//===- LanguageModel.cpp - Continuing a text ------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/LanguageModel.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/Sequence.h"
#include <chrono>
#include <cmath>

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;
using llvm::Expected;

static constexpr int64_t kNumBytes = 256;

//===----------------------------------------------------------------------===//
// Sampler
//===----------------------------------------------------------------------===//

std::optional<unsigned> Sampler::sample(ArrayRef<float> logits) {
  if (llvm::any_of(logits, [](float logit) {
        return std::isnan(logit) || logit == INFINITY;
      }))
    return std::nullopt;
  // Of equal logits the first is the more probable.
  auto order = llvm::to_vector(llvm::seq<unsigned>(logits.size()));
  llvm::sort(order, [&](unsigned lhs, unsigned rhs) {
    return std::make_pair(-logits[lhs], lhs) <
           std::make_pair(-logits[rhs], rhs);
  });
  if (order.empty() || logits[order.front()] == -INFINITY)
    return std::nullopt;
  if (options.temperature == 0)
    return order.front();
  if (options.topK != 0 && options.topK < order.size())
    order.truncate(options.topK);

  double highest = logits[order.front()], total = 0;
  SmallVector<double> cumulative;
  for (unsigned index : order) {
    total += std::exp((logits[index] - highest) / options.temperature);
    cumulative.push_back(total);
  }
  // The distributions of the standard library differ between platforms.
  double draw = static_cast<double>(generator() >> 11) * 0x1p-53 * total;
  size_t position = llvm::upper_bound(cumulative, draw) - cumulative.begin();
  // The product may have been rounded up to the total.
  return order[std::min(position, order.size() - 1)];
}

//===----------------------------------------------------------------------===//
// Utf8Stream
//===----------------------------------------------------------------------===//

static constexpr StringLiteral kReplacement("\xEF\xBF\xBD");

/// The length of a character that starts with this byte, 0 if none does.
static unsigned getCharacterLength(uint8_t lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return 2;
  if (lead >= 0xE0 && lead <= 0xEF)
    return 3;
  if (lead >= 0xF0 && lead <= 0xF4)
    return 4;
  return 0;
}

/// True if a character can go on with `byte` after the bytes of `prefix`.
static bool canContinue(StringRef prefix, uint8_t byte) {
  uint8_t first = 0x80, last = 0xBF;
  if (prefix.size() == 1) {
    // No overlong forms, no surrogates, nothing above U+10FFFF.
    switch (static_cast<uint8_t>(prefix[0])) {
    case 0xE0:
      first = 0xA0;
      break;
    case 0xED:
      last = 0x9F;
      break;
    case 0xF0:
      first = 0x90;
      break;
    case 0xF4:
      last = 0x8F;
      break;
    }
  }
  return byte >= first && byte <= last;
}

std::string Utf8Stream::push(uint8_t byte) {
  std::string text;
  if (!pending.empty() && !canContinue(pending, byte))
    text = finish();
  if (pending.empty() && getCharacterLength(byte) == 0)
    return text + kReplacement.str();
  pending += static_cast<char>(byte);
  if (pending.size() == getCharacterLength(pending[0])) {
    text += pending;
    pending.clear();
  }
  return text;
}

std::string Utf8Stream::finish() {
  bool incomplete = !pending.empty();
  pending.clear();
  return incomplete ? kReplacement.str() : "";
}

//===----------------------------------------------------------------------===//
// LanguageModel
//===----------------------------------------------------------------------===//

FailureOr<LanguageModel> LanguageModel::get(func::FuncOp function) {
  FailureOr<Signature> signature = getSignature(function);
  if (failed(signature))
    return failure();
  SmallVector<unsigned> inputs = signature->getInputs();
  bool isModel = inputs.size() == 1 && signature->results.size() == 1;
  if (isModel) {
    const TensorSpec &tokens = signature->arguments[inputs.front()];
    const TensorSpec &logits = signature->results.front();
    isModel =
        (tokens.kind == ElementKind::I32 || tokens.kind == ElementKind::I64) &&
        tokens.shape.size() == 1 && ShapedType::isDynamic(tokens.shape[0]) &&
        logits.kind == ElementKind::F32 && logits.shape.size() == 2 &&
        ShapedType::isDynamic(logits.shape[0]) && logits.shape[1] == kNumBytes;
  }
  if (!isModel)
    return function.emitError()
           << "'" << function.getName()
           << "' is not a byte-level language model: besides parameters it "
              "must take one tensor<?xi32> or tensor<?xi64> and return one "
              "tensor<?x256xf32>";

  LanguageModel model{std::move(*signature), /*context=*/std::nullopt};
  if (Attribute attr = function->getAttr("vga.context")) {
    auto context = dyn_cast<IntegerAttr>(attr);
    if (!context || context.getValue().getSignificantBits() > 64 ||
        context.getInt() < 1)
      return function.emitError()
             << "vga.context must be a positive integer, got " << attr;
    model.context = context.getInt();
  }
  return model;
}

Expected<HostTensor> LanguageModel::encode(StringRef text) const {
  if (context)
    text = text.take_back(*context);
  const TensorSpec &spec = signature.arguments[signature.getInputs().front()];
  auto tensor = HostTensor::create(spec.kind, text.size());
  if (!tensor)
    return tensor.takeError();
  if (spec.kind == ElementKind::I32)
    llvm::copy(text.bytes(), tensor->getValues<int32_t>().begin());
  else
    llvm::copy(text.bytes(), tensor->getValues<int64_t>().begin());
  return tensor;
}

namespace {
/// Reads a text and predicts the byte that comes next.
class Reader {
public:
  Reader(Runner &runner, const LanguageModel &model, BoundArguments &arguments,
         const SamplingOptions &options)
      : runner(runner), model(model), arguments(arguments), sampler(options) {}

  /// The most probable continuation of `text`, or a random one. Later texts
  /// begin with this one.
  Expected<uint8_t> predict(StringRef text) {
    StringRef unseen = text;
    if (model.signature.hasPosition())
      unseen = takeUnseen(text);
    auto tokens = model.encode(unseen);
    if (!tokens)
      return tokens.takeError();
    int64_t length = tokens->getNumElements();
    arguments.setInput(0, std::move(*tokens));
    arguments.setPosition(held);
    auto results = runner.run(model.signature.entry, arguments.get());
    if (!results)
      return results.takeError();
    if (model.signature.hasPosition())
      held += length;
    seen = text.size();
    const HostTensor &logits = results->front();
    if (logits.getShape() != ArrayRef<int64_t>{length, kNumBytes})
      return llvm::createStringError("'" + model.signature.entry +
                                     "' returned " + logits.describe() +
                                     " for " + Twine(length) + " tokens");
    std::optional<unsigned> byte =
        sampler.sample(logits.getValues<float>().take_back(kNumBytes));
    if (!byte)
      return llvm::createStringError(
          "'" + model.signature.entry +
          "' returned logits that are not numbers, after " +
          Twine(text.size()) + " bytes of text");
    return *byte;
  }

private:
  /// What the states do not hold yet. Full states are of no use: then it is
  /// what they shall hold instead.
  StringRef takeUnseen(StringRef text) {
    StringRef unseen = text.drop_front(seen);
    if (!model.context ||
        held + static_cast<int64_t>(unseen.size()) <= *model.context)
      return unseen;
    bool isFirst = held == 0;
    held = 0;
    return text.take_back(isFirst ? *model.context
                                  : std::max<int64_t>(*model.context / 2, 1));
  }

  Runner &runner;
  const LanguageModel &model;
  BoundArguments &arguments;
  Sampler sampler;
  /// Bytes of the text that have been read; tokens in the states.
  size_t seen = 0;
  int64_t held = 0;
};
} // namespace

Expected<GenerationStats>
vga::generate(Runner &runner, const LanguageModel &model,
              BoundArguments &arguments, StringRef prompt, unsigned tokens,
              const SamplingOptions &options,
              llvm::function_ref<Error(StringRef)> emit) {
  using Clock = std::chrono::steady_clock;
  auto getSeconds = [](Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
  };
  Reader reader(runner, model, arguments, options);
  Utf8Stream stream;
  GenerationStats stats;
  stats.promptTokens = prompt.size();
  std::string text = prompt.str();
  if (Error error = runner.prepare(model.signature.entry, arguments.get()))
    return std::move(error);
  auto begin = Clock::now(), first = begin;
  for (; stats.generatedTokens < tokens; ++stats.generatedTokens) {
    auto byte = reader.predict(text);
    if (!byte)
      return byte.takeError();
    if (stats.generatedTokens == 0)
      first = Clock::now();
    text += static_cast<char>(*byte);
    if (Error error = emit(stream.push(*byte)))
      return std::move(error);
  }
  if (Error error = emit(stream.finish()))
    return std::move(error);
  stats.promptSeconds = getSeconds(first - begin);
  stats.generationSeconds = getSeconds(Clock::now() - first);
  return stats;
}
