//===- FoldValueGates.cpp - Values are gated where they are made ---------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value gate depends on the key alone and enters linearly. Where values are
// made here, they are gated before attention meets them: before they go into a
// cache that nobody else looks into, or behind the product they come from.
//
//===----------------------------------------------------------------------===//

#include "Caches.h"
#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/OptionRanges.h"
#include "vga/Dialect/VGA/Transforms/Parameters.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Transforms/Transforms.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::vga {
#define GEN_PASS_DEF_VGAFOLDVALUEGATESPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

namespace {
/// The gate that an attention puts on its values.
struct ValueGate {
  AttentionInterface attention;
  /// Null for vga.gated_attention.
  Value tensor;
  /// What makes the gate of a position from its values; no weight if it is
  /// made from something else.
  Value weight, bias;
  Activation activation = Activation::sigmoid;
  Mixing mixing = Mixing::per_head;
  int64_t heads;
  bool isElementwise;

  static std::optional<ValueGate> find(AttentionInterface op);

  Value getValues() { return attention.getValue(); }
  Layout getLayout() { return attention.getLayout(); }
  bool isOfValues() const { return weight != nullptr; }

  /// The gate of `values` by these weights.
  Value compute(OpBuilder &builder, Value values) {
    return GateOp::create(builder, values.getLoc(), values, weight, bias,
                          activation, mixing, getLayout());
  }

  /// `gate` times `values`, in their type.
  Value multiply(OpBuilder &builder, Value gate, Value values);

  /// Lets the attention take `values` without a gate.
  void remove(RewriterBase &rewriter, Value values);
};
} // namespace

std::optional<ValueGate> ValueGate::find(AttentionInterface op) {
  ValueGate gate;
  gate.attention = op;
  auto takeForm = [&](auto source) {
    gate.weight = source.getWeight();
    gate.bias = source.getBias();
    gate.activation = source.getActivation();
    gate.mixing = source.getMixing();
  };
  if (auto gated = dyn_cast<GatedAttentionOp>(op.getOperation())) {
    if (gated.getSite() != GateSite::value)
      return std::nullopt;
    takeForm(gated);
    bool isPerHead = gate.mixing == Mixing::per_head;
    RankedTensorType type = gated.getWeight().getType();
    gate.heads = type.getDimSize(isPerHead ? 0 : 2);
    gate.isElementwise = type.getRank() == (isPerHead ? 3 : 4);
    return gate;
  }
  gate.tensor = cast<AttentionOp>(op.getOperation()).getValueGate();
  if (!gate.tensor)
    return std::nullopt;
  auto made = gate.tensor.getDefiningOp<GateOp>();
  if (made && made.getSource() == op.getValue() &&
      made.getLayout() == op.getLayout())
    takeForm(made);
  auto type = cast<RankedTensorType>(gate.tensor.getType());
  gate.isElementwise = type.getRank() == 4;
  gate.heads =
      type.getDimSize(gate.isElementwise ? AxisOrder(op.getLayout()).head : 1);
  return gate;
}

Value ValueGate::multiply(OpBuilder &builder, Value gate, Value values) {
  LinalgBuilder linalg(values.getLoc(), builder);
  auto element = cast<FloatType>(getElementTypeOrSelf(values));
  FloatType type = getComputeType(element);
  AffineExpr b, h, s, d;
  bindDims(builder.getContext(), b, h, s, d);
  SmallVector<AffineExpr> loops = AxisOrder(getLayout()).arrange(b, h, s, d);
  SmallVector<AffineExpr> scalarLoops = {b, h, s};
  return linalg.generic(
      {{values, loops}, {gate, isElementwise ? loops : scalarLoops}},
      {linalg.empty(linalg.sizesOf(values), element), loops},
      [&](LinalgBuilder &e, ValueRange in) {
        Value product = e.mul(e.convert(in[0], type), e.convert(in[1], type));
        return e.convert(product, element);
      });
}

void ValueGate::remove(RewriterBase &rewriter, Value values) {
  Operation *op = attention;
  rewriter.setInsertionPoint(op);
  auto ungated = dyn_cast<AttentionOp>(op);
  if (!ungated)
    ungated = replaceByAttention(rewriter, cast<GatedAttentionOp>(op),
                                 /*valueGate=*/nullptr,
                                 /*outputGate=*/nullptr);
  rewriter.modifyOpInPlace(ungated, [&] {
    ungated.getValueGateMutable().clear();
    ungated.getValueMutable().assign(values);
  });
  if (auto made = tensor ? tensor.getDefiningOp<GateOp>() : nullptr)
    if (made->use_empty())
      rewriter.eraseOp(made);
}

