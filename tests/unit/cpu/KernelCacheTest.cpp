//===- KernelCacheTest.cpp - What is kept, and what is not taken ------------===//
//
// A kernel comes back as it was stored; anything else in its file is a miss.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/KernelCache.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace lz;

namespace {

struct KernelCacheTest : ::testing::Test {
  KernelCacheTest() {
    llvm::SmallString<128> path;
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("kernel-cache", path));
    folder = path.str().str();
  }
  ~KernelCacheTest() override { llvm::sys::fs::remove_directories(folder); }

  std::unique_ptr<KernelCache> open(uint64_t maxBytes = FileCache::kMaxBytes) {
    std::string why;
    auto files = FileCache::open(folder, why, maxBytes);
    EXPECT_TRUE(files) << why;
    return std::make_unique<KernelCache>(std::move(files));
  }
  std::string why(const std::string &path) {
    std::string why;
    EXPECT_FALSE(FileCache::open(path, why));
    return why;
  }
  std::string path(const FileCache::Key &key) {
    return folder + "/" + FileCache::toHex(key) + ".lzc";
  }
  std::string read(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string &file, const std::string &bytes) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    ::chmod(file.c_str(), 0600);
  }
  size_t countFiles() {
    size_t found = 0;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end && !error;
         it.increment(error))
      ++found;
    return found;
  }

  std::string folder;
};

} // namespace

static FileCache::Key makeKey(const std::string &text) {
  return KernelCache::makeKey(text, {"x86-64-v3", "", 32});
}

static CompiledKernel makeKernel(size_t bytes = 100) {
  CompiledKernel kernel;
  kernel.plan.grid = {{{0, 2}, 7, 4}, {{}, 5, 1}};
  kernel.plan.grain = 3;
  kernel.plan.scratchBytes = 192;
  kernel.plan.dynamicScratch = {DimExpr::symbol("s0") * DimExpr(64),
                                DimExpr::floorDiv(DimExpr::symbol("s1"), 2)};
  kernel.object = std::string(bytes, '\0');
  kernel.object[1] = '\n';
  return kernel;
}

TEST_F(KernelCacheTest, GivesBackWhatWasStored) {
  CompiledKernel kernel = makeKernel();
  {
    auto cache = open();
    EXPECT_FALSE(cache->find(makeKey("a")));
    cache->store(makeKey("a"), kernel);
    EXPECT_EQ(cache->getNumHits(), 0u);
  }
  auto cache = open();
  std::optional<CompiledKernel> found = cache->find(makeKey("a"));
  ASSERT_TRUE(found);
  EXPECT_EQ(cache->getNumHits(), 1u);
  EXPECT_EQ(found->object, kernel.object);
  EXPECT_EQ(found->plan.grain, 3);
  EXPECT_EQ(found->plan.scratchBytes, 192);
  ASSERT_EQ(found->plan.grid.size(), 2u);
  EXPECT_EQ(found->plan.grid[0].sizes, kernel.plan.grid[0].sizes);
  EXPECT_EQ(found->plan.grid[0].extent, 7);
  EXPECT_EQ(found->plan.grid[0].tile, 4);
  EXPECT_TRUE(found->plan.grid[1].sizes.empty());
  EXPECT_EQ(found->plan.dynamicScratch, kernel.plan.dynamicScratch);
  EXPECT_EQ(countFiles(), 1u); // nothing is left aside
}

TEST_F(KernelCacheTest, KeysTellApartWhatDecidesTheCode) {
  CpuTarget target{"x86-64-v3", "", 32};
  auto key = KernelCache::makeKey("a", target);
  EXPECT_EQ(key, makeKey("a"));
  EXPECT_NE(key, makeKey("b"));
  EXPECT_NE(key, KernelCache::makeKey("a", {"x86-64-v4", "", 32}));
  EXPECT_NE(key, KernelCache::makeKey("a", {"x86-64-v3", "+avxvnni", 32}));
  EXPECT_NE(key, KernelCache::makeKey("a", {"x86-64-v3", "", 64}));
}

