//===- TileAttention.cpp - Attention as tasks over blocks of keys --------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Dialect/VGA/IR/Semantics.h"
#include "vga/Dialect/VGA/IR/VGA.h"
#include "vga/Dialect/VGA/Transforms/Passes.h"
#include "vga/Dialect/VGA/Utils/LinalgBuilder.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

namespace mlir::vga {
#define GEN_PASS_DEF_VGATILEATTENTIONPASS
#include "vga/Dialect/VGA/Transforms/Passes.h.inc"
} // namespace mlir::vga

using namespace mlir;
using namespace mlir::vga;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {

/// How much one task takes.
struct TaskShape {
  int64_t lanes, stripes, keys;
  int64_t rows() const { return lanes * stripes; }
};

/// Rewrites one vga.attention. A row of a task is a query of one of the
/// `group` query heads that share its key/value head: row = i * group + g.
/// `lanes` rows are a stripe. Loops of linalg are named
///
///   s  stripe      l  lane       i  query      g  query head of the group
///   j  key         d, c  channel
class AttentionTiling {
public:
  AttentionTiling(LinalgBuilder &builder, AttentionOp op, TaskShape shape)
      : b(builder), op(op), axes(op.getLayout()), sizes(op), band(op),
        shape(shape),
        type(getComputeType(op.getQuery().getType().getElementType())) {
    bindDims(builder.getContext(), s, l, i, g, j, d, c);
    bindSymbols(builder.getContext(), x, y, z);
    group = std::gcd(sizes.groupSize(), shape.lanes);
    // Gates of query heads differ within a group.
    if (op.getValueGate() && getGateHeads() != sizes.kvHeads)
      group = 1;
  }

  SmallVector<Value> build() {
    queries = b.sizeOf(op.getQuery(), axes.sequence);
    keys = b.sizeOf(op.getKey(), axes.sequence);
    OpFoldResult batches = b.sizeOf(op.getQuery(), axes.batch);
    int64_t queriesPerTask = shape.rows() / group;

    SmallVector<OpFoldResult> outSizes = b.sizesOf(op.getQuery());
    outSizes[axes.channel] = index(sizes.valueChannels);
    SmallVector<Value> outs = {
        b.empty(outSizes, op.getResult().getType().getElementType())};
    if (op.getReturnLse())
      outs.push_back(
          b.empty({batches, b.getIndexAttr(sizes.queryHeads), queries}, type));

    auto tasks = scf::ForallOp::create(
        b, b.getLoc(),
        ArrayRef<OpFoldResult>{batches,
                               b.getIndexAttr(sizes.queryHeads / group),
                               calc(x.ceilDiv(queriesPerTask), {queries})},
        outs, /*mapping=*/std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    SmallVector<Value> ivs = tasks.getInductionVars();
    batch = ivs[0];
    queryHead = calc(x * group, {ivs[1]});
    kvHead = calc((x * group).floorDiv(sizes.groupSize()), {ivs[1]});
    firstQuery = calc(x * queriesPerTask, {ivs[2]});
    numQueries = index(queriesPerTask);
    if (isRagged())
      numQueries = min(numQueries, calc(x - y, {queries, firstQuery}));

    computeVisibleKeys();
    packQueries();
    State state = emitKeyLoops(initialState());
    finish(tasks, state);
    return tasks.getResults();
  }

private:
  /// Accumulators [stripes, Dv, lanes], maxima and sums [stripes, lanes].
  using State = SmallVector<Value>;

  //===--------------------------------------------------------------------===//
  // Indices
  //===--------------------------------------------------------------------===//

  /// `expr` of the symbols x, y, z.
  OpFoldResult calc(AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return affine::makeComposedFoldedAffineApply(b, b.getLoc(), expr, operands);
  }
  OpFoldResult min(OpFoldResult lhs, OpFoldResult rhs) {
    return affine::makeComposedFoldedAffineMin(
        b, b.getLoc(), b.getMultiDimIdentityMap(2), {lhs, rhs});
  }
  OpFoldResult max(OpFoldResult lhs, OpFoldResult rhs) {
    return affine::makeComposedFoldedAffineMax(
        b, b.getLoc(), b.getMultiDimIdentityMap(2), {lhs, rhs});
  }
  Value toValue(OpFoldResult index) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), index);
  }

  /// The lowest number, where a maximum starts: -inf would make NaNs.
  double lowest() {
    return APFloat::getLargest(type.getFloatSemantics(), /*Negative=*/true)
        .convertToDouble();
  }

  int64_t getGateHeads() {
    RankedTensorType gate = op.getValueGate().getType();
    return gate.getDimSize(gate.getRank() == 4 ? axes.head : 1);
  }

  int64_t queriesPerStripe() const { return shape.lanes / group; }

  /// Stripes that have a query at all.
  OpFoldResult numStripes() {
    return calc(x.ceilDiv(queriesPerStripe()), {numQueries});
  }

  //===--------------------------------------------------------------------===//
  // Slices
  //===--------------------------------------------------------------------===//

  /// The slice without the axes in `dropped`, whose sizes are 1.
  Value slice(Value tensor, ArrayRef<OpFoldResult> offsets,
              ArrayRef<OpFoldResult> extents, ArrayRef<unsigned> dropped = {}) {
    auto from = cast<RankedTensorType>(tensor.getType());
    SmallVector<int64_t> kept;
    for (auto [axis, extent] : llvm::enumerate(extents))
      if (!llvm::is_contained(dropped, axis))
        kept.push_back(
            getConstantIntValue(extent).value_or(ShapedType::kDynamic));
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(b, from.clone(kept), tensor, offsets,
                                          extents, strides);
  }

  Value insert(Value tile, Value tensor, ArrayRef<OpFoldResult> offsets,
               ArrayRef<OpFoldResult> extents) {
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    return tensor::InsertSliceOp::create(b, tile, tensor, offsets, extents,
                                         strides);
  }

  OpFoldResult index(int64_t value) { return b.getIndexAttr(value); }

  /// Position and extent, in the layout, of this task's queries.
  SmallVector<OpFoldResult> queryOffsets() {
    return axes.arrange<OpFoldResult>(batch, queryHead, firstQuery, index(0));
  }
  SmallVector<OpFoldResult> queryExtents(int64_t channels) {
    return axes.arrange<OpFoldResult>(index(1), index(group), numQueries,
                                      index(channels));
  }
  /// The loops of a tensor with the queries of a task.
  SmallVector<AffineExpr> queryLoops(AffineExpr channel) {
    if (axes.head < axes.sequence)
      return {g, i, channel};
    return {i, g, channel};
  }

  /// `extent` keys of this task's head, [extent, channels].
  Value sliceKeys(Value tensor, OpFoldResult head, OpFoldResult first,
                  OpFoldResult extent) {
    int64_t channels =
        cast<RankedTensorType>(tensor.getType()).getDimSize(axes.channel);
    return slice(
        tensor, axes.arrange<OpFoldResult>(batch, head, first, index(0)),
        axes.arrange<OpFoldResult>(index(1), index(1), extent, index(channels)),
        {axes.batch, axes.head});
  }

  Value constant(LinalgBuilder &builder, double value) {
    return builder.constant(type, value);
  }

  //===--------------------------------------------------------------------===//
  // Visibility
  //===--------------------------------------------------------------------===//

  /// [firstKey, lastKey) are visible to some query of the task; those of
  /// [firstFull, lastFull) to all of them.
  void computeVisibleKeys() {
    firstKey = index(0);
    lastKey = keys;
    if (op.getKvLength()) {
      Value length = tensor::ExtractOp::create(b, op.getKvLength(),
                                               ValueRange{cast<Value>(batch)});
      length = arith::IndexCastOp::create(b, b.getIndexType(), length);
      lastKey = max(index(0), min(keys, length));
    }
    offset = op.getAlignment() == Alignment::bottom_right
                 ? calc(x - y, {keys, queries})
                 : index(0);
    if (band.lower)
      firstKey = max(firstKey, calc(x + y + *band.lower, {firstQuery, offset}));
    if (band.upper)
      lastKey = min(lastKey, calc(x + y + z + *band.upper,
                                  {firstQuery, numQueries, offset}));
    firstFull = firstKey;
    lastFull = lastKey;
    // Whole blocks from the first key on: few blocks are short.
    if (band.lower) {
      OpFoldResult first =
          calc(x + y + z - 1 + *band.lower, {firstQuery, numQueries, offset});
      firstFull =
          max(firstKey,
              min(lastKey, calc(x + (y - x).ceilDiv(shape.keys) * shape.keys,
                                {firstKey, max(first, firstKey)})));
    }
    if (band.upper) {
      OpFoldResult last =
          max(firstFull, calc(x + y + 1 + *band.upper, {firstQuery, offset}));
      lastFull =
          min(lastKey, calc(x + (y - x).floorDiv(shape.keys) * shape.keys,
                            {firstFull, last}));
    }
  }

  //===--------------------------------------------------------------------===//
  // Before the loops
  //===--------------------------------------------------------------------===//

  bool isRagged() {
    int64_t queriesPerTask = shape.rows() / group;
    return sizes.queries == ShapedType::kDynamic ||
           sizes.queries % queriesPerTask != 0;
  }

  /// [queries, group, ...] -> [stripes, lanes, ...]
  Value toStripes(Value rows) {
    auto rowsType = cast<RankedTensorType>(rows.getType());
    SmallVector<int64_t> expanded = {shape.stripes, shape.lanes};
    llvm::append_range(expanded, rowsType.getShape().drop_front(2));
    return reshapeRows(rows, expanded);
  }

  /// [stripes, lanes, ...] -> [queries, group, ...]
  Value toQueries(Value stripes) {
    auto stripesType = cast<RankedTensorType>(stripes.getType());
    SmallVector<int64_t> expanded = {shape.rows() / group, group};
    llvm::append_range(expanded, stripesType.getShape().drop_front(2));
    return reshapeRows(stripes, expanded);
  }

  Value reshapeRows(Value tensor, ArrayRef<int64_t> expanded) {
    auto from = cast<RankedTensorType>(tensor.getType());
    SmallVector<ReassociationIndices> groups = {{0, 1}};
    for (int64_t axis = 2; axis < from.getRank(); ++axis)
      groups.push_back({axis});
    Value rows = tensor::CollapseShapeOp::create(b, tensor, groups);
    return tensor::ExpandShapeOp::create(b, from.clone(expanded), rows, groups);
  }

  /// packed [stripes, Dk, lanes] = scale * query
  void packQueries() {
    int64_t channels = sizes.keyChannels;
    SmallVector<OpFoldResult> rowSizes = {index(shape.rows() / group),
                                          index(group), index(channels)};
    Value rows =
        isRagged() ? b.filled(rowSizes, type, 0.0) : b.empty(rowSizes, type);
    SmallVector<OpFoldResult> origin(3, index(0));
    SmallVector<OpFoldResult> extents = {numQueries, index(group),
                                         index(channels)};
    Value query = slice(op.getQuery(), queryOffsets(), queryExtents(channels),
                        {axes.batch});
    double scale = getScoreScale(op);
    Value scaled = b.generic(
        {{query, queryLoops(d)}}, {slice(rows, origin, extents), {i, g, d}},
        [&](LinalgBuilder &e, ValueRange in) {
          return e.mul(e.convert(in[0], type), constant(e, scale));
        });
    rows = insert(scaled, rows, origin, extents);
    packed = b.generic(
        {{toStripes(rows), {s, l, d}}},
        {b.empty({index(shape.stripes), index(channels), index(shape.lanes)},
                 type),
         {s, d, l}},
        [](LinalgBuilder &, ValueRange in) { return in[0]; });
  }

  /// No key seen.
  State initialState() {
    SmallVector<OpFoldResult> rowSizes = {index(shape.stripes),
                                          index(shape.lanes)};
    return {b.filled({index(shape.stripes), index(sizes.valueChannels),
                      index(shape.lanes)},
                     type, 0.0),
            b.filled(rowSizes, type, lowest()), b.filled(rowSizes, type, 0.0)};
  }

  //===--------------------------------------------------------------------===//
  // Over the keys
  //===--------------------------------------------------------------------===//

  /// A block of keys and values in the compute type, and its gate.
  struct Block {
    OpFoldResult first, extent;
    Value key, value, gate;
  };

  /// Which ends of the band a loop has to look at.
  struct Edges {
    bool lower, upper;
  };

  State emitKeyLoops(State state) {
    if (band.lower)
      state = emitKeyLoop(state, firstKey, firstFull,
                          {true, band.upper.has_value()});
    state = emitKeyLoop(state, firstFull, lastFull, {false, false});
    if (band.upper)
      state = emitKeyLoop(state, lastFull, lastKey, {false, true});
    return state;
  }

  State emitKeyLoop(State state, OpFoldResult first, OpFoldResult last,
                    Edges edges) {
    auto loop = scf::ForOp::create(b, toValue(first), toValue(last),
                                   toValue(index(shape.keys)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value start = loop.getInductionVar();
    Block block =
        loadBlock(start, min(index(shape.keys), calc(x - y, {last, start})));
    State updated =
        emitStripes(SmallVector<Value>(loop.getRegionIterArgs()), block, edges);
    scf::YieldOp::create(b, updated);
    return loop.getResults();
  }

  Block loadBlock(OpFoldResult first, OpFoldResult extent) {
    Block block{first, extent, sliceKeys(op.getKey(), kvHead, first, extent),
                sliceKeys(op.getValue(), kvHead, first, extent), Value()};
    block.key = widen(block.key);
    Value gate = op.getValueGate();
    if (!gate) {
      block.value = widen(block.value);
      return block;
    }
    OpFoldResult head = getGateHeads() == sizes.kvHeads ? kvHead : queryHead;
    auto gateType = cast<RankedTensorType>(gate.getType());
    if (gateType.getRank() == 4) {
      // A gate of channels is not a factor of the weights.
      block.value = combine({{block.value, {j, c}},
                             {sliceKeys(gate, head, first, extent), {j, c}}},
                            {j, c}, block.value);
      return block;
    }
    block.value = widen(block.value);
    block.gate = widen(slice(gate, {batch, head, first},
                             {index(1), index(1), extent}, {0, 1}));
    return block;
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

  State emitStripes(State state, Block &block, Edges edges) {
    auto loop = scf::ForOp::create(b, toValue(index(0)), toValue(numStripes()),
                                   toValue(index(1)), state);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    OpFoldResult stripe = loop.getInductionVar();
    State carried(loop.getRegionIterArgs());

    // Keys that no query of the stripe sees are left out.
    OpFoldResult query = calc(x + y * queriesPerStripe(), {firstQuery, stripe});
    OpFoldResult first = block.first, extent = block.extent;
    if (edges.lower || edges.upper) {
      OpFoldResult last = calc(x + y, {block.first, block.extent});
      if (edges.lower)
        first =
            min(last, max(first, calc(x + y + *band.lower, {query, offset})));
      if (edges.upper)
        last = min(last, calc(x + y + queriesPerStripe() + *band.upper,
                              {query, offset}));
      extent =
          min(index(shape.keys), max(index(0), calc(x - y, {last, first})));
    }
    auto limit = [&](bool isEdge, std::optional<int64_t> bound) -> Value {
      if (!isEdge)
        return {};
      // Counted from the first key and the first query of the tile.
      return toValue(calc(x + y - z + *bound, {query, offset, first}));
    };
    auto takeKeys = [&](Value tensor) -> Value {
      if (!tensor || first == block.first)
        return takeFirst(tensor, block.extent, extent);
      auto blockType = cast<RankedTensorType>(tensor.getType());
      SmallVector<OpFoldResult> offsets(blockType.getRank(), index(0));
      SmallVector<OpFoldResult> extents = b.sizesOf(tensor);
      offsets[0] = calc(x - y, {first, block.first});
      extents[0] = extent;
      return slice(tensor, offsets, extents);
    };

    SmallVector<Value> tiles;
    for (Value tensor : carried)
      tiles.push_back(sliceStripe(tensor, stripe));
    auto step = OnlineAttentionOp::create(
        b, tiles[0].getType(), tiles[1].getType(), tiles[2].getType(),
        sliceStripe(packed, stripe), takeKeys(block.key), takeKeys(block.value),
        takeKeys(block.gate), maskTile(stripe, query, first, extent),
        limit(edges.lower, band.lower), limit(edges.upper, band.upper),
        tiles[0], tiles[1], tiles[2], b.getI64IntegerAttr(group),
        op.getSoftcapAttr());
    State updated;
    for (auto [tile, tensor] : llvm::zip_equal(step.getResults(), carried)) {
      SmallVector<OpFoldResult> offsets, extents;
      std::tie(offsets, extents) = stripePosition(tensor, stripe);
      updated.push_back(insert(tile, tensor, offsets, extents));
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
    return slice(tensor, offsets, extents);
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
    return slice(tensor, offsets, extents, {0u});
  }

  /// The mask of a stripe over some keys, [keys, lanes].
  Value maskTile(OpFoldResult stripe, OpFoldResult query, OpFoldResult first,
                 OpFoldResult extent) {
    if (!op.getMask())
      return {};
    auto maskType = cast<RankedTensorType>(op.getMask().getType());
    OpFoldResult visible =
        min(index(queriesPerStripe()),
            calc(x - y * queriesPerStripe(), {numQueries, stripe}));
    OpFoldResult starts[] = {batch, queryHead, query, first};
    OpFoldResult lengths[] = {index(1), index(group), visible, extent};
    AffineExpr loops[] = {AffineExpr(), g, i, j};
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
        kept.push_back(loops[full]);
    }
    Value mask = slice(op.getMask(), offsets, extents, dropped);

    SmallVector<OpFoldResult> tileSizes = {extent, index(queriesPerStripe()),
                                           index(group)};
    SmallVector<OpFoldResult> origin(3, index(0));
    SmallVector<OpFoldResult> valid = {extent, visible, index(group)};
    Value tile = b.filled(tileSizes, type, 0.0);
    Value filled = b.generic(
        {{mask, kept}}, {slice(tile, origin, valid), {j, i, g}},
        [&](LinalgBuilder &e, ValueRange in) { return addend(e, in[0]); });
    tile = insert(filled, tile, origin, valid);
    return tensor::CollapseShapeOp::create(
        b, tile, ArrayRef<ReassociationIndices>{{0}, {1, 2}});
  }

  /// What an element of the mask adds to a score.
  Value addend(LinalgBuilder &e, Value element) {
    if (!element.getType().isInteger(1))
      return e.convert(element, type);
    return arith::SelectOp::create(e, element, constant(e, 0.0),
                                   constant(e, -kInfinity));
  }

  //===--------------------------------------------------------------------===//
  // After the loops
  //===--------------------------------------------------------------------===//

  /// The sinks of the rows, [stripes, lanes].
  Value packSinks() {
    Value sink = slice(op.getSink(), {queryHead}, {index(group)});
    Value rows = b.generic(
        {{sink, {g}}},
        {b.empty({index(shape.rows() / group), index(group)}, type), {i, g}},
        [&](LinalgBuilder &e, ValueRange in) {
          return e.convert(in[0], type);
        });
    return toStripes(rows);
  }

  /// Lets a sink enter maximum and sum, as one more key without a value. It
  /// comes last: a sink far above the scores costs them no precision. Returns
  /// the factor of the accumulator.
  Value addSink(State &state) {
    auto emptyRows = [&] {
      return Indexed{b.empty({index(shape.stripes), index(shape.lanes)}, type),
                     {s, l}};
    };
    SmallVector<Value> results = b.generic(
        {{packSinks(), {s, l}}, {state[1], {s, l}}, {state[2], {s, l}}},
        ArrayRef<Indexed>{emptyRows(), emptyRows(), emptyRows()},
        [&](LinalgBuilder &e, ValueRange in) {
          Value maximum = arith::MaximumFOp::create(e, in[0], in[1]);
          Value weight = math::ExpOp::create(e, e.sub(in[0], maximum));
          Value decay = math::ExpOp::create(e, e.sub(in[1], maximum));
          return SmallVector<Value>{maximum, e.add(e.mul(in[2], decay), weight),
                                    decay};
        });
    state[1] = results[0];
    state[2] = results[1];
    return results[2];
  }

  /// out = output_gate * acc / sum, lse = max + log(sum).
  void finish(scf::ForallOp tasks, State state) {
    SmallVector<Indexed> factors;
    if (op.getSink())
      factors.push_back({addSink(state), {s, l}});
    factors.push_back({state[0], {s, c, l}});
    factors.push_back({state[2], {s, l}});
    Value rows = b.generic(
        factors,
        {b.empty({index(shape.stripes), index(shape.lanes),
                  index(sizes.valueChannels)},
                 type),
         {s, l, c}},
        [&](LinalgBuilder &e, ValueRange in) -> Value {
          Value sum = in.drop_back().back();
          Value value = e.div(in.drop_back(2).back(), sum);
          if (op.getSink())
            value = e.mul(value, in[0]);
          Value isEmpty = arith::CmpFOp::create(e, arith::CmpFPredicate::OEQ,
                                                sum, constant(e, 0.0));
          return arith::SelectOp::create(e, isEmpty, constant(e, 0.0), value);
        });
    SmallVector<OpFoldResult> origin(3, index(0));
    Value values =
        slice(toQueries(rows), origin,
              {numQueries, index(group), index(sizes.valueChannels)});
    SmallVector<Indexed> ins = {{values, {i, g, c}}};
    if (op.getOutputGate())
      ins.push_back(outputGate());
    SmallVector<OpFoldResult> offsets = queryOffsets();
    SmallVector<OpFoldResult> extents = queryExtents(sizes.valueChannels);
    ValueRange outs = tasks.getRegionIterArgs();
    auto resultType =
        cast<FloatType>(op.getResult().getType().getElementType());
    Value result = b.generic(
        ins, {slice(outs[0], offsets, extents, {axes.batch}), queryLoops(c)},
        [&](LinalgBuilder &e, ValueRange in) {
          Value value = in[0];
          if (op.getOutputGate())
            value = e.mul(value, e.convert(in[1], type));
          return e.convert(value, resultType);
        });
    emitInsertion(tasks, result, outs[0], offsets, extents);
    if (!op.getReturnLse())
      return;

    Value lse = b.generic(
        {{state[1], {s, l}}, {state[2], {s, l}}},
        {b.empty({index(shape.stripes), index(shape.lanes)}, type), {s, l}},
        [&](LinalgBuilder &e, ValueRange in) -> Value {
          Value lse = e.add(in[0], math::LogOp::create(e, in[1]));
          Value isEmpty = arith::CmpFOp::create(e, arith::CmpFPredicate::OEQ,
                                                in[1], constant(e, 0.0));
          return arith::SelectOp::create(e, isEmpty, constant(e, -kInfinity),
                                         lse);
        });
    lse =
        slice(toQueries(lse), {index(0), index(0)}, {numQueries, index(group)});
    offsets = {batch, queryHead, firstQuery};
    extents = {index(1), index(group), numQueries};
    Value out = b.generic({{lse, {i, g}}},
                          {slice(outs[1], offsets, extents, {0u}), {g, i}},
                          [](LinalgBuilder &, ValueRange in) { return in[0]; });
    emitInsertion(tasks, out, outs[1], offsets, extents);
  }

  Indexed outputGate() {
    Value gate = op.getOutputGate();
    if (op.getOutputGate().getType().getRank() == 4)
      return {slice(gate, queryOffsets(), queryExtents(sizes.valueChannels),
                    {axes.batch}),
              queryLoops(c)};
    return {slice(gate, {batch, queryHead, firstQuery},
                  {index(1), index(group), numQueries}, {0u}),
            {g, i}};
  }

  void emitInsertion(scf::ForallOp tasks, Value tile, Value out,
                     ArrayRef<OpFoldResult> offsets,
                     ArrayRef<OpFoldResult> extents) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(tasks.getTerminator().getBody());
    SmallVector<OpFoldResult> strides(offsets.size(), index(1));
    tensor::ParallelInsertSliceOp::create(b, tile, out, offsets, extents,
                                          strides);
  }

  LinalgBuilder &b;
  AttentionOp op;
  AxisOrder axes;
  AttentionSizes sizes;
  Band band;
  TaskShape shape;
  FloatType type;
  int64_t group;
  AffineExpr s, l, i, g, j, d, c;
  AffineExpr x, y, z;
  /// Of the problem.
  OpFoldResult queries, keys, offset;
  /// Of the task.
  OpFoldResult batch, queryHead, kvHead, firstQuery, numQueries;
  OpFoldResult firstKey, lastKey, firstFull, lastFull;
  Value packed;
};

struct TileAttentionPass
    : vga::impl::VGATileAttentionPassBase<TileAttentionPass> {
  using Base::Base;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](AttentionOp op) {
      bool isDouble = op.getQuery().getType().getElementType().isF64();
      TaskShape shape{isDouble ? std::max<int64_t>(lanes / 2, 1)
                               : static_cast<int64_t>(lanes),
                      stripes, keys};
      LinalgBuilder builder(op.getLoc(), rewriter);
      builder.setInsertionPoint(op);
      rewriter.replaceOp(op, AttentionTiling(builder, op, shape).build());
    });
  }
};

} // namespace
