//===- LowerLaunches.cpp - Launches become calls of the runtime -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeCalls.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"
#include "vga/Runtime/CUDA.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAGPULOWERLAUNCHESPASS
#include "vga/GPU/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// Builds the calls of one launch; vga/Runtime/CUDA.h says what they mean.
class LaunchLowering {
public:
  LaunchLowering(Operation *op, ModuleOp module, bool overlap)
      : op(op), module(module), overlap(overlap), b(op, module) {}

  LogicalResult lower(LaunchOp launch);
  LogicalResult lower(MultiplyOp multiply);
  LogicalResult lower(gpu::LaunchFuncOp launch);

private:
  LogicalResult checkDense(Value memref);
  Value makeMap(Value memref, ArrayRef<int64_t> box);
  FailureOr<Value> getParameter(Value array, ArrayRef<int64_t> box);
  void addParameter(Value value) {
    parameters.push_back(b.array(value, value.getType()));
  }
  void addDescriptor(Value memref);
  LogicalResult callLaunch(SymbolRefAttr kernel, Value blocks, Value threads,
                           int64_t sharedMemory, bool isPersistent,
                           bool isCooperative);

  Operation *op;
  ModuleOp module;
  bool overlap;
  RuntimeCalls b;
  SmallVector<Value> parameters;
};
} // namespace

Value LaunchLowering::makeMap(Value memref, ArrayRef<int64_t> box) {
  auto type = cast<MemRefType>(memref.getType());
  constexpr int64_t kMapBytes = 128;
  Value map = b.allocate(LLVM::LLVMArrayType::get(b.getI8Type(), kMapBytes));
  SmallVector<Value> shape, boxShape;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    shape.push_back(b.i64(b.createOrFold<memref::DimOp>(memref, axis)));
    boxShape.push_back(b.i64(box[axis]));
  }
  bool isBF16 = type.getElementType().isBF16();
  b.call("vgaCudaMakeTensorMap",
         {map, b.i64(isBF16 ? 1 : 0), b.address(memref), b.i64(type.getRank()),
          b.array(shape, b.getI64Type()), b.array(boxShape, b.getI64Type())});
  return map;
}

LogicalResult LaunchLowering::checkDense(Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  if (type && type.getLayout().isIdentity() && !type.getMemorySpace())
    return success();
  return op->emitOpError("expected dense arrays, got ")
         << memref.getType() << " (vga-gpu-place-arrays)";
}

/// A launch as vga-gpu-outline-linalg makes it: of one dimension, in order.
static LogicalResult checkLaunch(gpu::LaunchFuncOp launch) {
  for (Value size : {launch.getGridSizeY(), launch.getGridSizeZ(),
                     launch.getBlockSizeY(), launch.getBlockSizeZ()})
    if (!matchPattern(size, m_One()))
      return launch.emitOpError("expected blocks and threads of one dimension");
  if (launch.getAsyncToken() || !launch.getAsyncDependencies().empty() ||
      launch.getAsyncObject())
    return launch.emitOpError("expected no asynchronous launch");
  if (launch.hasClusterSize() || launch.getDynamicSharedMemorySize())
    return launch.emitOpError("expected neither clusters nor shared memory");
  for (Value operand : launch.getKernelOperands()) {
    Type type = operand.getType();
    auto memref = dyn_cast<MemRefType>(type);
    if (!(memref && memref.isStrided() && !memref.getMemorySpace()) &&
        !type.isIntOrIndexOrFloat() && !isa<LLVM::LLVMPointerType>(type))
      return launch.emitOpError("expected arrays and numbers as operands of a "
                                "kernel, got ")
             << type;
  }
  return success();
}

/// The address of a parameter of a kernel of vga.launch.
FailureOr<Value> LaunchLowering::getParameter(Value value,
                                              ArrayRef<int64_t> box) {
  if (failed(checkDense(value)))
    return failure();
  if (!box.empty())
    return makeMap(value, box);
  return b.array(b.address(value), b.pointer);
}

/// Adds what a memref is in a kernel: two pointers, the offset, sizes, strides.
void LaunchLowering::addDescriptor(Value memref) {
  Value address = b.address(memref);
  addParameter(address);
  addParameter(address);
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  addParameter(b.i64(metadata.getOffset()));
  for (Value size : metadata.getSizes())
    addParameter(b.i64(size));
  for (Value stride : metadata.getStrides())
    addParameter(b.i64(stride));
}

