//===- RunMain.cpp - The vga-run tool as a function -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Everything that can be wrong with the input is looked at before anything is
// compiled, and everything is computed before anything is written.
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/RunMain.h"

#include "Progress.h"
#include "Reports.h"
#include "RunList.h"
#include "RunOptions.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "vga/Runtime/FlopCounter.h"
#include "vga/Runtime/Npy.h"
#include "vga/Runtime/OutputFiles.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/WithColor.h"
#include <chrono>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;

static constexpr StringLiteral kToolName("vga-run");

/// Prints an error that is not one of the module, for which there are
/// diagnostics.
static LogicalResult report(Error error) {
  llvm::WithColor::error(llvm::errs(), kToolName)
      << toString(std::move(error)) << '\n';
  return failure();
}

/// Makes sure that standard output is out; a full disk shows here.
static Error flushOutput() {
  llvm::outs().flush();
  std::error_code error = llvm::outs().error();
  llvm::outs().clear_error();
  return error ? llvm::createFileError("standard output", error)
               : Error::success();
}

/// The same at the end of the work.
static LogicalResult finishOutput() {
  if (Error error = flushOutput())
    return report(std::move(error));
  return success();
}

static double getSecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

namespace {
/// A function that is to be called, with all that it needs.
struct Call {
  func::FuncOp function;
  Signature signature;
  std::vector<std::string> outputs;
  BoundArguments arguments;
  SmallVector<HostTensor> results;
};

/// One invocation of the tool.
class Session {
public:
  Session(const RunOptions &options, DialectRegistry &registry);
  LogicalResult run();

private:
  LogicalResult parseModule();
  LogicalResult openWeights();
  LogicalResult checkOutputs(const std::vector<RunRequest> &requests);
  LogicalResult compile(ArrayRef<Signature> entries);
  LogicalResult compile(ArrayRef<Call> calls);

  LogicalResult runList();
  LogicalResult runBenchmark();
  LogicalResult runGeneration();
  LogicalResult emit();

  FailureOr<std::vector<RunRequest>> getRequests();
  FailureOr<SmallVector<Call, 1>>
  prepareAll(const std::vector<RunRequest> &requests);
  FailureOr<Call> prepare(const RunRequest &request);
  LogicalResult execute(Call &call);
  LogicalResult writeResults(ArrayRef<Call> calls);

  std::optional<StringRef> getEntryName() const {
    return options.entry ? std::optional<StringRef>(*options.entry)
                         : std::nullopt;
  }

