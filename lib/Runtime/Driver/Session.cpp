//===- Session.cpp - What all modes of vga-run do -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Session.h"

#include "GivenSchedule.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "vga/Runtime/InputFile.h"
#include "vga/Runtime/Npy.h"
#include "vga/Runtime/OutputFiles.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/WithColor.h"
#include <chrono>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;

static constexpr StringLiteral kToolName("vga-run");

/// Compiled code reports its errors too, and it knows of no session: what is
/// being done, and the line on the terminal that says so.
static std::string currentLabel;
static Progress *currentProgress = nullptr;

ReportLabel::ReportLabel(StringRef label) { currentLabel = label; }
ReportLabel::~ReportLabel() { currentLabel.clear(); }

LogicalResult vga::report(Error error) {
  if (currentProgress)
    currentProgress->clear();
  llvm::WithColor::error(llvm::errs(), kToolName)
      << currentLabel << toString(std::move(error)) << '\n';
  return failure();
}

Error vga::flushOutput() {
  llvm::outs().flush();
  std::error_code error = llvm::outs().error();
  llvm::outs().clear_error();
  return error ? llvm::createFileError("standard output", error)
               : Error::success();
}

LogicalResult vga::finishOutput() {
  if (Error error = flushOutput())
    return report(std::move(error));
  return success();
}

static double getSecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

Session::Session(const RunOptions &options, DialectRegistry &registry)
    : options(options), compileOptions(options.compile), context(registry),
      isMultithreaded(context.isMultithreadingEnabled()),
      printDiagnostics(sourceMgr, &context),
      clearProgress(&context, [this](Diagnostic &) {
        progress.clear();
        return failure();
      }) {
  // Errors name a place in the file; the operation there can be a whole module.
  context.printOpOnDiagnostic(false);
  currentProgress = &progress;
  // Lists are compiled by child processes, which have no threads of this one.
  if (options.mode == RunOptions::Mode::RunList)
    context.disableMultithreading();
}

Session::~Session() { currentProgress = nullptr; }

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

LogicalResult Session::parseModule() {
  std::string message;
  // What is missing has a message of its own.
  if (llvm::sys::fs::exists(options.model))
    if (Error error = checkInputFile(options.model))
      return report(std::move(error));
  std::unique_ptr<llvm::MemoryBuffer> file =
      openInputFile(options.model, &message);
  if (!file)
    return report(createStringError(message));
  sourceMgr.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  progress.show("parsing " + options.model);
  module = parseSourceFile<ModuleOp>(sourceMgr, &context);
  progress.clear();
  if (!module)
    return failure();
  if (options.schedule.empty())
    return success();
  if (Error error = setSchedule(*module, options.schedule))
    return report(std::move(error));
  return success();
}

LogicalResult Session::openWeights() {
  if (options.weights.empty())
    return success();
  auto file = SafetensorsFile::open(options.weights);
  if (!file)
    return report(file.takeError());
  parameters = ParameterStore(std::move(*file));
  return success();
}

/// Checks that no file is to hold two results.
static Error checkDistinct(const std::vector<RunRequest> &requests) {
  llvm::StringSet<> seen;
  for (const RunRequest &request : requests)
    for (StringRef path : request.outputs)
      if (!seen.insert(path).second)
        return llvm::createFileError(
            path, createStringError("two results go to this file"));
  return Error::success();
}

/// The calls that options or a list ask for.
FailureOr<std::vector<RunRequest>> Session::getRequests() {
  std::vector<RunRequest> requests;
  if (options.runList.empty()) {
    requests.push_back({options.entry, options.inputs, options.outputs});
  } else {
    auto list = readRunList(options.runList);
    if (!list)
      return report(list.takeError());
    requests = std::move(*list);
  }
  if (Error error = checkDistinct(requests))
    return report(std::move(error));
  if (failed(openWeights()))
    return failure();
  return requests;
}

FailureOr<SmallVector<Call, 1>>
Session::prepareAll(const std::vector<RunRequest> &requests) {
  progress.show("loading");
  SmallVector<Call, 1> calls;
  for (const RunRequest &request : requests) {
    FailureOr<Call> call = prepare(request);
    if (failed(call))
      return failure();
    calls.push_back(std::move(*call));
  }
  return calls;
}

