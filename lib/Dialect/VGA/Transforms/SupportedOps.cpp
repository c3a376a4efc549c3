//===- SupportedOps.cpp - What functions may consist of -------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/Transforms/SupportedOps.h"

#include "vga/Dialect/VGA/IR/Check.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Utils/LinalgSizes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;

bool vga::isComputedWith(Type elementType) {
  // Of other widths, elements are not bytes of their own in a vector.
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return integer.isSignless() &&
           llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<IndexType, Float16Type, BFloat16Type, Float32Type, Float64Type>(
      elementType);
}

/// Vectors are unrolled.
constexpr int64_t kMostVectorElements = int64_t(1) << 16;

/// Whether the bytes of an array, as far as its sizes are known, are a number
/// of 64 bits.
static bool isCountable(ShapedType type) {
  if (!type.hasRank() || !type.getElementType().isIntOrIndexOrFloat())
    return true;
  int64_t bytes = type.getElementType().isIndex()
                      ? 8
                      : llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  // Of an array without elements there are strides.
  return llvm::none_of(type.getShape(), [&](int64_t size) {
    return ShapedType::isStatic(size) &&
           llvm::MulOverflow(bytes, std::max<int64_t>(size, 1), bytes);
  });
}

/// Why values of a type are not computed with; empty if they are. `isOther`
/// types that are neither numbers nor arrays are.
static std::string getObstacle(Type type,
                               function_ref<bool(Type)> isOther = nullptr) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  if (isa<UnrankedTensorType>(type))
    return name + " has no rank";
  if (auto tensor = dyn_cast<RankedTensorType>(type);
      tensor && tensor.getEncoding())
    return name + " has an encoding";
  if (auto array = dyn_cast<ShapedType>(type); array && !isCountable(array))
    return name + " has more bytes than can be counted";
  if (auto vector = dyn_cast<VectorType>(type);
      vector && vector.getNumElements() > kMostVectorElements)
    return name + " has more elements than code is made for";
  if (auto array = dyn_cast<BaseMemRefType>(type);
      array && array.getMemorySpace())
    return name + " is in another memory";
  if (isComputedWith(getElementTypeOrSelf(type)) || (isOther && isOther(type)))
    return {};
  return isa<ShapedType>(type)
             ? name + " has elements of a type that is not computed with"
             : name + " is a type that is not computed with";
}

/// The first obstacle among the types of an operation's operands and results.
static std::string
getObstacleOfTypes(Operation *op,
                   function_ref<std::string(Type)> getTypeObstacle) {
  for (Type type :
       llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes())) {
    std::string obstacle = getTypeObstacle(type);
    if (!obstacle.empty())
      return obstacle;
  }
  return {};
}

/// The axis of the larger shape that a reshape names, but that is not there:
/// upstream looks at 32 bits of each.
template <typename OpTy>
static std::string getObstacleOfGroups(OpTy op, ShapedType larger) {
  for (const ReassociationIndices &group : op.getReassociationIndices())
    for (int64_t axis : group)
      if (axis < 0 || axis >= larger.getRank())
        return llvm::formatv("there is no axis {0} of {1}", axis, larger);
  return {};
}

std::string vga::getObstacleOfSizes(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    if (!linalgOp.hasPureTensorSemantics() &&
        (!linalgOp.hasPureBufferSemantics() || linalgOp->getNumResults() != 0))
      return "it is neither on tensors only nor on buffers without results";
    return getSizeObstacle(linalgOp);
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return getObstacleOfGroups(collapse, collapse.getSrcType());
  if (auto dim = dyn_cast<ShapedDimOpInterface>(op)) {
    auto type = dyn_cast<ShapedType>(dim.getShapedValue().getType());
    std::optional<int64_t> axis = getConstantIntValue(dim.getDimension());
    if (axis && type && type.hasRank() &&
        (*axis < 0 || *axis >= type.getRank()))
      return llvm::formatv("there is no axis {0} of {1}", *axis, type);
    return {};
  }
  auto expand = dyn_cast<tensor::ExpandShapeOp>(op);
  if (!expand)
    return {};
  std::string obstacle = getObstacleOfGroups(expand, expand.getResultType());
  if (!obstacle.empty())
    return obstacle;
  for (auto [axis, size, expected] : llvm::enumerate(
           expand.getStaticOutputShape(), expand.getResultType().getShape()))
    if (ShapedType::isStatic(size) && ShapedType::isStatic(expected) &&
        size != expected)
      return llvm::formatv(
          "axis {0} of the result has size {1} where output_shape has {2}",
          axis, expected, size);
  return {};
}

