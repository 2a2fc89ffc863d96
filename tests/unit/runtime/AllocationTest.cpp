//===- AllocationTest.cpp -------------------------------------------------===//
//
// For shapes that were seen before nothing is allocated, and a run costs little
// beyond its arithmetic.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/runtime/AllocationCount.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <lazuli/lazuli.hpp>
#include <memory>

using namespace lz::rt;

static lazuli::Model load(test::ProgramBuilder b) {
  auto bytes = b.build();
  return lazuli::Model::loadMemory(bytes->data(), bytes->size()).value();
}

TEST(AllocationTest, TheCounterCounts) {
  if (!test::canCountAllocations())
    GTEST_SKIP() << "the sanitizer has its own allocator";
  uint64_t before = test::getNumAllocations();
  auto memory = std::make_unique<std::string>(1000, 'x');
  EXPECT_EQ(test::getNumAllocations() - before, 2u);
}

TEST(AllocationTest, SeenShapesAllocateNothing) {
  if (!test::canCountAllocations())
    GTEST_SKIP() << "the sanitizer has its own allocator";
  auto session =
      lazuli::Session::create(load(test::makeAddProgram()), {1, 0, 0}).value();
  std::vector<float> x(64 * 4, 1.0f), y(64 * 4), strided(64 * 8);
  // Small, large and strided tensors in turn, all through one session.
  const int64_t small[] = {2, 4}, large[] = {64, 4}, strides[] = {8, 2};
  const lz_tensor inputs[] = {{x.data(), LZ_F32, 2, small, nullptr},
                              {x.data(), LZ_F32, 2, large, nullptr},
                              {strided.data(), LZ_F32, 2, large, strides}};
  const lz_tensor outputs[] = {{y.data(), LZ_F32, 2, small, nullptr},
                               {y.data(), LZ_F32, 2, large, nullptr},
                               {strided.data(), LZ_F32, 2, large, strides}};
  auto runAll = [&] {
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(lz_session_set_input(session.get(), 0, &inputs[i]), LZ_OK);
      ASSERT_EQ(lz_session_set_output(session.get(), 0, &outputs[i]), LZ_OK);
      ASSERT_EQ(lz_session_run(session.get()), LZ_OK) << lz_error_message();
    }
  };
  runAll();
  uint64_t before = test::getNumAllocations();
  for (int i = 0; i < 100; ++i)
    runAll();
  EXPECT_EQ(test::getNumAllocations() - before, 0u);
}

/// The quickest of many runs of `body`, in nanoseconds.
template <typename Body> static double measure(const Body &body) {
  using Clock = std::chrono::steady_clock;
  constexpr int runsPerSample = 200;
  double best = 1e9;
  for (int sample = 0; sample < 200; ++sample) {
    auto begin = Clock::now();
    for (int i = 0; i < runsPerSample; ++i)
      body();
    std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    best = std::min(best, time.count() / runsPerSample);
  }
  return best;
}

TEST(AllocationTest, ARunCostsLessThanHalfAMicrosecond) {
  if (!test::canCountAllocations())
    GTEST_SKIP() << "times under a sanitizer mean nothing";
  std::vector<float> x(8, 1.0f), y(8);
  const int64_t dims[] = {2, 4};
  const lz_tensor input = {x.data(), LZ_F32, 2, dims, nullptr};
  const lz_tensor output = {y.data(), LZ_F32, 2, dims, nullptr};
  for (int threads : {1, 2}) {
    auto session =
        lazuli::Session::create(load(test::makeAddProgram(/*grain=*/1000)),
                                {threads, 0, 0})
            .value();
    ASSERT_EQ(lz_session_set_input(session.get(), 0, &input), LZ_OK);
    ASSERT_EQ(lz_session_set_output(session.get(), 0, &output), LZ_OK);
    double again = measure([&] { (void)lz_session_run(session.get()); });
    double rebound = measure([&] {
      (void)lz_session_set_input(session.get(), 0, &input);
      (void)lz_session_set_output(session.get(), 0, &output);
      (void)lz_session_run(session.get());
    });
    std::printf("two kernels, %d threads: run %.0f ns, bind and run %.0f ns\n",
                threads, again, rebound);
#ifdef NDEBUG
    EXPECT_LT(rebound, 500.0);
#endif
    EXPECT_LE(again, rebound * 1.5);
  }
}
