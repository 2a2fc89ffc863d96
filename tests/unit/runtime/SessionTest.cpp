//===- SessionTest.cpp ----------------------------------------------------===//
//
// Models and sessions on hand-built artifacts: bindings, shapes, states, plans,
// threads, cancellation, profile.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Session.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <cstring>
#include <gmock/gmock.h>
#include <numeric>
#include <set>
#include <thread>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::shared_ptr<const Model> load(ProgramBuilder b) {
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  auto model =
      Model::loadCopy(bytes->data(), bytes->size(), {VerifyLevel::All});
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  return *model;
}

std::unique_ptr<Session> start(ProgramBuilder b,
                               const SessionOptions &options = {1, 0, 0}) {
  auto session = Session::create(load(std::move(b)), options);
  EXPECT_TRUE(session.isOk()) << session.getStatus().getMessage();
  return std::move(*session);
}

/// A dense f32 matrix in memory of its own.
struct Matrix {
  std::vector<int64_t> dims;
  std::vector<float> data;

  Matrix(int64_t rows, int64_t columns)
      : dims{rows, columns}, data(static_cast<size_t>(rows * columns)) {
    std::iota(data.begin(), data.end(), 0.0f);
  }
  TensorRef ref() {
    return {data.data(), fmt::DType_f32, 2, dims.data(), nullptr};
  }
};

template <typename T>
std::vector<T> getElements(const Session &session, size_t output) {
  auto tensor = session.getOutput(output);
  EXPECT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
  size_t size = 1;
  for (size_t i = 0; i < tensor->rank; ++i)
    size *= static_cast<size_t>(tensor->dims[i]);
  auto *data = static_cast<const T *>(tensor->data);
  return {data, data + size};
}

void expectTripled(const Matrix &x, const std::vector<float> &y) {
  ASSERT_EQ(y.size(), x.data.size());
  for (size_t i = 0; i < y.size(); ++i)
    ASSERT_EQ(y[i], 3 * x.data[i]);
}

} // namespace

TEST(SessionTest, RunsAndDescribesItself) {
  auto model = load(test::makeAddProgram());
  const EntryInfo &entry = model->getEntries()[0];
  EXPECT_EQ(entry.name, "forward");
  EXPECT_EQ(entry.inputs[0].name, "x");
  EXPECT_THAT(entry.inputs[0].dims, ElementsAre(-1, 4));
  EXPECT_THAT(entry.inputs[0].dimsText, ElementsAre("batch", "4"));
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  EXPECT_EQ(session->getOutput(0).getStatus().getMessage(),
            "the session has not run yet");
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, EveryRunMayHaveOtherDimensions) {
  auto session = start(test::makeAddProgram());
  for (int64_t rows : {2, 64, 8, 2, 8, 64}) {
    Matrix x(rows, 4);
    ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
    ASSERT_TRUE(session->run().isOk());
    expectTripled(x, getElements<float>(*session, 0));
  }
  EXPECT_EQ(session->getNumPlans(), 3u);
}

TEST(SessionTest, RangesDivisorsAndStaticDimensionsAreChecked) {
  auto session = start(test::makeAddProgram());
  auto explain = [&](int64_t rows, int64_t columns) {
    Matrix x(rows, columns);
    EXPECT_TRUE(session->setInput(0, x.ref()).isOk());
    Status status = session->run();
    EXPECT_EQ(status.getCode(), StatusCode::InvalidArgument);
    return status.getMessage();
  };
  EXPECT_EQ(explain(66, 4),
            "input 'x': dimension 0 ('batch') is 66, expected 2 to 64");
  EXPECT_EQ(explain(3, 4),
            "input 'x': dimension 0 ('batch') is 3, expected a multiple of 2");
  EXPECT_EQ(explain(2, 5), "input 'x': dimension 1 is 5, expected 4 "
                           "(its dimensions are [2, 5], expected [batch, 4])");
  // A mistake does not harm the session.
  Matrix x(4, 4);
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, WrongTensorsAreRefusedAtOnce) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  TensorRef tensor = x.ref();
  tensor.dtype = fmt::DType_f64;
  EXPECT_EQ(session->setInput(0, tensor).getMessage(),
            "input 'x' is f64, expected f32");
  tensor = x.ref();
  tensor.rank = 1;
  EXPECT_EQ(session->setInput(0, tensor).getMessage(),
            "input 'x' has 1 dimensions, expected 2");
  tensor = x.ref();
  tensor.data = nullptr;
  EXPECT_EQ(session->setInput(0, tensor).getMessage(),
            "input 'x' has a null data pointer");
  EXPECT_EQ(session->setInput(3, x.ref()).getMessage(), "input 3 of 1");
  EXPECT_EQ(session->setOutput(3, x.ref()).getMessage(), "output 3 of 1");
  EXPECT_EQ(session->run().getMessage(), "input 'x' is not set");
  const int64_t huge[] = {INT64_MAX, INT64_MAX};
  tensor = x.ref();
  tensor.dims = huge;
  EXPECT_THAT(session->setInput(0, tensor).getMessage(),
              HasSubstr("sizes that memory can hold"));
}

