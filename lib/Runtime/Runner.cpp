//===- Runner.cpp - Calling compiled functions ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Runner.h"

#include "Codegen.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Target/TargetMachine.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// The process
//===----------------------------------------------------------------------===//

static RuntimeErrorHandler runtimeErrorHandler = nullptr;

void vga::setRuntimeErrorHandler(RuntimeErrorHandler handler) {
  runtimeErrorHandler = handler;
}

void vgaRuntimeError(const char *message) {
  if (runtimeErrorHandler)
    runtimeErrorHandler(message);
  else
    llvm::WithColor::error() << message << '\n';
  // Other threads may be in compiled code: no destructors.
  llvm::errs().flush();
  llvm::sys::Process::Exit(1, /*NoCleanup=*/true);
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

namespace {
/// A memref descriptor as the C interface lays it out: allocated pointer,
/// aligned pointer, offset, sizes, strides, each of 64 bits.
class Descriptor {
public:
  static size_t getNumSlots(int64_t rank) { return 3 + 2 * rank; }

  Descriptor(MutableArrayRef<int64_t> slots, int64_t rank)
      : slots(slots), rank(rank) {}

  void set(const HostTensor &tensor) {
    slots[0] = slots[1] = reinterpret_cast<intptr_t>(tensor.getData());
    slots[2] = 0;
    int64_t stride = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      slots[3 + axis] = tensor.getShape()[axis];
      slots[3 + rank + axis] = stride;
      stride *= std::max<int64_t>(tensor.getShape()[axis], 1);
    }
  }

  void *getAllocated() const { return reinterpret_cast<void *>(slots[0]); }
  char *getData(unsigned byteSize) const {
    return reinterpret_cast<char *>(slots[1]) + slots[2] * byteSize;
  }
  ArrayRef<int64_t> getSizes() const { return slots.slice(3, rank); }
  ArrayRef<int64_t> getStrides() const { return slots.slice(3 + rank, rank); }

  bool isDense() const {
    int64_t expected = 1;
    for (int64_t axis = rank - 1; axis >= 0; --axis) {
      int64_t size = getSizes()[axis];
      if (size == 0)
        return true;
      if (size != 1 && getStrides()[axis] != expected)
        return false;
      expected *= size;
    }
    return true;
  }

private:
  MutableArrayRef<int64_t> slots;
  int64_t rank;
};
} // namespace

/// Copies the elements below `axis` of a strided array to a dense one.
static void gather(const Descriptor &from, unsigned byteSize, const char *data,
                   int64_t axis, char *&out) {
  if (axis == static_cast<int64_t>(from.getSizes().size())) {
    std::memcpy(out, data, byteSize);
    out += byteSize;
    return;
  }
  for (int64_t i = 0; i < from.getSizes()[axis]; ++i)
    gather(from, byteSize, data + i * from.getStrides()[axis] * byteSize,
           axis + 1, out);
}

/// Copies a result.
static Expected<HostTensor> copyResult(const TensorSpec &spec,
                                       const Descriptor &result) {
  auto tensor = HostTensor::create(spec.kind, result.getSizes());
  if (!tensor)
    return tensor.takeError();
  unsigned byteSize = getByteSize(spec.kind);
  if (result.isDense()) {
    std::memcpy(tensor->getData(), result.getData(byteSize),
                tensor->getNumBytes());
    return tensor;
  }
  char *out = tensor->getData();
  gather(result, byteSize, result.getData(byteSize), /*axis=*/0, out);
  return tensor;
}

