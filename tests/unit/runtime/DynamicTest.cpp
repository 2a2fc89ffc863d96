//===- DynamicTest.cpp ----------------------------------------------------===//
//
// Entries whose dimensions only the data of a run tells: segments, branches,
// loops, and what is refused.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Check.h"
#include "tests/unit/runtime/HostHarness.h"

using namespace lz;
using namespace lz::rt;
using namespace lz::rt::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

uint32_t defined(ProgramBuilder &b, const std::string &name,
                 int64_t max = 1000) {
  return b.symbol(name, 0, max, 1, fmt::SymbolKind_Defined);
}

/// The distinct elements of `x`; `symbol` becomes their number.
uint32_t unique(ProgramBuilder &b, uint32_t x, uint32_t symbol) {
  uint32_t n = b.symbolExpr(symbol);
  uint32_t y = b.temporary(fmt::DType_f32, {n});
  uint32_t first = b.temporary(fmt::DType_i64, {n});
  uint32_t inverse =
      b.temporary(fmt::DType_i64, {b.program.values[x]->dims[0]});
  uint32_t counts = b.temporary(fmt::DType_i64, {n});
  b.host("unique", {x}, {y, first, inverse, counts}, {symbol});
  return y;
}

/// x + x for x f32[n].
uint32_t twice(ProgramBuilder &b, uint32_t x) {
  uint32_t n = b.program.values[x]->dims[0];
  uint32_t y = b.temporary(fmt::DType_f32, {n});
  b.kernel("add_f32", {x, x}, {y}, {}, n);
  return y;
}

fmt::InstructionT &getLast(ProgramBuilder &b, uint32_t block) {
  return *b.program.blocks[block]->instructions.back();
}

Status setFloats(Session &session, size_t index, std::vector<float> data) {
  auto size = static_cast<int64_t>(data.size());
  return session.setInputValue(index, floats({size}, std::move(data)));
}

std::vector<float> getFloats(Session &session, size_t index) {
  auto value = session.getOutputValue(index);
  EXPECT_TRUE(value.isOk()) << value.getStatus().getMessage();
  return value.isOk() ? read<float>(*value) : std::vector<float>();
}

std::string explainLoad(ProgramBuilder b) {
  auto bytes = b.build(/*check=*/false);
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  return Model::loadCopy(bytes->data(), bytes->size(), {})
      .getStatus()
      .getMessage();
}

/// 4 * unique(2 * x), through one segment before and one after.
ProgramBuilder makeSegments(int64_t maxUnique = 1000) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t x = b.input("x", fmt::DType_f32, {b.symbolExpr(b.symbol("n"))});
  uint32_t symbol = defined(b, "u", maxUnique);
  uint32_t block = b.beginBlock({x});
  uint32_t y = unique(b, twice(b, x), symbol);
  b.endBlock({twice(b, twice(b, y))});
  b.entry("forward", block);
  return b;
}

} // namespace

TEST(DynamicTest, SegmentsArePlannedPerValuesOfTheirSymbols) {
  auto session = startSession(makeSegments());
  ASSERT_TRUE(setFloats(*session, 0, {3, 1, 3, 1}).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(8, 24));
  EXPECT_EQ(session->getNumPlans(), 2u);
  ASSERT_TRUE(setFloats(*session, 0, {5, 5, 6, 5}).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(40, 48));
  EXPECT_EQ(session->getNumPlans(), 2u);
  ASSERT_TRUE(setFloats(*session, 0, {1, 2, 3, 4}).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(8, 16, 24, 32));
  EXPECT_EQ(session->getNumPlans(), 3u);
}