TEST(SessionTest, StridedInputsAndOutputs) {
  auto session = start(test::makeAddProgram());
  // x is the transpose of what lies in memory, y every second column of a wider
  // matrix.
  Matrix memory(4, 2), wide(2, 8);
  const int64_t dims[] = {2, 4}, xStrides[] = {1, 2}, yStrides[] = {8, 2};
  ASSERT_TRUE(
      session
          ->setInput(0, {memory.data.data(), fmt::DType_f32, 2, dims, xStrides})
          .isOk());
  ASSERT_TRUE(
      session
          ->setOutput(0, {wide.data.data(), fmt::DType_f32, 2, dims, yStrides})
          .isOk());
  for (int run = 0; run < 2; ++run) {
    memory.data[1] = static_cast<float>(run);
    ASSERT_TRUE(session->run().isOk());
    for (size_t i = 0; i < 2; ++i)
      for (size_t j = 0; j < 4; ++j) {
        EXPECT_EQ(wide.data[i * 8 + j * 2], 3 * memory.data[i + 2 * j]);
        EXPECT_EQ(wide.data[i * 8 + j * 2 + 1],
                  static_cast<float>(i * 8 + j * 2 + 1));
      }
  }
}

TEST(SessionTest, UnalignedInputsWork) {
  auto session = start(test::makeAddProgram());
  std::vector<char> bytes(2 * 4 * sizeof(float) + 1);
  Matrix x(2, 4);
  std::memcpy(bytes.data() + 1, x.data.data(), bytes.size() - 1);
  ASSERT_TRUE(session
                  ->setInput(0, {bytes.data() + 1, fmt::DType_f32, 2,
                                 x.dims.data(), nullptr})
                  .isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, OutputsGoStraightToTheUser) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4), y(2, 4), wrong(4, 4);
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  ASSERT_TRUE(session->setOutput(0, y.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, y.data);
  EXPECT_EQ(session->getOutput(0)->data, y.data.data());
  ASSERT_TRUE(session->setOutput(0, wrong.ref()).isOk());
  EXPECT_THAT(session->getOutput(0).getStatus().getMessage(),
              HasSubstr("was bound anew"));
  EXPECT_EQ(
      session->run().getMessage(),
      "output 'y0' is given memory for dimensions [4, 4], expected [2, 4]");
  // Back to the session's own.
  ASSERT_TRUE(session->setOutput(0, {}).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, AnOutputMayBeAnInput) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  Matrix before = x;
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  ASSERT_TRUE(session->setOutput(0, x.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(before, x.data);
}

TEST(SessionTest, SharedOutputsAreNotOverwritten) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  Matrix before = x;
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  auto shared = session->shareOutput(0);
  ASSERT_TRUE(shared.isOk());
  x.data.assign(8, 1.0f);
  ASSERT_TRUE(session->run().isOk());
  auto *kept = reinterpret_cast<const float *>((*shared)->getData());
  expectTripled(before, {kept, kept + 8});
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, StatesAreReadWrittenAndReset) {
  ProgramBuilder b;
  b.useKernels();
  const int64_t first = 40;
  uint32_t one = b.constant(1);
  uint32_t counter = b.state("rng.counter", fmt::DType_i64, {1}, &first);
  uint32_t cache = b.state("cache", fmt::DType_f32, {1000}, /*data=*/nullptr);
  uint32_t next = b.temporary(fmt::DType_i64, {one});
  uint32_t block = b.beginBlock({});
  b.kernel("increment_i64", {counter}, {next}, {}, one);
  b.copy(next, counter);
  b.endBlock({counter, next, cache});
  b.entry("step", block);
  auto session = start(std::move(b));
  for (int64_t expected : {41, 42, 43}) {
    ASSERT_TRUE(session->run().isOk());
    EXPECT_THAT(getElements<int64_t>(*session, 0), ElementsAre(expected));
    EXPECT_THAT(getElements<int64_t>(*session, 1), ElementsAre(expected));
  }
  EXPECT_THAT(getElements<float>(*session, 2), testing::Each(0.0f));
  int64_t value = 0;
  const int64_t dims[] = {1}, wrong[] = {2};
  TensorRef ref = {&value, fmt::DType_i64, 1, dims, nullptr};
  ASSERT_TRUE(session->readState(0, ref).isOk());
  EXPECT_EQ(value, 43);
  value = 7;
  ASSERT_TRUE(session->writeState(0, ref).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getElements<int64_t>(*session, 0), ElementsAre(8));
  session->resetStates();
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getElements<int64_t>(*session, 0), ElementsAre(41));
  EXPECT_EQ(session->writeState(0, {&value, fmt::DType_i64, 1, wrong, nullptr})
                .getMessage(),
            "state 'rng.counter' has dimensions [1], found [2]");
  EXPECT_EQ(session->writeState(0, {&value, fmt::DType_f32, 1, dims, nullptr})
                .getMessage(),
            "state 'rng.counter' is i64, found f32");
  EXPECT_EQ(session->readState(5, ref).getMessage(), "state 5 of 2");
}

