//===- TileKeys.cpp - Over the keys that a task sees ----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionTask.h"
#include "vga/Dialect/VGA/IR/Visibility.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
class KeyLoops : AttentionTask {
public:
  KeyLoops(const AttentionTask &task, Value packed)
      : AttentionTask(task), packed(packed) {
    place = {batch, index(0)};
    computeVisibleKeys();
  }

  AttentionState emit(AttentionState state) {
    if (band.lower)
      state = emitKeyLoop(state, firstKey, firstFull,
                          {true, band.upper.has_value()});
    state = emitKeyLoop(state, firstFull, lastFull, {false, false},
                        /*whole=*/band.upper.has_value());
    if (band.upper)
      state = emitKeyLoop(state, lastFull, lastKey, {false, true});
    return state;
  }

private:
  /// A block of keys, values and gates, as a step takes them. One in pairs may
  /// hold more keys than there are: up to a multiple of kPairKeys, and zeros.
  struct Block {
    OpFoldResult first, extent, stored;
    Value key, value, gate;

    bool isPadded() const { return stored != extent; }
  };

  /// Which ends of the band a loop has to look at.
  struct Edges {
    bool lower, upper;
  };

  /// [firstKey, lastKey) are visible to some query of the task; those of
  /// [firstFull, lastFull) to all of them.
  void computeVisibleKeys() {
    if (length)
      lastKey = b.max(firstKey, b.min(lastKey, length));
    if (band.lower)
      firstKey =
          b.max(firstKey, b.apply(x + y + *band.lower, {firstQuery, offset}));
    if (band.upper)
      lastKey = b.min(lastKey, b.apply(x + y + z + *band.upper,
                                       {firstQuery, numQueries, offset}));
    firstFull = firstKey;
    lastFull = lastKey;
    // Whole blocks from the first key on: few blocks are short. Keys that are
    // left over are of the loop behind, so that this one has static sizes.
    if (band.lower) {
      OpFoldResult first = b.apply(x + y + z - 1 + *band.lower,
                                   {firstQuery, numQueries, offset});
      firstFull = b.max(
          firstKey,
          b.min(lastKey, b.apply(x + (y - x).ceilDiv(shape.keys) * shape.keys,
                                 {firstKey, b.max(first, firstKey)})));
    }
    if (band.upper) {
      OpFoldResult last =
          b.apply(x + y + 1 + *band.upper, {firstQuery, offset});
      lastFull = b.apply(x + (y - x).floorDiv(shape.keys) * shape.keys,
                         {firstFull, b.max(firstFull, b.min(lastKey, last))});
    }
  }

  /// `whole`: keys are a multiple of the block, unless pages divide them.
  AttentionState emitKeyLoop(AttentionState state, OpFoldResult first,
                             OpFoldResult last, Edges edges,
                             bool whole = false) {
    return op.getBlockTable() ? emitPages(state, first, last, edges)
                              : emitRange(state, first, last, edges, whole);
  }