/// True if a slice, read or inserted, has all heads and channels of its cache.
template <typename SliceOp>
static bool hasWholeHeads(SliceOp slice, RankedTensorType cache,
                          RankedTensorType type, AxisOrder axes) {
  if (cache.getRank() != 4 || type.getRank() != 4)
    return false;
  return llvm::all_of(ArrayRef{axes.head, axes.channel}, [&](unsigned axis) {
    return isZeroInteger(slice.getMixedOffsets()[axis]) &&
           isOneInteger(slice.getMixedStrides()[axis]) &&
           getConstantIntValue(slice.getMixedSizes()[axis]) ==
               cache.getDimSize(axis);
  });
}

/// True if `value` is the result of a product, but for shapes and what goes
/// element by element.
static bool isProjected(Value value) {
  auto isProduct = [](Operation *op) {
    auto linalg = dyn_cast<linalg::LinalgOp>(op);
    return linalg && linalg::isaContractionOpInterface(linalg);
  };
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  options.filter = [&](Operation *op) {
    auto linalg = dyn_cast<linalg::LinalgOp>(op);
    return isProduct(op) || (linalg && linalg.getNumReductionLoops() == 0) ||
           isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
               tensor::ExtractSliceOp>(op) ||
           OpTrait::hasElementwiseMappableTraits(op);
  };
  llvm::SetVector<Operation *> slice;
  return succeeded(getBackwardSlice(value, &slice, options)) &&
         llvm::any_of(slice, isProduct);
}