/// Upstream's verifier lets a constant be in memory.
static bool isConstantBuffer(Operation *op) {
  return isa<arith::ConstantOp>(op) &&
         isa<BaseMemRefType>(op->getResult(0).getType());
}

static bool isOnTensors(Operation *op) {
  return llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>);
}

std::string vga::getObstacleOnCPU(Type type) {
  // What MLIR has lowered to LLVM, LLVM compiles.
  return getObstacle(type, [](Type type) {
    return isa<FunctionType>(type) ||
           type.getDialect().getNamespace() == "llvm";
  });
}

std::string vga::getObstacleOnCPU(Operation *op) {
  static constexpr StringRef dialects[] = {
      "affine", "amx",    "arith", "bufferization", "cf",     "func",
      "index",  "linalg", "llvm",  "math",          "memref", "omp",
      "scf",    "tensor", "ub",    "vector",        "vga",    "x86vector"};
  StringRef dialect = op->getName().getDialectNamespace();
  if (!llvm::is_contained(dialects, dialect))
    return "functions for a CPU consist of attention, gates, linalg, tensor, "
           "arith, math, loops and branches";
  if (dialect == "llvm")
    return {};
  std::string obstacle =
      getObstacleOfTypes(op, [](Type type) { return getObstacleOnCPU(type); });
  if (!obstacle.empty())
    return obstacle;
  if (isa<LaunchOp, MultiplyOp>(op))
    return "it is for GPUs";
  if (isConstantBuffer(op))
    return "a constant is a tensor";
  if (isOnTensors(op) && dialect == "affine" && !isa<affine::AffineApplyOp>(op))
    return "loops and branches of affine take no tensors, those of scf do";
  if (isOnTensors(op) && isa<ub::PoisonOp>(op))
    return "a tensor has no poison";
  if (isa<linalg::WinogradFilterTransformOp, linalg::WinogradInputTransformOp,
          linalg::WinogradOutputTransformOp>(op))
    return "it is to be decomposed before";
  return getObstacleOfSizes(op);
}

/// Whether an operation multiplies elements of a window: a pooling has its
/// sizes only.
static bool isConvolution(linalg::LinalgOp op) {
  return linalg::isaConvolutionOpInterface(op) &&
         !op.getRegionInputArgs().back().use_empty();
}

std::string vga::getObstacleOnGPU(Operation *op) {
  auto isUnknown = [](Type type) {
    return !isComputedWith(getElementTypeOrSelf(type));
  };
  // Checks ask for sizes, whatever the elements are of what is refused.
  if (isa<ShapedDimOpInterface, tensor::RankOp>(op))
    return {};
  if (llvm::any_of(op->getResultTypes(), isUnknown) ||
      llvm::any_of(op->getOperandTypes(), isUnknown))
    return "its elements are of a type that kernels do not compute with";
  std::string obstacle =
      getObstacleOfTypes(op, [](Type type) { return getObstacle(type); });
  if (obstacle.empty())
    obstacle = getObstacleOfSizes(op);
  if (!obstacle.empty())
    return obstacle;
  if (isConstantBuffer(op))
    return "a constant is a tensor";
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    if (isConvolution(linalgOp))
      return "convolutions are not made for GPUs";
    return {};
  }
  if (isa<arith::ArithDialect>(op->getDialect()) ||
      (isa<math::MathDialect>(op->getDialect()) && isOnTensors(op)) ||
      isa<affine::AffineApplyOp, affine::AffineMaxOp, affine::AffineMinOp,
          CheckOp, LaunchOp, bufferization::AllocTensorOp, linalg::SoftmaxOp,
          cf::AssertOp, func::CallOp, func::ReturnOp, scf::ConditionOp,
          scf::ForOp, scf::IfOp, scf::WhileOp, scf::YieldOp, tensor::CastOp,
          tensor::CollapseShapeOp, tensor::ConcatOp, tensor::EmptyOp,
          tensor::ExpandShapeOp, tensor::ExtractOp, tensor::ExtractSliceOp,
          tensor::FromElementsOp, tensor::GenerateOp, tensor::InsertOp,
          tensor::InsertSliceOp, tensor::PadOp, tensor::SplatOp>(op))
    return {};
  return "functions for a GPU consist of attention, gates, linalg, tensor, and "
         "arith and math on tensors";
}

std::string vga::getObstacleInKernel(Operation *op) {
  static constexpr StringRef dialects[] = {"affine", "arith", "linalg", "math",
                                           "memref", "scf",   "tensor", "ub"};
  if (!isa<CheckOp>(op) &&
      !llvm::is_contained(dialects, op->getName().getDialectNamespace()))
    return "elements are computed by arith and math";
  return getObstacleOfTypes(op, [](Type type) { return getObstacle(type); });
}
