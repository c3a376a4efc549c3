//===- Threads.cpp - The OpenMP runtime of compiled code ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled code starts its threads through LLVM's OpenMP runtime. It is loaded
// when there is such code, so that tools run on machines that do not have it.
//
//===----------------------------------------------------------------------===//

#include "Codegen.h"

#include "vga/Runtime/OpenMPSearch.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include <cstdlib>

using namespace mlir;
using namespace mlir::vga;
using llvm::sys::DynamicLibrary;

/// Where the runtime is looked for first: that of the LLVM that vga was built
/// with, and those that the system's loader finds.
static constexpr const char *kLibraries[] = {
#ifdef VGA_OPENMP_LIBRARY
    VGA_OPENMP_LIBRARY,
#endif
    "libomp.so.5", "libomp.so", "libomp.dylib"};

/// A function of the runtime; null if it is not loaded.
template <typename Function>
static Function *getFunction(const char *name) {
  return reinterpret_cast<Function *>(
      DynamicLibrary::SearchForAddressOfSymbol(name));
}

/// Other OpenMP runtimes lack the entry points that LLVM's code calls.
static bool isLoaded() { return getFunction<void()>("__kmpc_fork_call"); }

llvm::Error vga::loadOpenMP() {
  // The process may have it already.
  DynamicLibrary::LoadLibraryPermanently(nullptr);
  if (isLoaded())
    return llvm::Error::success();
  for (const char *library : kLibraries) {
    DynamicLibrary::LoadLibraryPermanently(library);
    if (isLoaded())
      return llvm::Error::success();
  }
  std::string executable = llvm::sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&vgaRuntimeError));
  for (const std::string &library :
       findOpenMPRuntimes("/", executable, [](StringRef name) {
         return llvm::sys::Process::GetEnv(name);
       })) {
    DynamicLibrary::LoadLibraryPermanently(library.c_str());
    if (isLoaded())
      return llvm::Error::success();
  }
  return llvm::createStringError(
      "there is no OpenMP runtime of LLVM (libomp.so.5) or of Intel "
      "(libiomp5.so) on this machine; the package libomp5 or 'pip install "
      "intel-openmp' brings one, while GCC's libgomp has other functions");
}

void vga::bindThreads() {
  // The runtime reads its environment when it is loaded.
  setenv("OMP_PROC_BIND", "close", /*overwrite=*/0);
  setenv("OMP_PLACES", "cores", /*overwrite=*/0);
}

llvm::Expected<unsigned> vga::setNumThreads(unsigned threads) {
  if (threads == 1 && !isLoaded())
    return 1;
  if (llvm::Error error = loadOpenMP())
    return std::move(error);
  if (threads != 0)
    getFunction<void(int)>("omp_set_num_threads")(threads);
  return getFunction<int()>("omp_get_max_threads")();
}