namespace {
struct FoldValueGatesPass
    : vga::impl::VGAFoldValueGatesPassBase<FoldValueGatesPass> {
  using Base::Base;

  LogicalResult initialize(MLIRContext *context) override {
    return checkOption(context, getArgument(), "min-queries", minQueries,
                       kThreshold);
  }

  void runOnOperation() override {
    SmallVector<AttentionInterface> ops;
    getOperation()->walk([&](AttentionInterface op) { ops.push_back(op); });
    Parameters parameters(getOperation());
    IRRewriter rewriter(&getContext());
    for (AttentionInterface op : ops) {
      std::optional<ValueGate> gate = ValueGate::find(op);
      // Query heads share their values, but not these gates.
      if (!gate || gate->heads != AttentionSizes(op).kvHeads)
        continue;
      if (std::optional<Cache> cache = findCache(*gate, parameters))
        gateAppends(rewriter, *gate, *cache);
      else if (projections && isWorthAPass(*gate))
        gateProjection(rewriter, *gate);
    }
  }

private:
  /// The cache of the values, if it may as well hold gated values.
  std::optional<Cache> findCache(ValueGate &gate,
                                 const Parameters &parameters) {
    if (!appends || !gate.isOfValues() || !isOnlyFor(gate.getValues(), gate))
      return std::nullopt;
    std::optional<Cache> cache = Cache::of(gate.getValues());
    if (!cache || cache->insertions.empty() || !isReadOnlyBy(*cache, gate) ||
        !haveWholeHeads(*cache, gate) ||
        !isAlwaysTheSame(gate.weight, *cache, parameters) ||
        (gate.bias && !isAlwaysTheSame(gate.bias, *cache, parameters)) ||
        !cache->isState())
      return std::nullopt;
    return cache;
  }

  /// True if nothing but the attention and its gate takes what is read: if
  /// that is all of the cache, it may be returned, too.
  static bool isOnlyFor(Value values, ValueGate &gate) {
    Operation *made = gate.tensor ? gate.tensor.getDefiningOp() : nullptr;
    if (made && !made->hasOneUse())
      return false;
    return !values.getDefiningOp<tensor::ExtractSliceOp>() ||
           llvm::all_of(values.getUses(), [&](OpOperand &use) {
             return isAboutSizes(use.getOwner()) || isRead(use, gate);
           });
  }

  /// True if the values are taken by the attention or its gate.
  static bool isRead(OpOperand &use, ValueGate &gate) {
    Operation *user = use.getOwner(), *attention = gate.attention;
    constexpr unsigned kValue = 2;
    return (gate.tensor && user == gate.tensor.getDefiningOp()) ||
           (user == attention && use.getOperandNumber() == kValue);
  }

  /// True if all that is read of a cache is what the attention takes.
  static bool isReadOnlyBy(const Cache &cache, ValueGate &gate) {
    Operation *slice = gate.getValues().getDefiningOp<tensor::ExtractSliceOp>();
    return llvm::all_of(cache.reads, [&](OpOperand *use) {
      return slice ? use->getOwner() == slice
                   : use->get() == gate.getValues() && isRead(*use, gate);
    });
  }

  static bool haveWholeHeads(const Cache &cache, ValueGate &gate) {
    auto type = cast<RankedTensorType>(cache.argument.getType());
    AxisOrder axes(gate.getLayout());
    auto isWhole = [&](auto slice, RankedTensorType sliceType) {
      return hasWholeHeads(slice, type, sliceType, axes);
    };
    auto slice = gate.getValues().getDefiningOp<tensor::ExtractSliceOp>();
    return (!slice || isWhole(slice, slice.getType())) &&
           llvm::all_of(cache.insertions, [&](Operation *op) {
             if (auto append = dyn_cast<AppendOp>(op))
               return type.getRank() == 4 &&
                      append.getLayout() == gate.getLayout();
             auto insertion = cast<tensor::InsertSliceOp>(op);
             return isWhole(insertion, insertion.getSourceType());
           });
  }

  /// True if a gate's weight is at hand where values are inserted, and the same
  /// in every call: what is in the cache was gated by earlier ones.
  static bool isAlwaysTheSame(Value weight, const Cache &cache,
                              const Parameters &parameters) {
    Operation *producer = weight.getDefiningOp();
    if (!parameters.contains(weight) &&
        !(producer && Parameters::isFree(producer)))
      return false;
    DominanceInfo dominance;
    return llvm::all_of(cache.insertions, [&](Operation *op) {
      return dominance.properlyDominates(weight, op);
    });
  }

  static void gateAppends(RewriterBase &rewriter, ValueGate &gate,
                          const Cache &cache) {
    for (Operation *insertion : cache.insertions) {
      rewriter.setInsertionPoint(insertion);
      OpOperand &inserted = Cache::getInserted(insertion);
      Value values = inserted.get();
      Value gated =
          gate.multiply(rewriter, gate.compute(rewriter, values), values);
      rewriter.modifyOpInPlace(insertion, [&] { inserted.set(gated); });
    }
    gate.remove(rewriter, gate.getValues());
  }

  /// A gate that is part of the product's tasks costs nothing; one that is a
  /// pass over the values costs it once, in attention once for each block of
  /// queries.
  bool isWorthAPass(ValueGate &gate) {
    if (!isProjected(gate.getValues()))
      return false;
    bool isForAttention =
        llvm::count_if(gate.getValues().getUsers(), [](Operation *user) {
          return !isAboutSizes(user);
        }) == 1;
    if (gate.isElementwise && !gate.isOfValues() && isForAttention)
      return true;
    AttentionInterface attention = gate.attention;
    AttentionSizes sizes(attention);
    if (ShapedType::isDynamic(sizes.queries))
      return true;
    int64_t queries = sizes.queries * sizes.groupSize();
    return queries / (Band(attention).isFull() ? 1 : 2) >= minQueries;
  }

  static void gateProjection(RewriterBase &rewriter, ValueGate &gate) {
    rewriter.setInsertionPoint(gate.attention);
    Value values = gate.getValues();
    Value tensor = gate.tensor ? gate.tensor : gate.compute(rewriter, values);
    Value gated = gate.multiply(rewriter, tensor, values);
    gate.remove(rewriter, gated);
    moveInFrontOfReshapes(gated.getDefiningOp());
  }

  /// Right behind the product the gate is part of its tasks.
  static void moveInFrontOfReshapes(Operation *product) {
    RewritePatternSet patterns(product->getContext());
    linalg::populateFoldReshapeOpsByCollapsingPatterns(
        patterns, [](OpOperand *) { return true; });
    (void)applyOpPatternsGreedily(product, std::move(patterns));
  }
};
} // namespace
