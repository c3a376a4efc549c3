//===- CuBLAS.cpp - Products of matrices by cuBLASLt ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CuBLAS.h"

#include "DeviceMemory.h"
#include <cstring>
#include <dlfcn.h>

using namespace mlir;
using namespace mlir::vga;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// The library
//===----------------------------------------------------------------------===//

/// Null if none is installed; one that the user names must be there.
static Expected<void *> loadLibrary() {
  if (const char *path = std::getenv("VGA_CUBLASLT")) {
    if (*path == 0)
      return nullptr;
    if (void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL))
      return library;
    return createStringError(Twine("VGA_CUBLASLT: ") + dlerror());
  }
  for (const char *name : {"libcublasLt.so.13", "libcublasLt.so.12"})
    if (void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL))
      return library;
  return nullptr;
}

Expected<CuBLAS *> CuBLAS::get() {
  static std::unique_ptr<CuBLAS> instance;
  static bool isKnown = false;
  if (!isKnown) {
    Expected<void *> library = loadLibrary();
    if (!library)
      return library.takeError();
    if (*library) {
      std::unique_ptr<CuBLAS> opened(new CuBLAS());
      if (Error error = opened->open(*library))
        return std::move(error);
      instance = std::move(opened);
    }
    isKnown = true;
  }
  return instance.get();
}

Error CuBLAS::open(void *library) {
  std::string missing;
  auto find = [&](auto &function, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol)
      missing = name;
    std::memcpy(&function, &symbol, sizeof(symbol));
  };
  find(cublasLtGetStatusName, "cublasLtGetStatusName");
  find(cublasLtCreate, "cublasLtCreate");
  find(cublasLtMatmulDescCreate, "cublasLtMatmulDescCreate");
  find(cublasLtMatmulDescSetAttribute, "cublasLtMatmulDescSetAttribute");
  find(cublasLtMatrixLayoutCreate, "cublasLtMatrixLayoutCreate");
  find(cublasLtMatrixLayoutSetAttribute, "cublasLtMatrixLayoutSetAttribute");
  find(cublasLtMatmulPreferenceCreate, "cublasLtMatmulPreferenceCreate");
  find(cublasLtMatmulPreferenceSetAttribute,
       "cublasLtMatmulPreferenceSetAttribute");
  find(cublasLtMatmulPreferenceDestroy, "cublasLtMatmulPreferenceDestroy");
  find(cublasLtMatmulAlgoGetHeuristic, "cublasLtMatmulAlgoGetHeuristic");
  find(cublasLtMatmul, "cublasLtMatmul");
  if (!missing.empty())
    return createStringError("no cuBLASLt, or one that is too old: it has no " +
                             missing);
  return check(cublasLtCreate(&handle), "cublasLtCreate");
}

Error CuBLAS::check(int result, StringRef function) const {
  if (result == 0)
    return Error::success();
  const char *name = cublasLtGetStatusName(result);
  return createStringError("cuBLASLt: " + function + ": " +
                           (name ? name : std::to_string(result)));
}

