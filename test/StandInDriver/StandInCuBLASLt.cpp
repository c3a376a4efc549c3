//===- StandInCuBLASLt.cpp - A cuBLASLt that says what it would do --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What lib/Runtime/CuBLAS.cpp needs of libcublasLt.so.13, for tests without a
// GPU. Each product is a line on stderr; what does not fit together is refused.
//
//   STANDIN_FAIL=NAME[=N]   this function returns N: 13, execution failed
//   STANDIN_WORKSPACE=N     the bytes that products need: 0
//
//===----------------------------------------------------------------------===//

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

namespace {
/// The results, types and attributes of cublasLt.h that occur here.
enum Result {
  Success = 0,
  InvalidValue = 7,
  ExecutionFailed = 13,
  NotSupported = 15,
};
enum Type { F32 = 0, F16 = 2, BF16 = 14, ComputeF32 = 68 };

struct Operation {
  int32_t transposeFirst = 0, transposeSecond = 0;
  uint32_t epilogue = 1;
  const void *bias = nullptr;
};
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t stride;
  int32_t batches = 1;
  int64_t batchStride = 0;
};
struct Preference {
  uint64_t workspaceBytes = 0;
  uint32_t reductionSchemes = 7;
};
struct Algorithm {
  uint64_t data[8];
};
struct Choice {
  Algorithm algorithm;
  size_t workspaceBytes;
  int state;
  float waves;
  int reserved[4];
};
} // namespace

static constexpr uint64_t kAlgorithm = 42;
static int context;
static void *const kHandle = &context;

static size_t getWorkspaceBytes() {
  const char *value = std::getenv("STANDIN_WORKSPACE");
  return value ? std::strtoull(value, nullptr, 10) : 0;
}

/// What the function of this name returns if it does nothing wrong.
static int getResult(const char *function) {
  const char *fail = std::getenv("STANDIN_FAIL");
  size_t length = std::strlen(function);
  if (!fail || std::strncmp(fail, function, length) != 0)
    return Success;
  if (fail[length] == '=')
    return std::atoi(fail + length + 1);
  return fail[length] == 0 ? ExecutionFailed : Success;
}

/// Leaves the function when it is to fail, or when what must hold does not.
#define STANDIN_CHECK(condition)                                               \
  if (int result = getResult(__func__))                                        \
    return result;                                                             \
  if (!(condition))                                                            \
    return InvalidValue;

/// Copies the value of an attribute if it has the size of `place`.
template <typename T>
static int set(T &place, const void *value, size_t bytes) {
  if (bytes != sizeof(place))
    return InvalidValue;
  std::memcpy(&place, value, bytes);
  return Success;
}

extern "C" const char *cublasLtGetStatusName(int status) {
  static const std::map<int, const char *> names = {
      {InvalidValue, "CUBLAS_STATUS_INVALID_VALUE"},
      {ExecutionFailed, "CUBLAS_STATUS_EXECUTION_FAILED"},
      {NotSupported, "CUBLAS_STATUS_NOT_SUPPORTED"},
  };
  auto it = names.find(status);
  return it == names.end() ? nullptr : it->second;
}

