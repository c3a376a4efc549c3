//===- Runner.cpp - Calling compiled functions ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Runner.h"

#include "CallFrame.h"
#include "DeviceCall.h"
#include "vga/Dialect/VGA/Transforms/Parameters.h"
#include "vga/GPU/Target.h"
#include <chrono>

#include "Codegen.h"
#include "ObjectCache.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Target/TargetMachine.h"
#include <cstring>

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// Calls of code for the CPU
//===----------------------------------------------------------------------===//

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

/// Calls compiled code through its packed interface.
static Expected<SmallVector<HostTensor>>
call(Runner::Code code, ArrayRef<TensorSpec> resultSpecs,
     ArrayRef<const HostTensor *> arguments) {
  CallFrame frame(resultSpecs, arguments);
  for (auto [descriptor, argument] : llvm::zip(frame.arguments, arguments))
    descriptor.set(*argument, argument->getData());
  code(frame.pointers.data());
  return takeResults(resultSpecs, frame.results);
}

/// Fails if code for `gpu` does not run on the device.
static llvm::Error checkDevice(CudaDevice &device, StringRef gpu) {
  std::optional<Target> target = Target::lookup(gpu);
  // What is no target is an error of the pipeline.
  if (!target || target->runsOn(device.getCapability()))
    return llvm::Error::success();
  return llvm::createStringError(
      "code for '" + gpu + "' does not run on " + device.getName() +
      ", whose compute capability is " + Twine(device.getCapability() / 10) +
      "." + Twine(device.getCapability() % 10));
}

//===----------------------------------------------------------------------===//
// Runner
//===----------------------------------------------------------------------===//

Runner::Function::Function() = default;
Runner::Function::~Function() = default;

Runner::~Runner() = default;

/// The object of a module, of which `names` are called; null after an error.
static std::unique_ptr<llvm::MemoryBuffer>
compile(ModuleOp module, const llvm::StringSet<> &names,
        llvm::TargetMachine &machine, const CompileOptions &options) {
  if (failed(lowerToLLVMDialect(module, machine, options)) ||
      failed(checkExternalFunctions(module)))
    return nullptr;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule =
      buildLLVMModule(module, machine, llvmContext, options, names);
  if (!llvmModule)
    return nullptr;
  SmallVector<char, 0> object;
  if (failed(emitObject(*llvmModule, machine, object))) {
    module.emitError("cannot generate code: this target has no object files");
    return nullptr;
  }
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(
      std::move(object), "vga", /*RequiresNullTerminator=*/false);
}