FailureOr<Call> Session::prepare(const RunRequest &request) {
  Call call;
  FailureOr<func::FuncOp> function = lookupEntry(
      *module,
      request.entry ? std::optional<StringRef>(*request.entry) : std::nullopt);
  if (failed(function))
    return failure();
  FailureOr<Signature> signature = getSignature(*function);
  if (failed(signature))
    return failure();
  call.function = *function;
  call.signature = std::move(*signature);

  size_t numResults = call.signature.results.size();
  if (!request.outputs.empty() && request.outputs.size() != numResults)
    return report(createStringError(
        "number of outputs of '" + call.signature.entry + "': expected " +
        Twine(numResults) + ", got " + Twine(request.outputs.size())));
  call.outputs = request.outputs;
  call.continues = request.continues;
  for (StringRef path : call.outputs)
    if (Error error = OutputFiles::checkWritable(path))
      return report(std::move(error));

  auto arguments =
      BoundArguments::bindFiles(call.signature, parameters, request.inputs);
  if (!arguments)
    return report(arguments.takeError());
  call.arguments = std::move(*arguments);
  return call;
}

/// Compiles the functions that are called, each once.
LogicalResult Session::compile(ArrayRef<const Call *> calls) {
  SmallVector<Signature> entries;
  llvm::StringSet<> names;
  for (const Call *call : calls)
    if (names.insert(call->signature.entry).second)
      entries.push_back(call->signature);
  return compile(entries);
}

/// Makes sure that compiled code has its threads; a child process has none of
/// its parent's. Problems are warnings, once.
void Session::startThreads() {
  if (options.compile.processor != Processor::CPU) {
    numThreads = 1;
    return;
  }
  auto warn = [](const Twine &text) {
    llvm::WithColor::warning(llvm::errs(), kToolName) << text << '\n';
  };
  bool isFirst = numThreads == 0;
  if (options.bindThreads)
    bindThreads();
  auto start = [&]() -> llvm::Expected<unsigned> {
    if (isFirst && options.threads != 1) {
      auto warnings = repairThreadEnvironment(options.threads);
      if (!warnings)
        return warnings.takeError();
      llvm::for_each(*warnings, warn);
    }
    return setNumThreads(options.threads);
  };
  if (!isFirst && numThreads == 1)
    return;
  llvm::Expected<unsigned> threads = start();
  if (!threads)
    warn(toString(threads.takeError()) + ": running on one thread");
  numThreads = threads ? *threads : 1;
  compileOptions.parallel = numThreads != 1;
}

LogicalResult Session::compile(ArrayRef<Signature> entries) {
  startThreads();
  progress.show("compiling");
  auto begin = std::chrono::steady_clock::now();
  FailureOr<std::unique_ptr<Runner>> compiled =
      Runner::create(*module, entries, compileOptions);
  compileSeconds = getSecondsSince(begin);
  progress.clear();
  if (failed(compiled))
    return failure();
  runner = std::move(*compiled);
  return success();
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

LogicalResult Session::execute(Call &call) {
  call.results.clear();
  auto results = runner->run(call.signature.entry, call.arguments.get());
  if (!results)
    return report(results.takeError());
  call.results = std::move(*results);
  return success();
}

/// Writes the results of a call to its outputs; prints them if it has none.
LogicalResult Session::writeResults(const Call &call) {
  OutputFiles files;
  for (const auto &output : llvm::zip(call.outputs, call.results))
    if (Error error = files.add(std::get<0>(output), [&](raw_ostream &os) {
          writeNpy(std::get<1>(output), os);
        }))
      return report(std::move(error));
  progress.clear();
  if (call.outputs.empty())
    for (const HostTensor &tensor : call.results) {
      llvm::outs() << tensor.describe() << " = ";
      tensor.print(llvm::outs());
      llvm::outs() << '\n';
    }
  if (Error error = files.commit())
    return report(std::move(error));
  return finishOutput();
}
