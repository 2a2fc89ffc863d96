//===- MachineTest.cpp - Peaks and bandwidths of this machine ---------------===//
//
// What is read off the curve, and that measuring is quick and gives numbers.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Machine.h"
#include "tools/lazuli/model/Roofline.h"

#include <chrono>
#include <gtest/gtest.h>

using namespace lz;
using namespace lz::cli;

static MachineSpeed makeSpeed() {
  MachineSpeed speed;
  speed.f32 = 100;
  speed.f64 = 50;
  speed.bandwidths = {{1000, 400}, {100000, 200}, {10000000, 20}};
  return speed;
}

TEST(MachineTest, BandwidthLiesBetweenThoseMeasured) {
  MachineSpeed speed = makeSpeed();
  EXPECT_EQ(speed.getGigabytes(1), 400);
  EXPECT_EQ(speed.getGigabytes(1000), 400);
  EXPECT_NEAR(speed.getGigabytes(10000), 300, 1e-9); // halfway in powers of ten
  EXPECT_NEAR(speed.getGigabytes(1000000), 110, 1e-9);
  EXPECT_EQ(speed.getGigabytes(uint64_t(1) << 40), 20);
  EXPECT_EQ(MachineSpeed().getGigabytes(1000), 0);
}

TEST(MachineTest, WhatHasNoInstructionsIsConverted) {
  MachineSpeed speed = makeSpeed();
  EXPECT_EQ(speed.getGflops(fmt::DType_f64), 50);
  EXPECT_EQ(speed.getGflops(fmt::DType_f16), 100);
  EXPECT_EQ(speed.getGflops(fmt::DType_bf16), 100);
  EXPECT_EQ(speed.getGflops(fmt::DType_i8), 100);
  speed.bf16 = 200;
  speed.i8 = 400;
  EXPECT_EQ(speed.getGflops(fmt::DType_bf16), 200);
  EXPECT_EQ(speed.getGflops(fmt::DType_u8), 400);
}

TEST(MachineTest, MeasuresThisMachine) {
  auto begin = std::chrono::steady_clock::now();
  MachineSpeed speed = measureMachine(1);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(elapsed.count(), 3); // 0.3 s where nobody disturbs
  EXPECT_EQ(speed.threads, 1);
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2"))
    GTEST_SKIP() << "no loops for a CPU without AVX2";
  EXPECT_GT(speed.f32, 1.2 * speed.f64);
  EXPECT_GT(speed.f64, 0.1);
  ASSERT_GE(speed.bandwidths.size(), 5u);
  for (const MachineSpeed::Bandwidth &point : speed.bandwidths)
    EXPECT_GT(point.gigabytes, 0.01) << point.bytes;
  EXPECT_EQ(speed.toJson()["bandwidth"].size(), speed.bandwidths.size());
#endif
}

TEST(RooflineTest, OrdersOfOperations) {
  OpProfile profile;
  auto add = [&](const char *name, double us, double bound) {
    OpTime op;
    op.name = name;
    op.numRuns = 1;
    op.totalUs = us;
    op.boundUs = bound;
    profile.ops.push_back(op);
  };
  add("a", 5, 1);
  add("b", 9, 8);
  add("c", 7, 2);
  auto names = [&] {
    std::string all;
    for (const OpTime &op : profile.ops)
      all += op.name;
    return all;
  };
  EXPECT_NEAR(profile.sum().getRoofShare(), 11.0 / 21, 1e-9);
  sortProfile(profile, ProfileOrder::Execution);
  EXPECT_EQ(names(), "abc");
  sortProfile(profile, ProfileOrder::Time);
  EXPECT_EQ(names(), "bca");
  sortProfile(profile, ProfileOrder::Gain);
  EXPECT_EQ(names(), "cab");
}
