//===- CUDADriver.cpp - The functions of the CUDA driver ------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CUDADriver.h"
#include "RuntimeMessage.h"

#include <cstring>
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;

Driver vga::driver;

Error Driver::load() {
  constexpr const char *kLibrary = "libcuda.so.1";
  void *library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return createStringError(Twine("no CUDA driver: ") + dlerror());
  auto find = [&](auto &function, const char *name) -> Error {
    void *symbol = dlsym(library, name);
    if (!symbol)
      return createStringError(Twine("the CUDA driver is too old: it has no ") +
                               name);
    std::memcpy(&function, &symbol, sizeof(symbol));
    return Error::success();
  };
  // Some have a second version, which is the one that cuda.h names.
#define VGA_FIND(function, suffix)                                             \
  if (Error error = find(function, #function suffix))                          \
    return error;
  VGA_FIND(cuInit, "")
  VGA_FIND(cuGetErrorName, "")
  VGA_FIND(cuGetErrorString, "")
  VGA_FIND(cuDeviceGetCount, "")
  VGA_FIND(cuDeviceGet, "")
  VGA_FIND(cuDeviceGetName, "")
  VGA_FIND(cuDeviceGetAttribute, "")
  VGA_FIND(cuDevicePrimaryCtxRetain, "")
  VGA_FIND(cuCtxSetCurrent, "")
  VGA_FIND(cuStreamCreate, "")
  VGA_FIND(cuStreamSynchronize, "")
  VGA_FIND(cuStreamBeginCapture, "_v2")
  VGA_FIND(cuStreamEndCapture, "")
  VGA_FIND(cuGraphInstantiateWithFlags, "")
  VGA_FIND(cuGraphExecUpdate, "_v2")
  VGA_FIND(cuGraphLaunch, "")
  VGA_FIND(cuGraphExecDestroy, "")
  VGA_FIND(cuGraphDestroy, "")
  VGA_FIND(cuMemGetInfo, "_v2")
  VGA_FIND(cuMemAlloc, "_v2")
  VGA_FIND(cuMemFree, "_v2")
  VGA_FIND(cuMemAllocHost, "_v2")
  VGA_FIND(cuMemFreeHost, "")
  VGA_FIND(cuMemsetD8Async, "")
  VGA_FIND(cuMemcpyHtoDAsync, "_v2")
  VGA_FIND(cuMemcpyDtoHAsync, "_v2")
  VGA_FIND(cuModuleLoadDataEx, "")
  VGA_FIND(cuModuleGetFunction, "")
  VGA_FIND(cuFuncSetAttribute, "")
  VGA_FIND(cuLaunchKernelEx, "")
  VGA_FIND(cuTensorMapEncodeTiled, "")
  VGA_FIND(cuEventCreate, "")
  VGA_FIND(cuEventRecord, "")
  VGA_FIND(cuEventSynchronize, "")
  VGA_FIND(cuEventDestroy, "_v2")
  VGA_FIND(cuEventElapsedTime, "")
#undef VGA_FIND
  return check(cuInit(0), "cuInit");
}

Error Driver::check(int result, StringRef function) const {
  if (result == 0)
    return Error::success();
  if (report && report->message)
    return createStringError(
        formatRuntimeMessage(report->message, report->values));
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  return createStringError("CUDA: " + function + ": " +
                           (name ? name : "unknown error") + ", " +
                           (text ? text : std::to_string(result)));
}
