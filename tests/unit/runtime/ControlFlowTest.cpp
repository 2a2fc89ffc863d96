//===- ControlFlowTest.cpp ------------------------------------------------===//
//
// Branches and loops of hand-built blocks.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"

#include "runtime/format/Check.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <chrono>
#include <cstring>
#include <gmock/gmock.h>
#include <thread>

using namespace lz;
using namespace lz::rt;
using test::Indices;
using test::ProgramBuilder;
using testing::ElementsAre;

namespace {

std::unique_ptr<Session> start(ProgramBuilder b) {
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  auto session = Session::create(*model, {1, 0, 0});
  EXPECT_TRUE(session.isOk()) << session.getStatus().getMessage();
  return std::move(*session);
}

template <typename T> TensorRef scalar(T &value, fmt::DType dtype) {
  return {&value, dtype, 0, nullptr, nullptr};
}

int64_t getScalar(const Session &session, size_t output) {
  int64_t value = 0;
  std::memcpy(&value, session.getOutput(output)->data, sizeof(value));
  return value;
}

std::vector<float> getFloats(const Session &session, size_t output,
                             size_t size) {
  auto *data = static_cast<const float *>(session.getOutput(output)->data);
  return {data, data + size};
}

} // namespace

TEST(ControlFlowTest, BranchLoopAndState) {
  auto session = start(test::makeControlFlowProgram());
  std::vector<float> x = {9, 8, 7, 6, 5, 4, 3, 2};
  const int64_t dims[] = {2, 4};
  uint8_t flag = 0;
  ASSERT_TRUE(session->setInput(0, {x.data(), fmt::DType_f32, 2, dims, nullptr})
                  .isOk());
  ASSERT_TRUE(session->setInput(1, scalar(flag, fmt::DType_boolean)).isOk());
  ASSERT_TRUE(session->run().isOk());
  // The else block gave the state's first contents; an odd number of swaps
  // exchanged both.
  EXPECT_EQ(getFloats(*session, 0, 8), x);
  EXPECT_THAT(getFloats(*session, 1, 8), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(getFloats(*session, 2, 8), x);
  std::vector<float> previous = x;
  x.assign(8, 1.0f);
  ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(getFloats(*session, 1, 8), previous);
  flag = 1;
  previous = x;
  x.assign(8, 2.0f);
  ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(getFloats(*session, 1, 8), x);
}

/// sum and steps of: while (i < trips && value < bound) value += 1, once inside
/// out.
static ProgramBuilder makeCountingProgram(bool hasTripCount,
                                          bool hasCondition) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t one = b.constant(1);
  uint32_t trips = b.input("trips", fmt::DType_i64, {});
  uint32_t bound = b.input("bound", fmt::DType_i64, {});
  uint32_t first = b.input("first", fmt::DType_i64, {});

  uint32_t i = b.input("i", fmt::DType_i64, {});
  uint32_t value = b.input("value", fmt::DType_i64, {});
  uint32_t lastIndex = b.input("lastIndex", fmt::DType_i64, {});
  uint32_t limit = b.input("limit", fmt::DType_i64, {});
  uint32_t next = b.temporary(fmt::DType_i64, {}),
           more = b.temporary(fmt::DType_boolean, {});
  uint32_t body = b.beginBlock({i, value, lastIndex, limit});
  b.kernel("increment_i64", {value}, {next}, {}, one);
  b.kernel("less_i64", {next, limit}, {more}, {}, one);
  b.endBlock({more, next, i});

  uint32_t start = b.temporary(fmt::DType_boolean, {});
  uint32_t result = b.temporary(fmt::DType_i64, {}),
           index = b.temporary(fmt::DType_i64, {});
  uint32_t main = b.beginBlock({trips, bound, first});
  b.kernel("less_i64", {first, bound}, {start}, {}, one);
  b.loop(hasTripCount ? trips : noIndex, hasCondition ? start : noIndex, body,
         {first, first, bound}, {result, index});
  b.endBlock({result, index});
  b.entry("count", main);
  return b;
}

TEST(ControlFlowTest, LoopsEndByCountOrCondition) {
  for (bool hasTripCount : {false, true})
    for (bool hasCondition : {false, true}) {
      auto session = start(makeCountingProgram(hasTripCount, hasCondition));
      int64_t trips = 5, bound = 100, first = 10;
      ASSERT_TRUE(session->setInput(0, scalar(trips, fmt::DType_i64)).isOk());
      ASSERT_TRUE(session->setInput(1, scalar(bound, fmt::DType_i64)).isOk());
      ASSERT_TRUE(session->setInput(2, scalar(first, fmt::DType_i64)).isOk());
      ASSERT_TRUE(session->run().isOk());
      EXPECT_EQ(getScalar(*session, 0), hasTripCount ? 15 : 100);
      EXPECT_EQ(getScalar(*session, 1), hasTripCount ? 4 : 89);
      bound = 12;
      ASSERT_TRUE(session->run().isOk());
      EXPECT_EQ(getScalar(*session, 0), 12);
      // No iteration at all: the first values come out.
      bound = 3;
      trips = 0;
      ASSERT_TRUE(session->run().isOk());
      EXPECT_EQ(getScalar(*session, 0), hasTripCount || hasCondition ? 10 : 11);
    }
}

