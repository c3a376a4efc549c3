//===- CUDADriver.h - The functions of the CUDA driver ----------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As in cuda.h, whose types these are: handles are pointers, device addresses
// and sizes 64 bits, results and enumerations ints (CUDA Driver API).
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_CUDADRIVER_H
#define VGA_LIB_RUNTIME_CUDADRIVER_H

#include "mlir/Support/LLVM.h"
#include "vga/Runtime/CUDA.h"
#include "llvm/Support/Error.h"

namespace mlir::vga {

/// What this project calls of libcuda.so.1, which is loaded when it is needed.
struct Driver {
  using Address = uint64_t;
  /// CUlaunchAttribute, with values that are an int, and CUlaunchConfig.
  struct LaunchAttribute {
    int id = 0, padding = 0;
    int value = 0, rest[15] = {};
  };
  struct LaunchConfiguration {
    unsigned blocks[3] = {1, 1, 1}, threads[3] = {1, 1, 1};
    unsigned sharedBytes = 0;
    void *stream = nullptr;
    LaunchAttribute *attributes = nullptr;
    unsigned numAttributes = 0;
  };
  /// CUgraphExecUpdateResultInfo.
  struct GraphUpdateResult {
    int result = 0;
    void *node = nullptr, *from = nullptr;
  };

  int (*cuInit)(unsigned);
  int (*cuGetErrorName)(int, const char **);
  int (*cuGetErrorString)(int, const char **);
  int (*cuDeviceGetCount)(int *);
  int (*cuDeviceGet)(int *, int);
  int (*cuDeviceGetName)(char *, int, int);
  int (*cuDeviceGetAttribute)(int *, int, int);
  int (*cuDevicePrimaryCtxRetain)(void **, int);
  int (*cuCtxSetCurrent)(void *);
  int (*cuStreamCreate)(void **, unsigned);
  int (*cuStreamSynchronize)(void *);
  int (*cuStreamBeginCapture)(void *, int);
  int (*cuStreamEndCapture)(void *, void **);
  int (*cuGraphInstantiateWithFlags)(void **, void *, unsigned long long);
  int (*cuGraphExecUpdate)(void *, void *, GraphUpdateResult *);
  int (*cuGraphLaunch)(void *, void *);
  int (*cuGraphExecDestroy)(void *);
  int (*cuGraphDestroy)(void *);
  int (*cuMemGetInfo)(size_t *, size_t *);
  int (*cuMemAlloc)(Address *, size_t);
  int (*cuMemFree)(Address);
  int (*cuMemAllocHost)(void **, size_t);
  int (*cuMemFreeHost)(void *);
  int (*cuMemsetD8Async)(Address, unsigned char, size_t, void *);
  int (*cuMemcpyHtoDAsync)(Address, const void *, size_t, void *);
  int (*cuMemcpyDtoHAsync)(void *, Address, size_t, void *);
  int (*cuModuleLoadDataEx)(void **, const void *, unsigned, int *, void **);
  int (*cuModuleGetFunction)(void **, void *, const char *);
  int (*cuFuncSetAttribute)(void *, int, int);
  int (*cuLaunchKernelEx)(const LaunchConfiguration *, void *, void **,
                          void **);
  int (*cuTensorMapEncodeTiled)(void *, int, uint32_t, void *, const uint64_t *,
                                const uint64_t *, const uint32_t *,
                                const uint32_t *, int, int, int, int);
  int (*cuEventCreate)(void **, unsigned);
  int (*cuEventRecord)(void *, void *);
  int (*cuEventSynchronize)(void *);
  int (*cuEventDestroy)(void *);
  int (*cuEventElapsedTime)(float *, void *, void *);

  /// What a kernel has said before it stopped; no kernel can say anything if
  /// there is no such place.
  VGACudaReport *report = nullptr;

  llvm::Error load();
  /// The error of a result that is not 0, of the function of this name. What a
  /// kernel has said goes before it.
  llvm::Error check(int result, StringRef function) const;
};

extern Driver driver;

} // namespace mlir::vga

/// Returns the error of a call of the driver, if there is one.
#define VGA_CHECK(function, ...)                                               \
  if (Error error = driver.check(driver.function(__VA_ARGS__), #function))     \
    return error;

#endif // VGA_LIB_RUNTIME_CUDADRIVER_H
