//===- CUDA.cpp - The CUDA driver, loaded when needed ---------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/CUDA.h"

#include "CUDADriver.h"
#include "CuBLAS.h"
#include "DeviceMemory.h"
#include "vga/Runtime/Runner.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

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
  kernels = std::make_shared<Kernels>();
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Error CudaDevice::clear(void *memory, size_t bytes) {
  VGA_CHECK(cuMemsetD8Async, reinterpret_cast<uint64_t>(memory), 0, bytes,
            stream);
  return Error::success();
}

Error CudaDevice::copyToDevice(void *device, const void *host, size_t bytes) {
  if (bytes == 0)
    return Error::success();
  // Memory that the driver does not know is copied elsewhere before this call
  // ends.
  VGA_CHECK(cuMemcpyHtoDAsync, reinterpret_cast<uint64_t>(device), host, bytes,
            stream);
  return Error::success();
}

Error CudaDevice::copyToHost(void *host, const void *device, size_t bytes) {
  if (bytes != 0)
    VGA_CHECK(cuMemcpyDtoHAsync, host, reinterpret_cast<uint64_t>(device),
              bytes, stream);
  return wait();
}

Error CudaDevice::wait() {
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
CudaDevice::time(ArrayRef<std::function<Error()>> work, unsigned runs) {
  // Writing this much also gives the host time to put the work on the stream
  // before the device is there.
  constexpr size_t kMoreThanTheCache = 256 << 20;
  DeviceArena arena;
  Expected<void *> scratch = arena.allocate(kMoreThanTheCache);
  if (!scratch)
    return scratch.takeError();
  Events events;
  SmallVector<std::vector<double>> seconds(work.size());
  auto measure = [&]() -> Error {
    for (size_t i = 0; i < runs * work.size(); ++i) {
      if (Error error = clear(*scratch, kMoreThanTheCache))
        return error;
      if (Error error = events.record(stream))
        return error;
      if (Error error = work[i % work.size()]())
        return error;
      if (Error error = events.record(stream))
        return error;
    }
    VGA_CHECK(cuStreamSynchronize, stream);
    return events.getSeconds(seconds);
  };
  if (Error error = measure())
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

/// Loads a module of PTX.
static Error loadModule(void *&module, const void *image) {
  constexpr int kErrorLog = 5, kErrorLogBytes = 6, kUnsupportedVersion = 222;
  char log[4096] = "";
  int options[] = {kErrorLog, kErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  int result = driver.cuModuleLoadDataEx(&module, image, 2, options, values);
  if (result == kUnsupportedVersion) {
    StringRef version = StringRef(static_cast<const char *>(image))
                            .split(".version ")
                            .second.take_until(llvm::isSpace);
    return createStringError(
        "the CUDA driver is too old: it does not know PTX " + version);
  }
  Error error = driver.check(result, "cuModuleLoadDataEx");
  return error && log[0]
             ? llvm::joinErrors(std::move(error), createStringError(log))
             : std::move(error);
}

Expected<void *> CudaDevice::getFunction(const void *image, const char *kernel,
                                         int64_t sharedBytes) {
  void *&function = kernels->functions[{image, kernel}];
  if (function)
    return function;
  void *&module = kernels->modules[image];
  if (!module)
    if (Error error = loadModule(module, image))
      return std::move(error);
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
                         int64_t threads, int64_t sharedBytes, int64_t flags,
                         void **parameters) {
  if (flags & VGA_CUDA_PERSISTENT)
    blocks = std::min<int64_t>(blocks, numMultiprocessors);
  if (blocks == 0)
    return Error::success();
  if (blocks > INT32_MAX)
    return createStringError("too many tiles for a kernel: " + Twine(blocks));
  Expected<void *> function = getFunction(image, kernel, sharedBytes);
  if (!function)
    return function.takeError();
  ++numLaunches;
  Driver::LaunchAttribute attribute;
  Driver::LaunchConfiguration configuration;
  configuration.blocks[0] = blocks;
  configuration.threads[0] = threads;
  configuration.sharedBytes = sharedBytes;
  configuration.stream = stream;
  configuration.attributes = &attribute;
  // One or the other: whoever waits for all blocks can not begin with a few.
  constexpr int kCooperative = 2, kProgrammaticSerialization = 6;
  if (flags & (VGA_CUDA_COOPERATIVE | VGA_CUDA_OVERLAPPED)) {
    attribute.id = flags & VGA_CUDA_COOPERATIVE ? kCooperative
                                                : kProgrammaticSerialization;
    attribute.value = 1;
    configuration.numAttributes = 1;
  }
  return driver.check(
      driver.cuLaunchKernelEx(&configuration, *function, parameters, nullptr),
      ("cuLaunchKernelEx of " + StringRef(kernel)).str());
}

Expected<bool> CudaDevice::multiply(const VGACudaProduct &product,
                                    const void *lhs, const void *rhs,
                                    const void *bias, const void *residual,
                                    void *output) {
  if (product.batches == 0 || product.rows == 0 || product.columns == 0 ||
      product.depth == 0)
    return false;
  Expected<CuBLAS *> library = CuBLAS::get();
  if (!library)
    return library.takeError();
  if (!*library)
    return false;
  Expected<bool> done = (*library)->multiply(
      product, {lhs, rhs, bias, residual, output}, *arena, stream);
  if (done && *done)
    ++numLaunches;
  return done;
}

Error CudaDevice::read(void *host, const void *device, size_t bytes) {
  ++numReads;
  if (Error error = endRecording())
    return error;
  return copyToHost(host, device, bytes);
}

Expected<VGACudaReport *> CudaDevice::getReport() {
  if (driver.report)
    return driver.report;
  void *memory;
  if (Error error =
          driver.check(driver.cuMemAllocHost(&memory, sizeof(VGACudaReport)),
                       "cuMemAllocHost"))
    return std::move(error);
  driver.report = new (memory) VGACudaReport();
  return driver.report;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

CudaGraph::~CudaGraph() {
  if (instance)
    llvm::consumeError(driver.check(driver.cuGraphExecDestroy(instance),
                                    "cuGraphExecDestroy"));
}

/// Makes this a graph of what has been recorded.
Error CudaGraph::set(void *recorded) {
  if (instance) {
    constexpr int kOtherGraph = 910;
    Driver::GraphUpdateResult info;
    int result = driver.cuGraphExecUpdate(instance, recorded, &info);
    if (result != kOtherGraph)
      return driver.check(result, "cuGraphExecUpdate");
    VGA_CHECK(cuGraphExecDestroy, std::exchange(instance, nullptr));
  }
  VGA_CHECK(cuGraphInstantiateWithFlags, &instance, recorded, 0);
  return Error::success();
}

Error CudaDevice::launch(CudaGraph &graph, function_ref<void()> work) {
  // Of this thread nothing is forbidden meanwhile.
  constexpr int kRelaxed = 2;
  VGA_CHECK(cuStreamBeginCapture, stream, kRelaxed);
  recording = &graph;
  work();
  return endRecording();
}

/// Puts what has been recorded on the stream, if anything is being recorded.
Error CudaDevice::endRecording() {
  CudaGraph *graph = std::exchange(recording, nullptr);
  if (!graph)
    return Error::success();
  void *recorded;
  VGA_CHECK(cuStreamEndCapture, stream, &recorded);
  Error error = graph->set(recorded);
  error = llvm::joinErrors(
      std::move(error),
      driver.check(driver.cuGraphDestroy(recorded), "cuGraphDestroy"));
  return error ? std::move(error) : launch(*graph);
}

Error CudaDevice::launch(const CudaGraph &graph) {
  VGA_CHECK(cuGraphLaunch, graph.instance, stream);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// What compiled code calls
//===----------------------------------------------------------------------===//

/// The device, which has been opened before code for it is run.
static CudaDevice &getDevice() { return **CudaDevice::get(); }

static void endOnError(Error error) {
  if (error)
    vgaRuntimeError(toString(std::move(error)).c_str(), 0);
}

void vgaCudaMakeTensorMap(void *map, int64_t isBF16, void *address,
                          int64_t rank, const int64_t *shape,
                          const int64_t *box) {
  endOnError(getDevice().makeTensorMap(map, isBF16 != 0, address,
                                       ArrayRef<int64_t>(shape, rank),
                                       ArrayRef<int64_t>(box, rank)));
}

void vgaCudaLaunch(const void *image, const char *kernel, int64_t blocks,
                   int64_t threads, int64_t sharedBytes, int64_t flags,
                   void **parameters) {
  endOnError(getDevice().launch(image, kernel, blocks, threads, sharedBytes,
                                flags, parameters));
}

int64_t vgaCudaMultiply(const VGACudaProduct *product, const void *lhs,
                        const void *rhs, const void *bias, const void *residual,
                        void *output) {
  Expected<bool> done =
      getDevice().multiply(*product, lhs, rhs, bias, residual, output);
  if (!done)
    endOnError(done.takeError());
  return *done ? 1 : 0;
}

VGACudaReport *vgaCudaGetReport() {
  Expected<VGACudaReport *> report = getDevice().getReport();
  if (!report)
    endOnError(report.takeError());
  return *report;
}

void vgaCudaRead(void *host, const void *device, int64_t bytes) {
  endOnError(getDevice().read(host, device, bytes));
}

void *vgaCudaAllocate(uint64_t bytes) {
  Expected<void *> memory = getDevice().getArena().allocate(bytes);
  if (!memory)
    endOnError(memory.takeError());
  return *memory;
}

void vgaCudaFree(void *memory) { getDevice().getArena().free(memory); }
