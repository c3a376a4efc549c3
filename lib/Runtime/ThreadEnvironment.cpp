//===- ThreadEnvironment.cpp - Variables of the OpenMP runtime ------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The runtime reads some fifty variables of the environment when it starts, and
// aborts or hangs on values that make no sense. The number of threads and the
// size of their stacks are looked at; of the others, and of the limits of the
// process, a start in a child process shows what they do.
//
//===----------------------------------------------------------------------===//

#include "Codegen.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/Process.h"
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mlir;
using namespace mlir::vga;
using llvm::sys::DynamicLibrary;
using llvm::sys::Process;

extern char **environ;

/// Far more threads than there is to win by, and as many as --threads takes.
static constexpr uint64_t kMostThreads = 4096;
/// What the buffers of a task may need.
static constexpr uint64_t kLeastStack = uint64_t(4) << 20;
static constexpr uint64_t kMostStack = uint64_t(1) << 30;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// What is wrong with a list of numbers of threads, one for each level of
/// nesting; empty if nothing is.
static std::string checkThreads(StringRef value) {
  SmallVector<StringRef> levels;
  value.split(levels, ',');
  for (auto [i, level] : llvm::enumerate(levels)) {
    level = level.trim();
    uint64_t threads = 0;
    if (level.empty() && i != 0)
      continue;
    bool isNumber = !level.empty() && llvm::all_of(level, llvm::isDigit);
    // What has too many digits for a number is too large.
    if (isNumber && level.getAsInteger(10, threads))
      threads = UINT64_MAX;
    if (!isNumber || threads == 0)
      return "which is no number of threads";
    if (threads > kMostThreads)
      return "more than " + std::to_string(kMostThreads);
  }
  return "";
}

/// The same for the size of a stack, such as 8M; without a unit it is in
/// kilobytes, for one of the variables in bytes.
static std::string checkStack(StringRef value, char defaultUnit) {
  StringRef digits = value.trim().take_while(llvm::isDigit);
  StringRef unit = value.trim().drop_front(digits.size()).trim();
  if (digits.empty() || unit.size() > 2)
    return "which is no size";
  std::string units = "bkmgt";
  size_t power =
      units.find(llvm::toLower(unit.empty() ? defaultUnit : unit.front()));
  if (power == std::string::npos ||
      (unit.size() == 2 && llvm::toLower(unit.back()) != 'b'))
    return "which is no size";
  uint64_t size;
  bool isHuge = digits.getAsInteger(10, size) || size > kMostStack;
  for (; power != 0 && !isHuge; --power) {
    size *= 1024;
    isHuge = size > kMostStack;
  }
  if (isHuge)
    return "more than 1G";
  if (size < kLeastStack)
    return "less than the 4M that a thread may need";
  return "";
}

static std::string quoteVariable(StringRef name) {
  return (name + "='" + Process::GetEnv(name).value_or("") + "'").str();
}

/// Takes variables out of the environment whose values can be seen to be of no
/// use, and says so.
static void dropBadValues(std::vector<std::string> &warnings) {
  struct Check {
    const char *name;
    std::string (*check)(StringRef);
  };
  auto inKilobytes = [](StringRef value) { return checkStack(value, 'k'); };
  auto inBytes = [](StringRef value) { return checkStack(value, 'b'); };
  for (auto [name, check] : {Check{"OMP_NUM_THREADS", checkThreads},
                             Check{"OMP_STACKSIZE", inKilobytes},
                             Check{"GOMP_STACKSIZE", inKilobytes},
                             Check{"KMP_STACKSIZE", inBytes}}) {
    std::optional<std::string> value = Process::GetEnv(name);
    if (!value)
      continue;
    // Many scripts set what they do not want to this.
    bool isUnset = StringRef(*value).trim().empty();
    std::string problem = isUnset ? "" : check(*value);
    if (!problem.empty())
      warnings.push_back(quoteVariable(name) + ", " + problem +
                         ": it is ignored");
    if (isUnset || !problem.empty()) {
      unsetenv(name);
    } else {
      // The runtime takes spaces but no other white space.
      llvm::erase_if(*value, llvm::isSpace);
      setenv(name, value->c_str(), /*overwrite=*/1);
    }
  }
}

