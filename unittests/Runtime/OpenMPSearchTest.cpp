//===- OpenMPSearchTest.cpp - Tests of the search for OpenMP --------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/OpenMPSearch.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <map>

using namespace mlir;
using namespace mlir::vga;
namespace fs = llvm::sys::fs;

namespace {
class OpenMPSearch : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("openmp", root));
  }
  void TearDown() override { fs::remove_directories(root); }

  std::string at(StringRef path) { return (root + "/" + path).str(); }

  void add(StringRef path) {
    ASSERT_FALSE(
        fs::create_directories(llvm::sys::path::parent_path(at(path))));
    std::error_code error;
    llvm::raw_fd_ostream(at(path), error) << "a library";
    ASSERT_FALSE(error);
  }

  std::vector<std::string> search() {
    std::vector<std::string> files =
        findOpenMPRuntimes(root, at("tool/bin/vga-run"),
                           [&](StringRef name) -> std::optional<std::string> {
                             auto it = environment.find(name.str());
                             if (it == environment.end())
                               return std::nullopt;
                             return it->second;
                           });
    for (std::string &file : files)
      EXPECT_TRUE(StringRef(file).starts_with(root));
    for (std::string &file : files)
      file = file.substr(root.size() + 1);
    return files;
  }

  SmallString<128> root;
  std::map<std::string, std::string> environment;
};

TEST_F(OpenMPSearch, FindsNothing) {
  EXPECT_TRUE(search().empty());
  environment = {{"PATH", "::/nowhere:"}, {"HOME", ""}, {"CONDA_PREFIX", ""}};
  // Another runtime's functions are others.
  add("usr/local/lib/libgomp.so.1");
  add("usr/local/lib/python3.12/site-packages/torch/lib/libgomp.so.1");
  fs::create_directories(at("usr/local/lib/libomp.so"));
  EXPECT_TRUE(search().empty());
}

TEST_F(OpenMPSearch, FindsAllInOrder) {
  add("usr/lib/llvm-9/lib/libomp.so.5");
  add("usr/lib/llvm-19/lib/libomp.so.5");
  add("usr/lib/llvm-19/lib/libomp.so");
  add("tool/bin/libomp.so");
  add("tool/lib/libiomp5.so");
  add("opt/intel/oneapi/compiler/latest/lib/libiomp5.so");
  add("conda/lib/libomp.so");
  add("venv/lib/libiomp5.so");
  add("python/bin/python3");
  add("python/lib/libiomp5.so");
  add("python/lib/python3.11/site-packages/torch/lib/libiomp5.so");
  add("home/.local/lib/libiomp5.so");
  add("usr/local/lib/libiomp5.so");
  add("usr/local/lib/python3.13/dist-packages/torch/lib/libomp.so");
  environment = {{"CONDA_PREFIX", at("conda")},
                 {"VIRTUAL_ENV", at("venv")},
                 {"PATH", at("none") + ":" + at("python/bin") + ":/nowhere"},
                 {"HOME", at("home")}};
  std::vector<std::string> expected = {
      "tool/bin/libomp.so",
      "tool/lib/libiomp5.so",
      "usr/lib/llvm-19/lib/libomp.so.5",
      "usr/lib/llvm-19/lib/libomp.so",
      "usr/lib/llvm-9/lib/libomp.so.5",
      "opt/intel/oneapi/compiler/latest/lib/libiomp5.so",
      "conda/lib/libomp.so",
      "venv/lib/libiomp5.so",
      "python/lib/libiomp5.so",
      "python/lib/python3.11/site-packages/torch/lib/libiomp5.so",
      "home/.local/lib/libiomp5.so",
      "usr/local/lib/libiomp5.so",
      "usr/local/lib/python3.13/dist-packages/torch/lib/libomp.so"};
  EXPECT_EQ(search(), expected);
}
} // namespace
