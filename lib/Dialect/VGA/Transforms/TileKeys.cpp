//===- TileKeys.cpp - Over the keys that a task sees ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::vga;

namespace {
class KeyLoops : AttentionTask {
public:
  KeyLoops(const AttentionTask &task, Value packed)
      : AttentionTask(task), packed(packed) {
    computeVisibleKeys();
  }

  AttentionState emit(AttentionState state) {
    if (band.lower)
      state = emitKeyLoop(state, firstKey, firstFull,
                          {true, band.upper.has_value()});
    state = emitKeyLoop(state, firstFull, lastFull, {false, false});
    if (band.upper)
      state = emitKeyLoop(state, lastFull, lastKey, {false, true});
    return state;
  }

private:
  /// A block of keys and values in the compute type, and its gate.
  struct Block {
    OpFoldResult first, extent;
    Value key, value, gate;
  };

  /// Which ends of the band a loop has to look at.
  struct Edges {
    bool lower, upper;
  };

  /// [firstKey, lastKey) are visible to some query of the task; those of
  /// [firstFull, lastFull) to all of them.
  void computeVisibleKeys() {
    if (op.getKvLength()) {
      Value length = tensor::ExtractOp::create(b, op.getKvLength(),
                                               ValueRange{cast<Value>(batch)});
      length = arith::IndexCastOp::create(b, b.getIndexType(), length);
      lastKey = b.max(firstKey, b.min(lastKey, length));
    }
    if (band.lower)
      firstKey =
          b.max(firstKey, b.apply(x + y + *band.lower, {firstQuery, offset}));
    if (band.upper)
      lastKey = b.min(lastKey, b.apply(x + y + z + *band.upper,
                                       {firstQuery, numQueries, offset}));
    firstFull = firstKey;
    lastFull = lastKey;
    // Whole blocks from the first key on: few blocks are short.
    if (band.lower) {
      OpFoldResult first = b.apply(x + y + z - 1 + *band.lower,
                                   {firstQuery, numQueries, offset});
      firstFull = b.max(
          firstKey,
          b.min(lastKey, b.apply(x + (y - x).ceilDiv(shape.keys) * shape.keys,
                                 {firstKey, b.max(first, firstKey)})));
    }
    if (band.upper) {
      OpFoldResult last = b.max(
          firstFull, b.apply(x + y + 1 + *band.upper, {firstQuery, offset}));
      lastFull =
          b.min(lastKey, b.apply(x + (y - x).floorDiv(shape.keys) * shape.keys,
                                 {firstFull, last}));
    }
  }

