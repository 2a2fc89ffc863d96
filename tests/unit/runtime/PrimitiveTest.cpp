//===- PrimitiveTest.cpp --------------------------------------------------===//
//
// The interface of primitive libraries, with a library of the test's own.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Primitive.h"

#include "runtime/exec/Plan.h"
#include "runtime/exec/Session.h"
#include "runtime/format/DType.h"
#include "runtime/format/Packing.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <cstring>
#include <gmock/gmock.h>
#include <tbb/task_arena.h>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;
using testing::HasSubstr;
using namespace std::string_literals;

namespace {

/// dst = src * weights, plus a third input if there is one, naively, through scratch;
/// weights unpacked when it is made.
class NaiveMatMul : public PrimitiveExecutor {
public:
  explicit NaiveMatMul(const PrimitiveRequest &request)
      : m(request.inputs[0].dims[0]), k(request.inputs[0].dims[1]),
        n(request.inputs[1].dims[1]), numInputs(request.inputs.size()),
        isInPlace(request.inPlace.has_value()), weights(static_cast<size_t>(k * n)) {
    const PrimitiveOperand &operand = request.inputs[1];
    auto packing = Packing::parse(view(operand.packing->tag()), operand.dims);
    packing->unpack(operand.constantData, weights.data(), sizeof(float));
  }
  uint64_t getScratchBytes() const override {
    return static_cast<uint64_t>(m * n) * 4;
  }
  uint64_t getMemoryBytes() const override {
    return weights.size() * sizeof(float);
  }
  Status execute(void *const *buffers, void *scratch) override {
    auto *src = static_cast<const float *>(buffers[0]);
    auto *sums = static_cast<float *>(scratch);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(scratch) % 64, 0u);
    EXPECT_EQ(tbb::this_task_arena::max_concurrency(), 2);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        sums[i * n + j] =
            numInputs > 2 ? static_cast<const float *>(buffers[2])[i * n + j] : 0;
        for (int64_t l = 0; l < k; ++l)
          sums[i * n + j] +=
              src[i * k + l] * weights[static_cast<size_t>(l * n + j)];
      }
    EXPECT_EQ(buffers[numInputs] == buffers[2], numInputs == 2 || isInPlace);
    std::memcpy(buffers[numInputs], sums, getScratchBytes());
    return Status::success();
  }

private:
  int64_t m, k, n;
  size_t numInputs;
  bool isInPlace;
  std::vector<float> weights;
};

class NaiveLibrary : public PrimitiveLibrary {
public:
  const char *getName() const override { return "naive"; }
  Status check(const fmt::PrimitiveCall &call) const override {
    if (call.kind() != fmt::PrimitiveKind_MatMul)
      return unimplemented("the naive library has matrix products only");
    return Status::success();
  }
  std::optional<uint32_t> getAccumulated(const fmt::PrimitiveCall &call) const override {
    return call.inputs()->size() > 2 ? std::optional<uint32_t>(2) : std::nullopt;
  }
  std::vector<StatusOr<std::unique_ptr<PrimitiveExecutor>>>
  create(const std::vector<PrimitiveRequest> &requests) override {
    EXPECT_EQ(tbb::this_task_arena::max_concurrency(), 2);
    ++numCalls;
    std::vector<StatusOr<std::unique_ptr<PrimitiveExecutor>>> executors;
    for (const PrimitiveRequest &request : requests) {
      EXPECT_EQ(request.threads, 2);
      if (request.name == failing) {
        executors.emplace_back(failedPrecondition("has no such shape"));
        continue;
      }
      executors.emplace_back(std::make_unique<NaiveMatMul>(request));
      inPlace += request.inPlace == 2u ? 'y' : 'n';
      ++numCreated;
    }
    return executors;
  }
  int numCreated = 0, numCalls = 0;
  std::string failing; ///< name of the instructions that get no executor
  std::string inPlace; ///< of each executor: y or n
};

