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
#include <chrono>

using namespace mlir;
using namespace mlir::vga;
using llvm::Error;
using llvm::Expected;

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

  LanguageModel model{std::move(*signature), {}, {}};
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

LogicalResult LanguageModel::sample(func::FuncOp function) {
  if (failed(addSampling(function)))
    return failure();
  FailureOr<Signature> changed = getSignature(function);
  if (failed(changed))
    return failure();
  sampling = std::move(*changed);
  return success();
}

static Expected<HostTensor> makeTokens(ElementKind kind,
                                       ArrayRef<int64_t> tokens) {
  auto tensor = HostTensor::create(kind, tokens.size());
  if (!tensor)
    return tensor.takeError();
  if (kind == ElementKind::I32)
    llvm::copy(tokens, tensor->getValues<int32_t>().begin());
  else
    llvm::copy(tokens, tensor->getValues<int64_t>().begin());
  return tensor;
}

ElementKind LanguageModel::getTokenKind() const {
  return signature.arguments[signature.getInputs().front()].kind;
}

Expected<HostTensor> LanguageModel::encode(StringRef text) const {
  if (context)
    text = text.take_back(*context);
  return makeTokens(getTokenKind(), llvm::to_vector_of<int64_t>(text.bytes()));
}

Expected<SmallVector<HostTensor>>
LanguageModel::makeInputs(StringRef text) const {
  SmallVector<HostTensor> inputs;
  auto tokens = encode(text);
  if (!tokens)
    return tokens.takeError();
  inputs.push_back(std::move(*tokens));
  if (!sampling)
    return inputs;
  auto choice = Sampler(SamplingOptions()).getChoice();
  if (!choice)
    return choice.takeError();
  inputs.push_back(std::move(*choice));
  return inputs;
}

Expected<HostTensor> LanguageModel::encodeChosen() const {
  return makeTokens(getTokenKind(), -1);
}

namespace {
/// Reads a text and predicts the byte that comes next.
class Reader {
public:
  Reader(Runner &runner, const LanguageModel &model, BoundArguments &arguments,
         const SamplingOptions &options)
      : runner(runner), model(model), arguments(arguments), sampler(options) {}
  /// Calls that an error has left under way end here.
  ~Reader() {
    while (numUnderWay != 0)
      llvm::consumeError(finishCall().takeError());
  }

  /// The most probable continuation of `text`, or a random one. Later texts
  /// begin with this one, and, unless it is the last one, its continuation.
  Expected<uint8_t> predict(StringRef text, bool isLast);

private:
  llvm::Error start(HostTensor tokens);
  Expected<SmallVector<HostTensor>> finishCall();
  Expected<std::optional<unsigned>> finish(int64_t length);
  StringRef takeUnseen(StringRef text);
  bool canRunAhead() const;

  Runner &runner;
  const LanguageModel &model;
  BoundArguments &arguments;
  Sampler sampler;
  /// Bytes of the text that have been read; tokens in the states.
  size_t seen = 0;
  int64_t held = 0;
  /// The tokens of the call that was started last; 0 if its answer is known.
  int64_t started = 0;
  unsigned numUnderWay = 0;
};
} // namespace

/// What the states do not hold yet. Full states are of no use: then it is what
/// they shall hold instead.
StringRef Reader::takeUnseen(StringRef text) {
  if (!model.signature.hasPosition())
    return text;
  StringRef unseen = text.drop_front(seen);
  if (!model.context ||
      held + static_cast<int64_t>(unseen.size()) <= *model.context)
    return unseen;
  bool isFirst = held == 0;
  held = 0;
  return text.take_back(isFirst ? *model.context
                                : std::max<int64_t>(*model.context / 2, 1));
}

/// Whether the next call can do without the answer of this one: it knows the
/// byte that this one chooses.
bool Reader::canRunAhead() const {
  return model.sampling && model.signature.hasPosition() &&
         (!model.context || held < *model.context);
}

llvm::Error Reader::start(HostTensor tokens) {
  started = tokens.getNumElements();
  arguments.setInput(0, std::move(tokens));
  if (model.sampling) {
    auto choice = sampler.getChoice();
    if (!choice)
      return choice.takeError();
    arguments.setInput(1, std::move(*choice));
  }
  arguments.setPosition(held);
  if (model.signature.hasPosition())
    held += started;
  if (llvm::Error error =
          runner.start(model.getCalled().entry, arguments.get()))
    return error;
  ++numUnderWay;
  return llvm::Error::success();
}

/// Waits for the call that was started first.
Expected<SmallVector<HostTensor>> Reader::finishCall() {
  --numUnderWay;
  return runner.finish(model.getCalled().entry);
}

/// The byte that the call that was started first, of so many tokens, predicts.
/// Nothing if its logits describe no distribution.
Expected<std::optional<unsigned>> Reader::finish(int64_t length) {
  auto results = finishCall();
  if (!results)
    return results.takeError();
  const HostTensor &result = results->front();
  if (model.sampling) {
    int64_t token = result.getKind() == ElementKind::I32
                        ? result.getValues<int32_t>().front()
                        : result.getValues<int64_t>().front();
    return token < 0 ? std::nullopt : std::optional<unsigned>(token);
  }
  if (result.getShape() != ArrayRef<int64_t>{length, kNumBytes})
    return llvm::createStringError("'" + model.signature.entry + "' returned " +
                                   result.describe() + " for " + Twine(length) +
                                   " tokens");
  return sampler.sample(result.getValues<float>().take_back(kNumBytes));
}

Expected<uint8_t> Reader::predict(StringRef text, bool isLast) {
  if (started == 0) {
    auto tokens = model.encode(takeUnseen(text));
    if (!tokens)
      return tokens.takeError();
    if (llvm::Error error = start(std::move(*tokens)))
      return std::move(error);
  }
  seen = text.size();
  int64_t length = std::exchange(started, 0);
  // After several tokens, the next call has other shapes, and needs memory
  // first: it can not begin early.
  if (!isLast && length == 1 && canRunAhead()) {
    auto chosen = model.encodeChosen();
    if (!chosen)
      return chosen.takeError();
    if (llvm::Error error = start(std::move(*chosen)))
      return std::move(error);
  }
  auto byte = finish(length);
  if (!byte)
    return byte.takeError();
  if (!*byte)
    return llvm::createStringError(
        "'" + model.signature.entry +
        "' returned logits that are not numbers, after " + Twine(text.size()) +
        " bytes of text");
  return **byte;
}

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
  if (Error error = runner.prepare(model.getCalled().entry, arguments.get()))
    return std::move(error);
  auto begin = Clock::now(), first = begin;
  for (; stats.generatedTokens < tokens; ++stats.generatedTokens) {
    auto byte =
        reader.predict(text, /*isLast=*/stats.generatedTokens + 1 == tokens);
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
