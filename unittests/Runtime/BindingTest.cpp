//===- BindingTest.cpp - Where arguments come from
//--------------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/Binding.h"
#include "ModuleTest.h"

using namespace mlir;
using namespace mlir::vga;

namespace {
class BindingTest : public ModuleTest {
protected:
  /// The signature of `main` of a module, or the error.
  std::string getSignatureError(StringRef source) {
    if (!parse(source))
      return "not parsed";
    if (succeeded(getSignature(getMain())))
      return "success";
    return takeDiagnostics();
  }

  Signature getSignatureOf(StringRef source) {
    EXPECT_TRUE(parse(source));
    return *getSignature(getMain());
  }
};
} // namespace

/// A store with one weight.
static ParameterStore makeStore(StringRef dtype, StringRef shape,
                                StringRef data) {
  std::string header =
      ("{\"w\": {\"dtype\": \"" + dtype + "\", \"shape\": " + shape +
       ", \"data_offsets\": [0, " + Twine(data.size()) + "]}}")
          .str();
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  file += header + data.str();
  return ParameterStore(llvm::cantFail(SafetensorsFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(file, "w.safetensors"))));
}

static std::string bind(const Signature &signature, ParameterStore store,
                        SmallVector<HostTensor> inputs) {
  SmallVector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i)
    names.push_back("in" + std::to_string(i) + ".npy");
  return getMessage(
      BoundArguments::bind(signature, store, std::move(inputs), names));
}

static SmallVector<HostTensor> makeInputs(HostTensor tensor) {
  SmallVector<HostTensor> inputs;
  inputs.push_back(std::move(tensor));
  return inputs;
}

//===----------------------------------------------------------------------===//
// Signatures
//===----------------------------------------------------------------------===//

TEST_F(BindingTest, ReadsSignatures) {
  Signature signature = getSignatureOf(R"mlir(
    func.func @main(%a: tensor<?x2xi1>, %w: tensor<bf16> {vga.param = "x.w"},
                    %b: tensor<3xi64>) -> tensor<3xi64> {
      return %b : tensor<3xi64>
    })mlir");
  EXPECT_EQ(signature.entry, "main");
  ASSERT_EQ(signature.arguments.size(), 3u);
  EXPECT_EQ(signature.arguments[0].describe(), "tensor<?x2xi1>");
  EXPECT_EQ(signature.arguments[1].parameter, "x.w");
  EXPECT_EQ(signature.getInputs(), (SmallVector<unsigned>{0, 2}));
  EXPECT_TRUE(signature.hasParameters());
  ASSERT_EQ(signature.results.size(), 1u);
  EXPECT_EQ(signature.results[0].describe(), "tensor<3xi64>");
}

TEST_F(BindingTest, RefusesOtherTypes) {
  EXPECT_EQ(getSignatureError("func.func @main(%a: f32) { return }"),
            "argument 0 of 'main' must be a ranked tensor of i1, i8, i16, i32, "
            "i64, f16, bf16, f32 or f64, got 'f32'");
  EXPECT_EQ(
      getSignatureError(
          "func.func @main(%b: tensor<i1>, %a: tensor<*xf32>) { return }"),
      "argument 1 of 'main' must be a ranked tensor of i1, i8, i16, i32, "
      "i64, f16, bf16, f32 or f64, got 'tensor<*xf32>'");
  EXPECT_EQ(getSignatureError("func.func @main(%a: tensor<2xi4>)"
                              "-> tensor<2xi4> { return %a : tensor<2xi4> }"),
            "argument 0 of 'main' must be a ranked tensor of i1, i8, i16, i32, "
            "i64, f16, bf16, f32 or f64, got 'tensor<2xi4>'");
  EXPECT_EQ(getSignatureError("func.func @main() -> index {"
                              "  %c = arith.constant 0 : index"
                              "  return %c : index }"),
            "result 0 of 'main' must be a ranked tensor of i1, i8, i16, i32, "
            "i64, f16, bf16, f32 or f64, got 'index'");
  EXPECT_EQ(getSignatureError("func.func private @main(tensor<2xf32>)"),
            "the entry function 'main' has no body");
}

