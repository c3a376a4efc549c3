//===- LowerLaunches.cpp - Launches become calls of the runtime -----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/GPU/Passes.h"

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
  LaunchLowering(LaunchOp op, ModuleOp module)
      : op(op), module(module), b(op.getLoc(), op),
        pointer(LLVM::LLVMPointerType::get(op.getContext())) {}

  LogicalResult run();

private:
  Value i64(Value index) {
    return arith::IndexCastOp::create(b, b.getI64Type(), index);
  }
  Value i64(int64_t value) {
    return arith::ConstantOp::create(b, b.getI64IntegerAttr(value));
  }
  Value address(Value memref) {
    Value index = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
    return LLVM::IntToPtrOp::create(b, pointer, i64(index));
  }
  /// Memory of the caller's frame: loops do not make it grow.
  Value allocate(Type type, int64_t count = 1);
  Value array(ArrayRef<Value> values, Type type);
  void call(StringRef name, ArrayRef<Value> arguments);

  Value makeMap(Value memref, ArrayRef<int64_t> box);
  Value getParameter(Value array, ArrayRef<int64_t> box);
  FailureOr<Value> getImage();

  LaunchOp op;
  ModuleOp module;
  ImplicitLocOpBuilder b;
  Type pointer;
};
} // namespace

Value LaunchLowering::allocate(Type type, int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  Operation *function = op->getParentWithTrait<OpTrait::IsIsolatedFromAbove>();
  b.setInsertionPointToStart(&function->getRegion(0).front());
  constexpr unsigned kMapAlignment = 64;
  return LLVM::AllocaOp::create(b, pointer, type, i64(count), kMapAlignment);
}

Value LaunchLowering::array(ArrayRef<Value> values, Type type) {
  Value memory = allocate(type, values.size());
  for (auto [i, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(
        b, value,
        LLVM::GEPOp::create(b, pointer, type, memory,
                            LLVM::GEPArg(static_cast<int32_t>(i))));
  return memory;
}

void LaunchLowering::call(StringRef name, ArrayRef<Value> arguments) {
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    function = LLVM::LLVMFuncOp::create(
        b, name,
        LLVM::LLVMFunctionType::get(
            LLVM::LLVMVoidType::get(b.getContext()),
            llvm::to_vector(TypeRange(ValueRange(arguments)))));
  }
  LLVM::CallOp::create(b, function, arguments);
}

Value LaunchLowering::makeMap(Value memref, ArrayRef<int64_t> box) {
  auto type = cast<MemRefType>(memref.getType());
  constexpr int64_t kMapBytes = 128;
  Value map = allocate(LLVM::LLVMArrayType::get(b.getI8Type(), kMapBytes));
  SmallVector<Value> shape, boxShape;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    shape.push_back(i64(b.createOrFold<memref::DimOp>(memref, axis)));
    boxShape.push_back(i64(box[axis]));
  }
  bool isBF16 = type.getElementType().isBF16();
  call("vgaCudaMakeTensorMap",
       {map, i64(isBF16 ? 1 : 0), address(memref), i64(type.getRank()),
        array(shape, b.getI64Type()), array(boxShape, b.getI64Type())});
  return map;
}

/// The address of a kernel's parameter.
Value LaunchLowering::getParameter(Value value, ArrayRef<int64_t> box) {
  if (!box.empty())
    return makeMap(value, box);
  return array(address(value), pointer);
}

/// The code of the kernel's module, as a constant of this one.
FailureOr<Value> LaunchLowering::getImage() {
  StringAttr name = op.getKernel().getRootReference();
  std::string globalName = (name.getValue() + "_image").str();
  auto global = module.lookupSymbol<LLVM::GlobalOp>(globalName);
  if (!global) {
    auto binary = module.lookupSymbol<gpu::BinaryOp>(name);
    if (!binary)
      return op.emitOpError("needs a gpu.binary ") << op.getKernel();
    auto object = cast<gpu::ObjectAttr>(binary.getObjects()[0]);
    // PTX ends with a zero.
    std::string code = (object.getObject().getValue() + Twine('\0')).str();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    global = LLVM::GlobalOp::create(
        b, LLVM::LLVMArrayType::get(b.getI8Type(), code.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, globalName,
        b.getStringAttr(code), /*alignment=*/16);
  }
  return LLVM::AddressOfOp::create(b, global).getResult();
}

LogicalResult LaunchLowering::run() {
  FailureOr<Value> image = getImage();
  if (failed(image))
    return failure();
  SmallVector<Value> parameters;
  for (auto [value, box] : llvm::zip(op.getArrays(), op.getBoxes()))
    parameters.push_back(
        getParameter(value, cast<DenseI64ArrayAttr>(box).asArrayRef()));
  for (Value size : op.getSizes()) {
    Value narrow = arith::IndexCastOp::create(b, b.getI32Type(), size);
    parameters.push_back(array(narrow, b.getI32Type()));
  }

  StringRef kernel = op.getKernel().getLeafReference();
  std::string nameSymbol = (kernel + "_name").str();
  Value name;
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(nameSymbol)) {
    name = LLVM::AddressOfOp::create(b, global);
  } else {
    std::string text = (kernel + Twine('\0')).str();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto constant = LLVM::GlobalOp::create(
        b, LLVM::LLVMArrayType::get(b.getI8Type(), text.size()),
        /*isConstant=*/true, LLVM::Linkage::Private, nameSymbol,
        b.getStringAttr(text));
    b.setInsertionPoint(op);
    name = LLVM::AddressOfOp::create(b, constant);
  }
  call("vgaCudaLaunch", {*image, name, i64(op.getBlocks()),
                         i64(op.getThreads()), i64(op.getSharedMemory()),
                         i64(op.getPersistent()), i64(op.getCooperative()),
                         array(parameters, pointer)});
  op.erase();
  return success();
}

namespace {
struct VGAGPULowerLaunchesPass
    : vga::impl::VGAGPULowerLaunchesPassBase<VGAGPULowerLaunchesPass> {
  void runOnOperation() override {
    SmallVector<LaunchOp> launches;
    getOperation().walk([&](LaunchOp op) { launches.push_back(op); });
    for (LaunchOp launch : launches)
      if (failed(LaunchLowering(launch, getOperation()).run()))
        return signalPassFailure();
    for (auto binary :
         llvm::make_early_inc_range(getOperation().getOps<gpu::BinaryOp>()))
      binary.erase();
  }
};
} // namespace
