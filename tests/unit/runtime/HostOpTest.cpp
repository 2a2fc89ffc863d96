//===- HostOpTest.cpp -----------------------------------------------------===//
//
// Operations of the runtime itself, registered by name.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/HostOp.h"

#include "runtime/exec/Session.h"
#include "runtime/format/DType.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <algorithm>
#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;
using testing::HasSubstr;

namespace {

class SortExecutor : public HostExecutor {
public:
  explicit SortExecutor(int64_t size) : size(size) {}
  Status execute(void *const *buffers) override {
    auto *src = static_cast<const int64_t *>(buffers[0]);
    if (size > 0 && src[0] < 0)
      return invalidArgument("a negative number");
    std::partial_sort_copy(src, src + size, static_cast<int64_t *>(buffers[1]),
                           static_cast<int64_t *>(buffers[1]) + size);
    return Status::success();
  }

private:
  int64_t size;
};

class SortOp : public HostOp {
public:
  const char *getName() const override { return "test.sort"; }
  Status check(const fmt::HostCall &call, const fmt::Program &) const override {
    if (count(call.inputs()) != 1 || count(call.outputs()) != 1)
      return invalidArgument("test.sort takes one tensor and gives one");
    return Status::success();
  }
  StatusOr<std::unique_ptr<HostExecutor>>
  create(const HostRequest &request) override {
    return std::unique_ptr<HostExecutor>(
        std::make_unique<SortExecutor>(request.inputs[0].dims[0]));
  }
};

ProgramBuilder makeProgram(const std::string &op, size_t numOutputs = 1) {
  ProgramBuilder b;
  uint32_t n = b.symbolExpr(b.symbol("n"));
  uint32_t x = b.input("x", fmt::DType_i64, {n});
  test::Indices outputs;
  for (size_t i = 0; i < numOutputs; ++i)
    outputs.push_back(b.temporary(fmt::DType_i64, {n}));
  uint32_t block = b.beginBlock({x});
  fmt::HostCallT call;
  call.op = op;
  call.inputs = {x};
  call.outputs = outputs;
  b.add("sorted").call.Set(std::move(call));
  b.endBlock(outputs);
  b.entry("forward", block);
  return b;
}

StatusOr<std::shared_ptr<const Model>> load(ProgramBuilder b) {
  static SortOp op;
  registerHostOp(&op);
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  return Model::loadCopy(bytes->data(), bytes->size(), {});
}

} // namespace

TEST(HostOpTest, Runs) {
  auto model = load(makeProgram("test.sort"));
  ASSERT_TRUE(model.isOk()) << model.getStatus().getMessage();
  auto session = Session::create(*model, {1, 0, 0});
  std::vector<int64_t> x = {3, 1, 2};
  const int64_t dims[] = {3};
  ASSERT_TRUE((*session)
                  ->setInput(0, {x.data(), fmt::DType_i64, 1, dims, nullptr})
                  .isOk());
  ASSERT_TRUE((*session)->run().isOk());
  auto *y = static_cast<const int64_t *>((*session)->getOutput(0)->data);
  EXPECT_THAT(std::vector<int64_t>(y, y + 3), testing::ElementsAre(1, 2, 3));
  x[0] = -1;
  EXPECT_EQ((*session)->run().getMessage(),
            "'sorted' (model.py:1): a negative number");
}

TEST(HostOpTest, UnknownOrWronglyUsedOnesAreRefusedAtLoad) {
  EXPECT_THAT(load(makeProgram("test.shuffle")).getStatus().getMessage(),
              HasSubstr("instruction 'sorted': needs the host operation "
                        "'test.shuffle', which this "
                        "runtime does not have"));
  EXPECT_THAT(load(makeProgram("test.sort", 2)).getStatus().getMessage(),
              HasSubstr("test.sort takes one tensor and gives one"));
}