/// Takes over the results of a call. Each block of memory that the call
/// returned is the caller's to free, though two results may share one.
static Expected<SmallVector<HostTensor>>
takeResults(ArrayRef<TensorSpec> specs, ArrayRef<Descriptor> descriptors) {
  llvm::SmallDenseMap<void *, unsigned> uses;
  for (const Descriptor &descriptor : descriptors)
    ++uses[descriptor.getAllocated()];
  SmallVector<HostTensor> results;
  llvm::Error error = llvm::Error::success();
  SmallVector<void *> toFree;
  for (auto [spec, descriptor] : llvm::zip(specs, descriptors)) {
    void *allocated = descriptor.getAllocated();
    if (uses[allocated] == 1 && descriptor.isDense()) {
      results.push_back(
          HostTensor::adopt(spec.kind, descriptor.getSizes(), allocated,
                            descriptor.getData(getByteSize(spec.kind))));
      continue;
    }
    if (!llvm::is_contained(toFree, allocated))
      toFree.push_back(allocated);
    Expected<HostTensor> copy = copyResult(spec, descriptor);
    if (copy)
      results.push_back(std::move(*copy));
    else
      error = llvm::joinErrors(std::move(error), copy.takeError());
  }
  for (void *allocated : toFree)
    std::free(allocated);
  if (error)
    return std::move(error);
  return results;
}

using Code = void (*)(void **);

/// Calls compiled code through its packed interface.
static Expected<SmallVector<HostTensor>>
call(Code code, ArrayRef<TensorSpec> resultSpecs,
     ArrayRef<const HostTensor *> arguments) {
  // All descriptors in one array; the results come first, as one struct.
  size_t numSlots = 0;
  for (const TensorSpec &result : resultSpecs)
    numSlots += Descriptor::getNumSlots(result.shape.size());
  size_t numResultSlots = numSlots;
  for (const HostTensor *argument : arguments)
    numSlots += Descriptor::getNumSlots(argument->getRank());
  SmallVector<int64_t, 64> slots(numSlots, 0);
  MutableArrayRef<int64_t> rest(slots);
  auto take = [&rest](int64_t rank) {
    size_t size = Descriptor::getNumSlots(rank);
    Descriptor descriptor(rest.take_front(size), rank);
    rest = rest.drop_front(size);
    return descriptor;
  };
  SmallVector<Descriptor> results;
  for (const TensorSpec &result : resultSpecs)
    results.push_back(take(result.shape.size()));

  // The wrapper takes the address of each argument of the C function, which
  // are themselves addresses of descriptors.
  SmallVector<void *> pointers;
  if (numResultSlots != 0)
    pointers.push_back(slots.data());
  for (const HostTensor *argument : arguments) {
    pointers.push_back(rest.data());
    take(argument->getRank()).set(*argument);
  }
  SmallVector<void *> packed;
  for (void *&pointer : pointers)
    packed.push_back(&pointer);
  code(packed.data());
  return takeResults(resultSpecs, results);
}

//===----------------------------------------------------------------------===//
// Runner
//===----------------------------------------------------------------------===//

Runner::~Runner() = default;