/// y = x w for x [batch, 2] and w = [[1, 2, 3], [4, 5, 6]], stored as "BA2a2b".
/// `times` times, as instructions fc1, fc2 and so on.
ProgramBuilder makeProgram(fmt::PrimitiveKind kind, int times = 1) {
  ProgramBuilder b;
  uint32_t batch = b.symbolExpr(b.symbol("batch"));
  uint32_t x = b.input("x", fmt::DType_f32, {batch, b.constant(2)});
  const float plain[] = {1, 2, 3, 4, 5, 6};
  float packed[8];
  Packing::parse("BA2a2b", {2, 3})->pack(plain, packed, sizeof(float));
  uint32_t w = b.constantValue(fmt::DType_f32, {2, 4}, packed);
  b.program.values[w]->dims = {b.constant(2), b.constant(3)};
  auto &constant = *b.program.constants.back();
  constant.packing = std::make_unique<fmt::PackingT>();
  constant.packing->tag = "BA2a2b";
  constant.packing->dims = {2, 3};
  uint32_t block = b.beginBlock({x});
  std::vector<uint32_t> results;
  for (int i = 1; i <= times; ++i) {
    results.push_back(b.temporary(fmt::DType_f32, {batch, b.constant(3)}));
    fmt::PrimitiveCallT call;
    call.kind = kind;
    call.inputs = {x, w};
    call.outputs = {results.back()};
    call.weights_tag = "BA2a2b";
    b.add("fc" + std::to_string(i)).call.Set(std::move(call));
  }
  b.endBlock(results);
  b.entry("forward", block);
  return b;
}

StatusOr<std::shared_ptr<const Model>> load(ProgramBuilder b) {
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  return Model::loadCopy(bytes->data(), bytes->size(), {});
}

/// A call: the numbers of its source and of what is added, 0: x, 1: the first call's result
/// and so on; -1: nothing is added.
struct Product {
  int src, added;
};

/// x [2, 2] times [[1, 1], [0, 1]], in calls; the last one's result is the output.
ProgramBuilder makeChain(const std::vector<Product> &products) {
  ProgramBuilder b;
  std::vector<uint32_t> dims = {b.constant(2), b.constant(2)};
  const float plain[] = {1, 1, 0, 1};
  float packed[4];
  Packing::parse("BA2a2b", {2, 2})->pack(plain, packed, sizeof(float));
  uint32_t w = b.constantValue(fmt::DType_f32, {2, 2}, packed);
  auto &constant = *b.program.constants.back();
  constant.packing = std::make_unique<fmt::PackingT>();
  constant.packing->tag = "BA2a2b";
  constant.packing->dims = {2, 2};
  std::vector<uint32_t> made = {b.input("x", fmt::DType_f32, dims)};
  uint32_t block = b.beginBlock({made[0]});
  for (const Product &product : products) {
    fmt::PrimitiveCallT call;
    call.kind = fmt::PrimitiveKind_MatMul;
    call.inputs = {made[static_cast<size_t>(product.src)], w};
    if (product.added >= 0)
      call.inputs.push_back(made[static_cast<size_t>(product.added)]);
    made.push_back(b.temporary(fmt::DType_f32, dims));
    call.outputs = {made.back()};
    b.add("fc" + std::to_string(made.size())).call.Set(std::move(call));
  }
  b.endBlock({made.back()});
  b.entry("forward", block);
  return b;
}

} // namespace

/// Which calls of a chain are computed in place, and the bytes of its arena. Runs it with
/// [[1, 2], [3, 4]] and compares with `expected`.
static std::pair<std::string, uint64_t> runChain(const std::vector<Product> &products,
                                                 const std::vector<float> &expected) {
  NaiveLibrary library;
  registerPrimitiveLibrary(&library);
  auto model = load(makeChain(products));
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  uint64_t arenaBytes = 0;
  tbb::task_arena(2).execute([&] {
    auto plan = buildPlan(**model, {}, /*entry=*/0, {{2, 2}}, /*threads=*/2);
    arenaBytes = (*plan)->arenaBytes;
  });
  std::string inPlace = library.inPlace;
  auto session = Session::create(*model, {2, 0, 0});
  std::vector<float> x = {1, 2, 3, 4};
  const int64_t dims[] = {2, 2};
  EXPECT_TRUE(
      (*session)->setInput(0, {x.data(), fmt::DType_f32, 2, dims, nullptr}).isOk());
  EXPECT_TRUE((*session)->run().isOk());
  auto *y = static_cast<const float *>((*session)->getOutput(0)->data);
  EXPECT_EQ(std::vector<float>(y, y + 4), expected);
  registerPrimitiveLibrary(nullptr);
  return {inPlace, arenaBytes};
}

