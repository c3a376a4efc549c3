//===- CuBLAS.h - Products of matrices by cuBLASLt --------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NVIDIA's library multiplies large matrices where it is installed. It is
// loaded when the first product comes: the file that the environment variable
// VGA_CUBLASLT names, none if that is set and empty; without it, what the
// system finds as libcublasLt.so.13 or libcublasLt.so.12. Functions, handles
// and enumerations are as in cublasLt.h: handles are pointers, results and
// enumerations ints.
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_RUNTIME_CUBLAS_H
#define VGA_LIB_RUNTIME_CUBLAS_H

#include "mlir/Support/LLVM.h"
#include "vga/Runtime/CUDA.h"
#include "llvm/Support/Error.h"
#include <map>

namespace mlir::vga {

class DeviceArena;

class CuBLAS {
public:
  /// The library; null if there is none.
  static llvm::Expected<CuBLAS *> get();

  /// Addresses in the device's memory; bias and residual may be null.
  struct Arrays {
    const void *lhs, *rhs, *bias, *residual;
    void *output;
  };
  /// Puts a product without empty sizes on the stream; false if the library
  /// does not support it. What it needs for itself meanwhile is the arena's.
  llvm::Expected<bool> multiply(const VGACudaProduct &product,
                                const Arrays &arrays, DeviceArena &arena,
                                void *stream);

private:
  /// cublasLtMatmulAlgo_t, and cublasLtMatmulHeuristicResult_t.
  struct Algorithm {
    uint64_t data[8] = {};
  };
  struct Choice {
    Algorithm algorithm;
    size_t workspaceBytes = 0;
    int state = 0;
    float waves = 0;
    int reserved[4] = {};
  };
  /// How products of one shape are computed. The library has columns of a
  /// matrix one after the other, where this project has rows: it multiplies
  /// their transposes, in the other order.
  struct Plan {
    void *operation = nullptr;
    void *first = nullptr, *second = nullptr, *output = nullptr;
    /// None if the library does not support the product.
    std::optional<Choice> choice;
  };

  CuBLAS() = default;
  /// Loads what `library` has, and opens it.
  llvm::Error open(void *library);
  llvm::Error check(int result, StringRef function) const;

  llvm::Expected<Plan *> getPlan(const VGACudaProduct &product,
                                 const Arrays &arrays);
  llvm::Error describe(Plan &plan, const VGACudaProduct &product,
                       const Arrays &arrays) const;
  llvm::Error createLayout(void *&layout, int type, int64_t rows,
                           int64_t columns, int64_t stride, int64_t batches,
                           int64_t batchStride) const;
  llvm::Error choose(Plan &plan) const;

  const char *(*cublasLtGetStatusName)(int);
  int (*cublasLtCreate)(void **);
  int (*cublasLtMatmulDescCreate)(void **, int, int);
  int (*cublasLtMatmulDescSetAttribute)(void *, int, const void *, size_t);
  int (*cublasLtMatrixLayoutCreate)(void **, int, uint64_t, uint64_t, int64_t);
  int (*cublasLtMatrixLayoutSetAttribute)(void *, int, const void *, size_t);
  int (*cublasLtMatmulPreferenceCreate)(void **);
  int (*cublasLtMatmulPreferenceSetAttribute)(void *, int, const void *,
                                              size_t);
  int (*cublasLtMatmulPreferenceDestroy)(void *);
  int (*cublasLtMatmulAlgoGetHeuristic)(void *, void *, void *, void *, void *,
                                        void *, void *, int, Choice *, int *);
  int (*cublasLtMatmul)(void *, void *, const void *, const void *, void *,
                        const void *, void *, const void *, const void *,
                        void *, void *, void *, const Algorithm *, void *,
                        size_t, void *);

  void *handle = nullptr;
  /// By the product's integers, and by which arrays there are.
  std::map<std::vector<int64_t>, Plan> plans;
};

} // namespace mlir::vga

#endif // VGA_LIB_RUNTIME_CUBLAS_H
