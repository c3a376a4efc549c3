//===- Plan.cpp - Shapes choose tiles -------------------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "../WarpgroupMatrices.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

/// A size that is not known is taken for a large one.
static int64_t getLargest(int64_t size) {
  return ShapedType::isDynamic(size) ? std::numeric_limits<int32_t>::max()
                                     : size;
}

/// Whether operands are of a type that the tensor cores multiply as it is. They
/// add what a weight of zero makes of NaN, too.
static bool isExactOnTensorCores(const Product &product) {
  Type type = product.lhs.getElementType();
  return type == product.rhs.getElementType() && !type.isF32() &&
         product.weights == Product::Weights::none;
}

//===----------------------------------------------------------------------===//
// Tiles in stages
//===----------------------------------------------------------------------===//

static StagePlan planStage(const Product &product, const Array &array,
                           int64_t axis, int64_t lines, int64_t depth) {
  StagePlan plan;
  plan.isAlongDepth = !array.isAlong(axis);
  plan.lines = plan.isAlongDepth ? lines : depth;
  plan.extent = plan.isAlongDepth ? depth : lines;
  plan.elementBytes = array.getElementBytes();
  plan.pieceElements =
      product.getPiece(array, plan.isAlongDepth ? product.depth : axis);
  return plan;
}

static Plan planStages(const Product &product, Method method, Tile tile,
                       int64_t depth, int64_t stages) {
  Plan plan;
  plan.method = method;
  plan.tile = tile;
  plan.depth = depth;
  plan.stages = stages;
  plan.lhs = planStage(product, product.lhs, product.row, tile.rows, depth);
  plan.rhs =
      planStage(product, product.rhs, product.column, tile.columns, depth);
  return plan;
}

/// Whether the machine copies what is contiguous: at least 4 bytes at a time.
static bool canCopyAhead(const Product &product) {
  auto getPieceBytes = [&](const Array &array, int64_t axis) {
    int64_t piece = std::max(product.getPiece(array, axis),
                             product.getPiece(array, product.depth));
    return piece * array.getElementBytes();
  };
  constexpr int64_t kLeastBytes = 4;
  return getPieceBytes(product.lhs, product.row) >= kLeastBytes &&
         getPieceBytes(product.rhs, product.column) >= kLeastBytes;
}

/// Tiles for many rows: large ones read less, small ones are more.
static Plan planManyRows(const Product &product, const Target &target,
                         bool allowsTF32) {
  constexpr Tile kLarge = {128, 128, 64, 32}, kSmall = {64, 64, 32, 16},
                 kLargeF32 = {128, 128, 32, 64}, kSmallF32 = {64, 64, 16, 32};
  bool isF32 = product.lhs.getElementType().isF32() &&
               product.rhs.getElementType().isF32() &&
               product.weights == Product::Weights::none;
  bool usesTensorCores = isExactOnTensorCores(product) || (allowsTF32 && isF32);
  int64_t columns = getLargest(product.getSize(product.column));
  int64_t columnTiles = llvm::divideCeil(columns, kLarge.columns);
  bool isLarge;
  if (int64_t rows = product.getSize(product.row);
      !ShapedType::isDynamic(rows)) {
    int64_t others = getLargest(product.getSize(product.outer));
    int64_t rowTiles = llvm::divideCeil(rows, kLarge.rows);
    isLarge = rowTiles * std::min<int64_t>(columnTiles, 1 << 20) *
                  std::min<int64_t>(others, 1 << 20) >=
              target.multiprocessors;
  } else {
    // Where there may be any number of rows: the columns of two thousand.
    constexpr int64_t kWide = 16;
    isLarge = columnTiles >= kWide;
  }
  constexpr int64_t kDepth = 64, kDepthF32 = 32, kStages = 3;
  // Copies of single elements take registers.
  isLarge = isLarge && canCopyAhead(product);
  Plan plan =
      usesTensorCores
          ? planStages(product, Method::tensorCores, isLarge ? kLarge : kSmall,
                       isF32 ? kDepthF32 : kDepth, kStages)
          : planStages(product, Method::multiplyAdd,
                       isLarge ? kLargeF32 : kSmallF32, kDepthF32, kStages);
  constexpr int64_t kGroupRows = 8;
  plan.groupRows = isLarge ? kGroupRows : 1;
  plan.blocks = isLarge && !usesTensorCores ? 1 : 2;
  return plan;
}

/// A tile of 16 rows for the tensor cores, which wait for memory: warps divide
/// the depth, of which there is much on the way.
static Plan planSomeRows(const Product &product) {
  constexpr Tile kTile = {16, 32, 16, 16, /*splits=*/4};
  constexpr int64_t kDepth = 256, kLeastDepth = 64, kStages = 4;
  int64_t depth = std::clamp<int64_t>(
      llvm::PowerOf2Ceil(getLargest(product.getSize(product.depth))),
      kLeastDepth, kDepth);
  return planStages(product, Method::tensorCores, kTile, depth, kStages);
}