TEST(DynamicTest, MemoryOfValuesIsUsedAgain) {
  auto session = startSession(makeSegments());
  ASSERT_TRUE(setFloats(*session, 0, {3, 1, 3, 1}).isOk());
  ASSERT_TRUE(session->run().isOk());
  uint64_t before = session->getMemoryBytes();
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(session->getMemoryBytes(), before);
  // But not that of an output somebody holds.
  auto held = session->getOutputValue(0);
  ASSERT_TRUE(setFloats(*session, 0, {9, 9, 9, 9}).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(read<float>(*held), ElementsAre(8, 24));
}

TEST(DynamicTest, OutputsMayBeTheUsersMemory) {
  auto session = startSession(makeSegments());
  std::vector<float> x = {3, 1, 3}, y(4, -1);
  const int64_t three[] = {3}, two[] = {2}, strides[] = {2};
  ASSERT_TRUE(
      session->setInput(0, {x.data(), fmt::DType_f32, 1, three, nullptr})
          .isOk());
  EXPECT_THAT(session->getOutput(0).getStatus().getMessage(),
              HasSubstr("has not run yet"));
  ASSERT_TRUE(session->setOutput(0, {y.data(), fmt::DType_f32, 1, two, strides})
                  .isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(y, ElementsAre(8, -1, 24, -1));
  EXPECT_EQ(session->getOutput(0)->data, y.data());
  x = {1, 1, 1};
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("output 'y0' is given memory for dimensions [2], "
                        "expected [1]"));
}

TEST(DynamicTest, SymbolsHaveRangesAndGuards) {
  auto session = startSession(makeSegments(/*maxUnique=*/2));
  ASSERT_TRUE(setFloats(*session, 0, {1, 2, 3}).isOk());
  EXPECT_EQ(session->run().getMessage(),
            "'layer.unique' (model.py:1): dimension 'u' is 3, expected 0 to 2");
  ProgramBuilder b = makeSegments();
  b.guard(b.symbolExpr(1), b.constant(2), "two different numbers are needed");
  auto guarded = startSession(std::move(b));
  ASSERT_TRUE(setFloats(*guarded, 0, {1, 2, 3}).isOk());
  EXPECT_THAT(guarded->run().getMessage(),
              HasSubstr("two different numbers are needed (u is 3, 2 is 2)"));
  ASSERT_TRUE(setFloats(*guarded, 0, {1, 2, 2}).isOk());
  EXPECT_TRUE(guarded->run().isOk());
}

TEST(DynamicTest, DataBecomesADimensionOfALaterSegment) {
  ProgramBuilder b;
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t x = b.input("x", fmt::DType_f32, {n});
  uint32_t k = b.input("k", fmt::DType_i64, {b.constant(1)});
  uint32_t symbol = defined(b, "k");
  uint32_t block = b.beginBlock({x, k});
  uint32_t best = b.temporary(fmt::DType_f32, {b.symbolExpr(symbol)});
  uint32_t places = b.temporary(fmt::DType_i64, {b.symbolExpr(symbol)});
  b.host("define", {k}, {}, {symbol});
  b.host("top_k", {x}, {best, places});
  b.endBlock({best});
  b.entry("forward", block);
  auto session = startSession(std::move(b));
  ASSERT_TRUE(setFloats(*session, 0, {3, 1, 2}).isOk());
  ASSERT_TRUE(session->setInputValue(1, integers({1}, {2})).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(3, 2));
  ASSERT_TRUE(session->setInputValue(1, integers({1}, {-1})).isOk());
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("found -1, expected at least 0"));
  ASSERT_TRUE(session->setInputValue(1, integers({1}, {9})).isOk());
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("9 elements of 3 are wanted"));
}

