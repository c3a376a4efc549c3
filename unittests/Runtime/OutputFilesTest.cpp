//===- OutputFilesTest.cpp - All output files or none
//-----------------------===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "vga/Runtime/OutputFiles.h"
#include "TestUtils.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::vga;
namespace fs = llvm::sys::fs;

namespace {
/// Works in a folder of its own.
class OutputFilesTest : public ::testing::Test {
protected:
  OutputFilesTest() {
    EXPECT_FALSE(fs::createUniqueDirectory("vga-output", folder));
  }
  ~OutputFilesTest() override { (void)fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return std::string(path);
  }

  std::string read(StringRef name) {
    auto buffer = llvm::MemoryBuffer::getFile(getPath(name));
    return buffer ? (*buffer)->getBuffer().str() : "nothing";
  }

  size_t countFiles() {
    std::error_code error;
    size_t count = 0;
    for (fs::directory_iterator it(folder, error), end; it != end && !error;
         it.increment(error))
      ++count;
    return count;
  }

  static std::string getError(llvm::Error error) {
    return error ? toString(std::move(error)) : "success";
  }

  SmallString<128> folder;
};
} // namespace

static auto writing(StringRef text) {
  return [text](raw_ostream &os) { os << text; };
}

TEST_F(OutputFilesTest, AppearTogether) {
  OutputFiles files;
  EXPECT_EQ(getError(files.add(getPath("a"), writing("one"))), "success");
  EXPECT_EQ(getError(files.add(getPath("b"), writing("two"))), "success");
  EXPECT_EQ(read("a"), "nothing");
  EXPECT_EQ(getError(files.commit()), "success");
  EXPECT_EQ(read("a"), "one");
  EXPECT_EQ(read("b"), "two");
  EXPECT_EQ(countFiles(), 2u);
}

TEST_F(OutputFilesTest, LeaveNothingBehind) {
  {
    OutputFiles files;
    EXPECT_EQ(getError(files.add(getPath("a"), writing("old"))), "success");
    EXPECT_EQ(getError(files.commit()), "success");
  }
  {
    OutputFiles files;
    EXPECT_EQ(getError(files.add(getPath("a"), writing("new"))), "success");
    EXPECT_EQ(getError(files.add(getPath("no/b"), writing("new"))),
              "'" + getPath("no/b") + "': No such file or directory");
  }
  EXPECT_EQ(read("a"), "old");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(OutputFilesTest, ChecksBeforeTheWork) {
  EXPECT_EQ(getError(OutputFiles::checkWritable(getPath("a"))), "success");
  EXPECT_EQ(getError(OutputFiles::checkWritable("-")), "success");
  EXPECT_EQ(getError(OutputFiles::checkWritable(getPath("no/a"))),
            "'" + getPath("no/a") + "': No such file or directory");
  EXPECT_EQ(getError(OutputFiles::checkWritable(folder)),
            "'" + folder.str().str() + "': Is a directory");
  EXPECT_EQ(countFiles(), 0u);
}

TEST_F(OutputFilesTest, DevicesStayDevices) {
  OutputFiles files;
  EXPECT_EQ(getError(files.add("/dev/null", writing("gone"))), "success");
  EXPECT_EQ(getError(files.commit()), "success");
  fs::file_status status;
  EXPECT_FALSE(fs::status("/dev/null", status));
  EXPECT_EQ(status.type(), fs::file_type::character_file);
}

TEST_F(OutputFilesTest, LinksStayLinks) {
  ASSERT_FALSE(fs::create_link(getPath("target"), getPath("link")));
  OutputFiles first;
  EXPECT_EQ(getError(first.add(getPath("target"), writing("old"))), "success");
  EXPECT_EQ(getError(first.commit()), "success");
  OutputFiles second;
  EXPECT_EQ(getError(second.add(getPath("link"), writing("new"))), "success");
  EXPECT_EQ(getError(second.commit()), "success");
  EXPECT_EQ(read("target"), "new");
  EXPECT_TRUE(fs::is_symlink_file(getPath("link")));
}
