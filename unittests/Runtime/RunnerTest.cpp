//===- RunnerTest.cpp - Calling compiled functions
//--------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Runner.h"
#include "ModuleTest.h"
#include "vga/InitAll.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::vga;

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registerAllForTools(registry);
  return registry;
}

namespace {
class RunnerTest : public ModuleTest {
protected:
  RunnerTest() : ModuleTest(makeRegistry()) {}

  /// Compiles all public functions.
  std::unique_ptr<Runner> compile(StringRef source,
                                  CompileOptions options = {}) {
    EXPECT_TRUE(parse(source)) << takeDiagnostics();
    SmallVector<Signature> entries;
    for (auto function : module->getOps<func::FuncOp>())
      if (function.isPublic())
        entries.push_back(*getSignature(function));
    FailureOr<std::unique_ptr<Runner>> runner =
        Runner::create(*module, entries, options);
    return succeeded(runner) ? std::move(*runner) : nullptr;
  }
};
} // namespace

/// The values of all results, as text.
static std::string run(Runner &runner, StringRef entry,
                       ArrayRef<const HostTensor *> arguments) {
  auto results = runner.run(entry, arguments);
  if (!results)
    return toString(results.takeError());
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const HostTensor &result : *results) {
    os << result.describe() << ' ';
    result.print(os);
    os << ';';
  }
  return text;
}

TEST_F(RunnerTest, ManyFunctionsOfAModule) {
  for (bool parallel : {true, false}) {
    CompileOptions options;
    options.parallel = parallel;
    auto runner = compile(R"mlir(
      func.func private @twice(%a: tensor<?xf32>) -> tensor<?xf32> {
        %c0 = arith.constant 0 : index
        %s = tensor.dim %a, %c0 : tensor<?xf32>
        %e = tensor.empty(%s) : tensor<?xf32>
        %r = linalg.add ins(%a, %a : tensor<?xf32>, tensor<?xf32>)
                        outs(%e : tensor<?xf32>) -> tensor<?xf32>
        return %r : tensor<?xf32>
      }
      func.func @a(%a: tensor<?xf32>) -> tensor<?xf32> {
        %r = call @twice(%a) : (tensor<?xf32>) -> tensor<?xf32>
        return %r : tensor<?xf32>
      }
      func.func @b() -> tensor<2xi64> {
        %r = arith.constant dense<[3, 4]> : tensor<2xi64>
        return %r : tensor<2xi64>
      })mlir",
                          options);
    ASSERT_TRUE(runner) << takeDiagnostics();
    HostTensor three = makeF32({3}, {1, 2, 3}), none = makeF32({0}, {});
    EXPECT_EQ(run(*runner, "a", {&three}), "tensor<3xf32> [2, 4, 6];");
    EXPECT_EQ(run(*runner, "a", {&none}), "tensor<0xf32> [];");
    EXPECT_EQ(run(*runner, "b", {}), "tensor<2xi64> [3, 4];");
    EXPECT_EQ(run(*runner, "b", {&none}), "the arguments are not those of 'b'");
    EXPECT_EQ(run(*runner, "twice", {&none}), "no function named 'twice'");
    EXPECT_EQ(three.getValues<float>()[0], 1);
  }
}

