//===- Sampling.cpp - Choosing what comes next ----------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Sampling.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Parser/Parser.h"
#include "vga/Runtime/Binding.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::vga;
using llvm::Expected;

//===----------------------------------------------------------------------===//
// By the host
//===----------------------------------------------------------------------===//

double Sampler::draw() {
  // The distributions of the standard library differ between platforms.
  return static_cast<double>(generator() >> 11) * 0x1p-53;
}

std::optional<unsigned> Sampler::sample(ArrayRef<float> logits) {
  if (llvm::any_of(logits, [](float logit) {
        return std::isnan(logit) || logit == INFINITY;
      }))
    return std::nullopt;
  // Of equal logits the first is the more probable.
  auto order = llvm::to_vector(llvm::seq<unsigned>(logits.size()));
  llvm::sort(order, [&](unsigned lhs, unsigned rhs) {
    return std::make_pair(-logits[lhs], lhs) <
           std::make_pair(-logits[rhs], rhs);
  });
  if (order.empty() || logits[order.front()] == -INFINITY)
    return std::nullopt;
  if (options.temperature == 0)
    return order.front();
  if (options.topK != 0 && options.topK < order.size())
    order.truncate(options.topK);

  double highest = logits[order.front()], total = 0;
  SmallVector<double> cumulative;
  for (unsigned index : order) {
    total += std::exp((logits[index] - highest) / options.temperature);
    cumulative.push_back(total);
  }
  double drawn = draw() * total;
  size_t position = llvm::upper_bound(cumulative, drawn) - cumulative.begin();
  // The product may have been rounded up to the total.
  return order[std::min(position, order.size() - 1)];
}

Expected<HostTensor> Sampler::getChoice() {
  auto choice = HostTensor::create(ElementKind::F64, {3});
  if (!choice)
    return choice.takeError();
  bool isGreedy = options.temperature == 0;
  double candidates = kNumBytes;
  if (options.topK != 0)
    candidates = std::min<int64_t>(options.topK, kNumBytes);
  // What is equal stays equal: 0 times a scale is to be 0.
  double scale =
      std::min(1 / options.temperature, std::numeric_limits<double>::max());
  const double values[] = {isGreedy ? 1 : scale, isGreedy ? 1.0 : candidates,
                           isGreedy ? 0 : draw()};
  llvm::copy(values, choice->getValues<double>().begin());
  return choice;
}

//===----------------------------------------------------------------------===//
// By the function
//===----------------------------------------------------------------------===//

/// TOKEN is the type of tokens. Bytes have a rank, 0 for the most probable one,
/// and the sum of the weights exp((l - highest) / T) of all up to themselves.
/// The one that is drawn is the first whose sum is more than `draw` times the
/// sum of the last candidate.
static constexpr StringLiteral kFunctions = R"mlir(
#row = affine_map<(r, i) -> (r)>
#entry = affine_map<(r, i) -> (r, i)>
#this = affine_map<(r, i, j) -> (r, i)>
#other = affine_map<(r, i, j) -> (r, j)>
#each = affine_map<(i) -> (i)>