TEST(PrimitiveTest, AddsToTheMemoryOfAnOperand) {
  // A value and the scratch, 64 bytes each.
  EXPECT_EQ(runChain({{0, -1}, {0, 1}, {2, -1}}, {2, 8, 6, 20}), std::pair("nyn"s, 128ul));
}

TEST(PrimitiveTest, NotWhereTheOperandIsReadOtherwise) {
  // By a later call, whose own result is the output; by the same call; by the caller.
  EXPECT_EQ(runChain({{0, -1}, {0, 1}, {2, 1}}, {3, 11, 9, 27}), std::pair("nnn"s, 192ul));
  EXPECT_EQ(runChain({{0, -1}, {1, 1}, {2, -1}}, {2, 9, 6, 23}).first, "nnn");
  EXPECT_EQ(runChain({{0, -1}, {1, 0}, {2, -1}}, {2, 8, 6, 20}).first, "nnn");
}

TEST(PrimitiveTest, OnePerShape) {
  static NaiveLibrary library;
  registerPrimitiveLibrary(&library);
  auto model = load(makeProgram(fmt::PrimitiveKind_MatMul));
  ASSERT_TRUE(model.isOk()) << model.getStatus().getMessage();
  EXPECT_EQ(library.numCreated, 0);
  auto session = Session::create(*model, {2, 0, 0});
  std::vector<float> x = {1, 10, 2, 20};
  for (int64_t rows : {1, 2, 1, 2}) {
    const int64_t dims[] = {rows, 2};
    ASSERT_TRUE((*session)
                    ->setInput(0, {x.data(), fmt::DType_f32, 2, dims, nullptr})
                    .isOk());
    ASSERT_TRUE((*session)->run().isOk());
    auto *y = static_cast<const float *>((*session)->getOutput(0)->data);
    EXPECT_THAT(std::vector<float>(y, y + 3), testing::ElementsAre(41, 52, 63));
  }
  EXPECT_EQ(library.numCreated, 2);
  Status refused = load(makeProgram(fmt::PrimitiveKind_Pooling)).getStatus();
  EXPECT_THAT(refused.getMessage(),
              HasSubstr("instruction 'fc1': the naive library has"));
  registerPrimitiveLibrary(nullptr);
  refused = load(makeProgram(fmt::PrimitiveKind_MatMul)).getStatus();
  EXPECT_EQ(refused.getCode(), StatusCode::Unimplemented);
  EXPECT_THAT(refused.getMessage(),
              HasSubstr("needs the primitive MatMul, this runtime was built "
                        "without a library of primitives"));
}

TEST(PrimitiveTest, APlanAsksForAllAtOnce) {
  static NaiveLibrary library;
  registerPrimitiveLibrary(&library);
  auto model = load(makeProgram(fmt::PrimitiveKind_MatMul, /*times=*/3));
  ASSERT_TRUE(model.isOk()) << model.getStatus().getMessage();
  auto session = Session::create(*model, {2, 0, 0});
  std::vector<float> x = {1, 10};
  const int64_t dims[] = {1, 2};
  ASSERT_TRUE(
      (*session)->setInput(0, {x.data(), fmt::DType_f32, 2, dims, nullptr}).isOk());
  library.failing = "fc2";
  Status failed = (*session)->run();
  EXPECT_EQ(failed.getCode(), StatusCode::FailedPrecondition);
  EXPECT_THAT(failed.getMessage(), HasSubstr("instruction 'fc2': has no such shape"));
  library.failing = "";
  ASSERT_TRUE((*session)->run().isOk());
  EXPECT_EQ(library.numCalls, 2);
  for (size_t i = 0; i < 3; ++i) {
    auto *y = static_cast<const float *>((*session)->getOutput(i)->data);
    EXPECT_THAT(std::vector<float>(y, y + 3), testing::ElementsAre(41, 52, 63));
  }
  registerPrimitiveLibrary(nullptr);
}