TEST(ControlFlowTest, AnEndlessLoopCanBeCancelled) {
  ProgramBuilder b;
  const uint8_t yes = 1;
  uint32_t more = b.constantValue(fmt::DType_boolean, {}, &yes);
  uint32_t body = b.beginBlock({b.input("i", fmt::DType_i64, {})});
  b.endBlock({more});
  uint32_t main = b.beginBlock({});
  b.loop(noIndex, noIndex, body, {}, {});
  b.endBlock({});
  b.entry("forever", main);
  auto session = start(std::move(b));
  auto flag = std::make_shared<std::atomic<bool>>(false);
  session->setCancelFlag(flag);
  std::thread watch([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    flag->store(true);
  });
  EXPECT_EQ(session->run().getCode(), StatusCode::Cancelled);
  watch.join();
}

TEST(ControlFlowTest, BlocksMustBePassedTheRightDimensions) {
  ProgramBuilder b = test::makeControlFlowProgram();
  // The argument of the then block is declared with other sizes of the same
  // rank.
  b.program.values[b.program.blocks[0]->inputs[0]]->dims = {b.constant(4),
                                                            b.constant(2)};
  auto session = start(std::move(b));
  std::vector<float> x(8);
  const int64_t dims[] = {2, 4};
  uint8_t flag = 1;
  ASSERT_TRUE(session->setInput(0, {x.data(), fmt::DType_f32, 2, dims, nullptr})
                  .isOk());
  ASSERT_TRUE(session->setInput(1, scalar(flag, fmt::DType_boolean)).isOk());
  EXPECT_EQ(session->run().getMessage(),
            "instruction 'if': a block is passed, or gives, "
            "dimensions [2, 4], expected [4, 2]");
}

TEST(ControlFlowTest, NestedBranchesInALoop) {
  // Three rounds of: value = (value < bound) ? value + 1 + 1 : value, nested
  // twice.
  ProgramBuilder b;
  b.useKernels();
  const int64_t three = 3;
  const uint8_t yes = 1;
  uint32_t one = b.constant(1);
  uint32_t more = b.constantValue(fmt::DType_boolean, {}, &yes);
  uint32_t trips = b.constantValue(fmt::DType_i64, {}, &three);
  auto i64 = [&](const char *name) {
    return b.input(name, fmt::DType_i64, {});
  };
  auto temporary = [&] { return b.temporary(fmt::DType_i64, {}); };

  uint32_t innerIn = i64("inner"), innerOut = temporary(), skipIn = i64("skip");
  uint32_t inner = b.beginBlock({innerIn});
  b.kernel("increment_i64", {innerIn}, {innerOut}, {}, one);
  b.endBlock({innerOut});
  uint32_t skip = b.beginBlock({skipIn});
  b.endBlock({skipIn});
  uint32_t outerIn = i64("outer"), raised = temporary(), outerOut = temporary();
  uint32_t outer = b.beginBlock({outerIn});
  b.kernel("increment_i64", {outerIn}, {raised}, {}, one);
  b.branch(more, inner, skip, {raised}, {outerOut});
  b.endBlock({outerOut});
  uint32_t keepIn = i64("keep");
  uint32_t keep = b.beginBlock({keepIn});
  b.endBlock({keepIn});

  uint32_t i = i64("i"), value = i64("value"), bound = i64("limit");
  uint32_t isLess = b.temporary(fmt::DType_boolean, {}), next = temporary();
  uint32_t body = b.beginBlock({i, value, bound});
  b.kernel("less_i64", {value, bound}, {isLess}, {}, one);
  b.branch(isLess, outer, keep, {value}, {next});
  b.endBlock({more, next});
  uint32_t first = i64("first"), limit = i64("bound"), result = temporary();
  uint32_t main = b.beginBlock({first, limit});
  b.loop(trips, noIndex, body, {first, limit}, {result});
  b.endBlock({result});
  b.entry("forward", main);

  auto session = start(std::move(b));
  int64_t firstValue = 0, boundValue = 100;
  ASSERT_TRUE(session->setInput(0, scalar(firstValue, fmt::DType_i64)).isOk());
  ASSERT_TRUE(session->setInput(1, scalar(boundValue, fmt::DType_i64)).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(getScalar(*session, 0), 6);
  boundValue = 3;
  ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(getScalar(*session, 0), 4);
}