TEST_F(KernelCacheTest, DamageIsAMiss) {
  auto cache = open();
  cache->store(makeKey("a"), makeKernel());
  std::string file = path(makeKey("a")), good = read(file);
  ASSERT_GT(good.size(), 100u);
  for (size_t length : {size_t(0), size_t(7), size_t(40), good.size() - 1}) {
    write(file, good.substr(0, length));
    EXPECT_FALSE(cache->find(makeKey("a"))) << length;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x20;
    write(file, bad);
    EXPECT_FALSE(cache->find(makeKey("a"))) << "byte " << i;
  }
  write(file, good + "x");
  EXPECT_FALSE(cache->find(makeKey("a")));
  // Another kernel's file, whole but for its name.
  write(path(makeKey("b")), good);
  EXPECT_FALSE(cache->find(makeKey("b")));
  write(file, good);
  EXPECT_TRUE(cache->find(makeKey("a")));
}

TEST_F(KernelCacheTest, TakesNothingThatOthersMayWrite) {
  auto cache = open();
  cache->store(makeKey("a"), makeKernel());
  std::string file = path(makeKey("a"));
  ::chmod(file.c_str(), 0622);
  EXPECT_FALSE(cache->find(makeKey("a")));
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(cache->find(makeKey("a")));
  ASSERT_EQ(::rename(file.c_str(), (folder + "/elsewhere").c_str()), 0);
  ASSERT_EQ(::symlink("elsewhere", file.c_str()), 0);
  EXPECT_FALSE(cache->find(makeKey("a")));
  ::unlink(file.c_str());
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_FALSE(cache->find(makeKey("a"))); // and does not wait for a writer
}

TEST_F(KernelCacheTest, RefusesFoldersThatOthersMayWrite) {
  ::chmod(folder.c_str(), 0777);
  EXPECT_EQ(why(folder), "others may write it (mode 777), expected none that may");
  ::chmod(folder.c_str(), 0700);
  open();
  write(folder + "/file", "");
  EXPECT_EQ(why(folder + "/file"), "found a file, expected a folder");
  EXPECT_NE(why(folder + "/file/below").find("it can not be made: "), std::string::npos);
  std::string made = folder + "/one/two";
  std::string ignored;
  ASSERT_TRUE(FileCache::open(made, ignored)) << ignored;
  struct stat status;
  ASSERT_EQ(::stat(made.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(KernelCacheTest, DropsWhatWasNotUsedForLongest) {
  for (int i = 0; i < 10; ++i)
    open()->store(makeKey(std::to_string(i)), makeKernel(1000));
  auto age = [&](const std::string &file, int seconds) {
    timespec times[2] = {{::time(nullptr) - seconds, 0}, {::time(nullptr) - seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  };
  for (int i = 0; i < 10; ++i)
    age(path(makeKey(std::to_string(i))), 1000 - i);
  write(folder + "/abandoned.tmp", "x");
  age(folder + "/abandoned.tmp", 7200);
  write(folder + "/fresh.tmp", "x");
  write(folder + "/foreign", std::string(100000, 'x'));
  {
    auto cache = open(6000);
    EXPECT_TRUE(cache->find(makeKey("0"))); // the oldest is used again
    cache->store(makeKey("new"), makeKernel(1000));
  }
  auto cache = open();
  for (const char *kept : {"0", "9", "8", "new"})
    EXPECT_TRUE(cache->find(makeKey(kept))) << kept;
  for (const char *dropped : {"1", "2", "3", "4", "5", "6"})
    EXPECT_FALSE(cache->find(makeKey(dropped))) << dropped;
  EXPECT_FALSE(llvm::sys::fs::exists(folder + "/abandoned.tmp"));
  EXPECT_TRUE(llvm::sys::fs::exists(folder + "/fresh.tmp"));
  EXPECT_TRUE(llvm::sys::fs::exists(folder + "/foreign"));
}

TEST_F(KernelCacheTest, ManyMayUseOneFolder) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto cache = open(20000); // trims while others read
      for (int i = 0; i < 50; ++i) {
        auto key = makeKey(std::to_string(i % 7));
        if (auto found = cache->find(key))
          wrong += found->object.size() != 1000;
        else
          cache->store(key, makeKernel(1000));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

/// As on a full disk: a write that fails leaves nothing and says nothing.
TEST_F(KernelCacheTest, AWriteThatFailsIsNoError) {
  auto cache = open();
  rlimit limit, previous;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &previous), 0);
  limit = {64, previous.rlim_max};
  auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  cache->store(makeKey("a"), makeKernel());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &previous), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_FALSE(cache->find(makeKey("a")));
  EXPECT_EQ(countFiles(), 0u);
}