LogicalResult LaunchLowering::callLaunch(SymbolRefAttr kernel, Value blocks,
                                         Value threads, int64_t sharedMemory,
                                         bool isPersistent,
                                         bool isCooperative) {
  StringAttr moduleName = kernel.getRootReference();
  StringRef name = kernel.getLeafReference();
  auto binary = module.lookupSymbol<gpu::BinaryOp>(moduleName);
  if (!binary)
    return op->emitOpError("needs a gpu.binary ") << kernel;
  auto object = cast<gpu::ObjectAttr>(binary.getObjects()[0]);
  // PTX ends with a zero, as does a name.
  Value image =
      b.constant((moduleName.getValue() + "_image").str(),
                 (object.getObject().getValue() + Twine('\0')).str(), 16);
  Value text =
      b.constant(("vga_name_" + name).str(), (name + Twine('\0')).str());
  int64_t flags = (isPersistent ? VGA_CUDA_PERSISTENT : 0) |
                  (isCooperative ? VGA_CUDA_COOPERATIVE : 0) |
                  (overlap ? VGA_CUDA_OVERLAPPED : 0);
  b.call("vgaCudaLaunch",
         {image, text, b.i64(blocks), b.i64(threads), b.i64(sharedMemory),
          b.i64(flags), b.array(parameters, b.pointer)});
  op->erase();
  return success();
}

LogicalResult LaunchLowering::lower(LaunchOp launch) {
  for (auto [value, box] : llvm::zip(launch.getArrays(), launch.getBoxes())) {
    FailureOr<Value> parameter =
        getParameter(value, cast<DenseI64ArrayAttr>(box).asArrayRef());
    if (failed(parameter))
      return failure();
    parameters.push_back(*parameter);
  }
  for (Value size : launch.getSizes())
    addParameter(arith::IndexCastOp::create(b, b.getI32Type(), size));
  if (launch.getErrors()) {
    addParameter(b.call("vgaCudaGetReport", {}, b.pointer));
    for (auto error : launch.getErrors()->getAsRange<StringAttr>())
      addParameter(b.text(error));
  }
  Value threads = arith::ConstantIndexOp::create(b, launch.getThreads());
  return callLaunch(launch.getKernel(), launch.getBlocks(), threads,
                    launch.getSharedMemory(), launch.getPersistent(),
                    launch.getCooperative());
}

LogicalResult LaunchLowering::lower(gpu::LaunchFuncOp launch) {
  if (failed(checkLaunch(launch)))
    return failure();
  for (Value operand : launch.getKernelOperands()) {
    if (isa<MemRefType>(operand.getType()))
      addDescriptor(operand);
    else if (operand.getType().isIndex())
      addParameter(b.i64(operand));
    else
      addParameter(operand);
  }
  return callLaunch(launch.getKernel(), launch.getGridSizeX(),
                    launch.getBlockSizeX(), /*sharedMemory=*/0,
                    /*isPersistent=*/false, /*isCooperative=*/false);
}

/// The integers are those of VGACudaProduct.
LogicalResult LaunchLowering::lower(MultiplyOp multiply) {
  bool isBF16 = getElementTypeOrSelf(multiply.getLhs().getType()).isBF16();
  bool isOutputF32 =
      getElementTypeOrSelf(multiply.getOutput().getType()).isF32();
  SmallVector<Value> integers;
  for (int64_t value : {int64_t(isBF16), int64_t(isOutputF32),
                        int64_t(multiply.getLhsTransposed()),
                        int64_t(multiply.getRhsTransposed()),
                        static_cast<int64_t>(multiply.getNonlinearity())})
    integers.push_back(b.i64(value));
  for (OperandRange sizes : {multiply.getSizes(), multiply.getStrides()})
    for (Value size : sizes)
      integers.push_back(b.i64(size));
  SmallVector<Value> arguments = {b.array(integers, b.getI64Type())};
  for (Value array : {multiply.getLhs(), multiply.getRhs(), multiply.getBias(),
                      multiply.getResidual(), multiply.getOutput()}) {
    if (array && failed(checkDense(array)))
      return failure();
    arguments.push_back(array ? b.address(array)
                              : LLVM::ZeroOp::create(b, b.pointer).getResult());
  }
  Value done = b.call("vgaCudaMultiply", arguments, b.getI64Type());
  multiply.getDone().replaceAllUsesWith(arith::CmpIOp::create(
      b, arith::CmpIPredicate::ne, done, b.i64(int64_t(0))));
  op->erase();
  return success();
}

namespace {
struct VGAGPULowerLaunchesPass
    : vga::impl::VGAGPULowerLaunchesPassBase<VGAGPULowerLaunchesPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> launches;
    getOperation().walk([&](Operation *op) {
      if (isa<LaunchOp, MultiplyOp, gpu::LaunchFuncOp>(op))
        launches.push_back(op);
    });
    for (Operation *op : launches) {
      LaunchLowering lowering(op, getOperation(), overlap);
      LogicalResult lowered =
          TypeSwitch<Operation *, LogicalResult>(op)
              .Case<LaunchOp, MultiplyOp, gpu::LaunchFuncOp>(
                  [&](auto launch) { return lowering.lower(launch); });
      if (failed(lowered))
        return signalPassFailure();
    }
    for (auto binary :
         llvm::make_early_inc_range(getOperation().getOps<gpu::BinaryOp>()))
      binary.erase();
  }
};
} // namespace
