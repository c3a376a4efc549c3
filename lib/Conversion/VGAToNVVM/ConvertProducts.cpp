//===- ConvertProducts.cpp - Products of matrices become kernels ----------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBuilder.h"
#include "Product/Kernel.h"
#include "Product/LibraryProduct.h"
#include "vga/Conversion/Passes.h"
#include "vga/GPU/KernelModule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_CONVERTPRODUCTSTONVVMPASS
#include "vga/Conversion/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

/// The size of a loop of the contraction.
static OpFoldResult getLoopSize(HostBuilder &b, const Product &product,
                                unsigned loop) {
  linalg::LinalgOp op = product.op;
  int64_t known = op.getStaticLoopRanges()[loop];
  if (!ShapedType::isDynamic(known))
    return b.getIndexAttr(known);
  for (OpOperand &operand : op->getOpOperands())
    for (auto [axis, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults()))
      if (cast<AffineDimExpr>(expr).getPosition() == loop)
        return b.size(operand.get(), axis);
  llvm_unreachable("a loop that no operand has");
}

static Value getAxisSize(HostBuilder &b, const Product &product, int64_t axis) {
  Value size = b.index(1);
  if (axis == kNoAxis)
    return size;
  for (unsigned loop : product.axes[axis].loops)
    size = b.mul(size, getValueOrCreateConstantIndexOp(
                           b, b.getLoc(), getLoopSize(b, product, loop)));
  return size;
}

/// A block for each tile; none if there is another kernel for as many rows.
static Value countBlocks(HostBuilder &b, const Product &product,
                         const Plan &plan, int64_t limitBefore) {
  Value rows = getAxisSize(b, product, product.row);
  Value blocks = b.mul(b.ceilDiv(rows, b.index(plan.tile.rows)),
                       b.ceilDiv(getAxisSize(b, product, product.column),
                                 b.index(plan.tile.columns)));
  for (int64_t axis : product.outer)
    blocks = b.mul(blocks, getAxisSize(b, product, axis));
  auto only = [&](arith::CmpIPredicate predicate, int64_t limit) {
    Value isHere = arith::CmpIOp::create(b, predicate, rows, b.index(limit));
    blocks = arith::SelectOp::create(b, isHere, blocks, b.index(0));
  };
  if (limitBefore != 0)
    only(arith::CmpIPredicate::ugt, limitBefore);
  if (plan.rowLimit != std::numeric_limits<int64_t>::max())
    only(arith::CmpIPredicate::ule, plan.rowLimit);
  return blocks;
}

/// An operand with one dimension for each of its axes. Dimensions of size 1 are
/// of none: they go with the one before, or with the first one.
static Value collapse(HostBuilder &b, const Product &product,
                      const Array &array) {
  SmallVector<ReassociationIndices> groups(1);
  size_t begun = 0;
  for (auto [dimension, loop] : llvm::enumerate(array.loops)) {
    bool begins = begun < array.axes.size() &&
                  product.axes[array.axes[begun]].loops.front() == loop;
    if (begins && begun++ != 0)
      groups.emplace_back();
    groups.back().push_back(dimension);
  }
  if (groups.size() == array.loops.size())
    return array.value;
  return tensor::CollapseShapeOp::create(b, array.value, groups);
}

/// How many elements lie between neighbors along an axis.
static Value getStride(HostBuilder &b, const Product &product,
                       const Array &array, int64_t axis) {
  if (!array.has(axis))
    return b.index(0);
  Value stride = b.index(1);
  for (int64_t inner : llvm::reverse(array.axes)) {
    if (inner == axis)
      break;
    stride = b.mul(stride, getAxisSize(b, product, inner));
  }
  return stride;
}

/// A product by a library, which leaves few rows to kernels.
static MultiplyOp multiplyByLibrary(HostBuilder &b, const Product &product,
                                    const LibraryProduct &library,
                                    Value output) {
  Value batches = getAxisSize(b, product, library.batch);
  Value rows = getAxisSize(b, product, product.row);
  if (ShapedType::isDynamic(product.getSize(product.row)))
    batches = arith::SelectOp::create(
        b,
        arith::CmpIOp::create(b, arith::CmpIPredicate::uge, rows,
                              b.index(LibraryProduct::kLeastRows)),
        batches, b.index(0));
  bool isLhsTransposed = !product.lhs.isAlong(product.depth);
  bool isRhsTransposed = !product.rhs.isAlong(product.column);
  int64_t lhsLine = isLhsTransposed ? product.depth : product.row;
  int64_t rhsLine = isRhsTransposed ? product.column : product.depth;
  SmallVector<Value> strides;
  for (auto [array, line] : {std::pair(&product.lhs, lhsLine),
                             {&product.rhs, rhsLine},
                             {&product.output, product.row}})
    for (int64_t axis : {library.batch, line})
      strides.push_back(getStride(b, product, *array, axis));
  return MultiplyOp::create(
      b, output.getType(), b.getI1Type(),
      ValueRange{batches, rows, getAxisSize(b, product, product.column),
                 getAxisSize(b, product, product.depth)},
      strides, isLhsTransposed, isRhsTransposed, library.nonlinearity,
      product.lhs.value, product.rhs.value, library.bias, library.residual,
      output);
}