extern "C" int cublasLtCreate(void **handle) {
  STANDIN_CHECK(handle)
  *handle = kHandle;
  return Success;
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

extern "C" int cublasLtMatmulDescCreate(void **operation, int computeType,
                                        int scaleType) {
  STANDIN_CHECK(computeType == ComputeF32 && scaleType == F32)
  *operation = new Operation;
  return Success;
}

extern "C" int cublasLtMatmulDescSetAttribute(void *operation, int attribute,
                                              const void *value, size_t bytes) {
  STANDIN_CHECK(operation && value)
  auto *set = static_cast<Operation *>(operation);
  switch (attribute) {
  case 3:
    return ::set(set->transposeFirst, value, bytes);
  case 4:
    return ::set(set->transposeSecond, value, bytes);
  case 7:
    return ::set(set->epilogue, value, bytes);
  case 8:
    return ::set(set->bias, value, bytes);
  }
  return InvalidValue;
}

extern "C" int cublasLtMatrixLayoutCreate(void **layout, int type,
                                          uint64_t rows, uint64_t columns,
                                          int64_t stride) {
  STANDIN_CHECK(type == F32 || type == F16 || type == BF16)
  *layout = new Layout{type, rows, columns, stride};
  return Success;
}

extern "C" int cublasLtMatrixLayoutSetAttribute(void *layout, int attribute,
                                                const void *value,
                                                size_t bytes) {
  STANDIN_CHECK(layout && value)
  auto *set = static_cast<Layout *>(layout);
  switch (attribute) {
  case 5:
    return ::set(set->batches, value, bytes);
  case 6:
    return ::set(set->batchStride, value, bytes);
  }
  return InvalidValue;
}

extern "C" int cublasLtMatmulPreferenceCreate(void **preference) {
  STANDIN_CHECK(preference)
  *preference = new Preference;
  return Success;
}

extern "C" int cublasLtMatmulPreferenceSetAttribute(void *preference,
                                                    int attribute,
                                                    const void *value,
                                                    size_t bytes) {
  STANDIN_CHECK(preference && value)
  auto *set = static_cast<Preference *>(preference);
  switch (attribute) {
  case 1:
    return ::set(set->workspaceBytes, value, bytes);
  case 3:
    return ::set(set->reductionSchemes, value, bytes);
  }
  return InvalidValue;
}

extern "C" int cublasLtMatmulPreferenceDestroy(void *preference) {
  STANDIN_CHECK(preference)
  delete static_cast<Preference *>(preference);
  return Success;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Rows and columns of an operand as it is multiplied.
static std::pair<uint64_t, uint64_t> getShape(const Layout &layout,
                                              bool isTransposed) {
  if (isTransposed)
    return {layout.columns, layout.rows};
  return {layout.rows, layout.columns};
}

static bool isMatrix(const Layout &layout) {
  return layout.rows != 0 && layout.columns != 0 && layout.batches > 0 &&
         layout.stride >= static_cast<int64_t>(layout.rows);
}

/// Whether matrices of these shapes can be multiplied.
static bool fit(const Operation &operation, const Layout &first,
                const Layout &second, const Layout &output) {
  auto x = getShape(first, operation.transposeFirst);
  auto y = getShape(second, operation.transposeSecond);
  return isMatrix(first) && isMatrix(second) && isMatrix(output) &&
         first.type == second.type && first.batches == output.batches &&
         second.batches == output.batches && x.first == output.rows &&
         x.second == y.first && y.second == output.columns;
}

extern "C" int cublasLtMatmulAlgoGetHeuristic(void *handle, void *operation,
                                              void *first, void *second,
                                              void *added, void *output,
                                              void *preference, int wanted,
                                              Choice *choice, int *count) {
  auto *limits = static_cast<Preference *>(preference);
  STANDIN_CHECK(
      handle == kHandle && wanted == 1 && added == output &&
      limits->reductionSchemes == 2 &&
      fit(*static_cast<Operation *>(operation), *static_cast<Layout *>(first),
          *static_cast<Layout *>(second), *static_cast<Layout *>(output)))
  if (getWorkspaceBytes() > limits->workspaceBytes) {
    *count = 0;
    return Success;
  }
  *choice = Choice{{{kAlgorithm}}, getWorkspaceBytes(), Success, 1, {}};
  *count = 1;
  return Success;
}

static const char *getName(int type) {
  return type == F32 ? "f32" : type == F16 ? "f16" : "bf16";
}

static void printOperand(const char *name, const Layout &layout,
                         bool isTransposed) {
  std::fprintf(stderr, ", %s%s %s %llux%llu stride %lld batch %lld", name,
               isTransposed ? "'" : "", getName(layout.type),
               static_cast<unsigned long long>(layout.rows),
               static_cast<unsigned long long>(layout.columns),
               static_cast<long long>(layout.stride),
               static_cast<long long>(layout.batchStride));
}

extern "C" int cublasLtMatmul(void *handle, void *operation, const float *alpha,
                              const void *a, void *first, const void *b,
                              void *second, const float *beta, const void *c,
                              void *added, void *d, void *output,
                              const Algorithm *algorithm, void *workspace,
                              size_t workspaceBytes, void *stream) {
  const auto &how = *static_cast<Operation *>(operation);
  const auto &x = *static_cast<Layout *>(first);
  const auto &y = *static_cast<Layout *>(second);
  const auto &z = *static_cast<Layout *>(output);
  constexpr uint32_t kBias = 4;
  STANDIN_CHECK(handle == kHandle && fit(how, x, y, z) && a && b && c && d &&
                stream && *alpha == 1 && algorithm->data[0] == kAlgorithm &&
                workspaceBytes == getWorkspaceBytes() &&
                (workspace != nullptr) == (workspaceBytes != 0) &&
                added == output && (*beta == 0 || *beta == 1) &&
                ((how.epilogue & kBias) == 0 || how.bias))
  std::fprintf(stderr, "stand-in: %d products, epilogue %u, beta %g", z.batches,
               how.epilogue, *beta);
  printOperand("A", x, how.transposeFirst);
  printOperand("B", y, how.transposeSecond);
  printOperand("D", z, false);
  std::fprintf(stderr, "\n");
  return Success;
}