/// flag ? unique(x) : 2 * x, then doubled.
static ProgramBuilder makeBranch() {
  ProgramBuilder b;
  b.useKernels();
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t x = b.input("x", fmt::DType_f32, {n});
  uint32_t flag = b.input("flag", fmt::DType_boolean, {});
  uint32_t inner = defined(b, "inner"), outer = defined(b, "outer");
  uint32_t thenIn = b.input("then.x", fmt::DType_f32, {n});
  uint32_t thenBlock = b.beginBlock({thenIn});
  b.endBlock({unique(b, thenIn, inner)});
  uint32_t elseIn = b.input("else.x", fmt::DType_f32, {n});
  uint32_t elseBlock = b.beginBlock({elseIn});
  b.endBlock({twice(b, elseIn)});
  uint32_t result = b.temporary(fmt::DType_f32, {b.symbolExpr(outer)});
  uint32_t main = b.beginBlock({x, flag});
  b.branch(flag, thenBlock, elseBlock, {x}, {result});
  getLast(b, main).defines = {outer};
  b.endBlock({twice(b, result)});
  b.entry("forward", main);
  return b;
}

TEST(DynamicTest, BranchesMayDifferInDimensions) {
  auto session = startSession(makeBranch());
  ASSERT_TRUE(setFloats(*session, 0, {1, 1, 2}).isOk());
  const uint8_t yes = 1, no = 0;
  ASSERT_TRUE(
      session->setInputValue(1, makeBytes(fmt::DType_boolean, {}, &yes, 1))
          .isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(2, 4));
  ASSERT_TRUE(
      session->setInputValue(1, makeBytes(fmt::DType_boolean, {}, &no, 1))
          .isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(4, 4, 8));
}

/// trips times v = [v, v] from v = x on; the scan is v's first dimension's
/// number of elements as the iteration found it, written twice where v is not
/// of the same dimensions in all iterations.
static ProgramBuilder makeGrowingLoop(bool scansValue) {
  ProgramBuilder b;
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t size = defined(b, "size"), larger = defined(b, "larger"),
           last = defined(b, "last"), count = defined(b, "count"),
           width = defined(b, "width");
  uint32_t x = b.input("x", fmt::DType_f32, {n});
  uint32_t trips = b.input("trips", fmt::DType_i64, {});
  const uint8_t yes = 1;
  uint32_t more = b.constantValue(fmt::DType_boolean, {}, &yes);
  uint32_t i = b.input("i", fmt::DType_i64, {});
  uint32_t v = b.input("v", fmt::DType_f32, {b.symbolExpr(size)});
  uint32_t pair =
      b.setKind(b.temporary(fmt::DType_f32, {}), fmt::ValueKind_Sequence);
  uint32_t next = b.temporary(fmt::DType_f32, {b.symbolExpr(larger)});
  uint32_t body = b.beginBlock({i, v});
  b.host("sequence_construct", {v, v}, {pair});
  b.host("concat_from_sequence", {pair}, {next}, {larger});
  b.endBlock({more, next, scansValue ? v : i});
  uint32_t result = b.temporary(fmt::DType_f32, {b.symbolExpr(last)});
  Indices scanDims = {b.symbolExpr(count)};
  if (scansValue)
    scanDims.push_back(b.symbolExpr(width));
  uint32_t scan =
      b.temporary(scansValue ? fmt::DType_f32 : fmt::DType_i64, scanDims);
  uint32_t main = b.beginBlock({x, trips});
  b.loop(trips, noIndex, body, {x}, {result, scan});
  getLast(b, main).defines = {last, count};
  if (scansValue)
    getLast(b, main).defines.push_back(width);
  getLast(b, main).call.AsLoopCall()->num_scans = 1;
  b.endBlock({result, scan});
  b.entry("forward", main);
  return b;
}

TEST(DynamicTest, CarriedVariablesMayChangeTheirDimensions) {
  auto session = startSession(makeGrowingLoop(/*scansValue=*/false));
  ASSERT_TRUE(setFloats(*session, 0, {1, 2}).isOk());
  ASSERT_TRUE(session->setInputValue(1, integers({}, {2})).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(1, 2, 1, 2, 1, 2, 1, 2));
  EXPECT_THAT(read<int64_t>(*session->getOutputValue(1)), ElementsAre(0, 1));
  ASSERT_TRUE(session->setInputValue(1, integers({}, {0})).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getFloats(*session, 0), ElementsAre(1, 2));
  EXPECT_THAT(session->getOutputValue(1)->dims, ElementsAre(0));
  // 2^20 elements are more than 'last' may be.
  ASSERT_TRUE(session->setInputValue(1, integers({}, {20})).isOk());
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("dimension 'larger' is 1024, expected 0 to 1000"));
}