  /// A loop over the pages of [first, last), read in place.
  AttentionState emitPages(AttentionState state, OpFoldResult first,
                           OpFoldResult last, Edges edges) {
    if (isEqualConstantIntOrValue(first, last))
      return state;
    int64_t size = getPageSize(op);
    auto loop =
        scf::ForOp::create(b, b.toValue(b.apply(x.floorDiv(size), {first})),
                           b.toValue(b.apply(x.ceilDiv(size), {last})),
                           b.toValue(index(1)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value entry = loop.getInductionVar();
    Value page = tensor::ExtractOp::create(b, op.getBlockTable(),
                                           {cast<Value>(batch), entry});
    page = arith::IndexCastOp::create(b, b.getIndexType(), page);
    OpFoldResult begin = b.apply(x * size, {entry});
    place = {page, begin};
    AttentionState updated = emitRange(
        SmallVector<Value>(loop.getRegionIterArgs()), b.max(first, begin),
        b.min(last, b.apply(x + size, {begin})), edges);
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  AttentionState emitRange(AttentionState state, OpFoldResult first,
                           OpFoldResult last, Edges edges, bool whole = false) {
    if (shape.form != Form::pairs || whole)
      return emitBlocks(state, first, last, edges, whole);
    // Whole blocks are read in place, and none of their keys is padding.
    OpFoldResult wholes =
        b.max(first, b.apply(x + (y - x).floorDiv(shape.keys) * shape.keys,
                             {first, last}));
    state = emitBlocks(state, first, wholes, edges, /*whole=*/true);
    return emitBlocks(state, wholes, last, edges, /*whole=*/false);
  }

  AttentionState emitBlocks(AttentionState state, OpFoldResult first,
                            OpFoldResult last, Edges edges, bool whole) {
    if (isEqualConstantIntOrValue(first, last))
      return state;
    auto loop = scf::ForOp::create(b, b.toValue(first), b.toValue(last),
                                   b.toValue(index(shape.keys)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value start = loop.getInductionVar();
    OpFoldResult extent = index(shape.keys);
    if (!whole)
      extent = b.min(extent, b.apply(x - y, {last, start}));
    Block block = shape.form == Form::pairs ? loadPairs(start, extent)
                                            : loadBlock(start, extent);
    AttentionState updated =
        emitStripes(SmallVector<Value>(loop.getRegionIterArgs()), block, edges);
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  /// Where a position is in memory.
  OpFoldResult row(OpFoldResult position) {
    return b.apply(x - y, {position, place.begin});
  }

  /// `extent` keys of this task's head, [extent, channels].
  Value sliceKeys(Value tensor, OpFoldResult head, OpFoldResult first,
                  OpFoldResult extent) {
    int64_t channels =
        cast<RankedTensorType>(tensor.getType()).getDimSize(axes.channel);
    return b.slice(
        tensor,
        axes.arrange<OpFoldResult>(place.batch, head, row(first), index(0)),
        axes.arrange<OpFoldResult>(index(1), index(1), extent, index(channels)),
        {axes.batch, axes.head});
  }

  Block loadBlock(OpFoldResult first, OpFoldResult extent) {
    Block block{first,
                extent,
                extent,
                sliceKeys(op.getKey(), kvHead, first, extent),
                loadValues(first, extent),
                Value()};
    // Rows of queries meet an element once or twice: it is widened there.
    if (shape.form == Form::columns) {
      block.key = convert(block.key, type);
      block.value = convert(block.value, type);
    }
    block.gate = loadGate(first, extent, block.value);
    return block;
  }

  /// The values, times their gate if it is one of channels: that is no factor
  /// of the weights.
  Value loadValues(OpFoldResult first, OpFoldResult extent) {
    Value value = sliceKeys(op.getValue(), kvHead, first, extent);
    if (!hasElementwiseGate())
      return value;
    Value gate = sliceKeys(gates.value, gateHead(), first, extent);
    return combine({{value, {j, c}}, {gate, {j, c}}}, {j, c}, value,
                   shape.form == Form::pairs
                       ? cast<FloatType>(getElementTypeOrSelf(value))
                       : type);
  }

  /// The factors of the weights, [extent], or null. `value` is a block of
  /// values, from which they may have to be computed.
  Value loadGate(OpFoldResult first, OpFoldResult extent, Value value) {
    if (gates.weight)
      return computeGate(value, gateHead());
    if (!gates.value || hasElementwiseGate())
      return {};
    return convert(b.slice(gates.value, {place.batch, gateHead(), row(first)},
                           {index(1), index(1), extent}, {0, 1}),
                   type);
  }

  OpFoldResult gateHead() {
    return gates.getHeads(axes) == sizes.kvHeads ? kvHead : queryHead;
  }

  bool hasElementwiseGate() {
    return gates.value &&
           cast<RankedTensorType>(gates.value.getType()).getRank() == 4;
  }

  /// key [stored, Dk/2, 2], value [Dv, stored/2, 2], gate [stored].
  Block loadPairs(OpFoldResult first, OpFoldResult extent) {
    Block block{first,
                extent,
                extent,
                sliceKeys(op.getKey(), kvHead, first, extent),
                loadValues(first, extent),
                Value()};
    bool isWhole = isConstantIntValue(extent, shape.keys);
    if (!isWhole) {
      block.stored = b.apply(x.ceilDiv(kPairKeys) * kPairKeys, {extent});
      block.value =
          pad(block.value, {index(shape.keys), index(sizes.valueChannels)});
    }
    if (!isWhole || getPackedChannels() != sizes.keyChannels)
      block.key =
          pad(block.key, {index(shape.keys), index(getPackedChannels())});
    block.gate = loadGate(first, extent, block.value);
    if (block.gate && !gates.weight && !isWhole)
      block.gate = pad(block.gate, {index(shape.keys)});
    block.key = b.splitAxis(block.key, 1, 2);
    Value pairs = b.splitAxis(block.value, 0, 2);
    block.value = b.generic(
        {{pairs, {j, v, c}}},
        {b.empty({index(sizes.valueChannels), index(shape.keys / 2), index(2)},
                 cast<FloatType>(getElementTypeOrSelf(pairs))),
         {c, j, v}},
        [](LinalgBuilder &, ValueRange in) { return in[0]; });
    return block;
  }

  /// `tensor` with zeros up to the given sizes.
  Value pad(Value tensor, ArrayRef<OpFoldResult> padded) {
    Value zeros =
        b.filled(padded, cast<FloatType>(getElementTypeOrSelf(tensor)), 0.0);
    SmallVector<OpFoldResult> origin(padded.size(), index(0));
    return b.insert(tensor, zeros, origin, b.sizesOf(tensor));
  }

  /// g_j = act(<v_j, weight> + bias) of the values of a block.
  Value computeGate(Value value, OpFoldResult head) {
    OpFoldResult extent = b.sizeOf(value, 0);
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

  /// The product of `factors`, in the shape of `like`.
  Value combine(ArrayRef<Indexed> factors, ArrayRef<AffineExpr> loops,
                Value like, FloatType resultType) {
    return b.generic(
        factors,
        {b.empty(b.sizesOf(like), resultType), SmallVector<AffineExpr>(loops)},
        [&](LinalgBuilder &e, ValueRange in) {
          Value product = e.convert(in[0], type);
          for (Value factor : in.drop_front().drop_back())
            product = e.mul(product, e.convert(factor, type));
          return e.convert(product, resultType);
        });
  }

  Value convert(Value tensor, FloatType to) {
    if (getElementTypeOrSelf(tensor) == to)
      return tensor;
    SmallVector<AffineExpr> loops = {j, c};
    loops.truncate(cast<RankedTensorType>(tensor.getType()).getRank());
    return combine({{tensor, loops}}, loops, tensor, to);
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
    OpFoldResult first = block.first, extent = block.stored;
    if (edges.lower || edges.upper) {
      OpFoldResult last = b.apply(x + y, {block.first, block.extent});
      if (edges.lower)
        first = b.min(
            last, b.max(first, b.apply(x + y + *band.lower, {query, offset})));
      if (edges.upper)
        last = b.min(last, b.apply(x + y + queriesPerStripe() + *band.upper,
                                   {query, offset}));
      if (shape.form == Form::pairs)
        std::tie(first, last) = alignToPairs(block, first, last);
      extent = b.min(index(shape.keys),
                     b.max(index(0), b.apply(x - y, {last, first})));
    }
    Value count;
    if (block.isPadded())
      count = b.toValue(b.apply(x + y - z, {block.first, block.extent, first}));
    auto limit = [&](bool isEdge, std::optional<int64_t> bound) -> Value {
      if (!isEdge)
        return {};
      // Counted from the first key and the first query of the tile.
      return b.toValue(b.apply(x + y - z + *bound, {query, offset, first}));
    };
    bool isPairs = shape.form == Form::pairs;
    bool isAll =
        first == block.first && extent == block.stored && !block.isPadded();
    auto takeKeys = [&](Value tensor, unsigned axis, int64_t keysPerElement) {
      if (isAll)
        return tensor;
      return takePart(
          tensor, axis,
          b.apply((x - y).floorDiv(keysPerElement), {first, block.first}),
          b.apply(x.floorDiv(keysPerElement), {extent}));
    };

    SmallVector<Value> tiles;
    for (Value tensor : carried)
      tiles.push_back(sliceStripe(tensor, stripe));
    FloatAttr scale, softcap;
    if (std::optional<double> factor = splitScale().second)
      scale = b.getF64FloatAttr(*factor);
    if (op.getSoftcap())
      softcap = b.getF64FloatAttr(op.getSoftcap()->convertToDouble());
    auto step = OnlineAttentionOp::create(
        b, tiles[0].getType(), tiles[1].getType(), tiles[2].getType(),
        sliceStripe(packed, stripe), takeKeys(block.key, 0, 1),
        isPairs ? takeKeys(block.value, 1, 2) : takeKeys(block.value, 0, 1),
        takeKeys(block.gate, 0, 1),
        maskTile(stripe, query, first, extent, count),
        limit(edges.lower, band.lower), limit(edges.upper, band.upper), count,
        tiles[0], tiles[1], tiles[2], b.getI64IntegerAttr(group), scale,
        softcap, FormAttr::get(b.getContext(), shape.form));
    AttentionState updated;
    for (auto [tile, tensor] : llvm::zip_equal(step.getResults(), carried)) {
      SmallVector<OpFoldResult> offsets, extents;
      std::tie(offsets, extents) = stripePosition(tensor, stripe);
      updated.push_back(b.insert(tile, tensor, offsets, extents));
    }
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  /// [first, last) within a block, so that both are multiples of kPairKeys from
  /// its start: what this adds is hidden by the limits.
  std::pair<OpFoldResult, OpFoldResult>
  alignToPairs(const Block &block, OpFoldResult first, OpFoldResult last) {
    return {b.apply(y + (x - y).floorDiv(kPairKeys) * kPairKeys,
                    {first, block.first}),
            b.apply(y + (x - y).ceilDiv(kPairKeys) * kPairKeys,
                    {last, block.first})};
  }

  /// Elements [offset, offset + extent) of an axis; null of null.
  Value takePart(Value tensor, unsigned axis, OpFoldResult offset,
                 OpFoldResult extent) {
    if (!tensor)
      return tensor;
    SmallVector<OpFoldResult> extents = b.sizesOf(tensor);
    if (isZeroInteger(offset) && extents[axis] == extent)
      return tensor;
    SmallVector<OpFoldResult> offsets(extents.size(), index(0));
    offsets[axis] = offset;
    extents[axis] = extent;
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
                 OpFoldResult extent, Value count) {
    if (!op.getMask())
      return {};
    OpFoldResult present =
        count ? b.max(index(0), b.min(extent, OpFoldResult(count))) : extent;
    auto maskType = cast<RankedTensorType>(op.getMask().getType());
    OpFoldResult visible =
        b.min(index(queriesPerStripe()),
              b.apply(x - y * queriesPerStripe(), {numQueries, stripe}));
    OpFoldResult starts[] = {batch, queryHead, query, first};
    OpFoldResult lengths[] = {index(1), index(group), visible, present};
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
    SmallVector<OpFoldResult> valid = {present, visible, index(group)};
    SmallVector<AffineExpr> loops = {j, i, g};
    SmallVector<ReassociationIndices> axes = {{0}, {1, 2}};
    if (shape.form == Form::rows) {
      std::rotate(tileSizes.begin(), tileSizes.begin() + 1, tileSizes.end());
      std::rotate(valid.begin(), valid.begin() + 1, valid.end());
      loops = {i, g, j};
      axes = {{0, 1}, {2}};
    }
    Value tile = b.filled(tileSizes, type, 0.0);
    Value filled =
        b.generic({{mask, kept}}, {b.slice(tile, origin, valid), loops},
                  [&](LinalgBuilder &e, ValueRange in) {
                    return emitMaskEntry(e, in[0], type);
                  });
    tile = b.insert(filled, tile, origin, valid);
    return tensor::CollapseShapeOp::create(b, tile, axes);
  }

  /// What keys and values are read from, and its first position: the sequence,
  /// or one of its pages.
  struct {
    OpFoldResult batch, begin;
  } place;
  Value packed;
  OpFoldResult firstFull, lastFull;
};
} // namespace

AttentionState AttentionTask::foldKeys(Value packedQueries,
                                       AttentionState state) {
  return KeyLoops(*this, packedQueries).emit(std::move(state));
}