TEST(SessionTest, EntriesKeepTheirBindings) {
  ProgramBuilder b = test::makeAddProgram();
  uint32_t four = b.constant(4);
  uint32_t a = b.input("a", fmt::DType_f32, {four});
  uint32_t twice = b.temporary(fmt::DType_f32, {four});
  uint32_t block = b.beginBlock({a});
  b.kernel("add_f32", {a, a}, {twice}, {}, four);
  b.endBlock({twice});
  b.entry("double", block);
  auto session = start(std::move(b));
  Matrix x(2, 4);
  std::vector<float> v = {1, 2, 3, 4};
  const int64_t dims[] = {4};
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  ASSERT_TRUE(session->selectEntry(1).isOk());
  EXPECT_EQ(session->run().getMessage(), "input 'a' is not set");
  ASSERT_TRUE(session->setInput(0, {v.data(), fmt::DType_f32, 1, dims, nullptr})
                  .isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getElements<float>(*session, 0), ElementsAre(2, 4, 6, 8));
  ASSERT_TRUE(session->selectEntry(0).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
  EXPECT_EQ(session->selectEntry(2).getCode(), StatusCode::NotFound);
}

TEST(SessionTest, ViewsConstantsAndRepeatedOutputs) {
  ProgramBuilder b;
  const float weights[] = {5, 6, 7, 8};
  uint32_t two = b.constant(2), four = b.constant(4);
  uint32_t x = b.input("x", fmt::DType_f32, {four});
  uint32_t w = b.constantValue(fmt::DType_f32, {4}, weights);
  uint32_t copied = b.temporary(fmt::DType_f32, {four});
  uint32_t block = b.beginBlock({x});
  b.copy(x, copied);
  b.endBlock({b.view(x, fmt::DType_f32, {two, two}), w,
              b.view(copied, fmt::DType_f32, {two, two}), copied, x});
  b.entry("forward", block);
  auto session = start(std::move(b));
  std::vector<float> v = {1, 2, 3, 4};
  const int64_t dims[] = {4};
  ASSERT_TRUE(session->setInput(0, {v.data(), fmt::DType_f32, 1, dims, nullptr})
                  .isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_THAT(getElements<float>(*session, 0), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(getElements<float>(*session, 1), ElementsAre(5, 6, 7, 8));
  for (size_t output : {2, 3, 4})
    EXPECT_THAT(getElements<float>(*session, output), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(session->getOutput(0)->rank, 2u);
}

namespace {
/// Sets a variable of the environment while it lives.
struct Variable {
  Variable(const char *name, const char *value) : name(name) {
    ::setenv(name, value, /*overwrite=*/1);
  }
  ~Variable() { ::unsetenv(name); }
  const char *name;
};
} // namespace

/// y[i] = table[ids[i]] for a table of three.
static ProgramBuilder makeGatherProgram() {
  ProgramBuilder b;
  b.useKernels();
  uint32_t n = b.symbolExpr(b.symbol("n")), three = b.constant(3);
  const float table[] = {10, 20, 30};
  uint32_t w = b.constantValue(fmt::DType_f32, {3}, table);
  uint32_t ids = b.input("ids", fmt::DType_i64, {n});
  uint32_t y = b.temporary(fmt::DType_f32, {n});
  uint32_t block = b.beginBlock({ids});
  b.kernel("gather_f32", {w, ids}, {y}, {three}, n);
  b.endBlock({y});
  b.entry("forward", block);
  return b;
}

/// The second of two targets says that the table has two rows.
static ProgramBuilder makeProgramOfTwoTargets() {
  ProgramBuilder b = makeGatherProgram();
  b.addTarget("better", {"sse2", "sse3"});
  fmt::KernelCallT &call = *b.program.blocks[0]->instructions[0]->call.AsKernelCall();
  auto own = std::make_unique<fmt::TargetCallT>();
  own->grid = call.grid;
  own->grain = 5;
  own->sizes = {b.constant(2)};
  call.more_targets.push_back(std::move(own));
  return b;
}

TEST(SessionTest, CallsAreThoseOfTheTarget) {
  std::vector<int64_t> last = {2};
  const int64_t one[] = {1};
  auto run = [&] {
    auto model = load(makeProgramOfTwoTargets());
    auto session = Session::create(model, {1, 0, 0});
    EXPECT_TRUE((*session)->setInput(0, {last.data(), fmt::DType_i64, 1, one, nullptr}).isOk());
    return concat(view(model->getTarget()->cpu()), ": ", (*session)->run().getMessage());
  };
  EXPECT_THAT(run(), HasSubstr("better: 'layer.gather_f32' (model.py:1): index 2 is out of range "
                               "[-2, 2)"));
  Variable asked("LAZULI_TARGET_CPU", "x86-64");
  EXPECT_EQ(run(), "x86-64: ");
}

TEST(SessionTest, ATargetThatIsNotThereIsAnError) {
  Variable asked("LAZULI_TARGET_CPU", "x86-64-v9");
  auto bytes = makeProgramOfTwoTargets().build();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  EXPECT_EQ(model.getStatus().getCode(), StatusCode::FailedPrecondition);
  EXPECT_EQ(model.getStatus().getMessage(),
            "LAZULI_TARGET_CPU is 'x86-64-v9', which this CPU or the artifact lacks (its code for "
            "x86-64 needs LAZULI_TARGET_CPU=x86-64; its code for better needs "
            "LAZULI_TARGET_CPU=better)");
  load(makeGatherProgram()); // one target leaves no choice
}

TEST(SessionTest, AnIndexOutOfRangeIsAnErrorWithANameAndAPlace) {
  for (int threads : {1, 4}) {
    auto session = start(makeGatherProgram(), {threads, 0, 0});
    std::vector<int64_t> good = {0, -1, 2}, bad(100, 1);
    bad[77] = 3;
    const int64_t three[] = {3}, hundred[] = {100};
    ASSERT_TRUE(
        session->setInput(0, {good.data(), fmt::DType_i64, 1, three, nullptr})
            .isOk());
    ASSERT_TRUE(session->run().isOk());
    EXPECT_THAT(getElements<float>(*session, 0), ElementsAre(10, 30, 30));
    ASSERT_TRUE(
        session->setInput(0, {bad.data(), fmt::DType_i64, 1, hundred, nullptr})
            .isOk());
    Status status = session->run();
    EXPECT_EQ(status.getCode(), StatusCode::InvalidArgument);
    EXPECT_EQ(status.getMessage(),
              "'layer.gather_f32' (model.py:1): index 3 is out of range "
              "[-3, 3) in operand 1");
  }
}

TEST(SessionTest, ManyThreadsShareTheGrid) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t size = b.constant(2000);
  uint32_t who = b.temporary(fmt::DType_i32, {size});
  uint32_t block = b.beginBlock({});
  b.kernel("worker_i32", {}, {who}, {}, size, /*grain=*/10);
  b.endBlock({who});
  b.entry("who", block);
  auto session = start(std::move(b), {4, 0, 0});
  std::set<int32_t> workers;
  for (int run = 0; run < 20; ++run) {
    ASSERT_TRUE(session->run().isOk());
    for (int32_t worker : getElements<int32_t>(*session, 0)) {
      ASSERT_GE(worker, 0);
      ASSERT_LT(worker, 4);
      workers.insert(worker);
    }
  }
  if (std::thread::hardware_concurrency() > 1) {
    EXPECT_GT(workers.size(), 1u);
  }
}

TEST(SessionTest, WorkersHaveTheirOwnScratch) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t size = b.constant(20000), perWorker = b.constant(256);
  uint32_t x = b.input("x", fmt::DType_f32, {size});
  uint32_t y = b.temporary(fmt::DType_f32, {size});
  uint32_t block = b.beginBlock({x});
  b.kernel("through_scratch_f32", {x}, {y}, {perWorker}, size, /*grain=*/64,
           /*scratch=*/256);
  b.endBlock({y});
  b.entry("forward", block);
  auto session = start(std::move(b), {4, 0, 0});
  std::vector<float> v(20000);
  std::iota(v.begin(), v.end(), 0.0f);
  const int64_t dims[] = {20000};
  ASSERT_TRUE(session->setInput(0, {v.data(), fmt::DType_f32, 1, dims, nullptr})
                  .isOk());
  for (int run = 0; run < 10; ++run) {
    ASSERT_TRUE(session->run().isOk());
    ASSERT_EQ(getElements<float>(*session, 0), v);
  }
}

TEST(SessionTest, EightSessionsInEightThreads) {
  auto model = load(test::makeAddProgram(/*grain=*/16));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&model, thread] {
      auto session = Session::create(model, {1 + thread % 3, 0, 0});
      ASSERT_TRUE(session.isOk());
      for (int run = 0; run < 200; ++run) {
        Matrix x(2 + 2 * ((run + thread) % 32), 4);
        ASSERT_TRUE((*session)->setInput(0, x.ref()).isOk());
        ASSERT_TRUE((*session)->run().isOk());
        expectTripled(x, getElements<float>(**session, 0));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(SessionTest, ThePlanCacheHasALimit) {
  auto run = [](Session &session, int64_t rows) {
    Matrix x(rows, 4);
    ASSERT_TRUE(session.setInput(0, x.ref()).isOk());
    ASSERT_TRUE(session.run().isOk());
    expectTripled(x, getElements<float>(session, 0));
  };
  auto session = start(test::makeAddProgram(), {1, 0, /*planCacheBytes=*/1});
  for (int64_t rows = 2; rows <= 64; rows += 2)
    run(*session, rows);
  EXPECT_EQ(session->getNumPlans(), 1u);
  session = start(test::makeAddProgram(), {1, 0, 0});
  for (int64_t rows = 2; rows <= 64; rows += 2)
    run(*session, rows);
  EXPECT_EQ(session->getNumPlans(), 32u);
  uint64_t used = session->getMemoryBytes();
  // Half of it: the least recently used plans go, everything still works.
  session = start(test::makeAddProgram(), {1, used / 2, 0});
  for (int round = 0; round < 2; ++round)
    for (int64_t rows = 2; rows <= 64; rows += 2) {
      run(*session, rows);
      ASSERT_LE(session->getMemoryBytes(), used / 2);
    }
  EXPECT_GT(session->getNumPlans(), 1u);
  EXPECT_LT(session->getNumPlans(), 32u);
}

TEST(SessionTest, TheMemoryLimitIsHard) {
  auto session = start(test::makeAddProgram());
  Matrix small(2, 4), large(64, 4);
  ASSERT_TRUE(session->setInput(0, small.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  uint64_t limit = session->getMemoryBytes() + 500;
  session = start(test::makeAddProgram(), {1, limit, 0});
  ASSERT_TRUE(session->setInput(0, large.ref()).isOk());
  Status status = session->run();
  EXPECT_EQ(status.getCode(), StatusCode::ResourceExhausted);
  EXPECT_THAT(status.getMessage(),
              HasSubstr("bytes, the memory limit is " + std::to_string(limit)));
  EXPECT_FALSE(session->getOutput(0).isOk());
  ASSERT_TRUE(session->setInput(0, small.ref()).isOk());
  ASSERT_TRUE(session->run().isOk());
  expectTripled(small, getElements<float>(*session, 0));
  EXPECT_LE(session->getMemoryBytes(), limit);
}

TEST(SessionTest, StatesBeyondTheMemoryLimit) {
  ProgramBuilder b;
  b.state("cache", fmt::DType_f32, {1u << 20}, nullptr);
  b.beginBlock({});
  b.endBlock({});
  b.entry("nothing", 0);
  EXPECT_EQ(Session::create(load(std::move(b)), {1, 1000, 0})
                .getStatus()
                .getMessage(),
            "the model's states need 4194304 bytes, the memory limit is 1000");
}

TEST(SessionTest, CancelledRunsStop) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  auto flag = std::make_shared<std::atomic<bool>>(true);
  session->setCancelFlag(flag);
  EXPECT_EQ(session->run().getCode(), StatusCode::Cancelled);
  flag->store(false);
  EXPECT_TRUE(session->run().isOk());
  expectTripled(x, getElements<float>(*session, 0));
}

TEST(SessionTest, ProfileListsInstructions) {
  auto session = start(test::makeAddProgram());
  Matrix x(2, 4);
  ASSERT_TRUE(session->setInput(0, x.ref()).isOk());
  EXPECT_EQ(session->getProfile(), nullptr);
  session->setProfiling(3);
  for (int run = 0; run < 2; ++run)
    ASSERT_TRUE(session->run().isOk());
  std::string json = session->getProfile()->toJson();
  EXPECT_THAT(
      json,
      HasSubstr("\"name\":\"layer.add_f32\",\"cat\":\"kernel\",\"ph\":\"X\""));
  EXPECT_THAT(
      json,
      HasSubstr("\"location\":\"model.py:1\",\"why\":\"a test\",\"grid\":8"));
  EXPECT_THAT(json, HasSubstr("\"runs\":2,\"droppedEvents\":1"));
}

TEST(SessionTest, AnArtifactWithoutEntriesCannotRun) {
  EXPECT_THAT(
      Session::create(load(ProgramBuilder()), {}).getStatus().getMessage(),
      HasSubstr("the artifact has no entry point: it is not compiled yet"));
  EXPECT_EQ(Session::create(load(test::makeAddProgram()), {-1, 0, 0})
                .getStatus()
                .getMessage(),
            "found -1 threads, expected 0 to 4096");
}

TEST(SessionTest, EmptyTensors) {
  ProgramBuilder b;
  b.useKernels();
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t x = b.input("x", fmt::DType_f32, {n}),
           y = b.temporary(fmt::DType_f32, {n});
  uint32_t block = b.beginBlock({x});
  b.kernel("add_f32", {x, x}, {y}, {}, n);
  b.endBlock({y, x});
  b.entry("forward", block);
  auto session = start(std::move(b));
  const int64_t dims[] = {0};
  ASSERT_TRUE(
      session->setInput(0, {nullptr, fmt::DType_f32, 1, dims, nullptr}).isOk());
  ASSERT_TRUE(session->run().isOk());
  EXPECT_EQ(session->getOutput(0)->dims[0], 0);
}
