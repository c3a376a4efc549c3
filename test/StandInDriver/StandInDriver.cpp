//===- StandInDriver.cpp - A CUDA driver whose kernels do nothing ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lib/Runtime/CUDA.cpp needs of libcuda.so.1, for tests of the host's side
// without a GPU. The GPU's memory is the host's, zeros at first, but only this
// driver may touch it; what a driver would refuse is refused. The environment
// says what goes wrong:
//
//   STANDIN_DEVICES=N       how many GPUs there are: 1
//   STANDIN_CAPABILITY=N    their compute capability: 90
//   STANDIN_MEMORY=N        their bytes: 2^34
//   STANDIN_FAIL=NAME[=N]   this function returns N: 719, a failed launch
//                           (NAME as in the library, such as cuMemGetInfo_v2)
//   STANDIN_STOP=KERNEL=N+M,V,... this kernel says, at the place that is its
//                           parameter N, what the M-th one after that is, with
//                           the values V, and stops: who waits for it gets 719
//
// At the end of the process, a line on stderr says what has been launched and
// how much memory has not been freed.
//
//===----------------------------------------------------------------------===//

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {
/// The results of cuda.h that occur here.
enum Result {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NoDevice = 100,
  InvalidImage = 200,
  NotFound = 500,
  LaunchFailed = 719,
  CooperativeLaunchTooLarge = 720,
  GraphUpdateFailure = 910,
};

/// A kernel in the PTX of its module.
struct Function {
  std::string name;
  unsigned numParameters = 0;
  unsigned sharedBytes = 48 << 10;
};

struct State {
  std::map<uint64_t, size_t> live;
  std::map<std::pair<const void *, std::string>, Function> functions;
  size_t liveBytes = 0;
  unsigned launches = 0, cooperative = 0, graphs = 0, changed = 0;
  bool isStopped = false;
  /// While a graph is being recorded, its launches.
  bool isRecording = false;
  unsigned recorded = 0;

  ~State() {
    std::fprintf(stderr,
                 "stand-in: %u launches, %u cooperative, %u graphs, %zu bytes "
                 "live\n",
                 launches, cooperative, graphs, liveBytes);
    if (changed != 0)
      std::fprintf(stderr, "stand-in: %u graphs were changed\n", changed);
  }
};
} // namespace

static State state;
static constexpr unsigned kMultiprocessors = 132;

