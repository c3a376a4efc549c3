//===- Modes.cpp - What vga-run does with a module ------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reports.h"
#include "Session.h"
#include "vga/Runtime/FlopCounter.h"
#include "vga/Runtime/OutputFiles.h"
#include "llvm/Support/Process.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;

LogicalResult Session::run() {
  if (failed(parseModule()))
    return failure();
  switch (options.mode) {
  case RunOptions::Mode::Run:
    return runOnce();
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

LogicalResult Session::runOnce() {
  FailureOr<std::vector<RunRequest>> requests = getRequests();
  if (failed(requests))
    return failure();
  FailureOr<Call> call = prepare(requests->front());
  if (failed(call) || failed(compile({&*call})))
    return failure();
  progress.show("running " + call->signature.entry);
  if (failed(execute(*call)))
    return failure();
  return writeResults(*call);
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
  SmallVector<const Call *> pointers;
  for (const Call &call : *calls)
    pointers.push_back(&call);
  if (failed(compile(pointers)))
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
    if (!call.outputs.empty() &&
        (failed(execute(call)) || failed(writeResults(call))))
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
  // On a GPU, logits stay there.
  if (options.compile.processor == Processor::CUDA &&
      failed(model->sample(*function)))
    return failure();
  progress.show("loading weights");
  auto inputs = model->makeInputs(options.prompt);
  if (!inputs)
    return report(inputs.takeError());
  auto arguments =
      BoundArguments::bind(model->getCalled(), parameters, std::move(*inputs),
                           {"--prompt", "--temperature"});
  if (!arguments)
    return report(arguments.takeError());
  if (failed(compile(model->getCalled())))
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
