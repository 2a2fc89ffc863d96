//===- MutationTest.cpp ---------------------------------------------------===//
//
// Ten thousand damaged artifacts: each gives a Status or works, none crashes.
// In half of them the checksums are put right again, so that the checks behind
// them are reached. What still loads is run too, but only where there is no
// native code, which no check can vouch for.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"
#include "runtime/format/DType.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <chrono>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <thread>

using namespace lz;
using namespace lz::rt;

namespace {

class Mutator {
public:
  explicit Mutator(uint32_t seed) : random(seed) {}

  /// A damaged copy of `original`.
  std::vector<char> mutate(const std::vector<char> &original) {
    std::vector<char> bytes = original;
    switch (pick(0, 5)) {
    case 0:
      bytes.resize(pick(0, bytes.size() - 1));
      break;
    case 1:
      for (size_t i = pick(1, 8); i > 0; --i)
        at(bytes) ^= static_cast<char>(1 << pick(0, 7));
      break;
    case 2:
      for (size_t i = pick(1, 4); i > 0; --i)
        at(bytes) = static_cast<char>(pick(0, 255));
      break;
    case 3:
      overwriteWord(bytes);
      break;
    case 4:
      moveRange(bytes);
      break;
    default:
      for (size_t i = pick(1, 100); i > 0; --i)
        bytes.push_back(static_cast<char>(pick(0, 255)));
      break;
    }
    if (pick(0, 1) == 0)
      test::fixChecksums(bytes);
    return bytes;
  }

private:
  size_t pick(size_t low, size_t high) {
    return std::uniform_int_distribution<size_t>(low, high)(random);
  }

  /// Most often in the header or the program, which is where structure is.
  size_t pickPosition(const std::vector<char> &bytes, size_t size) {
    size_t last = bytes.size() - size;
    return pick(0, pick(0, 9) == 0 ? last : std::min<size_t>(last, 4200));
  }

  char &at(std::vector<char> &bytes) { return bytes[pickPosition(bytes, 1)]; }

  /// A number that checks like to get wrong.
  void overwriteWord(std::vector<char> &bytes) {
    static const uint64_t numbers[] = {
        0,          1,          2,          0x7f,       0xff,
        0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX, INT64_MAX,
        1ull << 63, 1ull << 40, 4095,       4096,       4097};
    size_t size = size_t(1) << pick(0, 3);
    std::memcpy(&bytes[pickPosition(bytes, size)], &numbers[pick(0, 14)], size);
  }

  void moveRange(std::vector<char> &bytes) {
    size_t size = pick(1, 64);
    std::memmove(&bytes[pickPosition(bytes, size)],
                 &bytes[pickPosition(bytes, size)], size);
  }

  std::mt19937 random;
};

/// Ends a run that a damaged program has made endless.
class Watchdog {
public:
  Watchdog()
      : thread([this] {
          while (!done) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            if (uint64_t now = round; now == lastRound)
              flag->store(true);
            else
              lastRound = now;
          }
        }) {}
  ~Watchdog() {
    done = true;
    thread.join();
  }
  void begin() {
    ++round;
    flag->store(false);
  }
  std::shared_ptr<std::atomic<bool>> flag =
      std::make_shared<std::atomic<bool>>(false);

private:
  std::atomic<bool> done{false};
  std::atomic<uint64_t> round{0};
  uint64_t lastRound = 0;
  std::thread thread;
};

/// Strings, an empty sequence or no value.
bool setOtherInput(Session &session, size_t index, const PortInfo &port) {
  HostValue value;
  if (port.kind == fmt::ValueKind_Strings) {
    std::vector<int64_t> dims = port.dims;
    double size = 1;
    for (int64_t &dim : dims)
      size *= static_cast<double>(dim = dim < 0 ? 2 : dim);
    if (size > 1000)
      return false;
    value = makeStrings(
        dims, std::vector<std::string>(static_cast<size_t>(size), "a b"));
  } else {
    value = makeSequence(port.dtype, {});
    value.kind = port.kind;
  }
  return session.setInputValue(index, std::move(value)).isOk();
}

/// Runs every entry with inputs of the sizes it asks for, -1 taken as 2.
bool runAll(std::shared_ptr<const Model> model, Watchdog &watchdog) {
  auto session = Session::create(model, {1, /*memoryLimitBytes=*/64 << 20, 0});
  if (!session.isOk())
    return false;
  (*session)->setCancelFlag(watchdog.flag);
  static std::vector<char> zeros(1 << 20);
  bool ran = false;
  for (size_t entry = 0; entry < model->getEntries().size(); ++entry) {
    EXPECT_TRUE((*session)->selectEntry(entry).isOk());
    bool fits = true;
    for (size_t i = 0; i < model->getEntries()[entry].inputs.size(); ++i) {
      const PortInfo &port = model->getEntries()[entry].inputs[i];
      if (port.kind != fmt::ValueKind_Tensor) {
        fits = fits && setOtherInput(**session, i, port);
        continue;
      }
      std::vector<int64_t> dims = port.dims;
      double size = getDTypeBytes(port.dtype);
      for (int64_t &dim : dims)
        size *= static_cast<double>(dim = dim < 0 ? 2 : dim);
      fits = fits && size <= static_cast<double>(zeros.size()) &&
             (*session)
                 ->setInput(i, {zeros.data(), port.dtype, dims.size(),
                                dims.data(), nullptr})
                 .isOk();
    }
    watchdog.begin();
    if (fits && (*session)->run().isOk())
      ran = true;
  }
  return ran;
}

} // namespace

/// Loads and runs many damaged forms of a program without native code.
static void runMutations(const std::vector<char> &original, uint32_t seed) {
  Mutator mutator(seed);
  Watchdog watchdog;
  int numLoaded = 0, numRun = 0, numRefused = 0;
  for (int i = 0; i < 7000; ++i) {
    std::vector<char> bytes = mutator.mutate(original);
    VerifyLevel verify = i % 3 == 0 ? VerifyLevel::All : VerifyLevel::Program;
    auto model = Model::loadCopy(bytes.data(), bytes.size(), {verify});
    if (!model.isOk()) {
      EXPECT_FALSE(model.getStatus().getMessage().empty());
      ++numRefused;
      continue;
    }
    ++numLoaded;
    numRun += runAll(*model, watchdog);
  }
  testing::Test::RecordProperty("loaded", numLoaded);
  testing::Test::RecordProperty("run", numRun);
  // The test is worth something only if all three happen often.
  EXPECT_GT(numRefused, 3000);
  EXPECT_GT(numLoaded, 500);
  EXPECT_GT(numRun, 100);
}

TEST(MutationTest, ProgramsWithoutNativeCode) {
  runMutations(*test::makeControlFlowProgram().build(), /*seed=*/3);
}

TEST(MutationTest, ProgramsThatAreWalkedAtRunTime) {
  runMutations(*test::makeDynamicProgram().build(), /*seed=*/5);
}

TEST(MutationTest, ProgramsWithNativeCodeAreOnlyLoaded) {
  std::vector<char> original = *test::makeAddProgram().build();
  Mutator mutator(/*seed=*/4);
  int numLoaded = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<char> bytes = mutator.mutate(original);
    VerifyLevel verify = i % 3 == 0 ? VerifyLevel::All : VerifyLevel::Program;
    auto model = Model::loadCopy(bytes.data(), bytes.size(), {verify});
    numLoaded += model.isOk();
  }
  EXPECT_GT(numLoaded, 100);
}