FailureOr<std::unique_ptr<Runner>>
Runner::create(ModuleOp module, ArrayRef<Signature> entries,
               const CompileOptions &options) {
  llvm::StringSet<> names;
  for (const Signature &entry : entries)
    names.insert(entry.entry);
  exportOnly(module, names);
  bool isForCPU = options.processor == Processor::CPU;
  if (isForCPU && failed(separatePreparation(module, options)))
    return failure();
  std::unique_ptr<Runner> runner(new Runner);
  runner->processor = options.processor;
  for (const Signature &entry : entries) {
    Function &function = runner->functions[entry.entry];
    function.signature = entry;
    auto prepared = module.lookupSymbol(entry.entry)
                        ->getAttrOfType<FlatSymbolRefAttr>(kPreparation);
    if (!prepared)
      continue;
    auto prepare = module.lookupSymbol<func::FuncOp>(prepared.getAttr());
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
  if (isForCPU && options.parallel)
    if (llvm::Error error = loadOpenMP())
      return fail(std::move(error));
  if (!isForCPU) {
    auto device = CudaDevice::get();
    if (!device)
      return fail(device.takeError());
    if (llvm::Error error = checkDevice(**device, options.gpu))
      return fail(std::move(error));
  }
  auto machine = createMachine(options, /*isRunHere=*/true);
  if (!machine)
    return fail(machine.takeError());
  std::unique_ptr<llvm::MemoryBuffer> object;
  std::optional<ObjectCache> cache;
  if (!options.cacheDirectory.empty()) {
    cache.emplace(module, **machine, options);
    object = cache->load();
    runner->isFromCache = object != nullptr;
  }
  if (!object) {
    object = compile(module, names, **machine, options);
    if (!object)
      return failure();
    if (cache)
      if (llvm::Error error = cache->store(object->getBuffer()))
        module.emitWarning()
            << "the code is not kept: " << toString(std::move(error));
  }
  if (llvm::Error error = runner->link(std::move(object)))
    return fail(std::move(error));
  return runner;
}

llvm::Error Runner::link(std::unique_ptr<llvm::MemoryBuffer> object) {
  auto created = llvm::orc::LLJITBuilder()
                     .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                     .create();
  if (!created)
    return created.takeError();
  jit = std::move(*created);
  llvm::orc::MangleAndInterner mangle(jit->getExecutionSession(),
                                      jit->getDataLayout());
  if (llvm::Error error = jit->getMainJITDylib().define(
          llvm::orc::absoluteSymbols(getRuntimeSymbols(mangle))))
    return error;
  if (llvm::Error error = jit->addObjectFile(std::move(object)))
    return error;
  auto lookup = [&](StringRef name) -> Expected<Code> {
    auto address = jit->lookup(getPackedName(name));
    if (!address)
      return address.takeError();
    return address->toPtr<Code>();
  };
  for (auto &[name, function] : functions) {
    auto code = lookup(name);
    if (!code)
      return code.takeError();
    function.code = *code;
    if (!function.preparation)
      continue;
    code = lookup(function.preparation->entry);
    if (!code)
      return code.takeError();
    function.prepare = *code;
  }
  return llvm::Error::success();
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
  Expected<Function *> found = lookup(entry, arguments);
  if (!found)
    return found.takeError();
  Function &function = **found;
  if (processor == Processor::CUDA) {
    if (llvm::Error error = function.putOnDevice(arguments))
      return std::move(error);
    return function.deviceCall->copyResults();
  }
  return runOnHost(function, arguments);
}

Expected<SmallVector<HostTensor>>
Runner::runOnHost(Function &function, ArrayRef<const HostTensor *> arguments) {
  if (llvm::Error error = function.meetWeights(arguments))
    return std::move(error);
  SmallVector<const HostTensor *> all(arguments);
  for (const HostTensor &tensor : function.prepared)
    all.push_back(&tensor);
  return call(function.code, function.signature.results, all);
}

llvm::Error Runner::start(StringRef entry,
                          ArrayRef<const HostTensor *> arguments) {
  Expected<Function *> found = lookup(entry, arguments);
  if (!found)
    return found.takeError();
  Function &function = **found;
  if (function.numStarted - function.numFinished == kMostStarted)
    return llvm::createStringError("too many calls of '" + entry +
                                   "' are under way");
  unsigned place = function.numStarted % kMostStarted;
  if (processor == Processor::CUDA) {
    if (llvm::Error error = function.putOnDevice(arguments))
      return error;
    std::unique_ptr<ResultCopy> &copy = function.copies[place];
    if (!copy)
      copy = std::make_unique<ResultCopy>();
    if (llvm::Error error = function.deviceCall->startCopy(*copy))
      return error;
  } else {
    auto results = runOnHost(function, arguments);
    if (!results)
      return results.takeError();
    function.results[place] = std::move(*results);
  }
  ++function.numStarted;
  return llvm::Error::success();
}

Expected<SmallVector<HostTensor>> Runner::finish(StringRef entry) {
  auto it = functions.find(entry);
  if (it == functions.end() || it->second.numStarted == it->second.numFinished)
    return llvm::createStringError("no call of '" + entry + "' is under way");
  Function &function = it->second;
  unsigned place = function.numFinished++ % kMostStarted;
  if (processor == Processor::CUDA)
    return function.copies[place]->finish();
  return std::move(function.results[place]);
}

/// Puts a call on the device's stream.
llvm::Error
Runner::Function::putOnDevice(ArrayRef<const HostTensor *> arguments) {
  if (!deviceCall || !deviceCall->serves(arguments)) {
    // First its memory, then that of the next one.
    deviceCall.reset();
    deviceCall =
        std::make_unique<DeviceCall>(**CudaDevice::get(), signature, arguments);
  }
  if (llvm::Error error = deviceCall->copyArguments(arguments))
    return error;
  return deviceCall->run(code);
}

/// Makes a call whose results nobody sees: kernels are loaded then, and memory
/// is there. States become what they were.
llvm::Error Runner::Function::rehearse(ArrayRef<const HostTensor *> arguments) {
  SmallVector<const HostTensor *> states;
  for (auto [spec, tensor] : llvm::zip_equal(signature.arguments, arguments))
    if (spec.isState)
      states.push_back(tensor);
  auto isOnDevice = [](const HostTensor *state) {
    return state->getDeviceCopy() != nullptr;
  };
  if (deviceCall || llvm::any_of(states, isOnDevice))
    return llvm::Error::success();
  if (llvm::Error error = putOnDevice(arguments))
    return error;
  CudaDevice &device = **CudaDevice::get();
  for (const HostTensor *state : states)
    if (llvm::Error error =
            device.copyToDevice(state->getDeviceCopy()->getData(),
                                state->getData(), state->getNumBytes()))
      return error;
  return device.wait();
}

/// Seconds of calls until the clock has risen and all memory is there.
static constexpr double kWarmUpSeconds = 0.1;

Expected<SmallVector<std::vector<double>>>
Runner::timeOnDevice(ArrayRef<TimedCall> calls, unsigned runs) {
  CudaDevice &device = **CudaDevice::get();
  std::vector<std::unique_ptr<DeviceCall>> deviceCalls;
  SmallVector<std::function<llvm::Error()>> work;
  for (const TimedCall &call : calls) {
    const Function &function = functions[call.entry];
    auto &deviceCall = deviceCalls.emplace_back(std::make_unique<DeviceCall>(
        device, function.signature, call.arguments));
    if (llvm::Error error = deviceCall->copyArguments(call.arguments))
      return std::move(error);
    work.push_back([&deviceCall = *deviceCall, code = function.code] {
      return deviceCall.run(code);
    });
  }
  // The first round loads kernels and allocates; the second tells how many of
  // them warm up: a device at work is slower than one that has just begun.
  for (unsigned i = 0; i < 2; ++i) {
    auto seconds = device.time(work, 1);
    if (!seconds)
      return seconds;
    double total = 0;
    for (const std::vector<double> &of : *seconds)
      total += of.front();
    constexpr double kLaunchSeconds = 1e-5, kDeviceWarmUpSeconds = 0.3;
    unsigned warmUp = kDeviceWarmUpSeconds / std::max(total, kLaunchSeconds);
    if (i == 1 && warmUp != 0)
      if (auto ignored = device.time(work, warmUp); !ignored)
        return ignored;
  }
  return device.time(work, runs);
}

Expected<SmallVector<std::vector<double>>>
Runner::time(ArrayRef<TimedCall> calls, unsigned runs) {
  for (const TimedCall &call : calls)
    if (auto function = lookup(call.entry, call.arguments); !function)
      return function.takeError();
  if (processor == Processor::CUDA)
    return timeOnDevice(calls, runs);
  SmallVector<std::vector<double>> seconds(calls.size());
  double warmUp = 0;
  while (seconds.back().size() < runs) {
    bool isWarm = warmUp >= kWarmUpSeconds;
    for (auto [i, call] : llvm::enumerate(calls)) {
      auto begin = std::chrono::steady_clock::now();
      auto results = run(call.entry, call.arguments);
      double time = std::chrono::duration<double>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
      if (!results)
        return results.takeError();
      if (isWarm)
        seconds[i].push_back(time);
      warmUp += time;
    }
  }
  return seconds;
}

llvm::Error Runner::prepare(StringRef entry,
                            ArrayRef<const HostTensor *> arguments) {
  Expected<Function *> function = lookup(entry, arguments);
  if (!function)
    return function.takeError();
  if (processor == Processor::CUDA)
    return (*function)->rehearse(arguments);
  return (*function)->meetWeights(arguments);
}

llvm::Error
Runner::Function::meetWeights(ArrayRef<const HostTensor *> arguments) {
  if (!preparation)
    return llvm::Error::success();
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
  DeviceTensor::forgetAll();
  for (auto &entry : functions) {
    entry.second.preparedFor.clear();
    entry.second.prepared.clear();
  }
}
