//===- RunMain.cpp - The vga-run tool as a function -----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/RunMain.h"

#include "Session.h"
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
  Session session(*options, registry);
  return succeeded(session.run()) ? EXIT_SUCCESS : EXIT_FAILURE;
}
