//===- Binding.cpp - Giving a function its arguments ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Binding.h"

#include "mlir/IR/BuiltinTypes.h"
#include "vga/Runtime/Npy.h"
#include "vga/Runtime/TextUtils.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// Signatures
//===----------------------------------------------------------------------===//

std::optional<ElementKind> vga::getElementKind(Type type) {
  if (type.isInteger(1))
    return ElementKind::Bool;
  if (type.isSignlessInteger(8))
    return ElementKind::I8;
  if (type.isSignlessInteger(16))
    return ElementKind::I16;
  if (type.isSignlessInteger(32))
    return ElementKind::I32;
  if (type.isSignlessInteger(64))
    return ElementKind::I64;
  if (type.isF16())
    return ElementKind::F16;
  if (type.isBF16())
    return ElementKind::BF16;
  if (type.isF32())
    return ElementKind::F32;
  if (type.isF64())
    return ElementKind::F64;
  return std::nullopt;
}

bool TensorSpec::accepts(ElementKind otherKind,
                         ArrayRef<int64_t> otherShape) const {
  return kind == otherKind && shape.size() == otherShape.size() &&
         llvm::all_of_zip(shape, otherShape, [](int64_t size, int64_t other) {
           return ShapedType::isDynamic(size) || size == other;
         });
}

SmallVector<unsigned> Signature::getInputs() const {
  SmallVector<unsigned> inputs;
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (argument.isInput())
      inputs.push_back(index);
  return inputs;
}

bool Signature::hasParameters() const {
  return llvm::any_of(arguments, [](const ArgumentSpec &argument) {
    return argument.isParameter();
  });
}

bool Signature::hasPosition() const {
  return llvm::any_of(arguments, [](const ArgumentSpec &argument) {
    return argument.isPosition;
  });
}

/// The spec of a type, if it is a ranked tensor of a supported element type.
static std::optional<TensorSpec> getTensorSpec(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return std::nullopt;
  std::optional<ElementKind> kind = getElementKind(tensor.getElementType());
  if (!kind || tensor.getEncoding())
    return std::nullopt;
  return TensorSpec{*kind, SmallVector<int64_t, 4>(tensor.getShape())};
}

/// Reads what the attributes of an argument say of it.
static LogicalResult setRole(func::FuncOp function, unsigned index,
                             ArgumentSpec &argument) {
  auto emitError = [&] {
    return function.emitError()
           << "argument " << index << " of '" << function.getName() << "', ";
  };
  argument.isState = static_cast<bool>(function.getArgAttr(index, "vga.state"));
  argument.isPosition =
      static_cast<bool>(function.getArgAttr(index, "vga.position"));
  if (argument.isState && ShapedType::isDynamicShape(argument.shape))
    return emitError() << "a state, must have a static shape, got "
                       << function.getArgumentTypes()[index];
  if (argument.isPosition && !argument.accepts(ElementKind::I64, {}))
    return emitError() << "the position, must be a tensor<i64>, got "
                       << function.getArgumentTypes()[index];
  return success();
}

/// The last results are the states, in the order of the arguments.
static LogicalResult dropStates(func::FuncOp function, Signature &signature) {
  SmallVector<Type> states;
  for (auto [argument, type] :
       llvm::zip(signature.arguments, function.getArgumentTypes()))
    if (argument.isState)
      states.push_back(type);
  ArrayRef<Type> results = function.getResultTypes();
  if (results.size() < states.size() ||
      results.take_back(states.size()) != ArrayRef(states))
    return function.emitError()
           << "'" << function.getName()
           << "' must return its states last, in the order of its arguments";
  signature.results.truncate(results.size() - states.size());
  return success();
}

FailureOr<Signature> vga::getSignature(func::FuncOp function) {
  constexpr StringLiteral kSupported(" must be a ranked tensor of i1, i8, i16, "
                                     "i32, i64, f16, bf16, f32 or f64, "
                                     "got ");
  StringRef name = function.getName();
  if (function.isDeclaration())
    return function.emitError()
           << "the entry function '" << name << "' has no body";

  Signature signature;
  signature.entry = name.str();
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    std::optional<TensorSpec> spec = getTensorSpec(type);
    if (!spec)
      return function.emitError() << "argument " << index << " of '" << name
                                  << "'" << kSupported << type;
    ArgumentSpec argument{std::move(*spec), /*parameter=*/""};
    if (failed(setRole(function, index, argument)))
      return failure();
    if (Attribute attr = function.getArgAttr(index, "vga.param")) {
      auto parameter = dyn_cast<StringAttr>(attr);
      if (!parameter || parameter.empty())
        return function.emitError()
               << "vga.param of argument " << index << " of '" << name
               << "' must be a string that is not empty, got " << attr;
      argument.parameter = parameter.str();
    }
    signature.arguments.push_back(std::move(argument));
  }
  for (auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    std::optional<TensorSpec> spec = getTensorSpec(type);
    if (!spec)
      return function.emitError() << "result " << index << " of '" << name
                                  << "'" << kSupported << type;
    signature.results.push_back(std::move(*spec));
  }
  if (failed(dropStates(function, signature)))
    return failure();
  return signature;
}

