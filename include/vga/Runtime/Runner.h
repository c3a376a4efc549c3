//===- Runner.h - Compiling and running modules -----------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The way from a module of functions on tensors to machine code, in this
// process (Runner) or in a file (emitCode). Problems with the module are
// diagnostics of its context; those of the calls are llvm::Errors.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_RUNNER_H
#define VGA_RUNTIME_RUNNER_H

#include "mlir/Pass/PassManager.h"
#include "vga/Pipelines/CPU.h"
#include "vga/Runtime/Binding.h"
#include <functional>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mlir::vga {

class DeviceCall;
class ResultCopy;

/// What code runs on.
enum class Processor { CPU, CUDA };

struct CompileOptions {
  /// What to generate code for.
  Processor processor = Processor::CPU;

  /// LLVM's optimization level.
  unsigned optLevel = 3;

  /// The processor to generate code for, by LLVM's name; this machine's with
  /// all of its features if empty.
  std::string cpu;

  /// The GPU to generate code for, by LLVM's name.
  std::string gpu = "sm_90a";

  /// Whether a GPU may round operands of f32 products to tf32, which has 10
  /// bits of fraction.
  bool tf32 = false;

  /// Whether cuBLASLt, where it is found, multiplies large matrices on a GPU.
  bool cublas = true;

  /// Whether tasks run in parallel; such code needs the OpenMP runtime.
  bool parallel = true;

  /// How attention is computed.
  AttentionLowering attention = AttentionLowering::Auto;

  /// Whether block tables are checked for pages that there are.
  bool checkPages = false;

  /// Whether sizes, offsets and indices are checked at run time; without it,
  /// wrong ones write anywhere.
  bool runtimeChecks = true;

  /// Where machine code is kept for the next time; nowhere if empty.
  std::string cacheDirectory;

  /// Sets up IR printing, timing and the like.
  std::function<LogicalResult(PassManager &)> configurePassManager;
};

/// What emitCode writes.
enum class CodeFormat { LLVMIR, Object, PTX, Cubin };

/// Compiles the module and writes the code; the module is consumed. Public
/// functions are callable as `_mlir_ciface_NAME`.
LogicalResult emitCode(ModuleOp module, CodeFormat format,
                       const CompileOptions &options, raw_ostream &os);

/// The machine code of a module's functions, ready to be called.
class Runner {
public:
  /// Compiles the functions named in `entries`, and what they need. The module
  /// is consumed.
  static FailureOr<std::unique_ptr<Runner>>
  create(ModuleOp module, ArrayRef<Signature> entries,
         const CompileOptions &options);
  ~Runner();

  /// Calls a function; its arguments must be those that its signature accepts.
  /// On a GPU, weights and states stay in its memory after the first call: the
  /// host's copy of a state is not updated.
  llvm::Expected<SmallVector<HostTensor>>
  run(StringRef entry, ArrayRef<const HostTensor *> arguments);

  /// The same in two steps, for results that are small: a GPU goes on while the
  /// host does something else. Calls end in the order in which they began; of
  /// one function, kMostStarted may be under way.
  llvm::Error start(StringRef entry, ArrayRef<const HostTensor *> arguments);
  llvm::Expected<SmallVector<HostTensor>> finish(StringRef entry);
  static constexpr unsigned kMostStarted = 2;

  /// Does what a function does once for its weights, such as packing them, or
  /// on a GPU copying them and loading kernels; the first call does it
  /// otherwise. Weights are known again by their address.
  llvm::Error prepare(StringRef entry, ArrayRef<const HostTensor *> arguments);

  /// A call that is to be timed.
  struct TimedCall {
    StringRef entry;
    SmallVector<const HostTensor *> arguments;
  };
  /// Makes these calls over and over, in turns, first to warm up; returns for
  /// each how many seconds its last `runs` runs took: on a GPU those of the
  /// device, with the arguments in its memory.
  llvm::Expected<SmallVector<std::vector<double>>>
  time(ArrayRef<TimedCall> calls, unsigned runs);

  /// Says that weights are about to change or to go.
  void forgetWeights();

  /// Whether the code was there already.
  bool wasCached() const { return isFromCache; }

  /// Called with the addresses of the results and the arguments.
  using Code = void (*)(void **);

private:
  struct Function {
    Function();
    ~Function();

    Signature signature;
    Code code = nullptr;

    /// NAME.prepare, if there is one: what it makes of the weights are further
    /// arguments of every call.
    std::optional<Signature> preparation;
    Code prepare = nullptr;
    SmallVector<const HostTensor *> preparedFor;
    SmallVector<HostTensor> prepared;

    /// On a GPU: the last call, which the next may repeat.
    std::unique_ptr<DeviceCall> deviceCall;

    /// Calls that have been started, and of these, finished. Call n has place n
    /// % kMostStarted for its results, or for the copy of them on a GPU.
    unsigned numStarted = 0, numFinished = 0;
    SmallVector<HostTensor> results[kMostStarted];
    std::unique_ptr<ResultCopy> copies[kMostStarted];

    llvm::Error meetWeights(ArrayRef<const HostTensor *> arguments);
    llvm::Error putOnDevice(ArrayRef<const HostTensor *> arguments);
    llvm::Error rehearse(ArrayRef<const HostTensor *> arguments);
  };

  Runner() = default;

  llvm::Expected<SmallVector<HostTensor>>
  runOnHost(Function &function, ArrayRef<const HostTensor *> arguments);

  llvm::Expected<Function *> lookup(StringRef entry,
                                    ArrayRef<const HostTensor *> arguments);

  llvm::Expected<SmallVector<std::vector<double>>>
  timeOnDevice(ArrayRef<TimedCall> calls, unsigned runs);

  llvm::Error link(std::unique_ptr<llvm::MemoryBuffer> object);

  Processor processor = Processor::CPU;

  std::unique_ptr<llvm::orc::LLJIT> jit;
  bool isFromCache = false;
  llvm::StringMap<Function> functions;
};

/// Called when compiled code meets sizes that do not fit together. The default
/// prints `error: message` and ends the process with status 1; a handler must
/// not return.
using RuntimeErrorHandler = void (*)(const char *message);
void setRuntimeErrorHandler(RuntimeErrorHandler handler);

/// Keeps each thread of compiled code on a core of its own, unless the user's
/// environment says something else (OMP_PROC_BIND, OMP_PLACES). To be called
/// before there are threads.
void bindThreads();

/// Takes variables out of the environment that keep the OpenMP runtime from
/// starting `threads` threads, or as many as it likes if that is 0. Returns
/// what to tell the user about them; fails if it does not start either way. To
/// be called before there are threads.
llvm::Expected<std::vector<std::string>>
repairThreadEnvironment(unsigned threads);

/// Sets how many threads compiled code uses; 0 leaves the choice to the OpenMP
/// runtime. Returns how many it will use. Fails if that is more than one and
/// there is no such runtime; code compiled without `parallel` needs none.
llvm::Expected<unsigned> setNumThreads(unsigned threads);

} // namespace mlir::vga

/// What compiled code calls; {0}, {1} and so on of the message stand for the
/// `count` int64_t that follow.
extern "C" [[noreturn]] void vgaRuntimeError(const char *message, int64_t count,
                                             ...);

#endif // VGA_RUNTIME_RUNNER_H
