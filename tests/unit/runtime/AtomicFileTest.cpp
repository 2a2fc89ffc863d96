//===- AtomicFileTest.cpp - Files that appear only when they are whole ----===//

#include "runtime/base/AtomicFile.h"
#include "runtime/base/SignalHold.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace lz::rt;

namespace {
class AtomicFileTest : public testing::Test {
protected:
  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void put(const std::string &text) { std::ofstream(path) << text; }
  std::string get() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t countFiles() const {
    return std::distance(std::filesystem::directory_iterator(folder), {});
  }

  std::string folder = testing::TempDir() + "lz-atomic-" + std::to_string(::getpid());
  std::string path = folder + "/file";
};
} // namespace

TEST_F(AtomicFileTest, ReplacesAtCommitOnly) {
  put("old");
  AtomicFile file(path);
  ASSERT_TRUE(file.open().isOk());
  ASSERT_TRUE(file.seek(2).isOk());
  ASSERT_TRUE(file.write("c", 1).isOk());
  ASSERT_TRUE(file.seek(0).isOk());
  ASSERT_TRUE(file.write("ab", 2).isOk());
  EXPECT_EQ(get(), "old");
  ASSERT_TRUE(file.commit(Durability::Flushed).isOk());
  EXPECT_EQ(get(), "abc");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  {
    AtomicFile file(path);
    ASSERT_TRUE(file.open().isOk());
    ASSERT_TRUE(file.write("abc", 3).isOk());
  }
  EXPECT_EQ(countFiles(), 0u);
}

TEST_F(AtomicFileTest, KeepsToTheMaskAndToTheMode) {
  mode_t mask = umask(027);
  for (mode_t mode : {0666, 0600}) {
    AtomicFile file(path);
    ASSERT_TRUE(file.open(mode).isOk());
    ASSERT_TRUE(file.commit(Durability::None).isOk());
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, mode & ~027u);
  }
  umask(mask);
}

TEST_F(AtomicFileTest, SaysWhatItCouldNotWrite) {
  std::string missing = folder + "/none/file";
  AtomicFile file(missing);
  EXPECT_EQ(file.open().getMessage(),
            "cannot write '" + missing + "': No such file or directory");
  std::filesystem::create_directory(path);
  AtomicFile other(path);
  ASSERT_TRUE(other.open().isOk());
  EXPECT_EQ(other.commit(Durability::None).getMessage(),
            "cannot write '" + path + "': Is a directory");
  EXPECT_EQ(countFiles(), 1u);
}

TEST(SignalHoldTest, ASignalEndsTheProcessAfterTheHold) {
  EXPECT_EXIT(
      {
        std::thread([] {
          SignalHold hold;
          ::kill(::getpid(), SIGTERM); // for any thread
          ::usleep(20'000);
          std::fputs("went on", stderr);
        }).join();
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGTERM), "went on");
}

TEST(SignalHoldTest, ActionsComeBackAndIgnoredSignalsStayIgnored) {
  static volatile sig_atomic_t count;
  auto *before = std::signal(SIGINT, [](int) { count = count + 1; });
  auto *beforeHangUp = std::signal(SIGHUP, SIG_IGN);
  {
    SignalHold hold;
    std::raise(SIGINT);
    std::raise(SIGHUP);
    EXPECT_EQ(count, 0);
  }
  EXPECT_EQ(count, 1);
  std::raise(SIGINT);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(std::signal(SIGHUP, beforeHangUp), SIG_IGN);
  std::signal(SIGINT, before);
}
