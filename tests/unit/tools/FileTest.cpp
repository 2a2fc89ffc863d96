//===- FileTest.cpp - Reading and writing files -----------------------------===//
//
// A write replaces the file as a whole or leaves it, and leaves nothing beside it.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/File.h"

#include "tests/unit/tools/Expect.h"

#include <filesystem>
#include <fstream>

using namespace lz;
using namespace lz::cli;
namespace fs = std::filesystem;

namespace {
struct FileTest : testing::Test {
  FileTest() {
    std::string name = (fs::temp_directory_path() / "lazuli-test-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~FileTest() override { fs::remove_all(folder); }
  size_t countFiles() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
  }
  fs::path folder;
};
} // namespace

TEST_F(FileTest, ReplacesTheWholeFile) {
  std::string path = folder / "f";
  writeFile(path, "first, and longer");
  writeFile(path, "second");
  EXPECT_EQ(readTextFile(path), "second");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(FileTest, NamesWhatIsMissing) {
  EXPECT_EQ(messageOf([&] { (void)readFile("/nonexistent/f"); }),
            "cannot read '/nonexistent/f': No such file or directory");
  EXPECT_EQ(messageOf([&] { (void)readFile(folder); }),
            "cannot read '" + folder.string() + "': Is a directory");
  EXPECT_EQ(messageOf([&] { writeFile("/nonexistent/f", "x"); }),
            "cannot write '/nonexistent/f': No such file or directory");
}

TEST_F(FileTest, FullDisk) {
  EXPECT_EQ(messageOf([&] { writeFile("/dev/full", "x"); }),
            "cannot write '/dev/full': No space left on device");
  EXPECT_EQ(messageOf([&] { requireWritable("/dev/full"); }),
            "cannot write '/dev/full': it is no regular file");
}

TEST_F(FileTest, RequireWritableChecksTheFolder) {
  requireWritable(folder / "new");
  EXPECT_NE(messageOf([&] { requireWritable(folder / "none" / "f"); }).find("No such file"),
            std::string::npos);
  std::ofstream(folder / "plain") << "x";
  EXPECT_NE(messageOf([&] { requireWritable(folder / "plain" / "f"); }), "");
}

TEST_F(FileTest, TemporaryFilesVanish) {
  std::string path;
  {
    TemporaryFile file(".lzm");
    path = file.getPath();
    EXPECT_TRUE(fs::exists(path));
    EXPECT_EQ(getExtension(path), ".lzm");
  }
  EXPECT_FALSE(fs::exists(path));
}
