//===- Session.h - One invocation of vga-run --------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything that can be wrong with the input is looked at before anything is
// compiled, and all results of a call are there before one is written.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_DRIVER_SESSION_H
#define VGA_LIB_RUNTIME_DRIVER_SESSION_H

#include "Progress.h"
#include "RunList.h"
#include "RunOptions.h"
#include "mlir/IR/Diagnostics.h"
#include "vga/Runtime/Runner.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::vga {

/// Prints an error that is not one of the module, for which there are
/// diagnostics.
LogicalResult report(llvm::Error error);

/// Says what the errors that are reported while it lives are about.
class ReportLabel {
public:
  explicit ReportLabel(StringRef label);
  ~ReportLabel();
};

/// Makes sure that standard output is out; a full disk shows here.
llvm::Error flushOutput();
/// The same at the end of the work.
LogicalResult finishOutput();

/// A function that is to be called, with all that it needs.
struct Call {
  /// What errors name it by, in a list of calls.
  std::string label;
  func::FuncOp function;
  Signature signature;
  std::vector<std::string> outputs;
  BoundArguments arguments;
  /// Whether it goes on with the states of the call before, in a list.
  bool continues = false;
  SmallVector<HostTensor> results;
};

/// One invocation of the tool.
class Session {
public:
  Session(const RunOptions &options, DialectRegistry &registry);
  ~Session();
  LogicalResult run();
  Progress &getProgress() { return progress; }

private:
  LogicalResult parseModule();
  LogicalResult openWeights();
  void startThreads();
  LogicalResult compile(ArrayRef<Signature> entries);
  LogicalResult compile(ArrayRef<const Call *> calls);

  LogicalResult runOnce();
  LogicalResult runList();
  LogicalResult runBenchmark();
  LogicalResult runGeneration();
  LogicalResult emit();

  FailureOr<std::vector<RunRequest>> getRequests();
  FailureOr<SmallVector<Call, 1>>
  prepareAll(const std::vector<RunRequest> &requests);
  FailureOr<Call> prepare(const RunRequest &request);
  LogicalResult execute(Call &call);
  LogicalResult writeResults(const Call &call);

  /// Of lists, in ListMode.cpp.
  struct CallList;
  LogicalResult compile(ArrayRef<const Call *> calls, bool isTrial);
  bool compileAndRun(CallList &list, ArrayRef<unsigned> which, bool isTrial);
  void runWaiting(CallList &list, ArrayRef<unsigned> waiting);

  std::optional<StringRef> getEntryName() const {
    return options.entry ? std::optional<StringRef>(*options.entry)
                         : std::nullopt;
  }

  const RunOptions &options;
  CompileOptions compileOptions;
  unsigned numThreads = 0;
  MLIRContext context;
  /// Whether the compiler is to have threads.
  bool isMultithreaded;
  llvm::SourceMgr sourceMgr;
  SourceMgrDiagnosticHandler printDiagnostics;
  Progress progress;
  /// Runs before the handler above, which then prints.
  ScopedDiagnosticHandler clearProgress;
  OwningOpRef<ModuleOp> module;
  ParameterStore parameters;
  std::unique_ptr<Runner> runner;
  double compileSeconds = 0;
};
} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_DRIVER_SESSION_H