TEST_F(RunnerTest, ResultsThatAreArgumentsOrEachOther) {
  auto runner = compile(R"mlir(
    func.func @main(%a: tensor<2xf32>, %b: tensor<f32>)
        -> (tensor<2xf32>, tensor<2xf32>, tensor<f32>) {
      return %a, %a, %b : tensor<2xf32>, tensor<2xf32>, tensor<f32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor a = makeF32({2}, {1, 2}), b = makeF32({}, {3});
  auto results = runner->run("main", {&a, &b});
  ASSERT_TRUE(static_cast<bool>(results)) << toString(results.takeError());
  ASSERT_EQ(results->size(), 3u);
  EXPECT_EQ((*results)[0].getBytes(), a.getBytes());
  EXPECT_EQ((*results)[2].getBytes(), b.getBytes());
  // Each is memory of its own.
  (*results)[0].getValues<float>()[0] = 9;
  EXPECT_EQ((*results)[1].getBytes(), a.getBytes());
  EXPECT_EQ(a.getValues<float>()[0], 1);
}

TEST_F(RunnerTest, ArgumentsAreOnlyRead) {
  auto runner = compile(R"mlir(
    func.func private @insert(%x: tensor<?xf32>, %at: tensor<i64>,
                              %into: tensor<4xf32>) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %at64 = tensor.extract %at[] : tensor<i64>
      %i = arith.index_cast %at64 : i64 to index
      %r = tensor.insert_slice %x into %into[%i] [%n] [1]
          : tensor<?xf32> into tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func private @insert_into_square(%x: tensor<?xf32>, %at: tensor<i64>,
                                          %w: tensor<4xf32>) -> tensor<4xf32> {
      %p = arith.mulf %w, %w : tensor<4xf32>
      %r = call @insert(%x, %at, %p)
          : (tensor<?xf32>, tensor<i64>, tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @input(%x: tensor<?xf32>, %at: tensor<i64>, %w: tensor<4xf32>)
        -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %at64 = tensor.extract %at[] : tensor<i64>
      %i = arith.index_cast %at64 : i64 to index
      %r = tensor.insert_slice %x into %w[%i] [%n] [1]
          : tensor<?xf32> into tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @weight(%x: tensor<?xf32>, %at: tensor<i64>,
                      %w: tensor<4xf32> {vga.param = "w"}) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %at64 = tensor.extract %at[] : tensor<i64>
      %i = arith.index_cast %at64 : i64 to index
      %r = tensor.insert_slice %x into %w[%i] [%n] [1]
          : tensor<?xf32> into tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @prepared(%x: tensor<?xf32>, %at: tensor<i64>,
                        %w: tensor<4xf32> {vga.param = "w"}) -> tensor<4xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %at64 = tensor.extract %at[] : tensor<i64>
      %i = arith.index_cast %at64 : i64 to index
      %p = arith.mulf %w, %w : tensor<4xf32>
      %r = tensor.insert_slice %x into %p[%i] [%n] [1]
          : tensor<?xf32> into tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @input_of_callee(%x: tensor<?xf32>, %at: tensor<i64>,
                               %w: tensor<4xf32>) -> tensor<4xf32> {
      %r = call @insert(%x, %at, %w)
          : (tensor<?xf32>, tensor<i64>, tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @weight_of_callee(%x: tensor<?xf32>, %at: tensor<i64>,
        %w: tensor<4xf32> {vga.param = "w"}) -> tensor<4xf32> {
      %r = call @insert(%x, %at, %w)
          : (tensor<?xf32>, tensor<i64>, tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @prepared_of_callee(%x: tensor<?xf32>, %at: tensor<i64>,
        %w: tensor<4xf32> {vga.param = "w"}) -> tensor<4xf32> {
      %r = call @insert_into_square(%x, %at, %w)
          : (tensor<?xf32>, tensor<i64>, tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    func.func @sum(%x: tensor<?xf32>, %at: tensor<i64>, %w: tensor<4xf32>)
        -> tensor<4xf32> {
      %r = linalg.generic {
          indexing_maps = [affine_map<(i) -> ()>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%at : tensor<i64>) outs(%w : tensor<4xf32>) {
      ^bb0(%a: i64, %b: f32):
        %f = arith.sitofp %a : i64 to f32
        %s = arith.addf %f, %b : f32
        linalg.yield %s : f32
      } -> tensor<4xf32>
      return %r : tensor<4xf32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor one = makeF32({1}, {7}), two = makeF32({2}, {8, 9});
  HostTensor none = makeF32({0}, {});
  HostTensor w = makeF32({4}, {1, 2, 3, 4});
  std::string bytes = w.getBytes().str();
  HostTensor at = cantFail(HostTensor::create(ElementKind::I64, {}));
  for (StringRef kind : {"input", "weight", "prepared"})
    for (StringRef where : {"", "_of_callee"}) {
      std::string entry = (kind + where).str();
      SCOPED_TRACE(entry);
      bool isSquare = kind == "prepared";
      at.getValues<int64_t>()[0] = 1;
      EXPECT_EQ(run(*runner, entry, {&one, &at, &w}),
                isSquare ? "tensor<4xf32> [1, 7, 9, 16];"
                         : "tensor<4xf32> [1, 7, 3, 4];");
      at.getValues<int64_t>()[0] = 2;
      EXPECT_EQ(run(*runner, entry, {&two, &at, &w}),
                isSquare ? "tensor<4xf32> [1, 4, 8, 9];"
                         : "tensor<4xf32> [1, 2, 8, 9];");
      EXPECT_EQ(run(*runner, entry, {&none, &at, &w}),
                isSquare ? "tensor<4xf32> [1, 4, 9, 16];"
                         : "tensor<4xf32> [1, 2, 3, 4];");
      EXPECT_EQ(w.getBytes(), bytes);
    }
  for (int call = 0; call < 2; ++call)
    EXPECT_EQ(run(*runner, "sum", {&none, &at, &w}),
              "tensor<4xf32> [3, 4, 5, 6];");
  EXPECT_EQ(w.getBytes(), bytes);
}

TEST_F(RunnerTest, ResultsThatArePartsOfSomething) {
  auto runner = compile(R"mlir(
    func.func @main(%a: tensor<4x4xf32>) -> tensor<2x2xf32> {
      %r = tensor.extract_slice %a[1, 1] [2, 2] [1, 2]
          : tensor<4x4xf32> to tensor<2x2xf32>
      return %r : tensor<2x2xf32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor a =
      makeF32({4, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  EXPECT_EQ(run(*runner, "main", {&a}), "tensor<2x2xf32> [[5, 7], [9, 11]];");
}

TEST_F(RunnerTest, JoiningWhatIsEmpty) {
  auto runner = compile(R"mlir(
    func.func @main(%a: tensor<2x2xf32>, %e: tensor<0x2xf32>,
                    %b: tensor<?x2xf32>)
        -> (tensor<?x2xf32>, tensor<2x2xf32>, tensor<0x2xf32>, tensor<0x4xf32>) {
      %all = tensor.concat dim(0) %a, %e, %b
          : (tensor<2x2xf32>, tensor<0x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
      %one = tensor.concat dim(0) %a, %e
          : (tensor<2x2xf32>, tensor<0x2xf32>) -> tensor<2x2xf32>
      %none = tensor.concat dim(0) %e, %e
          : (tensor<0x2xf32>, tensor<0x2xf32>) -> tensor<0x2xf32>
      %rows = tensor.concat dim(1) %e, %e
          : (tensor<0x2xf32>, tensor<0x2xf32>) -> tensor<0x4xf32>
      return %all, %one, %none, %rows
          : tensor<?x2xf32>, tensor<2x2xf32>, tensor<0x2xf32>, tensor<0x4xf32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor a = makeF32({2, 2}, {1, 2, 3, 4}), e = makeF32({0, 2}, {});
  HostTensor b = makeF32({1, 2}, {5, 6});
  std::string rest = "tensor<2x2xf32> [[1, 2], [3, 4]];tensor<0x2xf32> [];"
                     "tensor<0x4xf32> [];";
  EXPECT_EQ(run(*runner, "main", {&a, &e, &b}),
            "tensor<3x2xf32> [[1, 2], [3, 4], [5, 6]];" + rest);
  EXPECT_EQ(run(*runner, "main", {&a, &e, &e}),
            "tensor<2x2xf32> [[1, 2], [3, 4]];" + rest);
}

TEST_F(RunnerTest, WeightsArePreparedOnce) {
  auto runner = compile(R"mlir(
    func.func @main(%w: tensor<2x3xf32> {vga.param = "w"}, %x: tensor<3x2xf32>)
        -> tensor<3x2xf32> {
      %e = tensor.empty() : tensor<3x2xf32>
      %t = linalg.transpose ins(%w : tensor<2x3xf32>)
                            outs(%e : tensor<3x2xf32>) permutation = [1, 0]
      %r = linalg.add ins(%t, %x : tensor<3x2xf32>, tensor<3x2xf32>)
                      outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
      return %r : tensor<3x2xf32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor w = makeF32({2, 3}, {1, 2, 3, 4, 5, 6});
  HostTensor other = makeF32({2, 3}, {0, 0, 0, 0, 0, 1});
  HostTensor x = makeF32({3, 2}, {0, 0, 0, 0, 0, 10});
  ASSERT_FALSE(static_cast<bool>(runner->prepare("main", {&w, &x})));
  EXPECT_EQ(run(*runner, "main", {&w, &x}),
            "tensor<3x2xf32> [[1, 4], [2, 5], [3, 16]];");
  // What was prepared is used until told otherwise, or for other weights.
  w.getValues<float>()[0] = 7;
  EXPECT_EQ(run(*runner, "main", {&w, &x}),
            "tensor<3x2xf32> [[1, 4], [2, 5], [3, 16]];");
  runner->forgetWeights();
  EXPECT_EQ(run(*runner, "main", {&w, &x}),
            "tensor<3x2xf32> [[7, 4], [2, 5], [3, 16]];");
  EXPECT_EQ(run(*runner, "main", {&other, &x}),
            "tensor<3x2xf32> [[0, 0], [0, 0], [0, 11]];");
}

TEST_F(RunnerTest, NoResult) {
  auto runner = compile("func.func @main() { return }");
  ASSERT_TRUE(runner) << takeDiagnostics();
  EXPECT_EQ(run(*runner, "main", {}), "");
}

TEST_F(RunnerTest, FunctionsFromNowhere) {
  EXPECT_FALSE(compile(R"mlir(
    func.func private @no_such_function(tensor<2xf32>) -> tensor<2xf32>
    func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %r = call @no_such_function(%a) : (tensor<2xf32>) -> tensor<2xf32>
      return %r : tensor<2xf32>
    })mlir"));
  EXPECT_EQ(takeDiagnostics(),
            "the function 'no_such_function' is called but has no body");
}

TEST_F(RunnerTest, ShapesThatDoNotFitEndTheProcess) {
  auto runner = compile(R"mlir(
    func.func @main(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
      %r = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>)
                      outs(%a : tensor<?xf32>) -> tensor<?xf32>
      return %r : tensor<?xf32>
    })mlir");
  ASSERT_TRUE(runner) << takeDiagnostics();
  HostTensor three = makeF32({3}, {1, 2, 3}), two = makeF32({2}, {1, 2});
  EXPECT_EQ(run(*runner, "main", {&three, &three}), "tensor<3xf32> [2, 4, 6];");
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT((void)run(*runner, "main", {&three, &two}),
              ::testing::ExitedWithCode(1), "error: ");
}

TEST_F(RunnerTest, EmitsCode) {
  auto emit = [&](CodeFormat format) {
    EXPECT_TRUE(parse(R"mlir(
      func.func private @unused() { return }
      func.func @f(%a: tensor<2xf32>) -> tensor<2xf32> {
        return %a : tensor<2xf32>
      })mlir"));
    std::string code;
    llvm::raw_string_ostream os(code);
    EXPECT_TRUE(succeeded(emitCode(*module, format, {}, os)));
    return code;
  };
  std::string ir = emit(CodeFormat::LLVMIR);
  EXPECT_NE(ir.find("@_mlir_ciface_f("), std::string::npos);
  EXPECT_EQ(ir.find("unused"), std::string::npos);
  EXPECT_FALSE(emit(CodeFormat::Object).empty());
}

TEST(Threads, AreCounted) {
  unsigned all = llvm::cantFail(setNumThreads(0));
  EXPECT_GE(all, 1u);
  EXPECT_EQ(llvm::cantFail(setNumThreads(1)), 1u);
  EXPECT_EQ(llvm::cantFail(setNumThreads(2)), 2u);
  EXPECT_EQ(llvm::cantFail(setNumThreads(all)), all);
}
