//===- CpuFeaturesTest.cpp ------------------------------------------------===//
//
// Feature bits against the compiler's own detection; the choice of a target.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/CpuFeatures.h"

#include "runtime/exec/Model.h"
#include "runtime/format/DType.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;

TEST(CpuFeaturesTest, AgreesWithTheCompilersRuntime) {
#define EXPECT_SAME(name)                                                      \
  EXPECT_EQ(hasCpuFeature(name), __builtin_cpu_supports(name) != 0) << name
  EXPECT_SAME("sse2");
  EXPECT_SAME("sse4.2");
  EXPECT_SAME("popcnt");
  EXPECT_SAME("avx");
  EXPECT_SAME("avx2");
  EXPECT_SAME("fma");
  EXPECT_SAME("bmi2");
  EXPECT_SAME("avx512f");
  EXPECT_SAME("avx512vl");
  EXPECT_SAME("avx512bw");
  EXPECT_SAME("avx512dq");
  EXPECT_SAME("avx512vnni");
  EXPECT_SAME("avx512bf16");
  EXPECT_SAME("lzcnt");
  EXPECT_SAME("f16c");
#undef EXPECT_SAME
  EXPECT_FALSE(hasCpuFeature("avx9000"));
  EXPECT_FALSE(hasCpuFeature(""));
}

TEST(CpuFeaturesTest, CodeForAnotherCpuIsRefused) {
  ProgramBuilder b = test::makeAddProgram();
  b.program.targets[0]->cpu = "x86-64-v9";
  b.program.targets[0]->features = {"sse2", "avx9000", "amx-quantum"};
  auto bytes = b.build();
  Status status = Model::loadCopy(bytes->data(), bytes->size(), {}).getStatus();
  EXPECT_EQ(status.getCode(), StatusCode::FailedPrecondition);
  EXPECT_EQ(status.getMessage(),
            "the artifact was compiled for another CPU (its code for x86-64-v9 "
            "needs avx9000, "
            "amx-quantum); compile the model again for this one");
}

TEST(CpuFeaturesTest, TheRichestTargetThatFitsIsChosen) {
  ProgramBuilder b = test::makeAddProgram();
  b.addTarget("better", {"sse2", "sse3"});
  b.addTarget("worse", {});
  b.addTarget("foreign", {"sse2", "sse3", "avx9000"});
  auto bytes = b.build();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  ASSERT_TRUE(model.isOk()) << model.getStatus().getMessage();
  EXPECT_EQ(view((*model)->getTarget()->cpu()), "better");
}
