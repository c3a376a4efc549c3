//===- Binding.h - Giving a function its arguments --------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a function takes and returns, and where its arguments come from: those
// with the attribute `vga.param = "name"` are weights, bound by name; the
// others are inputs, bound by position.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_BINDING_H
#define VGA_RUNTIME_BINDING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vga/Runtime/HostTensor.h"
#include "vga/Runtime/Safetensors.h"

namespace mlir::vga {

/// The element kind of an MLIR type, if it is one that tensors in memory have.
std::optional<ElementKind> getElementKind(Type type);

/// A tensor type; sizes may be dynamic.
struct TensorSpec {
  ElementKind kind;
  SmallVector<int64_t, 4> shape;

  /// True if a tensor of this type and static `shape` is one of this type.
  bool accepts(ElementKind kind, ArrayRef<int64_t> shape) const;
  bool accepts(const HostTensor &tensor) const {
    return accepts(tensor.getKind(), tensor.getShape());
  }
  std::string describe() const { return describeTensor(kind, shape); }
};

struct ArgumentSpec : TensorSpec {
  /// The name of a weight; empty for all else.
  std::string parameter;
  /// Whether the function updates it, and keeps it for the next call.
  bool isState = false;
  /// Whether it is how many tokens the states hold.
  bool isPosition = false;

  bool isParameter() const { return !parameter.empty(); }
  bool isInput() const { return !isParameter() && !isState && !isPosition; }
};

/// The type of a function, taken down before lowering changes it.
struct Signature {
  std::string entry;
  SmallVector<ArgumentSpec> arguments;
  /// Without the states, which are not returned.
  SmallVector<TensorSpec> results;

  /// The positions of the arguments that are inputs.
  SmallVector<unsigned> getInputs() const;
  bool hasParameters() const;
  /// True if calls depend on earlier ones.
  bool hasPosition() const;
};

/// The signature of a function with a body whose arguments and results are all
/// ranked tensors of supported element types; emits an error for any other.
FailureOr<Signature> getSignature(func::FuncOp function);

/// The function to run: `name`, or without one `main`, or the only public
/// function there is. Errors are diagnostics at the module.
FailureOr<func::FuncOp> lookupEntry(ModuleOp module,
                                    std::optional<StringRef> name);

/// Weights in memory: each is read from the file once, in the type that its
/// arguments have. 16-bit floats are widened to f32; nothing else is converted.
class ParameterStore {
public:
  /// A store without a file has no weights.
  ParameterStore() = default;
  explicit ParameterStore(SafetensorsFile file) : file(std::move(file)) {}

  /// The value of an argument that is a parameter.
  llvm::Expected<const HostTensor *> get(const ArgumentSpec &spec);

private:
  std::optional<SafetensorsFile> file;
  llvm::StringMap<HostTensor> tensors;
};

/// The arguments of calls; weights belong to the store, inputs and states to
/// this. At first no call has been made: states are zero, and so is the
/// position.
class BoundArguments {
public:
  /// Binds all arguments; `inputNames` are for error messages.
  static llvm::Expected<BoundArguments> bind(const Signature &signature,
                                             ParameterStore &parameters,
                                             SmallVector<HostTensor> inputs,
                                             ArrayRef<std::string> inputNames);

  /// The same, from .npy files.
  static llvm::Expected<BoundArguments> bindFiles(const Signature &signature,
                                                  ParameterStore &parameters,
                                                  ArrayRef<std::string> paths);

  /// One tensor for each argument of the function.
  SmallVector<const HostTensor *> get() const;

  /// Replaces an input by one that the signature accepts.
  void setInput(unsigned index, HostTensor tensor) {
    inputs[index] = std::move(tensor);
  }

  /// Takes the states that the call of the same function with `others` has
  /// left.
  void takeStates(BoundArguments &others) { states = std::move(others.states); }

  /// Says how many tokens the states hold.
  void setPosition(int64_t tokens);

private:
  /// For each argument its weight, or null for the next input, state or
  /// position.
  SmallVector<const HostTensor *> weights;
  SmallVector<ArgumentSpec> specs;
  SmallVector<HostTensor> inputs, states, positions;
};

} // namespace mlir::vga

#endif // VGA_RUNTIME_BINDING_H