FailureOr<func::FuncOp> vga::lookupEntry(ModuleOp module,
                                         std::optional<StringRef> name) {
  SmallVector<func::FuncOp> candidates;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (name ? function.getName() == *name : function.getName() == "main")
      return function;
    if (function.isPublic() && !function.isDeclaration())
      candidates.push_back(function);
  }
  if (!name && candidates.size() == 1)
    return candidates.front();

  InFlightDiagnostic diag = module.emitError();
  if (name)
    diag << "no function named '" << *name << "'";
  else
    diag << "no function named 'main'; name one with --entry";
  if (candidates.empty())
    return diag << "; the module has no public function";
  diag << "; the public functions are ";
  llvm::interleaveComma(candidates, diag, [&](func::FuncOp function) {
    diag << "'" << function.getName() << "'";
  });
  return diag;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Copies a weight, widening its elements if the types ask for it.
static Expected<HostTensor> loadWeight(const ArgumentSpec &spec,
                                       const SafetensorsFile::Entry &entry) {
  std::optional<ElementKind> kind = entry.getKind();
  bool widen = spec.kind == ElementKind::F32 &&
               (kind == ElementKind::F16 || kind == ElementKind::BF16);
  if (!kind || !spec.accepts(widen ? spec.kind : *kind, entry.shape))
    return createStringError("parameter " + quote(spec.parameter) +
                             " expects " + spec.describe() + ", the file has " +
                             entry.describe());
  Expected<HostTensor> tensor = HostTensor::create(spec.kind, entry.shape);
  if (!tensor)
    return tensor.takeError();
  if (!widen) {
    std::memcpy(tensor->getData(), entry.data.data(), entry.data.size());
    if (kind == ElementKind::Bool)
      for (uint8_t &value : tensor->getValues<uint8_t>())
        value = value != 0;
    return tensor;
  }
  const char *source = entry.data.data();
  for (float &value : tensor->getValues<float>()) {
    // Data in the file need not be aligned.
    uint16_t bits;
    std::memcpy(&bits, source, sizeof(bits));
    source += sizeof(bits);
    value = kind == ElementKind::F16 ? widenF16(bits) : widenBF16(bits);
  }
  return tensor;
}

Expected<const HostTensor *> ParameterStore::get(const ArgumentSpec &spec) {
  if (!file)
    return createStringError("parameter " + quote(spec.parameter) +
                             " needs --weights");
  const SafetensorsFile::Entry *entry = file->lookup(spec.parameter);
  if (!entry)
    return llvm::createFileError(
        file->getPath(),
        createStringError("no weight for parameter " + quote(spec.parameter)));
  std::string key = spec.parameter + ':' + getName(spec.kind).str();
  auto it = tensors.find(key);
  if (it != tensors.end() && spec.accepts(it->second))
    return &it->second;
  Expected<HostTensor> tensor = loadWeight(spec, *entry);
  if (!tensor)
    return llvm::createFileError(file->getPath(), tensor.takeError());
  return &tensors.try_emplace(key, std::move(*tensor)).first->second;
}

//===----------------------------------------------------------------------===//
// Binding
//===----------------------------------------------------------------------===//

Expected<BoundArguments> BoundArguments::bind(const Signature &signature,
                                              ParameterStore &parameters,
                                              SmallVector<HostTensor> inputs,
                                              ArrayRef<std::string> names) {
  SmallVector<unsigned> positions = signature.getInputs();
  if (inputs.size() != positions.size())
    return createStringError("number of inputs of '" + signature.entry +
                             "': expected " + Twine(positions.size()) +
                             ", got " + Twine(inputs.size()));
  for (auto [position, input, name] : llvm::zip(positions, inputs, names)) {
    const ArgumentSpec &spec = signature.arguments[position];
    if (!spec.accepts(input))
      return llvm::createFileError(
          name,
          createStringError("argument " + Twine(position) + " of '" +
                            signature.entry + "' expects " + spec.describe() +
                            ", the file has " + input.describe()));
  }
  BoundArguments bound;
  bound.inputs = std::move(inputs);
  bound.specs = signature.arguments;
  for (const ArgumentSpec &spec : signature.arguments) {
    bound.weights.push_back(nullptr);
    if (spec.isState || spec.isPosition) {
      Expected<HostTensor> tensor = HostTensor::create(spec.kind, spec.shape);
      if (!tensor)
        return tensor.takeError();
      std::memset(tensor->getData(), 0, tensor->getNumBytes());
      (spec.isState ? bound.states : bound.positions)
          .push_back(std::move(*tensor));
    }
    if (!spec.isParameter())
      continue;
    Expected<const HostTensor *> weight = parameters.get(spec);
    if (!weight)
      return weight.takeError();
    bound.weights.back() = *weight;
  }
  return bound;
}

Expected<BoundArguments>
BoundArguments::bindFiles(const Signature &signature,
                          ParameterStore &parameters,
                          ArrayRef<std::string> paths) {
  SmallVector<HostTensor> inputs;
  for (StringRef path : paths) {
    Expected<HostTensor> input = readNpy(path);
    if (!input)
      return input.takeError();
    inputs.push_back(std::move(*input));
  }
  return bind(signature, parameters, std::move(inputs), paths);
}

SmallVector<const HostTensor *> BoundArguments::get() const {
  SmallVector<const HostTensor *> arguments;
  const HostTensor *input = inputs.begin(), *state = states.begin(),
                   *position = positions.begin();
  for (auto [weight, spec] : llvm::zip_equal(weights, specs))
    arguments.push_back(weight            ? weight
                        : spec.isState    ? state++
                        : spec.isPosition ? position++
                                          : input++);
  return arguments;
}

void BoundArguments::setPosition(int64_t tokens) {
  for (HostTensor &position : positions)
    position.getValues<int64_t>()[0] = tokens;
}