TEST_F(BindingTest, FindsEntries) {
  ASSERT_TRUE(parse(R"mlir(
    func.func @a() { return }
    func.func @b() { return }
    func.func private @c() { return }
  )mlir"));
  EXPECT_EQ(lookupEntry(*module, "c")->getName(), "c");
  EXPECT_TRUE(failed(lookupEntry(*module, std::nullopt)));
  EXPECT_EQ(takeDiagnostics(), "no function named 'main'; name one with "
                               "--entry; the public functions are 'a', 'b'");
  EXPECT_TRUE(failed(lookupEntry(*module, "d")));
  EXPECT_EQ(takeDiagnostics(),
            "no function named 'd'; the public functions are 'a', 'b'");

  ASSERT_TRUE(parse("func.func @a() { return } func.func @main() { return }"));
  EXPECT_EQ(lookupEntry(*module, std::nullopt)->getName(), "main");
  ASSERT_TRUE(
      parse("func.func @a() { return } func.func private @b() { return }"));
  EXPECT_EQ(lookupEntry(*module, std::nullopt)->getName(), "a");
  ASSERT_TRUE(parse(""));
  EXPECT_TRUE(failed(lookupEntry(*module, std::nullopt)));
  EXPECT_EQ(takeDiagnostics(), "no function named 'main'; name one with "
                               "--entry; the module has no public function");
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

TEST_F(BindingTest, ChecksInputs) {
  Signature signature =
      getSignatureOf("func.func @main(%a: tensor<?x2xf32>) { return }");
  EXPECT_EQ(bind(signature, {}, makeInputs(makeF32({1, 2}, {1, 2}))),
            "success");
  EXPECT_EQ(bind(signature, {}, makeInputs(makeF32({0, 2}, {}))), "success");
  EXPECT_EQ(bind(signature, {}, {}),
            "number of inputs of 'main': expected 1, got 0");
  EXPECT_EQ(bind(signature, {}, makeInputs(makeF32({2, 1}, {1, 2}))),
            "'in0.npy': argument 0 of 'main' expects tensor<?x2xf32>, the file "
            "has tensor<2x1xf32>");
  EXPECT_EQ(bind(signature, {}, makeInputs(makeF32({2}, {1, 2}))),
            "'in0.npy': argument 0 of 'main' expects tensor<?x2xf32>, the file "
            "has tensor<2xf32>");
  EXPECT_EQ(
      bind(signature, {},
           makeInputs(makeTensor<double>(ElementKind::F64, {1, 2}, {1, 2}))),
      "'in0.npy': argument 0 of 'main' expects tensor<?x2xf32>, the file "
      "has tensor<1x2xf64>");
}

TEST_F(BindingTest, PutsArgumentsInOrder) {
  Signature signature = getSignatureOf(R"mlir(
    func.func @main(%a: tensor<1xf32>, %w: tensor<1xf32> {vga.param = "w"},
                    %b: tensor<1xf32>) { return })mlir");
  ParameterStore store = makeStore("F32", "[1]", StringRef("\0\0\x80\x3f", 4));
  SmallVector<HostTensor> inputs;
  inputs.push_back(makeF32({1}, {7}));
  inputs.push_back(makeF32({1}, {8}));
  auto bound = BoundArguments::bind(signature, store, std::move(inputs),
                                    {"a.npy", "b.npy"});
  ASSERT_TRUE(static_cast<bool>(bound)) << toString(bound.takeError());
  SmallVector<float> values;
  for (const HostTensor *tensor : bound->get())
    values.push_back(tensor->getValues<float>()[0]);
  EXPECT_EQ(values, (SmallVector<float>{7, 1, 8}));
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// A parameter `w` of this type.
static ArgumentSpec makeParameter(ElementKind kind, ArrayRef<int64_t> shape) {
  ArgumentSpec spec;
  spec.kind = kind;
  spec.shape.assign(shape.begin(), shape.end());
  spec.parameter = "w";
  return spec;
}

TEST(ParameterStore, WidensHalves) {
  ParameterStore half = makeStore("F16", "[2]", StringRef("\0\x3c\1\0", 4));
  const HostTensor *tensor =
      llvm::cantFail(half.get(makeParameter(ElementKind::F32, {2})));
  EXPECT_EQ(tensor->getValues<float>(), (ArrayRef<float>{1, 0x1p-24f}));
  // Once loaded, it stays.
  EXPECT_EQ(llvm::cantFail(half.get(makeParameter(ElementKind::F32, {2}))),
            tensor);
  // In its own type it is as it is in the file.
  EXPECT_EQ(llvm::cantFail(half.get(makeParameter(ElementKind::F16, {2})))
                ->getBytes(),
            StringRef("\0\x3c\1\0", 4));

  ParameterStore brain = makeStore("BF16", "[1, 2]", "\x80\x3f\x20\xc0");
  EXPECT_EQ(llvm::cantFail(brain.get(makeParameter(ElementKind::F32,
                                                   {ShapedType::kDynamic, 2})))
                ->getValues<float>(),
            (ArrayRef<float>{1, -2.5}));
}

TEST(ParameterStore, TakesIntegersWithoutSign) {
  ParameterStore store = makeStore("U16", "[2]", StringRef("\1\0\xff\xff", 4));
  EXPECT_EQ(llvm::cantFail(store.get(makeParameter(ElementKind::I16, {2})))
                ->getValues<int16_t>(),
            (ArrayRef<int16_t>{1, -1}));
}

TEST(ParameterStore, ConvertsNothingElse) {
  auto getError = [](StringRef dtype, StringRef shape, StringRef data,
                     ElementKind kind, ArrayRef<int64_t> sizes) {
    ParameterStore store = makeStore(dtype, shape, data);
    return getMessage(store.get(makeParameter(kind, sizes)));
  };
  EXPECT_EQ(getError("F16", "[2]", "1234", ElementKind::F64, {2}),
            "'w.safetensors': parameter 'w' expects tensor<2xf64>, the file "
            "has tensor<2xf16>");
  EXPECT_EQ(getError("F16", "[2]", "1234", ElementKind::BF16, {2}),
            "'w.safetensors': parameter 'w' expects tensor<2xbf16>, the file "
            "has tensor<2xf16>");
  EXPECT_EQ(getError("F64", "[1]", "12345678", ElementKind::F32, {1}),
            "'w.safetensors': parameter 'w' expects tensor<1xf32>, the file "
            "has tensor<1xf64>");
  EXPECT_EQ(getError("F8_E5M2", "[4]", "1234", ElementKind::I8, {4}),
            "'w.safetensors': parameter 'w' expects tensor<4xi8>, the file "
            "has tensor<4xF8_E5M2>");
  EXPECT_EQ(getError("F16", "[1, 2]", "1234", ElementKind::F32, {2}),
            "'w.safetensors': parameter 'w' expects tensor<2xf32>, the file "
            "has tensor<1x2xf16>");
}

TEST(ParameterStore, MissesWeights) {
  ParameterStore store = makeStore("I8", "[1]", "1");
  ArgumentSpec spec = makeParameter(ElementKind::I8, {1});
  spec.parameter = "v";
  EXPECT_EQ(getMessage(store.get(spec)),
            "'w.safetensors': no weight for parameter 'v'");
  ParameterStore none;
  EXPECT_EQ(getMessage(none.get(spec)), "parameter 'v' needs --weights");
}
