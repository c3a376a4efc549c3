//===- Kernel.h - The parts of a product's kernel ---------------*- C++ -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_KERNEL_H
#define VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_KERNEL_H

#include "../KernelSignature.h"
#include "Plan.h"

namespace mlir::vga::product {

/// A kernel under construction.
struct Kernel {
  Kernel(KernelBuilder &b, const Product &product, const Plan &plan)
      : b(b), product(product), plan(plan) {}

  /// `sum` with the term of two factors, those of lhs and rhs, in f32.
  Value addTerm(Value lhs, Value rhs, Value sum) const;
  /// The size of an axis, as i32.
  Value getSize(int64_t axis) const {
    return axis == kNoAxis ? b.i32(1) : sizes[axis];
  }
  /// The elements between neighbors along an axis, as i64: none if the array
  /// does not have it.
  Value getStride(const Array &array, int64_t axis) const;
  /// Elements from the start of an array, as i64, to these places.
  Value getOffset(const Array &array, ArrayRef<int64_t> axes,
                  ValueRange places) const;
  /// The address of this block's part of an array: at its outer places.
  Value getPart(Value pointer, const Array &array) const {
    return b.elementAddress(pointer, array.getElementType(),
                            getOffset(array, product.outer, outer));
  }
  /// Splits a number into places along axes, the last the fastest.
  SmallVector<Value> getPlaces(Value number, ArrayRef<int64_t> axes) const;

  KernelBuilder &b;
  const Product &product;
  const Plan &plan;
  /// Arrays in global memory: of lhs and rhs the tensor maps, if the copy
  /// engine reads them.
  Value lhs, rhs, output;
  SmallVector<Value> others;
  /// Of all axes, as i32; parameters are those that are dynamic.
  SmallVector<Value> sizes;
  /// The start of shared memory, and the thread's number.
  Value shared, thread;
  /// Where this block of threads is: its places along outer axes, and its tile.
  SmallVector<Value> outer;
  Value firstRow, firstColumn;
};

/// Loads neighbors in memory, or elements at a distance, as f32. `count` is a
/// power of 2, and neighbors start at a multiple of their size, up to 16 bytes.
SmallVector<Value> loadRun(KernelBuilder &b, Type elementType, Value address,
                           int64_t count);
SmallVector<Value> loadStrided(KernelBuilder &b, Type elementType,
                               Value address, Value stride, int64_t count);

/// Brings an operand's stages to shared memory, with zeros for what is outside.
/// Each thread copies the same places of each stage.
class Copies {
public:
  /// `axis` is that of rows or columns, and `first` the tile's first of them.
  Copies(const Kernel &kernel, const StagePlan &plan, const Array &array,
         Value pointer, int64_t axis, Value first);
  /// Starts the copies of a step's terms to a stage.
  void start(Value step, Value stage);

private:
  Value loadElement(Value source, Value exists);

  const Kernel &kernel;
  KernelBuilder &b;
  const StagePlan &plan;
  const Array &array;
  Type elementType;
  int64_t passes, passLines;
  /// The thread's first line and its place there; where that is in a stage.
  Value line, place, offset, isCopier;
  /// The address of the thread's first element in step 0.
  Value address;
  /// Elements between lines; of the tile's rows or columns, the thread's place
  /// and how many there are.
  Value lineStride, depthStride, across, acrossSize;
};

/// The sums of a thread after a walk over the depth, stored to the tile's in
/// shared memory. Sums of the splits of a tile are parts, one after the other.
void sumUpStages(Kernel &kernel);
void sumUpWarpgroups(Kernel &kernel);
void sumUpFewRows(Kernel &kernel);
/// Stores a lane's sums of products on the tensor cores, side by side and below
/// each other; `address` is that of the first one.
void storeSums(KernelBuilder &b, const Plan &plan, Value address,
               int64_t columnProducts, ValueRange sums);

/// Where warps of a tile in stages are.
struct WarpPlace {
  explicit WarpPlace(const Kernel &kernel);
  Value lane, split, row, column;
};

/// Multiplies what a stage holds.
class Multiplier {
public:
  explicit Multiplier(const Kernel &kernel)
      : kernel(kernel), b(kernel.b), plan(kernel.plan), place(kernel) {}
  virtual ~Multiplier() = default;
  int64_t getSumCount() const {
    return plan.tile.warpRows * plan.tile.warpColumns / kWarpThreads;
  }
  /// The sums with the products of a stage added.
  virtual SmallVector<Value> multiply(Value stage, ValueRange sums) = 0;
  /// Stores the sums to shared memory.
  virtual void store(ValueRange sums) = 0;

protected:
  /// The address of a sum of this warp's split.
  Value getSumAddress(Value row, Value column) const;
  /// Where an operand is, `across` rows or columns and `depth` from the start
  /// of its part of a stage.
  Value getOperand(Value stage, const StagePlan &side, Value across,
                   Value depth) const;
  /// The depth at which this warp's split of a stage starts.
  Value getFirstDepth() const {
    return b.mul(place.split, plan.depth / plan.tile.splits);
  }

  const Kernel &kernel;
  KernelBuilder &b;
  const Plan &plan;
  WarpPlace place;
};
std::unique_ptr<Multiplier> makeTensorCoreMultiplier(const Kernel &kernel);
std::unique_ptr<Multiplier> makeMultiplyAdd(const Kernel &kernel);

/// Adds the parts of sums and where they start from, applies the chain, and
/// stores what is inside.
void storeOutput(Kernel &kernel);

/// Makes the kernel, whose operands are declared. Returns its name: another's,
/// if that is the same.
StringAttr buildKernel(Kernel &kernel, gpu::GPUModuleOp module,
                       KernelSignature &signature);

} // namespace mlir::vga::product

#endif // VGA_LIB_CONVERSION_VGATONVVM_PRODUCT_KERNEL_H
