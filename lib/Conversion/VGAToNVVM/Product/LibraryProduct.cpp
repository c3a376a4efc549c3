//===- LibraryProduct.cpp - Recognizing what a library can do -------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What follows a product is arithmetic in the bodies of its steps. It is read
// as one expression, whatever steps it is in: first arrays are added to the
// sum, which gives t; then the output is f(t). To see which f that is, it is
// written as a polynomial in t and tanh(..): products and sums in any order
// have the same.
//
//===----------------------------------------------------------------------===//

#include "LibraryProduct.h"
#include "Polynomial.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <numeric>

using namespace mlir;
using namespace mlir::vga;
using namespace mlir::vga::product;

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

namespace {
/// A value in the body of a step, or the sum of products.
struct Scalar {
  Value value;
  Step step;
  /// The array that it is an element of, if any.
  const Array *array = nullptr;
};

class EpilogueReader {
public:
  EpilogueReader(const Product &product, LibraryProduct &found)
      : product(product), found(found) {}
  bool read();

private:
  Scalar trace(Step step, Value value) const;
  Scalar getResult() const;
  bool isArray(const Array &array, ArrayRef<int64_t> axes) const;
  bool addArray(const Array &array);
  bool readStart();
  void readSums();
  bool readNonlinearity();

  std::optional<Polynomial> getPolynomial(Step step, Value value);
  std::optional<Polynomial> computePolynomial(const Scalar &scalar);

  const Product &product;
  LibraryProduct &found;
  /// The sum, with what has been added to it.
  Value total;
  llvm::DenseMap<Value, std::optional<Polynomial>> known;
};
} // namespace

static Step getRoot(const Product &product) {
  linalg::LinalgOp op = product.op;
  Step root{op, SmallVector<unsigned>(op.getNumLoops())};
  std::iota(root.loops.begin(), root.loops.end(), 0);
  return root;
}

static Value getYielded(linalg::LinalgOp op) {
  return op.getBlock()->getTerminator()->getOperand(0);
}

/// What a value is, beyond casts, and where it comes from, beyond its step.
Scalar EpilogueReader::trace(Step step, Value value) const {
  Type factor = product.lhs.getElementType();
  auto isPrecise = [&](Value cast) {
    return cast.getType().isF32() || cast.getType() == factor;
  };
  while (true) {
    if (Operation *cast = value.getDefiningOp();
        isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(cast) &&
        isPrecise(value) && isPrecise(cast->getOperand(0))) {
      value = cast->getOperand(0);
      continue;
    }
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != step.op.getBlock())
      return {value, step};
    OpOperand &operand = step.op->getOpOperand(argument.getArgNumber());
    Value array = operand.get();
    if (array == product.op->getResult(0))
      return {array, step};
    if (!isa<RankedTensorType>(array.getType()))
      return {array, step};
    auto before = llvm::find_if(product.chain, [&](const Step &other) {
      return other.op->getResult(0) == array;
    });
    if (before != product.chain.end()) {
      step = *before;
    } else if (std::optional<Step> inlined = getInlined(step, operand)) {
      step = *inlined;
    } else {
      SmallVector<unsigned> loops = getOperandLoops(step, operand);
      const auto *other =
          llvm::find_if(product.others, [&](const Array &other) {
            return other.value == array && other.loops == loops;
          });
      return {value, step, other == product.others.end() ? nullptr : other};
    }
    value = getYielded(step.op);
  }
}