  AttentionState emitKeyLoop(AttentionState state, OpFoldResult first,
                             OpFoldResult last, Edges edges) {
    auto loop = scf::ForOp::create(b, b.toValue(first), b.toValue(last),
                                   b.toValue(index(shape.keys)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value start = loop.getInductionVar();
    Block block = loadBlock(
        start, b.min(index(shape.keys), b.apply(x - y, {last, start})));
    AttentionState updated =
        emitStripes(SmallVector<Value>(loop.getRegionIterArgs()), block, edges);
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  /// `extent` keys of this task's head, [extent, channels].
  Value sliceKeys(Value tensor, OpFoldResult head, OpFoldResult first,
                  OpFoldResult extent) {
    int64_t channels =
        cast<RankedTensorType>(tensor.getType()).getDimSize(axes.channel);
    return b.slice(
        tensor, axes.arrange<OpFoldResult>(batch, head, first, index(0)),
        axes.arrange<OpFoldResult>(index(1), index(1), extent, index(channels)),
        {axes.batch, axes.head});
  }

  Block loadBlock(OpFoldResult first, OpFoldResult extent) {
    Block block{first, extent, sliceKeys(op.getKey(), kvHead, first, extent),
                sliceKeys(op.getValue(), kvHead, first, extent), Value()};
    // Rows of queries meet an element once or twice: it is widened there.
    if (shape.form == Form::columns)
      block.key = widen(block.key);
    int64_t gateHeads = gates.getHeads(axes);
    OpFoldResult head = gateHeads == sizes.kvHeads ? kvHead : queryHead;
    bool isElementwise =
        gates.value &&
        cast<RankedTensorType>(gates.value.getType()).getRank() == 4;
    if (isElementwise) {
      // A gate of channels is not a factor of the weights.
      block.value =
          combine({{block.value, {j, c}},
                   {sliceKeys(gates.value, head, first, extent), {j, c}}},
                  {j, c}, block.value);
      return block;
    }
    if (shape.form == Form::columns)
      block.value = widen(block.value);
    if (gates.value)
      block.gate = widen(b.slice(gates.value, {batch, head, first},
                                 {index(1), index(1), extent}, {0, 1}));
    if (gates.weight)
      block.gate = computeGate(block.value, head, extent);
    return block;
  }

  /// g_j = act(<v_j, weight> + bias) of the values of a block.
  Value computeGate(Value value, OpFoldResult head, OpFoldResult extent) {
    Value weight = b.slice(gates.weight, {head, index(0)},
                           {index(1), index(sizes.valueChannels)}, {0u});
    Value logits = b.contract({value, {j, c}}, {weight, {c}},
                              {b.filled({extent}, type, 0.0), {j}});
    SmallVector<Indexed> ins;
    if (gates.bias)
      ins.push_back({b.slice(gates.bias, {head}, {index(1)}, {0u}), {}});
    return b.generic(ins, {logits, {j}}, [&](LinalgBuilder &e, ValueRange in) {
      Value logit = in.back();
      if (gates.bias)
        logit = e.add(logit, e.convert(in.front(), type));
      return emitActivation(e, gates.activation, logit);
    });
  }

  /// The product of `factors`, in the shape of `like` and the compute type.
  Value combine(ArrayRef<Indexed> factors, ArrayRef<AffineExpr> loops,
                Value like) {
    return b.generic(
        factors,
        {b.empty(b.sizesOf(like), type), SmallVector<AffineExpr>(loops)},
        [&](LinalgBuilder &e, ValueRange in) {
          Value product = e.convert(in[0], type);
          for (Value factor : in.drop_front().drop_back())
            product = e.mul(product, e.convert(factor, type));
          return product;
        });
  }

  Value widen(Value tensor) {
    if (getElementTypeOrSelf(tensor) == type)
      return tensor;
    SmallVector<AffineExpr> loops = {j, c};
    loops.truncate(cast<RankedTensorType>(tensor.getType()).getRank());
    return combine({{tensor, loops}}, loops, tensor);
  }

  /// Stripes that have a query at all.
  OpFoldResult numStripes() {
    return b.apply(x.ceilDiv(queriesPerStripe()), {numQueries});
  }

  AttentionState emitStripes(AttentionState state, Block &block, Edges edges) {
    auto loop =
        scf::ForOp::create(b, b.toValue(index(0)), b.toValue(numStripes()),
                           b.toValue(index(1)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    OpFoldResult stripe = loop.getInductionVar();
    AttentionState carried(loop.getRegionIterArgs());

    // Keys that no query of the stripe sees are left out.
    OpFoldResult query =
        b.apply(x + y * queriesPerStripe(), {firstQuery, stripe});
    OpFoldResult first = block.first, extent = block.extent;
    if (edges.lower || edges.upper) {
      OpFoldResult last = b.apply(x + y, {block.first, block.extent});
      if (edges.lower)
        first = b.min(
            last, b.max(first, b.apply(x + y + *band.lower, {query, offset})));
      if (edges.upper)
        last = b.min(last, b.apply(x + y + queriesPerStripe() + *band.upper,
                                   {query, offset}));
      extent = b.min(index(shape.keys),
                     b.max(index(0), b.apply(x - y, {last, first})));
    }
    auto limit = [&](bool isEdge, std::optional<int64_t> bound) -> Value {
      if (!isEdge)
        return {};
      // Counted from the first key and the first query of the tile.
      return b.toValue(b.apply(x + y - z + *bound, {query, offset, first}));
    };
    auto takeKeys = [&](Value tensor) -> Value {
      if (!tensor || first == block.first)
        return takeFirst(tensor, block.extent, extent);
      auto blockType = cast<RankedTensorType>(tensor.getType());
      SmallVector<OpFoldResult> offsets(blockType.getRank(), index(0));
      SmallVector<OpFoldResult> extents = b.sizesOf(tensor);
      offsets[0] = b.apply(x - y, {first, block.first});
      extents[0] = extent;
      return b.slice(tensor, offsets, extents);
    };

    SmallVector<Value> tiles;
    for (Value tensor : carried)
      tiles.push_back(sliceStripe(tensor, stripe));
    FloatAttr softcap;
    if (op.getSoftcap())
      softcap = b.getF64FloatAttr(op.getSoftcap()->convertToDouble());
    auto step = OnlineAttentionOp::create(
        b, tiles[0].getType(), tiles[1].getType(), tiles[2].getType(),
        sliceStripe(packed, stripe), takeKeys(block.key), takeKeys(block.value),
        takeKeys(block.gate), maskTile(stripe, query, first, extent),
        limit(edges.lower, band.lower), limit(edges.upper, band.upper),
        /*count=*/Value(), tiles[0], tiles[1], tiles[2],
        b.getI64IntegerAttr(group), /*scale=*/FloatAttr(), softcap,
        FormAttr::get(b.getContext(), shape.form));
    AttentionState updated;
    for (auto [tile, tensor] : llvm::zip_equal(step.getResults(), carried)) {
      SmallVector<OpFoldResult> offsets, extents;
      std::tie(offsets, extents) = stripePosition(tensor, stripe);
      updated.push_back(b.insert(tile, tensor, offsets, extents));
    }
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  /// The first `extent` of the `available` keys of a block.
  Value takeFirst(Value tensor, OpFoldResult available, OpFoldResult extent) {
    if (!tensor || available == extent)
      return tensor;
    SmallVector<OpFoldResult> extents = b.sizesOf(tensor);
    SmallVector<OpFoldResult> offsets(extents.size(), index(0));
    extents[0] = extent;
    return b.slice(tensor, offsets, extents);
  }

  std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
  stripePosition(Value tensor, OpFoldResult stripe) {
    SmallVector<OpFoldResult> extents = b.sizesOf(tensor);
    SmallVector<OpFoldResult> offsets(extents.size(), index(0));
    offsets[0] = stripe;
    extents[0] = index(1);
    return {offsets, extents};
  }

  Value sliceStripe(Value tensor, OpFoldResult stripe) {
    auto [offsets, extents] = stripePosition(tensor, stripe);
    return b.slice(tensor, offsets, extents, {0u});
  }

  /// The mask of a stripe over some keys, [keys, lanes].
  Value maskTile(OpFoldResult stripe, OpFoldResult query, OpFoldResult first,
                 OpFoldResult extent) {
    if (!op.getMask())
      return {};
    auto maskType = cast<RankedTensorType>(op.getMask().getType());
    OpFoldResult visible =
        b.min(index(queriesPerStripe()),
              b.apply(x - y * queriesPerStripe(), {numQueries, stripe}));
    OpFoldResult starts[] = {batch, queryHead, query, first};
    OpFoldResult lengths[] = {index(1), index(group), visible, extent};
    AffineExpr maskLoops[] = {AffineExpr(), g, i, j};
    // Axes of size 1 hold for every index; the batch is one.
    SmallVector<OpFoldResult> offsets, extents;
    SmallVector<unsigned> dropped;
    SmallVector<AffineExpr> kept;
    for (int64_t axis = 0; axis < maskType.getRank(); ++axis) {
      int64_t full = axis + 4 - maskType.getRank();
      bool isBroadcast = maskType.getDimSize(axis) == 1;
      offsets.push_back(isBroadcast ? index(0) : starts[full]);
      extents.push_back(isBroadcast ? index(1) : lengths[full]);
      if (isBroadcast || full == 0)
        dropped.push_back(axis);
      else
        kept.push_back(maskLoops[full]);
    }
    Value mask = b.slice(op.getMask(), offsets, extents, dropped);

    SmallVector<OpFoldResult> tileSizes = {extent, index(queriesPerStripe()),
                                           index(group)};
    SmallVector<OpFoldResult> origin(3, index(0));
    SmallVector<OpFoldResult> valid = {extent, visible, index(group)};
    SmallVector<AffineExpr> loops = {j, i, g};
    SmallVector<ReassociationIndices> axes = {{0}, {1, 2}};
    if (shape.form == Form::rows) {
      std::rotate(tileSizes.begin(), tileSizes.begin() + 1, tileSizes.end());
      std::rotate(valid.begin(), valid.begin() + 1, valid.end());
      loops = {i, g, j};
      axes = {{0, 1}, {2}};
    }
    Value tile = b.filled(tileSizes, type, 0.0);
    Value filled = b.generic(
        {{mask, kept}}, {b.slice(tile, origin, valid), loops},
        [&](LinalgBuilder &e, ValueRange in) { return addend(e, in[0]); });
    tile = b.insert(filled, tile, origin, valid);
    return tensor::CollapseShapeOp::create(b, tile, axes);
  }

  /// What an element of the mask adds to a score.
  Value addend(LinalgBuilder &e, Value element) {
    if (!element.getType().isInteger(1))
      return e.convert(element, type);
    return arith::SelectOp::create(
        e, element, constant(e, 0.0),
        constant(e, -std::numeric_limits<double>::infinity()));
  }

  Value packed;
  OpFoldResult firstFull, lastFull;
};
} // namespace

AttentionState AttentionTask::foldKeys(Value packedQueries,
                                       AttentionState state) {
  return KeyLoops(*this, packedQueries).emit(std::move(state));
}