//===----------------------------------------------------------------------===//
// Few rows
//===----------------------------------------------------------------------===//

/// Blocks of at most this many warps; of fewer, where many rows take many
/// registers.
static constexpr int64_t kMostWarps = 16, kFewSums = 4;

/// How many units of the depth there are, as far as it is known.
static std::optional<int64_t> countUnits(const Product &product, int64_t unit) {
  int64_t depth = product.getSize(product.depth);
  int64_t others = product.getSize(product.outerDepth);
  if (ShapedType::isDynamic(depth) || ShapedType::isDynamic(others))
    return std::nullopt;
  return depth / unit * others;
}

/// As much is loaded at once as registers hold and the depth has.
static void unroll(Plan &plan, std::optional<int64_t> units,
                   int64_t elementBytes) {
  constexpr int64_t kRegisterBytes = 4, kRegisters = 32;
  int64_t lanes = plan.tile.splits * kWarpThreads / plan.walk.laneColumns;
  int64_t registers =
      plan.walk.unit * plan.walk.run * elementBytes / kRegisterBytes;
  if (!units || plan.tile.rows > 2)
    return;
  while (*units % (lanes * plan.walk.unrolled * 2) == 0 &&
         registers * plan.walk.unrolled * 2 <= kRegisters)
    plan.walk.unrolled *= 2;
}

/// Columns are neighbors in memory: lanes beside each other read them, others
/// different depths.
static Plan planAlongColumns(const Product &product, int64_t rows,
                             const Target &target) {
  Plan plan;
  plan.method = Method::fewRows;
  int64_t bytes = product.rhs.getElementBytes();
  plan.walk.run = product.getPiece(product.rhs, product.column);
  constexpr int64_t kUnit = 4;
  plan.walk.unit = std::gcd(kUnit, product.getMultiple(product.depth));
  // What is read of a line is a sector of the cache at least, and more where
  // that leaves tiles for all multiprocessors.
  constexpr int64_t kSectorBytes = 32, kMostBytes = 128;
  int64_t all = getLargest(product.getSize(product.column));
  int64_t others = getLargest(product.getSize(product.outer));
  int64_t columns = kSectorBytes / bytes;
  while (columns * bytes < kMostBytes &&
         llvm::divideCeil(all, columns * 2) >=
             llvm::divideCeil(target.multiprocessors, others) &&
         !ShapedType::isDynamic(product.getSize(product.column)))
    columns *= 2;
  plan.walk.laneColumns =
      std::min<int64_t>(columns / plan.walk.run, kWarpThreads);
  columns = plan.walk.laneColumns * plan.walk.run;
  constexpr int64_t kUnknownWarps = 8;
  std::optional<int64_t> units = countUnits(product, plan.walk.unit);
  int64_t warps = kUnknownWarps;
  if (units)
    warps = std::clamp<int64_t>(
        llvm::PowerOf2Ceil(*units * plan.walk.laneColumns) / kWarpThreads, 1,
        rows > kFewSums ? kUnknownWarps : kMostWarps);
  plan.tile = {rows, columns, rows, columns, warps};
  unroll(plan, units, bytes);
  return plan;
}

/// The depth is what neighbors are along: a warp reads a few columns, or
/// several warps do that share their depth.
static Plan planAlongDepth(const Product &product, int64_t rows,
                           const Target &target) {
  Plan plan;
  plan.method = Method::fewRows;
  plan.walk.unit = product.getPiece(product.rhs, product.depth);
  constexpr int64_t kWarps = 8, kMostColumns = 4;
  int64_t wanted = target.multiprocessors * kWarps;
  int64_t all = product.getSize(product.column == kNoAxis ? ArrayRef<int64_t>()
                                                          : product.column);
  all = getLargest(all);
  while (plan.walk.run < kMostColumns && all / (plan.walk.run * 2) >= wanted)
    plan.walk.run *= 2;
  std::optional<int64_t> units = countUnits(product, plan.walk.unit);
  int64_t splits = 1;
  while (splits < kWarps && all / plan.walk.run * splits * 2 <= wanted &&
         units && *units >= splits * 2 * kWarpThreads)
    splits *= 2;
  int64_t columns = kWarps / splits * plan.walk.run;
  plan.tile = {rows, columns, rows, plan.walk.run, splits};
  unroll(plan, units, product.rhs.getElementBytes());
  return plan;
}

