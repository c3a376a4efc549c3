//===- CUDA.h - What runs on an NVIDIA GPU ----------------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thin layer over the CUDA driver, which is loaded when it is first needed:
// neither building nor starting takes anything of CUDA. There is one device,
// the first that the driver lists, and one stream, on which everything happens
// in order.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_RUNTIME_CUDA_H
#define VGA_RUNTIME_CUDA_H

#include "vga/Runtime/HostTensor.h"
#include <functional>
#include <memory>
#include <vector>

struct VGACudaProduct;
struct VGACudaReport;

namespace mlir::vga {

class DeviceArena;

/// Work that has been recorded, to be put on the stream at once and as often as
/// it is wanted (CUDA graph).
class CudaGraph {
public:
  CudaGraph() = default;
  CudaGraph(const CudaGraph &) = delete;
  CudaGraph &operator=(const CudaGraph &) = delete;
  ~CudaGraph();

  bool isEmpty() const { return !instance; }

private:
  friend class CudaDevice;
  llvm::Error set(void *recorded);

  void *instance = nullptr;
};

/// The GPU of this process.
class CudaDevice {
public:
  /// Loads the driver and opens the device; fails if there is none. The device
  /// stays open.
  static llvm::Expected<CudaDevice *> get();

  /// The name and the compute capability: "NVIDIA H100 80GB HBM3", 90.
  StringRef getName() const { return name; }
  unsigned getCapability() const { return capability; }

  /// Copies, and fills with zeros, in order with kernels; the host's memory may
  /// change when the call is over, unless it is pinned. copyToHost waits for
  /// all that is before it.
  llvm::Error copyToDevice(void *device, const void *host, size_t bytes);
  llvm::Error clear(void *memory, size_t bytes);
  /// Waits for everything.
  llvm::Error wait();
  llvm::Error copyToHost(void *host, const void *device, size_t bytes);

  /// Puts pieces of work on the stream, in turns, `runs` times each and with a
  /// cold cache each time, and waits; returns how many seconds the device took
  /// for each of the runs of each.
  llvm::Expected<SmallVector<std::vector<double>>>
  time(ArrayRef<std::function<llvm::Error()>> work, unsigned runs);

  /// Records work as a graph and puts that on the stream. This is faster if the
  /// graph has been of the same kernels, with other parameters. If compiled
  /// code reads the device's memory meanwhile, what it does from there on is
  /// put on the stream as it comes, and is not part of the graph.
  llvm::Error launch(CudaGraph &graph, function_ref<void()> work);
  /// Puts a graph on the stream again.
  llvm::Error launch(const CudaGraph &graph);

  /// The stream, as the driver knows it.
  void *getStream() const { return stream; }

  /// Where compiled code gets memory from.
  DeviceArena &getArena() { return *arena; }
  void setArena(DeviceArena &newArena) { arena = &newArena; }
  /// How many kernels and products of a library have been launched, and how
  /// often compiled code has read the device's memory.
  unsigned getNumLaunches() const { return numLaunches; }
  unsigned getNumReads() const { return numReads; }

  /// What compiled code calls: see below.
  llvm::Error makeTensorMap(void *map, bool isBF16, void *address,
                            ArrayRef<int64_t> shape, ArrayRef<int64_t> box);
  llvm::Error launch(const void *image, const char *kernel, int64_t blocks,
                     int64_t threads, int64_t sharedBytes, int64_t flags,
                     void **parameters);
  llvm::Expected<bool> multiply(const VGACudaProduct &product, const void *lhs,
                                const void *rhs, const void *bias,
                                const void *residual, void *output);
  llvm::Error read(void *host, const void *device, size_t bytes);
  llvm::Expected<VGACudaReport *> getReport();

private:
  CudaDevice() = default;
  llvm::Error open();
  llvm::Error endRecording();
  llvm::Expected<void *> getFunction(const void *image, const char *kernel,
                                     int64_t sharedBytes);

  std::string name;
  unsigned capability = 0;
  int numMultiprocessors = 0;
  void *stream = nullptr;
  DeviceArena *arena = nullptr;
  /// What the stream's work goes to; null while it is put there as it comes.
  CudaGraph *recording = nullptr;
  unsigned numLaunches = 0, numReads = 0;
  struct Kernels;
  std::shared_ptr<Kernels> kernels;
};

} // namespace mlir::vga

/// What compiled code calls. Errors end up in vgaRuntimeError.
extern "C" {
/// Writes the tensor map (128 bytes) of a dense array of rank `rank` in the
/// device's memory, for copies of boxes with 128-byte swizzle and zeros
/// outside. Elements are f16, or bf16 if `isBF16` is not 0.
void vgaCudaMakeTensorMap(void *map, int64_t isBF16, void *address,
                          int64_t rank, const int64_t *shape,
                          const int64_t *box);
/// What is special about a kernel. A persistent one gets at most one block for
/// each multiprocessor; all blocks of a cooperative one must be able to run at
/// a time; an overlapped one waits by itself for what the kernel before it has
/// written, and may begin before that has ended.
enum VGACudaLaunchFlags {
  VGA_CUDA_PERSISTENT = 1,
  VGA_CUDA_COOPERATIVE = 2,
  VGA_CUDA_OVERLAPPED = 4,
};
/// Launches the kernel of this name in the module `image`, PTX that ends with
/// a zero; `parameters` are their addresses.
void vgaCudaLaunch(const void *image, const char *kernel, int64_t blocks,
                   int64_t threads, int64_t sharedBytes, int64_t flags,
                   void **parameters);
/// A product of matrices, as vga.multiply has it, in integers of 64 bits.
struct VGACudaProduct {
  int64_t isBF16, isOutputF32, isLhsTransposed, isRhsTransposed;
  /// 0 for none, 1 for relu, 2 for gelu.
  int64_t nonlinearity;
  int64_t batches, rows, columns, depth;
  int64_t lhsBatchStride, lhsStride, rhsBatchStride, rhsStride;
  int64_t outputBatchStride, outputStride;
};
/// Has cuBLASLt multiply, and returns 1; or returns 0 if there is no such
/// library, if it does not support this product, or if a size is 0. `bias` and
/// `residual` may be null.
int64_t vgaCudaMultiply(const VGACudaProduct *product, const void *lhs,
                        const void *rhs, const void *bias, const void *residual,
                        void *output);
/// What a kernel says before it stops.
struct VGACudaReport {
  /// The address of a text of the host, in which {0} and so on stand for the
  /// values; null while there is no error.
  const char *message;
  int64_t values[4];
  /// Not 0 once a thread has taken it upon itself to say something: no two are
  /// to write different values.
  int64_t isTaken;
};
/// Where a kernel says what is wrong before it stops; the device writes there.
VGACudaReport *vgaCudaGetReport();
/// Waits for the device, and copies from its memory.
void vgaCudaRead(void *host, const void *device, int64_t bytes);
/// Memory of the device, as MLIR's lowering of memref.alloc calls it: that of
/// the call's arena.
void *vgaCudaAllocate(uint64_t bytes);
void vgaCudaFree(void *memory);
}

#endif // VGA_RUNTIME_CUDA_H
