//===- CUDA.cpp - The CUDA driver, loaded when needed ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/CUDA.h"

#include "vga/Runtime/Runner.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include <cstring>
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// The driver's interface
//===----------------------------------------------------------------------===//
//
// As in cuda.h, whose types these are: handles are pointers, device addresses
// and sizes 64 bits, results and enumerations ints (CUDA Driver API).

namespace {
struct Driver {
  using Address = uint64_t;

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
  int (*cuDeviceGetDefaultMemPool)(void **, int);
  int (*cuMemPoolSetAttribute)(void *, int, void *);
  int (*cuMemGetInfo)(size_t *, size_t *);
  int (*cuMemAllocAsync)(Address *, size_t, void *);
  int (*cuMemFreeAsync)(Address, void *);
  int (*cuMemsetD8Async)(Address, unsigned char, size_t, void *);
  int (*cuMemcpyHtoDAsync)(Address, const void *, size_t, void *);
  int (*cuMemcpyDtoHAsync)(void *, Address, size_t, void *);
  int (*cuModuleLoadDataEx)(void **, const void *, unsigned, int *, void **);
  int (*cuModuleGetFunction)(void **, void *, const char *);
  int (*cuFuncSetAttribute)(void *, int, int);
  int (*cuLaunchKernel)(void *, unsigned, unsigned, unsigned, unsigned,
                        unsigned, unsigned, unsigned, void *, void **, void **);
  int (*cuLaunchCooperativeKernel)(void *, unsigned, unsigned, unsigned,
                                   unsigned, unsigned, unsigned, unsigned,
                                   void *, void **);
  int (*cuTensorMapEncodeTiled)(void *, int, uint32_t, void *, const uint64_t *,
                                const uint64_t *, const uint32_t *,
                                const uint32_t *, int, int, int, int);
  int (*cuEventCreate)(void **, unsigned);
  int (*cuEventRecord)(void *, void *);
  int (*cuEventDestroy)(void *);
  int (*cuEventElapsedTime)(float *, void *, void *);

  Error load();
  /// The error of a result that is not 0, of the function of this name.
  Error check(int result, StringRef function) const;
};
} // namespace

static Driver driver;

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
  VGA_FIND(cuDeviceGetDefaultMemPool, "")
  VGA_FIND(cuMemPoolSetAttribute, "")
  VGA_FIND(cuMemGetInfo, "_v2")
  VGA_FIND(cuMemAllocAsync, "")
  VGA_FIND(cuMemFreeAsync, "")
  VGA_FIND(cuMemsetD8Async, "")
  VGA_FIND(cuMemcpyHtoDAsync, "_v2")
  VGA_FIND(cuMemcpyDtoHAsync, "_v2")
  VGA_FIND(cuModuleLoadDataEx, "")
  VGA_FIND(cuModuleGetFunction, "")
  VGA_FIND(cuFuncSetAttribute, "")
  VGA_FIND(cuLaunchKernel, "")
  VGA_FIND(cuLaunchCooperativeKernel, "")
  VGA_FIND(cuTensorMapEncodeTiled, "")
  VGA_FIND(cuEventCreate, "")
  VGA_FIND(cuEventRecord, "")
  VGA_FIND(cuEventDestroy, "_v2")
  VGA_FIND(cuEventElapsedTime, "")
#undef VGA_FIND
  return check(cuInit(0), "cuInit");
}

Error Driver::check(int result, StringRef function) const {
  if (result == 0)
    return Error::success();
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  return createStringError("CUDA: " + function + ": " +
                           (name ? name : "unknown error") + ", " +
                           (text ? text : std::to_string(result)));
}

