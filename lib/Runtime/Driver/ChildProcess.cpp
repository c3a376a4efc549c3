//===- ChildProcess.cpp - Work that may end its process -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChildProcess.h"

#include "llvm/Support/Errno.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

static llvm::Error makeError(const Twine &what) {
  return llvm::createStringError(what + ": " + llvm::sys::StrError());
}

Expected<std::optional<std::string>>
vga::runInChild(llvm::function_ref<void()> work) {
  // What is in a buffer would be written by both.
  llvm::outs().flush();
  llvm::errs().flush();
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0)
    return makeError("cannot start a process");
  if (child == 0) {
#ifdef __linux__
    // Who ends the parent does not know of the child.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
      llvm::sys::Process::Exit(EXIT_FAILURE, /*NoCleanup=*/true);
#endif
    work();
    llvm::outs().flush();
    llvm::errs().flush();
    // Destructors would wait for threads that are the parent's.
    llvm::sys::Process::Exit(EXIT_SUCCESS, /*NoCleanup=*/true);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return makeError("cannot wait for a process");
  if (!WIFSIGNALED(status))
    return std::nullopt;
  return std::string(strsignal(WTERMSIG(status)));
}

Expected<SharedProgress> SharedProgress::create(size_t size) {
  if (size == 0)
    return SharedProgress();
  // Zeros, which are Waiting.
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return makeError("cannot share memory with a process");
  return SharedProgress({static_cast<State *>(memory), size});
}

SharedProgress::~SharedProgress() {
  if (!states.empty())
    munmap(states.data(), states.size());
}