static Plan planFewRows(const Product &product, int64_t rows,
                        const Target &target) {
  bool isAlongDepth =
      product.depth != kNoAxis && product.rhs.isAlong(product.depth);
  return isAlongDepth ? planAlongDepth(product, rows, target)
                      : planAlongColumns(product, rows, target);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Whether the copy engine can read an operand along `axis` and the depth: its
/// lines begin at multiples of 16 bytes.
static bool canCopyBoxes(const Product &product, const Array &array,
                         int64_t axis) {
  constexpr int64_t kLineElements = 8, kMostAxes = 5;
  return array.has(axis) && array.has(product.depth) &&
         static_cast<int64_t>(array.axes.size()) <= kMostAxes &&
         std::max(product.getPiece(array, axis),
                  product.getPiece(array, product.depth)) == kLineElements;
}

/// A kernel for warpgroups, if the machine and the product are such.
static std::optional<Plan> planWarpgroups(const Product &product,
                                          const Target &target) {
  constexpr Tile kTile = {128, 128, 16, 128};
  constexpr int64_t kDepth = 64, kStages = 3, kLeastColumns = 64;
  int64_t rows = getLargest(product.getSize(product.row));
  int64_t columns = getLargest(product.getSize(product.column));
  if (!target.hasWarpgroups() || !isExactOnTensorCores(product) ||
      !product.outerDepth.empty() || rows < kTile.rows ||
      columns < kLeastColumns ||
      !canCopyBoxes(product, product.lhs, product.row) ||
      !canCopyBoxes(product, product.rhs, product.column))
    return std::nullopt;
  Plan plan = planStages(product, Method::warpgroups, kTile, kDepth, kStages);
  plan.lhs.isSwizzled = plan.rhs.isSwizzled = true;
  plan.barrierBytes = 2 * warpgroup::kBarrierBytes;
  plan.producerWarps = 1;
  plan.groupRows = 8;
  plan.blocks = 2;
  return plan;
}

SmallVector<int64_t> product::getBox(const Product &product, const Array &array,
                                     const StagePlan &side) {
  return llvm::map_to_vector(array.axes, [&](int64_t axis) -> int64_t {
    if (axis == array.axes.back())
      return warpgroup::kAtomElements;
    bool isTiled =
        axis == product.depth || axis == product.row || axis == product.column;
    return isTiled ? side.lines : 1;
  });
}

/// Products of at most so many rows are for multiply-adds from registers: as
/// long as tiles in shared memory would leave multiprocessors without work, if
/// there are no tensor cores for them.
static int64_t getFewRowsLimit(const Product &product, const Target &target) {
  constexpr int64_t kFewForTensorCores = 4;
  if (isExactOnTensorCores(product))
    return kFewForTensorCores;
  constexpr int64_t kTile = 64, kLeast = 16, kMost = 256;
  int64_t tiles =
      llvm::divideCeil(getLargest(product.getSize(product.column)), kTile);
  int64_t others = getLargest(product.getSize(product.outer));
  int64_t rowTiles =
      target.multiprocessors / tiles / std::max<int64_t>(others, 1);
  return std::clamp(rowTiles * kTile, kLeast, kMost);
}

/// The kernel for this many rows.
static Plan planRows(const Product &product, int64_t rows, const Target &target,
                     bool allowsTF32) {
  constexpr int64_t kFew = 8, kSome = 32;
  bool usesTensorCores = isExactOnTensorCores(product);
  if (rows <= getFewRowsLimit(product, target)) {
    int64_t tileRows = std::min<int64_t>(llvm::PowerOf2Ceil(rows), kFew);
    return planFewRows(product, std::max<int64_t>(tileRows, 1), target);
  }
  if (usesTensorCores && rows <= kSome)
    return planSomeRows(product);
  if (std::optional<Plan> plan = planWarpgroups(product, target))
    return *plan;
  return planManyRows(product, target, allowsTF32);
}

SmallVector<Plan> product::choosePlans(const Product &product,
                                       const Target &target, bool allowsTF32) {
  int64_t rows = product.getSize(product.row);
  if (!ShapedType::isDynamic(rows))
    return {planRows(product, rows, target, allowsTF32)};
  // One row is a decoder's, a few are several sequences' or guesses.
  constexpr int64_t kSome = 32;
  SmallVector<Plan> plans;
  for (int64_t limit : {int64_t(1), isExactOnTensorCores(product)
                                        ? kSome
                                        : getFewRowsLimit(product, target)}) {
    plans.push_back(planRows(product, limit, target, allowsTF32));
    plans.back().rowLimit = limit;
  }
  plans.push_back(planRows(product, std::numeric_limits<int32_t>::max(), target,
                           allowsTF32));
  return plans;
}