#define VGA_CHECK(function, ...)                                               \
  if (Error error = driver.check(driver.function(__VA_ARGS__), #function))     \
    return error;

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

/// Modules by the address of their code, and the kernels found in them.
struct CudaDevice::Kernels {
  llvm::DenseMap<const void *, void *> modules;
  llvm::DenseMap<std::pair<const void *, const char *>, void *> functions;
};

Expected<CudaDevice *> CudaDevice::get() {
  static CudaDevice device;
  static bool isOpen = false;
  if (!isOpen)
    if (Error error = device.open())
      return std::move(error);
  isOpen = true;
  return &device;
}

Error CudaDevice::open() {
  if (Error error = driver.load())
    return error;
  int count = 0;
  VGA_CHECK(cuDeviceGetCount, &count);
  if (count == 0)
    return createStringError("the CUDA driver knows no GPU");
  int device;
  VGA_CHECK(cuDeviceGet, &device, 0);
  char text[256];
  VGA_CHECK(cuDeviceGetName, text, sizeof(text), device);
  name = text;
  constexpr int kMultiprocessors = 16, kMajor = 75, kMinor = 76;
  int major, minor;
  VGA_CHECK(cuDeviceGetAttribute, &numMultiprocessors, kMultiprocessors,
            device);
  VGA_CHECK(cuDeviceGetAttribute, &major, kMajor, device);
  VGA_CHECK(cuDeviceGetAttribute, &minor, kMinor, device);
  capability = 10 * major + minor;
  void *context;
  VGA_CHECK(cuDevicePrimaryCtxRetain, &context, device);
  VGA_CHECK(cuCtxSetCurrent, context);
  VGA_CHECK(cuStreamCreate, &stream, 0);
  // Freed memory stays with the process, for the next call.
  void *pool;
  VGA_CHECK(cuDeviceGetDefaultMemPool, &pool, device);
  constexpr int kReleaseThreshold = 4;
  uint64_t all = UINT64_MAX;
  VGA_CHECK(cuMemPoolSetAttribute, pool, kReleaseThreshold, &all);
  kernels = std::make_shared<Kernels>();
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Expected<void *> CudaDevice::allocate(size_t bytes) {
  // Kernels may look at a row of what has none, and at the whole of a word.
  constexpr size_t kFewestBytes = 1024, kWordBytes = 16;
  uint64_t address = 0;
  int result = driver.cuMemAllocAsync(
      &address, std::max(llvm::alignTo(bytes, kWordBytes), kFewestBytes),
      stream);
  constexpr int kOutOfMemory = 2;
  if (result == kOutOfMemory) {
    size_t free = 0, total = 0;
    driver.cuMemGetInfo(&free, &total);
    return createStringError(llvm::formatv(
        "out of memory on the GPU: {0} bytes wanted, {1} of {2} are free",
        bytes, free, total));
  }
  if (Error error = driver.check(result, "cuMemAllocAsync"))
    return std::move(error);
  if (bytes < kFewestBytes)
    if (Error error = driver.check(
            driver.cuMemsetD8Async(address, 0, kFewestBytes, stream),
            "cuMemsetD8Async"))
      return std::move(error);
  return reinterpret_cast<void *>(address);
}

Error CudaDevice::free(void *memory) {
  VGA_CHECK(cuMemFreeAsync, reinterpret_cast<uint64_t>(memory), stream);
  return Error::success();
}

Error CudaDevice::copyToDevice(void *device, const void *host, size_t bytes) {
  if (bytes == 0)
    return Error::success();
  VGA_CHECK(cuMemcpyHtoDAsync, reinterpret_cast<uint64_t>(device), host, bytes,
            stream);
  VGA_CHECK(cuStreamSynchronize, stream);
  return Error::success();
}

Error CudaDevice::copyToHost(void *host, const void *device, size_t bytes) {
  if (bytes != 0)
    VGA_CHECK(cuMemcpyDtoHAsync, host, reinterpret_cast<uint64_t>(device),
              bytes, stream);
  VGA_CHECK(cuStreamSynchronize, stream);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

namespace {
/// Pairs of events around pieces of work.
class Events {
public:
  ~Events() {
    for (void *event : events)
      driver.cuEventDestroy(event);
  }
  Error record(void *stream) {
    void *event;
    VGA_CHECK(cuEventCreate, &event, 0);
    events.push_back(event);
    VGA_CHECK(cuEventRecord, event, stream);
    return Error::success();
  }
  /// Deals the times out, in turns.
  Error getSeconds(MutableArrayRef<std::vector<double>> seconds) const {
    for (size_t i = 0; i < events.size(); i += 2) {
      float milliseconds;
      VGA_CHECK(cuEventElapsedTime, &milliseconds, events[i], events[i + 1]);
      seconds[i / 2 % seconds.size()].push_back(milliseconds * 1e-3);
    }
    return Error::success();
  }

private:
  SmallVector<void *> events;
};
} // namespace

Expected<SmallVector<std::vector<double>>>
CudaDevice::time(ArrayRef<std::function<void()>> work, unsigned runs) {
  // Writing this much also gives the host time to put the work on the stream
  // before the device is there.
  constexpr size_t kMoreThanTheCache = 256 << 20;
  Expected<void *> scratch = allocate(kMoreThanTheCache);
  if (!scratch)
    return scratch.takeError();
  Events events;
  SmallVector<std::vector<double>> seconds(work.size());
  auto measure = [&]() -> Error {
    for (size_t i = 0; i < runs * work.size(); ++i) {
      VGA_CHECK(cuMemsetD8Async, reinterpret_cast<uint64_t>(*scratch), 0,
                kMoreThanTheCache, stream);
      if (Error error = events.record(stream))
        return error;
      work[i % work.size()]();
      if (Error error = events.record(stream))
        return error;
    }
    VGA_CHECK(cuStreamSynchronize, stream);
    return events.getSeconds(seconds);
  };
  Error error = llvm::joinErrors(measure(), free(*scratch));
  if (error)
    return std::move(error);
  return seconds;
}

Error CudaDevice::makeTensorMap(void *map, bool isBF16, void *address,
                                ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> box) {
  constexpr int kF16 = 6, kBF16 = 9;
  constexpr int kNoInterleave = 0, kSwizzle128B = 3, kPromote128B = 2,
                kZerosOutside = 0;
  constexpr uint64_t kElementBytes = 2;
  // The driver's axes begin with the innermost; none may be empty.
  size_t rank = shape.size();
  SmallVector<uint64_t> sizes, strides;
  SmallVector<uint32_t> boxSizes, steps(rank, 1);
  uint64_t stride = kElementBytes;
  for (size_t axis = rank; axis-- > 0;) {
    sizes.push_back(std::max<int64_t>(shape[axis], 1));
    boxSizes.push_back(box[axis]);
    stride *= sizes.back();
    if (axis > 0)
      strides.push_back(stride);
  }
  VGA_CHECK(cuTensorMapEncodeTiled, map, isBF16 ? kBF16 : kF16, rank, address,
            sizes.data(), strides.data(), boxSizes.data(), steps.data(),
            kNoInterleave, kSwizzle128B, kPromote128B, kZerosOutside);
  return Error::success();
}

Expected<void *> CudaDevice::getFunction(const void *image, const char *kernel,
                                         int64_t sharedBytes) {
  void *&function = kernels->functions[{image, kernel}];
  if (function)
    return function;
  void *&module = kernels->modules[image];
  if (!module) {
    constexpr int kErrorLog = 5, kErrorLogBytes = 6;
    char log[4096] = "";
    int options[] = {kErrorLog, kErrorLogBytes};
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
    if (Error error = driver.check(
            driver.cuModuleLoadDataEx(&module, image, 2, options, values),
            "cuModuleLoadDataEx"))
      return log[0] ? llvm::joinErrors(std::move(error), createStringError(log))
                    : std::move(error);
  }
  if (Error error =
          driver.check(driver.cuModuleGetFunction(&function, module, kernel),
                       "cuModuleGetFunction"))
    return std::move(error);
  constexpr int kDynamicSharedBytes = 8;
  if (Error error =
          driver.check(driver.cuFuncSetAttribute(function, kDynamicSharedBytes,
                                                 static_cast<int>(sharedBytes)),
                       "cuFuncSetAttribute"))
    return std::move(error);
  return function;
}

Error CudaDevice::launch(const void *image, const char *kernel, int64_t blocks,
                         int64_t threads, int64_t sharedBytes,
                         bool isPersistent, bool isCooperative,
                         void **parameters) {
  if (isPersistent)
    blocks = std::min<int64_t>(blocks, numMultiprocessors);
  if (blocks == 0)
    return Error::success();
  if (blocks > INT32_MAX)
    return createStringError("too many tiles for a kernel: " + Twine(blocks));
  Expected<void *> function = getFunction(image, kernel, sharedBytes);
  if (!function)
    return function.takeError();
  int result =
      isCooperative
          ? driver.cuLaunchCooperativeKernel(*function, blocks, 1, 1, threads,
                                             1, 1, sharedBytes, stream,
                                             parameters)
          : driver.cuLaunchKernel(*function, blocks, 1, 1, threads, 1, 1,
                                  sharedBytes, stream, parameters, nullptr);
  return driver.check(result, ("cuLaunchKernel of " + StringRef(kernel)).str());
}

//===----------------------------------------------------------------------===//
// What compiled code calls
//===----------------------------------------------------------------------===//

/// The device, which has been opened before code for it is run.
static CudaDevice &getDevice() { return **CudaDevice::get(); }

static void endOnError(Error error) {
  if (error)
    vgaRuntimeError(toString(std::move(error)).c_str());
}

void vgaCudaMakeTensorMap(void *map, int64_t isBF16, void *address,
                          int64_t rank, const int64_t *shape,
                          const int64_t *box) {
  endOnError(getDevice().makeTensorMap(map, isBF16 != 0, address,
                                       ArrayRef<int64_t>(shape, rank),
                                       ArrayRef<int64_t>(box, rank)));
}

void vgaCudaLaunch(const void *image, const char *kernel, int64_t blocks,
                   int64_t threads, int64_t sharedBytes, int64_t isPersistent,
                   int64_t isCooperative, void **parameters) {
  endOnError(getDevice().launch(image, kernel, blocks, threads, sharedBytes,
                                isPersistent != 0, isCooperative != 0,
                                parameters));
}

void vgaCudaRead(void *host, const void *device, int64_t bytes) {
  endOnError(getDevice().copyToHost(host, device, bytes));
}

void *vgaCudaAllocate(uint64_t bytes) {
  Expected<void *> memory = getDevice().allocate(bytes);
  if (!memory)
    endOnError(memory.takeError());
  return *memory;
}

void vgaCudaFree(void *memory) { endOnError(getDevice().free(memory)); }
