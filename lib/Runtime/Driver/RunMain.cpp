//===- RunMain.cpp - The vga-run tool as a function -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/RunMain.h"

#include "Session.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace mlir;
using namespace mlir::vga;

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

/// Lets the stack of the main thread grow to what other threads have: the tasks
/// of compiled code keep their buffers there.
static void growStack() {
  constexpr rlim_t kBytes = 8 << 20;
  rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kBytes)
    return;
  limit.rlim_cur = std::min(kBytes, limit.rlim_max);
  setrlimit(RLIMIT_STACK, &limit);
}

/// One line about what LLVM can not go on from: a full disk where it is not
/// expected, an operation that it can not select.
static void reportFatalError(void *, const char *reason, bool) {
  (void)report(llvm::createStringError(Twine("LLVM ERROR: ") + reason));
  // Temporary files go.
  llvm::sys::RunInterruptHandlers();
  llvm::sys::Process::Exit(EXIT_FAILURE, /*NoCleanup=*/true);
}

/// The same without memory. `progress` knows what is being done.
static void reportNoMemory(void *progress, const char *, bool) {
  for (StringRef text :
       {StringRef("vga-run: error: no memory left"),
        static_cast<const Progress *>(progress)->getSuffix(), StringRef("\n")})
    if (write(STDERR_FILENO, text.data(), text.size()) < 0)
      break;
  llvm::sys::Process::Exit(EXIT_FAILURE, /*NoCleanup=*/true);
}

/// What is written to a closed pipe, or beyond the size that a file may have,
/// is an error of that file, and no signal.
static void ignoreSignalsOfFiles() {
  signal(SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN);
#endif
}

void vga::guardStandardOutput() {
  if (fcntl(STDOUT_FILENO, F_GETFD) >= 0 || errno != EBADF)
    return;
  int file = open("/dev/null", O_RDONLY);
  if (file >= 0 && file != STDOUT_FILENO) {
    dup2(file, STDOUT_FILENO);
    close(file);
  }
}

int vga::VGARunMain(int argc, char **argv, DialectRegistry &registry) {
  llvm::Expected<RunOptions> options = RunOptions::parse(argc, argv);
  if (!options) {
    (void)report(options.takeError());
    return EXIT_FAILURE;
  }
  keepFreedMemory();
  setRuntimeErrorHandler([](const char *message) {
    (void)report(llvm::createStringError(message));
  });
  growStack();
  ignoreSignalsOfFiles();
  Session session(*options, registry);
  llvm::ScopedFatalErrorHandler onFatalError(reportFatalError);
  llvm::install_bad_alloc_error_handler(reportNoMemory, &session.getProgress());
  llvm::scope_exit removeHandler(llvm::remove_bad_alloc_error_handler);
  LogicalResult result = session.run();
  // A warning that nobody can read is no failure.
  llvm::errs().clear_error();
  return succeeded(result) ? EXIT_SUCCESS : EXIT_FAILURE;
}