  const RunOptions &options;
  CompileOptions compileOptions;
  unsigned numThreads = 1;
  MLIRContext context;
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
} // namespace

Session::Session(const RunOptions &options, DialectRegistry &registry)
    : options(options), compileOptions(options.compile), context(registry),
      printDiagnostics(sourceMgr, &context),
      clearProgress(&context, [this](Diagnostic &) {
        progress.clear();
        return failure();
      }) {
  // Errors name a place in the file; the operation there can be a whole module.
  context.printOpOnDiagnostic(false);
}

LogicalResult Session::run() {
  if (failed(parseModule()))
    return failure();
  switch (options.mode) {
  case RunOptions::Mode::Run:
  case RunOptions::Mode::RunList:
    return runList();
  case RunOptions::Mode::Benchmark:
  case RunOptions::Mode::BenchmarkList:
    return runBenchmark();
  case RunOptions::Mode::Generate:
    return runGeneration();
  case RunOptions::Mode::Emit:
    return emit();
  }
  llvm_unreachable("unknown mode");
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

LogicalResult Session::parseModule() {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file =
      openInputFile(options.model, &message);
  if (!file)
    return report(createStringError(message));
  sourceMgr.AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  progress.show("parsing " + options.model);
  module = parseSourceFile<ModuleOp>(sourceMgr, &context);
  progress.clear();
  return success(static_cast<bool>(module));
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

/// Checks that all outputs can be written, each by one result.
LogicalResult Session::checkOutputs(const std::vector<RunRequest> &requests) {
  llvm::StringSet<> seen;
  for (const RunRequest &request : requests)
    for (StringRef path : request.outputs) {
      if (!seen.insert(path).second)
        return report(llvm::createFileError(
            path, createStringError("two results go to this file")));
      if (Error error = OutputFiles::checkWritable(path))
        return report(std::move(error));
    }
  return success();
}

/// The calls that options or a list ask for; their outputs can be written.
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
  if (failed(checkOutputs(requests)) || failed(openWeights()))
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

  auto arguments =
      BoundArguments::bindFiles(call.signature, parameters, request.inputs);
  if (!arguments)
    return report(arguments.takeError());
  call.arguments = std::move(*arguments);
  return call;
}

/// Compiles the functions that are called, each once.
LogicalResult Session::compile(ArrayRef<Call> calls) {
  SmallVector<Signature> entries;
  llvm::StringSet<> names;
  for (const Call &call : calls)
    if (names.insert(call.signature.entry).second)
      entries.push_back(call.signature);
  return compile(entries);
}

LogicalResult Session::compile(ArrayRef<Signature> entries) {
  bool isForCPU = options.compile.processor == Processor::CPU;
  if (isForCPU && options.bindThreads)
    bindThreads();
  if (!isForCPU)
    numThreads = 1;
  else if (llvm::Expected<unsigned> threads = setNumThreads(options.threads))
    numThreads = *threads;
  else
    llvm::WithColor::warning(llvm::errs(), kToolName)
        << toString(threads.takeError()) << ", running on one thread\n";
  compileOptions.parallel = numThreads != 1;

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

/// Writes the results of calls that have outputs and prints the others.
LogicalResult Session::writeResults(ArrayRef<Call> calls) {
  OutputFiles files;
  for (const Call &call : calls) {
    for (const auto &output : llvm::zip(call.outputs, call.results))
      if (Error error = files.add(std::get<0>(output), [&](raw_ostream &os) {
            writeNpy(std::get<1>(output), os);
          }))
        return report(std::move(error));
    if (!call.outputs.empty())
      continue;
    for (const HostTensor &tensor : call.results) {
      llvm::outs() << tensor.describe() << " = ";
      tensor.print(llvm::outs());
      llvm::outs() << '\n';
    }
  }
  if (Error error = files.commit())
    return report(std::move(error));
  return finishOutput();
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

LogicalResult Session::runList() {
  FailureOr<std::vector<RunRequest>> requests = getRequests();
  if (failed(requests))
    return failure();
  auto calls = prepareAll(*requests);
  if (failed(calls) || failed(compile(*calls)))
    return failure();
  for (Call &call : *calls) {
    progress.show("running " + call.signature.entry);
    if (failed(execute(call)))
      return failure();
  }
  progress.clear();
  return writeResults(*calls);
}

LogicalResult Session::runBenchmark() {
  FailureOr<std::vector<RunRequest>> requests = getRequests();
  if (failed(requests))
    return failure();
  if (requests->empty())
    return report(llvm::createFileError(
        options.runList, createStringError("there is no run to time")));
  auto calls = prepareAll(*requests);
  if (failed(calls))
    return failure();
  std::vector<BenchmarkReport> reports;
  SmallVector<Runner::TimedCall> timedCalls;
  for (const Call &call : *calls) {
    SmallVector<ArrayRef<int64_t>> shapes;
    for (const HostTensor *argument : call.arguments.get())
      shapes.push_back(argument->getShape());
    BenchmarkReport &report = reports.emplace_back();
    report.entry = call.signature.entry;
    report.flops = countFlops(call.function, shapes);
    timedCalls.push_back({call.signature.entry, call.arguments.get()});
  }
  if (failed(compile(*calls)))
    return failure();

  progress.show("running " + reports.front().entry);
  auto seconds = runner->time(timedCalls, options.benchmarkRuns);
  if (!seconds)
    return report(seconds.takeError());
  for (auto [report, times] : llvm::zip(reports, *seconds)) {
    report.threads = numThreads;
    report.compileSeconds = compileSeconds;
    report.isCached = runner->wasCached();
    report.seconds = std::move(times);
  }
  for (Call &call : *calls)
    if (!call.outputs.empty() && failed(execute(call)))
      return failure();
  llvm::erase_if(*calls, [](const Call &call) { return call.outputs.empty(); });
  if (failed(writeResults(*calls)))
    return failure();
  progress.clear();
  if (!options.json)
    for (const BenchmarkReport &report : reports)
      report.print(llvm::outs());
  else if (options.runList.empty())
    reports.front().printJSON(llvm::outs());
  else
    BenchmarkReport::printJSON(reports, llvm::outs());
  return finishOutput();
}

LogicalResult Session::runGeneration() {
  FailureOr<func::FuncOp> function = lookupEntry(*module, getEntryName());
  if (failed(function))
    return failure();
  FailureOr<LanguageModel> model = LanguageModel::get(*function);
  if (failed(model) || failed(openWeights()))
    return failure();
  progress.show("loading weights");
  auto input = model->encode(options.prompt);
  if (!input)
    return report(input.takeError());
  SmallVector<HostTensor> inputs;
  inputs.push_back(std::move(*input));
  auto arguments = BoundArguments::bind(model->signature, parameters,
                                        std::move(inputs), {"--prompt"});
  if (!arguments)
    return report(arguments.takeError());
  if (failed(compile(model->signature)))
    return failure();

  GenerationReport generation;
  generation.entry = model->signature.entry;
  generation.prompt = options.prompt;
  generation.sampling = options.sampling;
  generation.threads = numThreads;
  generation.compileSeconds = compileSeconds;
  generation.isCached = runner->wasCached();
  auto print = [&](StringRef text) -> Error {
    generation.text += text;
    if (options.json)
      return Error::success();
    llvm::outs() << text;
    return flushOutput();
  };
  if (!options.json)
    llvm::outs() << options.prompt;
  auto stats = generate(*runner, *model, *arguments, options.prompt,
                        options.tokens, options.sampling, print);
  if (!stats)
    return report(stats.takeError());
  generation.stats = *stats;
  if (!options.json)
    llvm::outs() << '\n';
  else
    generation.printJSON(llvm::outs());
  if (failed(finishOutput()))
    return failure();
  if (!options.json)
    generation.print(llvm::errs());
  return success();
}

LogicalResult Session::emit() {
  if ((options.emitFormat == CodeFormat::Object ||
       options.emitFormat == CodeFormat::Cubin) &&
      options.emitPath == "-" && llvm::sys::Process::StandardOutIsDisplayed())
    return report(createStringError(
        "machine code does not go to a terminal; name a file with -o"));
  if (Error error = OutputFiles::checkWritable(options.emitPath))
    return report(std::move(error));
  if (options.entry) {
    FailureOr<func::FuncOp> entry = lookupEntry(*module, getEntryName());
    if (failed(entry))
      return failure();
    for (auto function : module->getOps<func::FuncOp>())
      function.setPrivate();
    entry->setPublic();
  }

  progress.show("compiling");
  OutputFiles files;
  LogicalResult emitted = success();
  Error error = files.add(options.emitPath, [&](raw_ostream &os) {
    emitted = emitCode(*module, options.emitFormat, compileOptions, os);
  });
  progress.clear();
  if (error)
    return report(std::move(error));
  if (failed(emitted))
    return failure();
  if (Error error = files.commit())
    return report(std::move(error));
  return success();
}

//===----------------------------------------------------------------------===//
// Entry point
//===----------------------------------------------------------------------===//

/// Lets freed memory stay in the process: a call allocates what the one before
/// has freed, and getting megabytes from the system, page by page, takes longer
/// than computing what goes into them.
static void keepFreedMemory() {
#ifdef __GLIBC__
  constexpr int kOneGigabyte = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kOneGigabyte);
  mallopt(M_TRIM_THRESHOLD, kOneGigabyte);
#endif
}

int vga::VGARunMain(int argc, char **argv, DialectRegistry &registry) {
  llvm::Expected<RunOptions> options = RunOptions::parse(argc, argv);
  if (!options) {
    (void)report(options.takeError());
    return EXIT_FAILURE;
  }
  keepFreedMemory();
  setRuntimeErrorHandler(
      [](const char *message) { (void)report(createStringError(message)); });
  Session session(*options, registry);
  return succeeded(session.run()) ? EXIT_SUCCESS : EXIT_FAILURE;
}