TEST(DynamicTest, ScansAreOfOneShape) {
  auto session = startSession(makeGrowingLoop(/*scansValue=*/true));
  ASSERT_TRUE(setFloats(*session, 0, {1, 2}).isOk());
  ASSERT_TRUE(session->setInputValue(1, integers({}, {1})).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(session->getOutputValue(1)->dims, ElementsAre(1, 2));
  ASSERT_TRUE(session->setInputValue(1, integers({}, {0})).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(session->getOutputValue(1)->dims, ElementsAre(0, 0));
  ASSERT_TRUE(session->setInputValue(1, integers({}, {2})).isOk());
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("iteration 1 gives dimensions [4], expected [2]"));
}

TEST(DynamicTest, AllKindsOfValues) {
  auto session = startSession(makeDynamicProgram());
  ASSERT_TRUE(setFloats(*session, 0, {0, 5, 7}).isOk());
  EXPECT_THAT(session->run().getMessage(),
              HasSubstr("input 'words' is not set"));
  EXPECT_THAT(session->setInputValue(1, floats({1}, {1})).getMessage(),
              HasSubstr("input 'words' is Tensor, expected Strings"));
  ASSERT_TRUE(session->setInputValue(1, words({2}, {"a b", "c"})).isOk());
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(read<int64_t>(*session->getOutputValue(0)), ElementsAre(1, 2));
  EXPECT_EQ(session->getOutputValue(1)->elements->size(), 3u);
  EXPECT_THAT(read<int64_t>(*session->getOutputValue(2)), ElementsAre(0, 1, 2));
  EXPECT_THAT(getFloats(*session, 3), ElementsAre(0, 5, 7, 0, 5, 7, 0, 5, 7));
  EXPECT_THAT(*session->getOutputValue(4)->strings, ElementsAre("a b!", "c!"));
  EXPECT_THAT(*session->getOutputValue(5)->strings,
              ElementsAre("a", "b!", "c!", ""));
  EXPECT_THAT(read<int64_t>(*session->getOutputValue(6)), ElementsAre(2, 1));
  EXPECT_THAT(getFloats(*session, 7), ElementsAre(0, 5, 7));
  EXPECT_THAT(read<int64_t>(*session->getOutputValue(8)),
              ElementsAre(3, int64_t(1) << 40));
  EXPECT_THAT(read<uint8_t>(*session->getOutputValue(9)), ElementsAre(0, 1));
  EXPECT_THAT(session->getOutput(1).getStatus().getMessage(),
              HasSubstr("output 'y1' is Sequence, not a tensor"));
}

TEST(DynamicTest, ALimitOnMemoryHolds) {
  auto bytes = makeSegments().build();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  auto session = Session::create(*model, {1, /*memoryLimitBytes=*/8192, 0});
  ASSERT_TRUE(session.isOk()) << session.getStatus().getMessage();
  std::vector<float> large(1000);
  for (size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<float>(i);
  ASSERT_TRUE(setFloats(**session, 0, large).isOk());
  EXPECT_EQ((*session)->run().getCode(), StatusCode::ResourceExhausted);
  ASSERT_TRUE(setFloats(**session, 0, {1, 2}).isOk());
  EXPECT_TRUE((*session)->run().isOk());
}

TEST(DynamicTest, CancelAndProfile) {
  auto session = startSession(makeDynamicProgram());
  ASSERT_TRUE(setFloats(*session, 0, {1}).isOk());
  ASSERT_TRUE(session->setInputValue(1, words({0}, {})).isOk());
  session->setProfiling(100);
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(session->getProfile()->toJson(), HasSubstr("layer.nonzero"));
  auto flag = std::make_shared<std::atomic<bool>>(true);
  session->setCancelFlag(flag);
  EXPECT_EQ(session->run().getCode(), StatusCode::Cancelled);
}

TEST(DynamicTest, DefinitionsAreCheckedAtLoad) {
  ProgramBuilder twiceDefined = makeSegments();
  auto &instructions = twiceDefined.program.blocks[0]->instructions;
  instructions[1]->defines = {1, 1};
  EXPECT_THAT(explainLoad(std::move(twiceDefined)),
              HasSubstr("defines dimension 'u', which is known already"));
  // A symbol that no result has is no harm until it is used.
  ProgramBuilder unseen = makeSegments();
  uint32_t other = defined(unseen, "v");
  unseen.program.blocks[0]->instructions[1]->defines.push_back(other);
  uint32_t use = unseen.symbolExpr(other);
  unseen.guard(use, use, "never");
  EXPECT_THAT(explainLoad(std::move(unseen)),
              HasSubstr("dimension 'v' is used where no instruction has "
                        "defined it"));
  ProgramBuilder kernel = makeSegments();
  kernel.program.blocks[0]->instructions[0]->defines = {1};
  EXPECT_THAT(explainLoad(std::move(kernel)),
              HasSubstr("defines symbols, which such a call cannot"));
  ProgramBuilder undefined = makeSegments();
  undefined.program.blocks[0]->instructions[1]->defines.clear();
  EXPECT_THAT(explainLoad(std::move(undefined)),
              HasSubstr("dimension 'u' is used where no instruction has "
                        "defined it"));
}

TEST(DynamicTest, HostileValuesAreRefusedAtLoad) {
  auto explain = [](const std::function<void(ProgramBuilder &)> &damage) {
    ProgramBuilder b = makeDynamicProgram();
    damage(b);
    return explainLoad(std::move(b));
  };
  auto find = [](ProgramBuilder &b, fmt::ValueKind kind,
                 fmt::Storage storage) -> fmt::ValueT & {
    for (auto &value : b.program.values)
      if (value->kind == kind && value->storage == storage)
        return *value;
    return *b.program.values[0];
  };
  using Builder = ProgramBuilder;
  EXPECT_EQ(explain([](Builder &) {}), "");
  EXPECT_THAT(
      explain([&](Builder &b) {
        find(b, fmt::ValueKind_Sequence, fmt::Storage_Temporary).dims = {0};
      }),
      HasSubstr("Sequence with dimensions or memory of its own"));
  EXPECT_THAT(
      explain([&](Builder &b) {
        find(b, fmt::ValueKind_Optional, fmt::Storage_Temporary).element_kind =
            fmt::ValueKind_Optional;
      }),
      HasSubstr("Optional of elements of kind 3"));
  EXPECT_THAT(explain([&](Builder &b) {
                find(b, fmt::ValueKind_Strings, fmt::Storage_Constant).dims = {
                    b.constant(7)};
              }),
              HasSubstr("too few for the ends of 7 strings"));
  EXPECT_THAT(explain([&](Builder &b) {
                find(b, fmt::ValueKind_Strings, fmt::Storage_Constant).dims = {
                    b.constant(0)};
              }),
              HasSubstr("ends at byte"));
  EXPECT_THAT(explain([](Builder &b) {
                for (auto &instruction : b.program.blocks[1]->instructions)
                  if (auto *loop = instruction->call.AsLoopCall())
                    loop->num_scans = 3;
              }),
              HasSubstr("a loop's body takes a number"));
  EXPECT_THAT(explain([](Builder &b) {
                for (auto &instruction : b.program.blocks[1]->instructions)
                  if (auto *loop = instruction->call.AsLoopCall())
                    loop->num_scans = 0;
              }),
              HasSubstr("a loop's body"));
}