// A token that is negative is the one chosen last.
func.func private @vga.tokens(%tokens: tensor<?xTOKEN>, %chosen: tensor<1xTOKEN>)
    -> tensor<?xTOKEN> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : TOKEN
  %count = tensor.dim %tokens, %c0 : tensor<?xTOKEN>
  %empty = tensor.empty(%count) : tensor<?xTOKEN>
  %known = linalg.generic {indexing_maps = [#each, #each], iterator_types = ["parallel"]}
      ins(%tokens : tensor<?xTOKEN>) outs(%empty : tensor<?xTOKEN>) {
  ^bb0(%token: TOKEN, %out: TOKEN):
    %last = tensor.extract %chosen[%c0] : tensor<1xTOKEN>
    %isUnknown = arith.cmpi slt, %token, %zero : TOKEN
    %result = arith.select %isUnknown, %last, %token : TOKEN
    linalg.yield %result : TOKEN
  } -> tensor<?xTOKEN>
  return %known : tensor<?xTOKEN>
}

// The byte that is chosen, as a result, or -1 there, and as the state that %chosen is.
func.func private @vga.sample(%logits: tensor<?x256xf32>, %choice: tensor<3xf64>,
                              %chosen: tensor<1xTOKEN>) -> (tensor<1xTOKEN>, tensor<1xTOKEN>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %none = arith.constant -1 : TOKEN
  %noRank = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %noKey = arith.constant 2147483647 : i32
  %bytes = arith.constant 256 : i32
  %byteMask = arith.constant 255 : i32
  %rows = tensor.dim %logits, %c0 : tensor<?x256xf32>
  %lastRow = arith.subi %rows, %c1 : index
  %last = tensor.extract_slice %logits[%lastRow, 0] [1, 256] [1, 1]
      : tensor<?x256xf32> to tensor<1x256xf32>
  %scalar = tensor.empty() : tensor<1xf32>
  %vector = tensor.empty() : tensor<1x256xf32>
  %scalarInt = tensor.empty() : tensor<1xi32>
  %vectorInt = tensor.empty() : tensor<1x256xi32>

  %lowestOfRow = linalg.fill ins(%lowest : f32) outs(%scalar : tensor<1xf32>) -> tensor<1xf32>
  %highest = linalg.generic {indexing_maps = [#entry, #row],
                             iterator_types = ["parallel", "reduction"]}
      ins(%last : tensor<1x256xf32>) outs(%lowestOfRow : tensor<1xf32>) {
  ^bb0(%logit: f32, %max: f32):
    %next = arith.maximumf %max, %logit : f32
    linalg.yield %next : f32
  } -> tensor<1xf32>

  %weights = linalg.generic {indexing_maps = [#entry, #row, #entry],
                             iterator_types = ["parallel", "parallel"]}
      ins(%last, %highest : tensor<1x256xf32>, tensor<1xf32>)
      outs(%vector : tensor<1x256xf32>) {
  ^bb0(%logit: f32, %max: f32, %out: f32):
    %scale = tensor.extract %choice[%c0] : tensor<3xf64>
    %l = arith.extf %logit : f32 to f64
    %m = arith.extf %max : f32 to f64
    %difference = arith.subf %l, %m : f64
    %exponent = arith.mulf %difference, %scale : f64
    %x = arith.truncf %exponent : f64 to f32
    %weight = math.exp %x : f32
    linalg.yield %weight : f32
  } -> tensor<1x256xf32>

  %noRanks = linalg.fill ins(%noRank : i32) outs(%vectorInt : tensor<1x256xi32>)
      -> tensor<1x256xi32>
  %noSums = linalg.fill ins(%zero : f32) outs(%vector : tensor<1x256xf32>) -> tensor<1x256xf32>
  %ranks, %sums = linalg.generic {indexing_maps = [#this, #other, #other, #this, #this],
                                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%last, %last, %weights : tensor<1x256xf32>, tensor<1x256xf32>, tensor<1x256xf32>)
      outs(%noRanks, %noSums : tensor<1x256xi32>, tensor<1x256xf32>) {
  ^bb0(%logit: f32, %otherLogit: f32, %weight: f32, %rank: i32, %sum: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %isHigher = arith.cmpf ogt, %otherLogit, %logit : f32
    %isEqual = arith.cmpf oeq, %otherLogit, %logit : f32
    %isEarlier = arith.cmpi ult, %j, %i : index
    %isTied = arith.andi %isEqual, %isEarlier : i1
    %isBefore = arith.ori %isHigher, %isTied : i1
    %isThis = arith.cmpi eq, %i, %j : index
    %counts = arith.ori %isBefore, %isThis : i1
    %step = arith.extui %isBefore : i1 to i32
    %term = arith.select %counts, %weight, %zero : f32
    %nextRank = arith.addi %rank, %step : i32
    %nextSum = arith.addf %sum, %term : f32
    linalg.yield %nextRank, %nextSum : i32, f32
  } -> (tensor<1x256xi32>, tensor<1x256xf32>)

  %noTotal = linalg.fill ins(%zero : f32) outs(%scalar : tensor<1xf32>) -> tensor<1xf32>
  %total = linalg.generic {indexing_maps = [#entry, #entry, #row],
                           iterator_types = ["parallel", "reduction"]}
      ins(%ranks, %sums : tensor<1x256xi32>, tensor<1x256xf32>)
      outs(%noTotal : tensor<1xf32>) {
  ^bb0(%rank: i32, %sum: f32, %max: f32):
    %number = tensor.extract %choice[%c1] : tensor<3xf64>
    %candidates = arith.fptosi %number : f64 to i32
    %isCandidate = arith.cmpi slt, %rank, %candidates : i32
    %own = arith.select %isCandidate, %sum, %zero : f32
    %next = arith.maximumf %max, %own : f32
    linalg.yield %next : f32
  } -> tensor<1xf32>

  // The lowest rank that is enough, with its byte.
  %noKeys = linalg.fill ins(%noKey : i32) outs(%scalarInt : tensor<1xi32>) -> tensor<1xi32>
  %key = linalg.generic {indexing_maps = [#entry, #entry, #row, #row],
                         iterator_types = ["parallel", "reduction"]}
      ins(%ranks, %sums, %total : tensor<1x256xi32>, tensor<1x256xf32>, tensor<1xf32>)
      outs(%noKeys : tensor<1xi32>) {
  ^bb0(%rank: i32, %sum: f32, %all: f32, %min: i32):
    %number = tensor.extract %choice[%c1] : tensor<3xf64>
    %draw = tensor.extract %choice[%c2] : tensor<3xf64>
    %candidates = arith.fptosi %number : f64 to i32
    %allWide = arith.extf %all : f32 to f64
    %sumWide = arith.extf %sum : f32 to f64
    %drawn = arith.mulf %draw, %allWide : f64
    %isEnough = arith.cmpf ogt, %sumWide, %drawn : f64
    // The product may have been rounded up to the total.
    %following = arith.addi %rank, %one : i32
    %isLast = arith.cmpi sge, %following, %candidates : i32
    %isChoice = arith.ori %isEnough, %isLast : i1
    %i = linalg.index 1 : index
    %byte = arith.index_cast %i : index to i32
    %start = arith.muli %rank, %bytes : i32
    %own = arith.addi %start, %byte : i32
    %candidate = arith.select %isChoice, %own, %noKey : i32
    %next = arith.minsi %min, %candidate : i32
    linalg.yield %next : i32
  } -> tensor<1xi32>

  // The highest logit is finite, unless some are no numbers or all are -inf.
  %empty = tensor.empty() : tensor<1xTOKEN>
  %result, %state = linalg.generic {indexing_maps = [#each, #each, #each, #each],
                                    iterator_types = ["parallel"]}
      ins(%key, %highest : tensor<1xi32>, tensor<1xf32>)
      outs(%empty, %chosen : tensor<1xTOKEN>, tensor<1xTOKEN>) {
  ^bb0(%k: i32, %max: f32, %out: TOKEN, %old: TOKEN):
    %low = arith.andi %k, %byteMask : i32
    %byte = arith.index_cast %low : i32 to index
    %token = arith.index_cast %byte : index to TOKEN
    %size = math.absf %max : f32
    %isFinite = arith.cmpf olt, %size, %infinity : f32
    %answer = arith.select %isFinite, %token, %none : TOKEN
    %new = arith.select %isFinite, %token, %old : TOKEN
    linalg.yield %answer, %new : TOKEN, TOKEN
  } -> (tensor<1xTOKEN>, tensor<1xTOKEN>)
  return %result, %state : tensor<1xTOKEN>, tensor<1xTOKEN>
}
)mlir";

/// Moves a function to another module, under a name that is free there.
static func::FuncOp moveTo(SymbolTable &symbols, ModuleOp from,
                           StringRef name) {
  auto function = from.lookupSymbol<func::FuncOp>(name);
  function->remove();
  symbols.insert(function);
  return function;
}

LogicalResult vga::addSampling(func::FuncOp model) {
  FailureOr<Signature> signature = getSignature(model);
  if (failed(signature))
    return failure();
  BlockArgument tokens = model.getArgument(signature->getInputs().front());
  Type tokenType = getElementTypeOrSelf(tokens.getType());
  std::string text = kFunctions.str(), typeName;
  llvm::raw_string_ostream(typeName) << tokenType;
  for (size_t i; (i = text.find("TOKEN")) != std::string::npos;)
    text.replace(i, StringRef("TOKEN").size(), typeName);
  MLIRContext *context = model.getContext();
  auto functions = parseSourceString<ModuleOp>(text, ParserConfig(context));
  if (!functions)
    return failure();
  SymbolTable symbols(model->getParentOfType<ModuleOp>());
  func::FuncOp knowTokens = moveTo(symbols, *functions, "vga.tokens");
  func::FuncOp choose = moveTo(symbols, *functions, "vga.sample");

  auto chosenType = RankedTensorType::get(1, tokenType);
  Type types[] = {chosenType, choose.getArgumentTypes()[1]};
  unsigned numArguments = model.getNumArguments();
  for (unsigned i = 0; i < 2; ++i)
    if (failed(model.insertArgument(numArguments + i, types[i], {},
                                    model.getLoc())))
      return failure();
  OpBuilder b(context);
  model.setArgAttr(numArguments, "vga.state", b.getStringAttr("chosen"));
  Value chosen = model.getArgument(numArguments);
  Value choice = model.getArgument(numArguments + 1);

  Location loc = model.getLoc();
  b.setInsertionPointToStart(&model.getBody().front());
  auto known = func::CallOp::create(b, loc, knowTokens, {tokens, chosen});
  tokens.replaceAllUsesExcept(known.getResult(0), known);
  model.walk([&](func::ReturnOp op) {
    b.setInsertionPoint(op);
    auto sampled = func::CallOp::create(b, loc, choose,
                                        {op.getOperand(0), choice, chosen});
    op->setOperand(0, sampled.getResult(0));
    op->insertOperands(op.getNumOperands(), sampled.getResult(1));
  });
  SmallVector<Type> results(model.getResultTypes());
  results.front() = chosenType;
  results.push_back(chosenType);
  model.setFunctionType(b.getFunctionType(model.getArgumentTypes(), results));
  return success();
}