Scalar EpilogueReader::getResult() const {
  if (product.chain.empty())
    return {product.op->getResult(0), getRoot(product)};
  const Step &last = product.chain.back();
  return trace(last, getYielded(last.op));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

bool EpilogueReader::addArray(const Array &array) {
  if (array.getElementType() != product.output.getElementType())
    return false;
  if (!found.bias && array.axes.size() == 1 &&
      array.axes.front() == product.column) {
    found.bias = array.value;
    return true;
  }
  if (!found.residual && array.axes == product.output.axes) {
    found.residual = array.value;
    return true;
  }
  return false;
}

/// What the sums start from: zeros, a bias or a residual.
bool EpilogueReader::readStart() {
  linalg::LinalgOp op = product.op;
  OpOperand &init = *op.getDpsInitOperand(0);
  Scalar start = trace(getRoot(product), op.getMatchingBlockArgument(&init));
  if (start.array)
    return addArray(*start.array);
  return matchPattern(start.value, m_AnyZeroFloat());
}

/// Follows the sum from one addition of an array to the next.
void EpilogueReader::readSums() {
  total = product.op->getResult(0);
  for (const Step &step : product.chain) {
    linalg::LinalgOp op = step.op;
    for (auto sum : op.getBlock()->getOps<arith::AddFOp>()) {
      Scalar x = trace(step, sum.getLhs()), y = trace(step, sum.getRhs());
      if (y.value == total)
        std::swap(x, y);
      if (x.value == total && y.array && addArray(*y.array))
        total = sum.getResult();
    }
  }
}

//===----------------------------------------------------------------------===//
// Nonlinearities
//===----------------------------------------------------------------------===//

std::optional<Polynomial> EpilogueReader::getPolynomial(Step step,
                                                        Value value) {
  Scalar scalar = trace(step, value);
  if (auto it = known.find(scalar.value); it != known.end())
    return it->second;
  std::optional<Polynomial> polynomial = computePolynomial(scalar);
  known[scalar.value] = polynomial;
  return polynomial;
}

std::optional<Polynomial>
EpilogueReader::computePolynomial(const Scalar &scalar) {
  if (scalar.value == total)
    return Polynomial{{{1, 0}, 1}};
  FloatAttr constant;
  if (matchPattern(scalar.value, m_Constant(&constant)))
    return Polynomial{{{0, 0}, constant.getValueAsDouble()}};
  Operation *op = scalar.value.getDefiningOp();
  if (!op || scalar.array)
    return std::nullopt;
  if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, math::TanhOp,
           math::PowFOp>(op))
    return std::nullopt;
  SmallVector<Polynomial> operands;
  for (Value operand : op->getOperands()) {
    std::optional<Polynomial> polynomial = getPolynomial(scalar.step, operand);
    if (!polynomial)
      return std::nullopt;
    operands.push_back(std::move(*polynomial));
  }
  const Polynomial &x = operands.front(), &y = operands.back();
  if (isa<arith::AddFOp>(op))
    return add(x, y, 1);
  if (isa<arith::SubFOp>(op))
    return add(x, y, -1);
  if (isa<arith::MulFOp>(op))
    return multiply(x, y);
  if (isa<math::TanhOp>(op) &&
      areClose(x, getGeluArgument(), scalar.value.getType()))
    return Polynomial{{{0, 1}, 1}};
  if (isa<math::PowFOp>(op) && y == Polynomial{{{0, 0}, 3}})
    if (std::optional<Polynomial> square = multiply(x, x))
      return multiply(*square, x);
  return std::nullopt;
}

bool EpilogueReader::readNonlinearity() {
  Scalar result = getResult();
  if (result.value == total)
    return true;
  Operation *op = result.value.getDefiningOp();
  if (isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(op)) {
    Scalar x = trace(result.step, op->getOperand(0)),
           y = trace(result.step, op->getOperand(1));
    if (y.value == total)
      std::swap(x, y);
    found.nonlinearity = Nonlinearity::relu;
    return x.value == total && matchPattern(y.value, m_AnyZeroFloat());
  }
  // No library promises the tanh of f32.
  if (product.output.getElementType().isF32())
    return false;
  std::optional<Polynomial> polynomial =
      getPolynomial(result.step, result.value);
  found.nonlinearity = Nonlinearity::gelu;
  return polynomial && areClose(*polynomial, getGelu(), result.value.getType());
}

bool EpilogueReader::read() {
  if (!readStart())
    return false;
  readSums();
  return readNonlinearity();
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

/// Whether lines of an array begin at multiples of 16 bytes: with others the
/// library is several times slower than kernels.
static bool hasAlignedLines(const Product &product, const Array &array) {
  constexpr int64_t kLineBytes = 16;
  return product.getMultiple(array.axes.back()) * array.getElementBytes() %
             kLineBytes ==
         0;
}

/// Whether the axes are those of three matrices, or of batches of them.
static bool hasMatrices(const Product &product) {
  Type factor = product.lhs.getElementType();
  Type result = product.output.getElementType();
  if (!isa<Float16Type, BFloat16Type>(factor) ||
      product.rhs.getElementType() != factor ||
      !(result == factor || result.isF32()))
    return false;
  return product.row != kNoAxis && product.column != kNoAxis &&
         product.depth != kNoAxis && product.outer.size() <= 1 &&
         product.outerDepth.empty() && product.output.isAlong(product.column) &&
         hasAlignedLines(product, product.lhs) &&
         hasAlignedLines(product, product.rhs) &&
         hasAlignedLines(product, product.output) &&
         (product.lhs.isAlong(product.row) ||
          product.lhs.isAlong(product.depth)) &&
         (product.rhs.isAlong(product.column) ||
          product.rhs.isAlong(product.depth));
}

std::optional<LibraryProduct> LibraryProduct::match(const Product &product) {
  int64_t rows = product.getSize(product.row);
  if (product.weights != Product::Weights::none || !hasMatrices(product) ||
      (!ShapedType::isDynamic(rows) && rows < kLeastRows))
    return std::nullopt;
  LibraryProduct found;
  if (!EpilogueReader(product, found).read())
    return std::nullopt;
  if (!product.outer.empty())
    found.batch = product.outer.front();
  return found;
}