//===----------------------------------------------------------------------===//
// Trials
//===----------------------------------------------------------------------===//

/// The variables that the runtime may read, but for the number of threads.
static std::vector<std::string> getVariables() {
  std::vector<std::string> names;
  for (char **entry = environ; *entry; ++entry) {
    StringRef name = StringRef(*entry).split('=').first;
    if (name == "OMP_NUM_THREADS")
      continue;
    for (StringRef prefix : {"OMP_", "KMP_", "GOMP_", "LIBOMP_"})
      if (name.starts_with(prefix))
        names.push_back(name.str());
  }
  return names;
}

/// kmp.h: ident_t.
struct SourcePlace {
  int32_t reserved, flags, more[2];
  const char *source;
};
static SourcePlace place = {
    0, /*KMP_IDENT_KMPC=*/2, {0, 0}, ";unknown;unknown;0;0;;"};

/// What the runtime calls on each thread: a barrier.
static void meet(int32_t *thread, int32_t *, ...) {
  using Barrier = void (*)(void *, int32_t);
  reinterpret_cast<Barrier>(DynamicLibrary::SearchForAddressOfSymbol(
      "__kmpc_barrier"))(&place, *thread);
}

/// Starts the runtime with as many threads as it likes, or as given.
static void startRuntime(unsigned threads) {
  if (llvm::Error error = loadOpenMP()) {
    llvm::consumeError(std::move(error));
    return;
  }
  auto lookup = [](const char *name) {
    return DynamicLibrary::SearchForAddressOfSymbol(name);
  };
  if (threads != 0)
    reinterpret_cast<void (*)(int)>(lookup("omp_set_num_threads"))(threads);
  using Fork = void (*)(void *, int32_t, void (*)(int32_t *, int32_t *, ...));
  reinterpret_cast<Fork>(lookup("__kmpc_fork_call"))(&place, 0, meet);
}

/// Whether the runtime starts, in a copy of this process.
static bool canStart(unsigned threads) {
  // Far more than it takes, on a machine that has other things to do.
  constexpr unsigned kMostSeconds = 20;
  pid_t child = fork();
  if (child < 0)
    return false;
  if (child == 0) {
    for (int signalNumber : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM})
      signal(signalNumber, SIG_DFL);
    rlimit noCore = {0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    alarm(kMostSeconds);
    startRuntime(threads);
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Whether there is a reason to doubt that the runtime starts.
static bool isInDoubt(unsigned threads) {
  rlimit addresses;
  return !getVariables().empty() ||
         threads > std::max(std::thread::hardware_concurrency(), 1u) ||
         (getrlimit(RLIMIT_AS, &addresses) == 0 &&
          addresses.rlim_cur != RLIM_INFINITY);
}

llvm::Expected<std::vector<std::string>>
vga::repairThreadEnvironment(unsigned threads) {
  std::vector<std::string> warnings;
  dropBadValues(warnings);
  std::optional<std::string> number = Process::GetEnv("OMP_NUM_THREADS");
  unsigned wanted = threads;
  if (wanted == 0 && number)
    StringRef(*number).split(',').first.trim().getAsInteger(10, wanted);
  if (!isInDoubt(wanted) || canStart(threads))
    return warnings;
  // One at a time, to name the one that is at fault.
  std::vector<std::string> names = getVariables();
  for (const std::string &name : names) {
    std::string text = quoteVariable(name);
    std::string value = Process::GetEnv(name).value_or("");
    unsetenv(name.c_str());
    if (canStart(threads)) {
      warnings.push_back("the OpenMP runtime does not start with " + text +
                         ": it is ignored");
      return warnings;
    }
    setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
  }
  std::string all;
  for (const std::string &name : names) {
    all += (all.empty() ? "" : ", ") + quoteVariable(name);
    unsetenv(name.c_str());
  }
  if (names.size() > 1 && canStart(threads)) {
    warnings.push_back("the OpenMP runtime does not start with " + all +
                       ": they are ignored");
    return warnings;
  }
  return llvm::createStringError(
      "the OpenMP runtime can not start its threads" +
      (wanted != 0 ? ", " + std::to_string(wanted) + " of them" : ""));
}