/// Declares what a kernel of the product takes; it writes to `output`.
static void declareOperands(HostBuilder &b, Kernel &kernel, Value output,
                            KernelSignature &signature) {
  const Product &product = kernel.product;
  const Plan &plan = kernel.plan;
  auto addFactor = [&](const Array &array, const StagePlan &side,
                       Value &parameter) {
    if (plan.method == Method::warpgroups)
      signature.addInput(collapse(b, product, array), parameter,
                         getBox(product, array, side));
    else
      signature.addInput(array.value, parameter);
  };
  addFactor(product.lhs, plan.lhs, kernel.lhs);
  addFactor(product.rhs, plan.rhs, kernel.rhs);
  kernel.others.resize(product.others.size());
  for (auto [array, parameter] : llvm::zip(product.others, kernel.others))
    signature.addInput(array.value, parameter);
  signature.addOutput(output, kernel.output);
  kernel.sizes.resize(product.axes.size());
  for (int64_t axis = 0, e = product.axes.size(); axis < e; ++axis)
    if (ShapedType::isDynamic(product.axes[axis].size))
      signature.addSize(getAxisSize(b, product, axis), kernel.sizes[axis]);
}

/// Replaces a product by launches on the same output, of which all but one have
/// no blocks, or none has if a library has multiplied before.
static void convertProduct(Product &product, gpu::GPUModuleOp module,
                           const Target &target,
                           const ConvertProductsToNVVMPassOptions &options) {
  linalg::LinalgOp last = product.getLast();
  HostBuilder b(product.op->getLoc(), last);
  SmallVector<OpFoldResult> shape;
  for (unsigned loop : product.output.loops)
    shape.push_back(getLoopSize(b, product, loop));
  Value output =
      tensor::EmptyOp::create(b, shape, product.output.getElementType());
  Value isDone;
  if (options.cublas)
    if (auto library = LibraryProduct::match(product)) {
      MultiplyOp multiply = multiplyByLibrary(b, product, *library, output);
      output = multiply.getResult();
      isDone = multiply.getDone();
    }
  int64_t limit = 0;
  for (const Plan &plan : choosePlans(product, target, options.tf32)) {
    KernelBuilder inKernel(b.getLoc(), b);
    Kernel kernel(inKernel, product, plan);
    KernelSignature signature;
    declareOperands(b, kernel, output, signature);
    StringAttr name = buildKernel(kernel, module, signature);
    LaunchShape launch;
    launch.blocks = countBlocks(b, product, plan, limit);
    if (isDone && plan.rowLimit >= LibraryProduct::kLeastRows)
      launch.blocks =
          arith::SelectOp::create(b, isDone, b.index(0), launch.blocks);
    launch.threads = plan.getThreads();
    launch.sharedBytes = plan.getSharedBytes();
    output = signature.launch(b, getKernel(module, name), launch).front();
    limit = plan.rowLimit;
  }
  // Operands may know a size that the result's type does not.
  Value result = last->getResult(0);
  if (output.getType() != result.getType())
    output = tensor::CastOp::create(b, result.getType(), output);
  result.replaceAllUsesWith(output);
  for (Step &step : llvm::reverse(product.chain))
    step.op->erase();
  product.op->erase();
}

namespace {
struct ConvertProductsToNVVMPass
    : vga::impl::ConvertProductsToNVVMPassBase<ConvertProductsToNVVMPass> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Target> target = Target::require(chip, getOperation());
    if (failed(target))
      return signalPassFailure();
    // Sizes of results are no uses of them.
    RewritePatternSet patterns(&getContext());
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> ops;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    llvm::erase_if(ops, [](linalg::LinalgOp op) { return !isContraction(op); });
    for (linalg::LinalgOp op : ops) {
      std::string obstacle;
      FailureOr<Product> product = Product::match(op, obstacle);
      if (succeeded(product)) {
        convertProduct(*product, getKernelModule(getOperation()), *target,
                       {chip, tf32, cublas});
      } else if (!obstacle.empty()) {
        op.emitOpError("has no kernel yet: ") << obstacle;
        return signalPassFailure();
      }
    }
  }
};
} // namespace
