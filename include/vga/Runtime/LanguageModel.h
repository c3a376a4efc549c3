//===- LanguageModel.h - Continuing a text ----------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A byte-level language model is a function whose one input is a sequence of
// bytes, `tensor<?xi32>` or `tensor<?xi64>`, and whose result is the logits of
// the byte after each of them, `tensor<?x256xf32>`. `vga.context = N` on it
// bounds the length of its input.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_LANGUAGEMODEL_H
#define VGA_RUNTIME_LANGUAGEMODEL_H

#include "vga/Runtime/Runner.h"
#include "vga/Runtime/Sampling.h"

namespace mlir::vga {

/// Turns a stream of bytes into text: a character comes out with its last
/// byte, bytes that are not UTF-8 come out as U+FFFD.
class Utf8Stream {
public:
  /// The text that `byte` completes.
  std::string push(uint8_t byte);

  /// The text for an incomplete character at the end.
  std::string finish();

private:
  std::string pending;
};

/// How a function computes logits: of all tokens of a text, or with states (see
/// Signature) of those that it has not seen.
struct LanguageModel {
  Signature signature;
  /// The longest input; nothing if there is no bound.
  std::optional<int64_t> context;
  /// The function's, if it chooses bytes itself.
  std::optional<Signature> sampling;

  /// Emits an error if the function is not a language model.
  static FailureOr<LanguageModel> get(func::FuncOp function);

  /// Has the function, that of the model, choose bytes where the logits are,
  /// instead of the host (addSampling). With states, a call then begins before
  /// the host knows the byte that the one before has chosen.
  LogicalResult sample(func::FuncOp function);

  /// What is called.
  const Signature &getCalled() const {
    return sampling ? *sampling : signature;
  }
  /// Its inputs for a text, of which nothing is drawn.
  llvm::Expected<SmallVector<HostTensor>> makeInputs(StringRef text) const;

  /// The input for a text: its last bytes that fit into the context.
  llvm::Expected<HostTensor> encode(StringRef text) const;
  /// That for the byte that the call before has chosen.
  llvm::Expected<HostTensor> encodeChosen() const;

private:
  ElementKind getTokenKind() const;
};

struct GenerationStats {
  unsigned promptTokens = 0, generatedTokens = 0;
  /// Until the first byte, and from there to the last.
  double promptSeconds = 0, generationSeconds = 0;
};

/// Continues `prompt`, which is not empty, by `tokens` bytes. `arguments` are
/// those of the model with any input; `emit` gets the text as it comes. A model
/// with states sees every byte once; when they are full, it starts anew with
/// the second half of what they held.
llvm::Expected<GenerationStats>
generate(Runner &runner, const LanguageModel &model, BoundArguments &arguments,
         StringRef prompt, unsigned tokens, const SamplingOptions &options,
         llvm::function_ref<llvm::Error(StringRef)> emit);

} // namespace mlir::vga

#endif // VGA_RUNTIME_LANGUAGEMODEL_H