/// Returns the error of a call of the library, if there is one.
#define VGA_CHECK_CUBLAS(function, ...)                                        \
  if (Error error = check(function(__VA_ARGS__), #function))                   \
    return error;

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// The attributes, types and choices that occur here, by their numbers in
/// cublasLt.h and library_types.h.
namespace {
enum Type { F32 = 0, F16 = 2, BF16 = 14, ComputeF32 = 68 };
enum OperationAttribute {
  TransposeFirst = 3,
  TransposeSecond = 4,
  Epilogue = 7,
  BiasPointer = 8,
};
enum EpilogueChoice : uint32_t {
  NoEpilogue = 1,
  ReluEpilogue = 2,
  BiasEpilogue = 4,
  GeluEpilogue = 32,
};
enum LayoutAttribute { BatchCount = 5, BatchStride = 6 };
enum PreferenceAttribute { WorkspaceBytes = 1, ReductionSchemes = 3 };
} // namespace

static uint32_t getEpilogue(const VGACudaProduct &product, bool hasBias) {
  constexpr uint32_t kChoices[] = {0, ReluEpilogue, GeluEpilogue};
  uint32_t epilogue =
      kChoices[product.nonlinearity] | (hasBias ? BiasEpilogue : 0);
  return epilogue ? epilogue : NoEpilogue;
}

Error CuBLAS::createLayout(void *&layout, int type, int64_t rows,
                           int64_t columns, int64_t stride, int64_t batches,
                           int64_t batchStride) const {
  VGA_CHECK_CUBLAS(cublasLtMatrixLayoutCreate, &layout, type, rows, columns,
                   stride);
  auto count = static_cast<int32_t>(batches);
  VGA_CHECK_CUBLAS(cublasLtMatrixLayoutSetAttribute, layout, BatchCount, &count,
                   sizeof(count));
  VGA_CHECK_CUBLAS(cublasLtMatrixLayoutSetAttribute, layout, BatchStride,
                   &batchStride, sizeof(batchStride));
  return Error::success();
}

/// Lines of this project's matrices are columns of the library's: what is by
/// rows here is transposed there, and the product is rhs' * lhs'.
Error CuBLAS::describe(Plan &plan, const VGACudaProduct &product,
                       const Arrays &arrays) const {
  VGA_CHECK_CUBLAS(cublasLtMatmulDescCreate, &plan.operation, ComputeF32, F32);
  auto set = [&](OperationAttribute attribute, auto value) {
    return check(cublasLtMatmulDescSetAttribute(plan.operation, attribute,
                                                &value, sizeof(value)),
                 "cublasLtMatmulDescSetAttribute");
  };
  if (Error error = set(TransposeFirst, int32_t(product.isRhsTransposed)))
    return error;
  if (Error error = set(TransposeSecond, int32_t(product.isLhsTransposed)))
    return error;
  if (Error error = set(Epilogue, getEpilogue(product, arrays.bias != nullptr)))
    return error;
  // For the choice of an algorithm; each product sets its own.
  if (arrays.bias)
    if (Error error = set(BiasPointer, arrays.bias))
      return error;

  int type = product.isBF16 ? BF16 : F16;
  int64_t rows = product.rows, columns = product.columns, depth = product.depth;
  auto create = [&](void *&layout, int type, bool isTransposed, int64_t lines,
                    int64_t neighbors, int64_t stride, int64_t batchStride) {
    if (isTransposed)
      std::swap(lines, neighbors);
    return createLayout(layout, type, /*rows=*/neighbors, /*columns=*/lines,
                        stride, product.batches, batchStride);
  };
  if (Error error = create(plan.first, type, product.isRhsTransposed, depth,
                           columns, product.rhsStride, product.rhsBatchStride))
    return error;
  if (Error error = create(plan.second, type, product.isLhsTransposed, rows,
                           depth, product.lhsStride, product.lhsBatchStride))
    return error;
  return create(plan.output, product.isOutputF32 ? F32 : type,
                /*isTransposed=*/false, rows, columns, product.outputStride,
                product.outputBatchStride);
}

/// Takes what the library thinks is fastest.
Error CuBLAS::choose(Plan &plan) const {
  constexpr size_t kWorkspaceBytes = 32 << 20;
  // Parts of sums are in f32, too: nothing is rounded but the sum.
  constexpr uint32_t kInComputeType = 2;
  constexpr int kNotSupported = 15;
  void *preference;
  VGA_CHECK_CUBLAS(cublasLtMatmulPreferenceCreate, &preference);
  VGA_CHECK_CUBLAS(cublasLtMatmulPreferenceSetAttribute, preference,
                   WorkspaceBytes, &kWorkspaceBytes, sizeof(kWorkspaceBytes));
  VGA_CHECK_CUBLAS(cublasLtMatmulPreferenceSetAttribute, preference,
                   ReductionSchemes, &kInComputeType, sizeof(kInComputeType));
  Choice choice;
  int count = 0;
  int result = cublasLtMatmulAlgoGetHeuristic(
      handle, plan.operation, plan.first, plan.second, plan.output, plan.output,
      preference, 1, &choice, &count);
  VGA_CHECK_CUBLAS(cublasLtMatmulPreferenceDestroy, preference);
  if (result == kNotSupported)
    return Error::success();
  if (Error error = check(result, "cublasLtMatmulAlgoGetHeuristic"))
    return error;
  if (count > 0 && choice.state == 0)
    plan.choice = choice;
  return Error::success();
}

Expected<CuBLAS::Plan *> CuBLAS::getPlan(const VGACudaProduct &product,
                                         const Arrays &arrays) {
  constexpr size_t kIntegers = sizeof(product) / sizeof(int64_t);
  std::vector<int64_t> key(kIntegers);
  std::memcpy(key.data(), &product, sizeof(product));
  key.push_back(arrays.bias != nullptr);
  auto [it, isNew] = plans.try_emplace(std::move(key));
  Plan &plan = it->second;
  if (isNew && product.batches <= INT32_MAX) {
    if (Error error = describe(plan, product, arrays))
      return std::move(error);
    if (Error error = choose(plan))
      return std::move(error);
  }
  return &plan;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Expected<bool> CuBLAS::multiply(const VGACudaProduct &product,
                                const Arrays &arrays, DeviceArena &arena,
                                void *stream) {
  Expected<Plan *> plan = getPlan(product, arrays);
  if (!plan)
    return plan.takeError();
  const std::optional<Choice> &choice = (*plan)->choice;
  if (!choice)
    return false;
  if (arrays.bias)
    if (Error error = check(
            cublasLtMatmulDescSetAttribute((*plan)->operation, BiasPointer,
                                           &arrays.bias, sizeof(arrays.bias)),
            "cublasLtMatmulDescSetAttribute"))
      return std::move(error);
  void *workspace = nullptr;
  if (choice->workspaceBytes != 0) {
    Expected<void *> memory = arena.allocate(choice->workspaceBytes);
    if (!memory)
      return memory.takeError();
    workspace = *memory;
  }
  const float one = 1, zero = 0;
  int result = cublasLtMatmul(
      handle, (*plan)->operation, &one, arrays.rhs, (*plan)->first, arrays.lhs,
      (*plan)->second, arrays.residual ? &one : &zero,
      arrays.residual ? arrays.residual : arrays.output, (*plan)->output,
      arrays.output, (*plan)->output, &choice->algorithm, workspace,
      choice->workspaceBytes, stream);
  // What comes next on the stream may have the memory.
  if (workspace)
    arena.free(workspace);
  if (Error error = check(result, "cublasLtMatmul"))
    return std::move(error);
  return true;
}
