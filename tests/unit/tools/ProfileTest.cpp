//===- ProfileTest.cpp - Sums over a trace, percentiles ---------------------===//
//
// Instructions are told apart by their place in a run, not by name alone.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Profile.h"
#include "tools/lazuli/model/Timing.h"

#include <gtest/gtest.h>

using namespace lz;
using namespace lz::cli;

TEST(ProfileTest, SumsOverRuns) {
  OpProfile profile = summarizeTrace(R"({"traceEvents": [
    {"name": "fc", "cat": "kernel", "dur": 1.0, "args": {"run": 1, "flops": 4000}},
    {"name": "fc", "cat": "kernel", "dur": 5.0, "args": {"run": 1}},
    {"name": "fc", "cat": "kernel", "dur": 3.0, "args": {"run": 2, "flops": 4000}},
    {"name": "fc", "cat": "kernel", "dur": 7.0, "args": {"run": 2}}]})");
  ASSERT_EQ(profile.ops.size(), 2u);
  EXPECT_EQ(profile.numRuns, 2);
  EXPECT_EQ(profile.ops[0].getMeanUs(), 2);
  EXPECT_EQ(profile.ops[1].getMeanUs(), 6);
  EXPECT_EQ(profile.ops[0].getGflops(), 2);
  EXPECT_EQ(profile.ops[1].getGflops(), 0);
  EXPECT_EQ(profile.getTotalUs(), 8);
  EXPECT_EQ(profile.sum().getMeanUs(), 8);
  EXPECT_EQ(profile.sum().flops, profile.ops[0].flops);
  EXPECT_EQ(profile.toJson()[0]["share"], 0.25);
}

TEST(TimingTest, NearestRank) {
  std::vector<double> runs;
  for (int i = 100; i > 0; --i)
    runs.push_back(i);
  Timing timing = summarize(runs, 10);
  EXPECT_EQ(timing.min, 1);
  EXPECT_EQ(timing.median, 50);
  EXPECT_EQ(timing.p90, 90);
  EXPECT_EQ(timing.p99, 99);
  EXPECT_EQ(timing.mean, 50.5);
  EXPECT_EQ(timing.getRunsPerSecond(), 10);
  EXPECT_EQ(summarize({3}, 1).p99, 3);
}
