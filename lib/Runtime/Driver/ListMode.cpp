//===- ListMode.cpp - Many calls, each for itself -------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A call that fails - its files, its function's compilation, its run - is
// reported, and the others are made. Compiled code that meets an error ends its
// process, so calls are made in a child process, which the next call has to
// itself if the one before has ended it. What a GPU's driver holds can not be
// passed on to a child: it is the child that compiles, and that starts the
// driver.
//
//===----------------------------------------------------------------------===//

#include "ChildProcess.h"
#include "Session.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;

struct Session::CallList {
  SmallVector<Call, 0> calls;
  SharedProgress states;

  SmallVector<const Call *> get(ArrayRef<unsigned> which) const {
    return llvm::map_to_vector(
        which, [&](unsigned i) -> const Call * { return &calls[i]; });
  }
  SmallVector<unsigned> getWaiting(ArrayRef<unsigned> which) const {
    return llvm::filter_to_vector(which, [&](unsigned i) {
      return states[i] == SharedProgress::Waiting;
    });
  }
  void set(ArrayRef<unsigned> which, SharedProgress::State state) {
    for (unsigned i : which)
      states[i] = state;
  }

  /// Says what became of calls after `work`, which was to make those that were
  /// `waiting`, in a process that has ended: the one that it was at has failed,
  /// and if it has come to none of them, all have.
  void settle(ArrayRef<unsigned> waiting,
              llvm::Expected<std::optional<std::string>> end);
};

void Session::CallList::settle(ArrayRef<unsigned> waiting,
                               llvm::Expected<std::optional<std::string>> end) {
  std::optional<ReportLabel> label;
  for (unsigned i : waiting)
    if (states[i] == SharedProgress::Running) {
      states[i] = SharedProgress::Failed;
      label.emplace(calls[i].label);
    }
  if (!end)
    (void)report(end.takeError());
  else if (*end)
    (void)report(createStringError("ended by a signal: " + **end));
  if (getWaiting(waiting).size() == waiting.size())
    set(waiting, SharedProgress::Failed);
}

/// Makes these calls. A GPU does nothing more after some of its errors: the
/// rest is left to another process.
void Session::runWaiting(CallList &list, ArrayRef<unsigned> waiting) {
  llvm::StringMap<Call *> last;
  for (unsigned i : waiting) {
    Call &call = list.calls[i];
    ReportLabel label(call.label);
    list.states[i] = SharedProgress::Running;
    progress.show("running " + call.signature.entry);
    Call *before = std::exchange(last[call.signature.entry], nullptr);
    if (call.continues && !before) {
      (void)report(createStringError(
          "continues, but there is no run before that has left its states"));
      list.states[i] = SharedProgress::Failed;
      continue;
    }
    if (call.continues)
      call.arguments.takeStates(before->arguments);
    bool isExecuted = succeeded(execute(call));
    if (isExecuted)
      last[call.signature.entry] = &call;
    bool isDone = isExecuted && succeeded(writeResults(call));
    list.states[i] =
        isDone ? SharedProgress::Succeeded : SharedProgress::Failed;
    call.results.clear();
    if (!isExecuted && options.compile.processor == Processor::CUDA)
      return;
  }
}

/// Compiles the functions of calls. A trial does not say why it fails.
LogicalResult Session::compile(ArrayRef<const Call *> calls, bool isTrial) {
  std::vector<Diagnostic> diagnostics;
  {
    std::optional<ScopedDiagnosticHandler> hold;
    if (isTrial)
      hold.emplace(&context, [&](Diagnostic &diagnostic) {
        diagnostics.push_back(std::move(diagnostic));
        return success();
      });
    if (failed(compile(calls)))
      return failure();
  }
  for (Diagnostic &diagnostic : diagnostics)
    context.getDiagEngine().emit(std::move(diagnostic));
  return success();
}

/// Compiles the functions of calls and makes the calls. Returns false, with no
/// call made, if they do not compile.
bool Session::compileAndRun(CallList &list, ArrayRef<unsigned> which,
                            bool isTrial) {
  auto compiled = SharedProgress::create(1);
  if (!compiled) {
    list.settle(which, compiled.takeError());
    return true;
  }
  SharedProgress::State &isCompiled = (*compiled)[0];
  bool isForCPU = options.compile.processor == Processor::CPU;
  auto compileAndRunHere = [&] {
    if (isMultithreaded)
      context.enableMultithreading();
    if (failed(compile(list.get(which), isTrial)))
      return;
    isCompiled = SharedProgress::Succeeded;
    SmallVector<unsigned> waiting = list.getWaiting(which);
    if (!isForCPU) {
      runWaiting(list, waiting);
      return runner.reset();
    }
    // Compiled once, whatever becomes of the calls.
    for (; !waiting.empty(); waiting = list.getWaiting(which))
      list.settle(waiting, runInChild([&] {
                    startThreads();
                    runWaiting(list, waiting);
                  }));
  };
  SmallVector<unsigned> waiting = list.getWaiting(which);
  for (; !waiting.empty(); waiting = list.getWaiting(which)) {
    isCompiled = SharedProgress::Waiting;
    auto end = runInChild(compileAndRunHere);
    if (end && isCompiled == SharedProgress::Waiting) {
      if (*end && !isTrial)
        (void)report(
            createStringError("compilation ended by a signal: " + **end));
      return false;
    }
    list.settle(waiting, std::move(end));
  }
  return true;
}

LogicalResult Session::runList() {
  FailureOr<std::vector<RunRequest>> requests = getRequests();
  if (failed(requests))
    return failure();
  progress.show("loading");
  CallList list;
  for (auto [i, request] : llvm::enumerate(*requests)) {
    std::string name =
        "run " + std::to_string(i) + " ('" + *request.entry + "'): ";
    ReportLabel label(name);
    FailureOr<Call> call = prepare(request);
    if (failed(call))
      continue;
    call->label = name;
    list.calls.push_back(std::move(*call));
  }
  progress.clear();
  auto states = SharedProgress::create(list.calls.size());
  if (!states)
    return report(states.takeError());
  list.states = std::move(*states);

  // Warnings are printed here, once.
  if (!list.calls.empty())
    startThreads();
  llvm::MapVector<StringRef, SmallVector<unsigned>> byEntry;
  for (auto [i, call] : llvm::enumerate(list.calls))
    byEntry[call.signature.entry].push_back(i);
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, list.calls.size()));
  if (byEntry.size() < 2 || !compileAndRun(list, all, /*isTrial=*/true))
    for (auto &[entry, which] : byEntry)
      if (!compileAndRun(list, which, /*isTrial=*/false)) {
        list.set(which, SharedProgress::Failed);
        (void)report(createStringError("'" + entry +
                                       "' does not compile and is not run"));
      }
  size_t numSucceeded = list.states.count(SharedProgress::Succeeded);
  if (numSucceeded == requests->size())
    return success();
  return report(createStringError(Twine(requests->size() - numSucceeded) +
                                  " of " + Twine(requests->size()) +
                                  " runs failed"));
}