FailureOr<std::unique_ptr<Runner>>
Runner::create(ModuleOp module, ArrayRef<Signature> entries,
               const CompileOptions &options) {
  llvm::StringSet<> names;
  for (const Signature &entry : entries)
    names.insert(entry.entry);
  exportOnly(module, names);
  if (failed(separatePreparation(module, options)))
    return failure();
  std::unique_ptr<Runner> runner(new Runner);
  for (const Signature &entry : entries) {
    Function &function = runner->functions[entry.entry];
    function.signature = entry;
    auto prepare = module.lookupSymbol<func::FuncOp>(entry.entry + ".prepare");
    if (!prepare || !entry.hasParameters() || names.contains(prepare.getName()))
      continue;
    FailureOr<Signature> preparation = getSignature(prepare);
    if (failed(preparation))
      return failure();
    function.preparation = std::move(*preparation);
    names.insert(prepare.getName());
  }
  exportOnly(module, names);
  dropAnnotations(module);

  auto fail = [&](llvm::Error error) {
    return module.emitError()
           << "cannot generate code: " << toString(std::move(error));
  };
  if (options.parallel)
    if (llvm::Error error = loadOpenMP())
      return fail(std::move(error));
  auto machine = createMachine(options, /*isRunHere=*/true);
  if (!machine)
    return fail(machine.takeError());
  if (failed(lowerToLLVMDialect(module, **machine, options)) ||
      failed(checkExternalFunctions(module)))
    return failure();

  // The engine wraps every function that it sees: let it see the optimized
  // module, in which only the entries are left.
  auto build = [&, machine = machine->get()](Operation *op,
                                             llvm::LLVMContext &llvmContext) {
    return buildLLVMModule(cast<ModuleOp>(op), *machine, llvmContext, options);
  };
  ExecutionEngineOptions engineOptions;
  engineOptions.llvmModuleBuilder = build;
  engineOptions.jitCodeGenOptLevel = (*machine)->getOptLevel();
  engineOptions.enableGDBNotificationListener = false;
  engineOptions.enablePerfNotificationListener = false;
  auto engineMachine = createMachine(options, /*isRunHere=*/true);
  if (!engineMachine)
    return fail(engineMachine.takeError());
  auto engine =
      ExecutionEngine::create(module, engineOptions, std::move(*engineMachine));
  if (!engine)
    return fail(engine.takeError());

  runner->engine = std::move(*engine);
  runner->engine->registerSymbols(getRuntimeSymbols);
  for (auto &[name, function] : runner->functions) {
    auto code = runner->engine->lookupPacked(("_mlir_ciface_" + name).str());
    if (!code)
      return fail(code.takeError());
    function.code = *code;
    if (!function.preparation)
      continue;
    code = runner->engine->lookupPacked("_mlir_ciface_" +
                                        function.preparation->entry);
    if (!code)
      return fail(code.takeError());
    function.prepare = *code;
  }
  return runner;
}

Expected<Runner::Function *>
Runner::lookup(StringRef entry, ArrayRef<const HostTensor *> arguments) {
  auto it = functions.find(entry);
  if (it == functions.end())
    return llvm::createStringError("no function named '" + entry + "'");
  const Signature &signature = it->second.signature;
  if (arguments.size() != signature.arguments.size() ||
      !llvm::all_of_zip(signature.arguments, arguments,
                        [](const ArgumentSpec &spec, const HostTensor *tensor) {
                          return spec.accepts(*tensor);
                        }))
    return llvm::createStringError("the arguments are not those of '" + entry +
                                   "'");
  return &it->second;
}

Expected<SmallVector<HostTensor>>
Runner::run(StringRef entry, ArrayRef<const HostTensor *> arguments) {
  if (llvm::Error error = prepare(entry, arguments))
    return std::move(error);
  const Function &function = functions[entry];
  SmallVector<const HostTensor *> all(arguments);
  for (const HostTensor &tensor : function.prepared)
    all.push_back(&tensor);
  return call(function.code, function.signature.results, all);
}

llvm::Error Runner::prepare(StringRef entry,
                            ArrayRef<const HostTensor *> arguments) {
  Expected<Function *> function = lookup(entry, arguments);
  if (!function)
    return function.takeError();
  if ((*function)->preparation)
    return (*function)->meetWeights(arguments);
  return llvm::Error::success();
}

llvm::Error
Runner::Function::meetWeights(ArrayRef<const HostTensor *> arguments) {
  SmallVector<const HostTensor *> weights;
  for (auto [spec, tensor] : llvm::zip_equal(signature.arguments, arguments))
    if (spec.isParameter())
      weights.push_back(tensor);
  if (weights == preparedFor)
    return llvm::Error::success();
  auto results = call(prepare, preparation->results, weights);
  if (!results)
    return results.takeError();
  prepared = std::move(*results);
  preparedFor = std::move(weights);
  return llvm::Error::success();
}

void Runner::forgetWeights() {
  for (auto &entry : functions) {
    entry.second.preparedFor.clear();
    entry.second.prepared.clear();
  }
}