static uint64_t getOption(const char *name, uint64_t otherwise) {
  const char *value = std::getenv(name);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

static size_t getTotalBytes() {
  return getOption("STANDIN_MEMORY", uint64_t(1) << 34);
}

/// What the function of this name returns if it does nothing wrong.
static int getResult(const char *function) {
  const char *fail = std::getenv("STANDIN_FAIL");
  size_t length = std::strlen(function);
  if (!fail || std::strncmp(fail, function, length) != 0)
    return Success;
  if (fail[length] == '=')
    return std::atoi(fail + length + 1);
  return fail[length] == 0 ? LaunchFailed : Success;
}

/// Whether these bytes are in one piece of memory.
static bool isLive(uint64_t address, size_t bytes) {
  auto it = state.live.upper_bound(address);
  if (it == state.live.begin())
    return false;
  --it;
  return bytes <= it->second && address - it->first <= it->second - bytes;
}

/// Leaves the function when it is to fail, or when what must hold does not.
#define STANDIN_CHECK(condition)                                               \
  if (int result = getResult(__func__))                                        \
    return result;                                                             \
  if (!(condition))                                                            \
    return InvalidValue;

static void *const kHandle = &state;

extern "C" int cuGetErrorName(int result, const char **name) {
  static const std::map<int, const char *> names = {
      {InvalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {NoDevice, "CUDA_ERROR_NO_DEVICE"},
      {InvalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {NotFound, "CUDA_ERROR_NOT_FOUND"},
      {LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED"},
      {CooperativeLaunchTooLarge, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE"},
  };
  auto it = names.find(result);
  *name = it == names.end() ? nullptr : it->second;
  return *name ? Success : InvalidValue;
}

extern "C" int cuGetErrorString(int result, const char **text) {
  *text = "of the stand-in";
  return Success;
}

extern "C" int cuInit(unsigned flags) {
  STANDIN_CHECK(flags == 0)
  return Success;
}

extern "C" int cuDeviceGetCount(int *count) {
  STANDIN_CHECK(count)
  *count = getOption("STANDIN_DEVICES", 1);
  return Success;
}

extern "C" int cuDeviceGet(int *device, int ordinal) {
  STANDIN_CHECK(ordinal == 0)
  *device = 0;
  return Success;
}

extern "C" int cuDeviceGetName(char *name, int bytes, int device) {
  STANDIN_CHECK(device == 0)
  std::snprintf(name, bytes, "Stand-in GPU");
  return Success;
}

extern "C" int cuDeviceGetAttribute(int *value, int attribute, int device) {
  STANDIN_CHECK(device == 0)
  int capability = getOption("STANDIN_CAPABILITY", 90);
  switch (attribute) {
  case 16:
    *value = kMultiprocessors;
    return Success;
  case 75:
    *value = capability / 10;
    return Success;
  case 76:
    *value = capability % 10;
    return Success;
  }
  return InvalidValue;
}

extern "C" int cuDevicePrimaryCtxRetain(void **context, int device) {
  STANDIN_CHECK(device == 0)
  *context = kHandle;
  return Success;
}

extern "C" int cuCtxSetCurrent(void *context) {
  STANDIN_CHECK(context == kHandle)
  return Success;
}

extern "C" int cuStreamCreate(void **stream, unsigned flags) {
  STANDIN_CHECK(flags == 0)
  *stream = kHandle;
  return Success;
}

extern "C" int cuStreamSynchronize(void *stream) {
  STANDIN_CHECK(stream == kHandle && !state.isRecording)
  return state.isStopped ? LaunchFailed : Success;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

extern "C" int cuStreamBeginCapture_v2(void *stream, int mode) {
  STANDIN_CHECK(stream == kHandle && !state.isRecording)
  state.isRecording = true;
  state.recorded = 0;
  return Success;
}

extern "C" int cuStreamEndCapture(void *stream, void **graph) {
  STANDIN_CHECK(stream == kHandle && state.isRecording)
  state.isRecording = false;
  *graph = new unsigned(state.recorded);
  return Success;
}

extern "C" int cuGraphInstantiateWithFlags(void **instance, void *graph,
                                           unsigned long long flags) {
  STANDIN_CHECK(graph && flags == 0)
  *instance = new unsigned(*static_cast<unsigned *>(graph));
  return Success;
}

extern "C" int cuGraphExecUpdate_v2(void *instance, void *graph, void *info) {
  STANDIN_CHECK(instance && graph && info && !state.isRecording)
  unsigned &launches = *static_cast<unsigned *>(instance);
  if (launches != *static_cast<unsigned *>(graph))
    return GraphUpdateFailure;
  ++state.changed;
  return Success;
}

extern "C" int cuGraphLaunch(void *instance, void *stream) {
  STANDIN_CHECK(instance && stream == kHandle && !state.isRecording)
  state.launches += *static_cast<unsigned *>(instance);
  ++state.graphs;
  return Success;
}

extern "C" int cuGraphExecDestroy(void *instance) {
  STANDIN_CHECK(instance)
  delete static_cast<unsigned *>(instance);
  return Success;
}

extern "C" int cuGraphDestroy(void *graph) {
  STANDIN_CHECK(graph)
  delete static_cast<unsigned *>(graph);
  return Success;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

extern "C" int cuMemGetInfo_v2(size_t *free, size_t *total) {
  STANDIN_CHECK(free && total)
  *total = getTotalBytes();
  *free = *total - state.liveBytes;
  return Success;
}

static size_t roundToPages(size_t bytes) {
  size_t page = sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}

/// Touches memory that nobody else may touch.
template <typename Function>
static void touch(uint64_t address, Function function) {
  auto it = --state.live.upper_bound(address);
  void *start = reinterpret_cast<void *>(it->first);
  size_t bytes = roundToPages(it->second);
  mprotect(start, bytes, PROT_READ | PROT_WRITE);
  function(reinterpret_cast<void *>(address));
  mprotect(start, bytes, PROT_NONE);
}

extern "C" int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  STANDIN_CHECK(bytes != 0)
  if (bytes > getTotalBytes() - state.liveBytes)
    return OutOfMemory;
  void *memory = mmap(nullptr, roundToPages(bytes), PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return OutOfMemory;
  *address = reinterpret_cast<uint64_t>(memory);
  state.live[*address] = bytes;
  state.liveBytes += bytes;
  return Success;
}

extern "C" int cuMemFree_v2(uint64_t address) {
  auto it = state.live.find(address);
  STANDIN_CHECK(it != state.live.end())
  munmap(reinterpret_cast<void *>(address), roundToPages(it->second));
  state.liveBytes -= it->second;
  state.live.erase(it);
  return Success;
}

extern "C" int cuMemsetD8Async(uint64_t address, unsigned char byte,
                               size_t bytes, void *stream) {
  STANDIN_CHECK(isLive(address, bytes) && stream == kHandle)
  // What clears the cache is too much to write here.
  constexpr size_t kMany = 1 << 20;
  if (bytes <= kMany)
    touch(address, [&](void *memory) { std::memset(memory, byte, bytes); });
  return Success;
}

extern "C" int cuMemcpyHtoDAsync_v2(uint64_t device, const void *host,
                                    size_t bytes, void *stream) {
  STANDIN_CHECK(isLive(device, bytes) && stream == kHandle)
  touch(device, [&](void *memory) { std::memcpy(memory, host, bytes); });
  return Success;
}

extern "C" int cuMemcpyDtoHAsync_v2(void *host, uint64_t device, size_t bytes,
                                    void *stream) {
  STANDIN_CHECK(isLive(device, bytes) && stream == kHandle)
  touch(device, [&](void *memory) { std::memcpy(host, memory, bytes); });
  return Success;
}

extern "C" int cuMemAllocHost_v2(void **memory, size_t bytes) {
  STANDIN_CHECK(bytes != 0)
  *memory = std::malloc(bytes);
  return Success;
}

extern "C" int cuMemFreeHost(void *memory) {
  STANDIN_CHECK(memory)
  std::free(memory);
  return Success;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

extern "C" int cuModuleLoadDataEx(void **module, const void *image,
                                  unsigned numOptions, int *options,
                                  void **values) {
  STANDIN_CHECK(image)
  if (!std::strstr(static_cast<const char *>(image), ".target sm_90a"))
    return InvalidImage;
  *module = const_cast<void *>(image);
  return Success;
}

extern "C" int cuModuleGetFunction(void **function, void *module,
                                   const char *name) {
  STANDIN_CHECK(module && name)
  std::string ptx = static_cast<const char *>(module);
  size_t begin = ptx.find(std::string(".entry ") + name + "(");
  if (begin == std::string::npos)
    return NotFound;
  Function &found = state.functions[{module, name}];
  found = Function();
  found.name = name;
  size_t end = ptx.find("\n)", begin);
  for (size_t at = begin; (at = ptx.find(".param", at + 1)) < end;)
    ++found.numParameters;
  *function = &found;
  return Success;
}

extern "C" int cuFuncSetAttribute(void *function, int attribute, int value) {
  constexpr int kDynamicSharedBytes = 8, kMostSharedBytes = 227 << 10;
  STANDIN_CHECK(attribute == kDynamicSharedBytes && value >= 0 &&
                value <= kMostSharedBytes)
  static_cast<Function *>(function)->sharedBytes = value;
  return Success;
}

/// Whether a kernel could be launched like this.
static bool isLaunch(const Function &function, unsigned blocks,
                     unsigned threads, unsigned sharedBytes, void *stream,
                     void **parameters) {
  for (unsigned i = 0; i < function.numParameters; ++i)
    if (!parameters || !parameters[i])
      return false;
  return blocks != 0 && threads != 0 && threads <= 1024 &&
         sharedBytes <= function.sharedBytes && stream == kHandle;
}

/// CUlaunchConfig, and its attributes.
struct LaunchAttribute {
  int id, padding, value, rest[15];
};
struct LaunchConfiguration {
  unsigned blocks[3], threads[3], sharedBytes;
  void *stream;
  LaunchAttribute *attributes;
  unsigned numAttributes;
};

/// What a kernel does that finds something wrong.
static void stopIfAsked(const Function &function, void **parameters) {
  const char *stop = std::getenv("STANDIN_STOP");
  size_t length = function.name.size();
  if (!stop || function.name.compare(0, length, stop, length) != 0 ||
      stop[length] != '=')
    return;
  char *end;
  unsigned place = std::strtoul(stop + length + 1, &end, 10);
  unsigned next = std::strtoul(end, &end, 10);
  int64_t *report = *static_cast<int64_t **>(parameters[place]);
  *report = *static_cast<int64_t *>(parameters[place + next]);
  while (*end == ',')
    *++report = std::strtoll(end + 1, &end, 10);
  state.isStopped = true;
}

extern "C" int cuLaunchKernelEx(const LaunchConfiguration *launch,
                                void *function, void **parameters,
                                void **extra) {
  auto count = [](const unsigned (&sizes)[3]) {
    return sizes[0] * sizes[1] * sizes[2];
  };
  unsigned blocks = count(launch->blocks);
  STANDIN_CHECK(isLaunch(*static_cast<Function *>(function), blocks,
                         count(launch->threads), launch->sharedBytes,
                         launch->stream, parameters) &&
                !extra && launch->numAttributes <= 1)
  constexpr int kCooperative = 2, kProgrammaticSerialization = 6;
  if (launch->numAttributes == 1) {
    const LaunchAttribute &attribute = *launch->attributes;
    if (attribute.value != 1 || (attribute.id != kCooperative &&
                                 attribute.id != kProgrammaticSerialization))
      return InvalidValue;
    if (attribute.id == kCooperative) {
      if (blocks > kMultiprocessors)
        return CooperativeLaunchTooLarge;
      ++state.cooperative;
    }
  }
  ++(state.isRecording ? state.recorded : state.launches);
  stopIfAsked(*static_cast<Function *>(function), parameters);
  return Success;
}

extern "C" int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank,
                                      void *address, const uint64_t *sizes,
                                      const uint64_t *strides,
                                      const uint32_t *box,
                                      const uint32_t *steps, int interleave,
                                      int swizzle, int promotion, int fill) {
  constexpr size_t kMapBytes = 128, kMapAlignment = 64, kAlignment = 16;
  auto data = reinterpret_cast<uint64_t>(address);
  STANDIN_CHECK(rank >= 1 && rank <= 5 && isLive(data, 1) &&
                reinterpret_cast<uint64_t>(map) % kMapAlignment == 0 &&
                data % kAlignment == 0)
  for (uint32_t i = 0; i < rank; ++i)
    if (sizes[i] == 0 || box[i] == 0 || box[i] > 256 || steps[i] != 1 ||
        (i > 0 && strides[i - 1] % kAlignment != 0))
      return InvalidValue;
  std::memset(map, 0, kMapBytes);
  return Success;
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

extern "C" int cuEventCreate(void **event, unsigned flags) {
  constexpr unsigned kDisableTiming = 2;
  STANDIN_CHECK(flags == 0 || flags == kDisableTiming)
  *event = kHandle;
  return Success;
}

extern "C" int cuEventRecord(void *event, void *stream) {
  STANDIN_CHECK(event == kHandle && stream == kHandle)
  return Success;
}

extern "C" int cuEventSynchronize(void *event) {
  STANDIN_CHECK(event == kHandle)
  return Success;
}

extern "C" int cuEventDestroy_v2(void *event) {
  STANDIN_CHECK(event == kHandle)
  return Success;
}

extern "C" int cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
  STANDIN_CHECK(begin == kHandle && end == kHandle)
  *milliseconds = 250;
  return Success;
}
