//===- SharingTest.cpp - What equal calls of oneDNN share -----------------===//
//
// Products of small matrices, made through the function that the runtime calls.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Sharing.h"

#include "backends/onednn/run/Plugin.h"
#include "runtime/format/Packing.h"

#include <gmock/gmock.h>
#include <tbb/task_arena.h>
#include <thread>

using namespace lz;
using testing::Each;
using testing::FloatEq;
using testing::HasSubstr;

extern "C" void lz_onednn_create(const std::vector<rt::PrimitiveRequest> &requests,
                                 onednn::Executors &executors);

namespace {

/// dst [rows, k] = src [rows, k] times weights [k, k] of ones.
class Products {
public:
  explicit Products(int64_t k) : k(k), ones(static_cast<size_t>(k * k), 1.0f) {
    fmt::PrimitiveCallT call;
    call.kind = fmt::PrimitiveKind_MatMul;
    call.inputs = {0, 1};
    call.outputs = {2};
    builder.Finish(fmt::PrimitiveCall::Pack(builder, &call));
  }

  rt::PrimitiveRequest request(std::string_view name, int64_t rows, int64_t columns = 0) const {
    rt::PrimitiveRequest made;
    made.call = flatbuffers::GetRoot<fmt::PrimitiveCall>(builder.GetBufferPointer());
    made.name = name;
    made.inputs = {{fmt::DType_f32, {rows, columns ? columns : k}, nullptr, nullptr},
                   {fmt::DType_f32, {k, k}, nullptr, ones.data()}};
    made.outputs = {{fmt::DType_f32, {rows, k}, nullptr, nullptr}};
    made.threads = 2;
    return made;
  }

  /// What the executor makes of ones.
  std::vector<float> run(rt::PrimitiveExecutor &executor, int64_t rows) {
    std::vector<float> src(static_cast<size_t>(rows * k), 1.0f), dst(src.size());
    auto scratch = rt::Buffer::allocate(executor.getScratchBytes());
    void *buffers[] = {src.data(), ones.data(), dst.data()};
    EXPECT_TRUE(executor.execute(buffers, scratch->getData()).isOk());
    return dst;
  }

private:
  int64_t k;
  std::vector<float> ones;
  flatbuffers::FlatBufferBuilder builder;
};

template <typename Body> void inArena(const Body &body) { tbb::task_arena(2).execute(body); }

TEST(SharingTest, EqualCallsShareOneDefinition) {
  Products products(32), others(32);
  inArena([&] {
    auto made = onednn::shareDefinitions({products.request("a", 8), products.request("b", 8),
                                          products.request("c", 16)});
    ASSERT_EQ(made.size(), 3u);
    ASSERT_TRUE(made[0].definition && made[2].definition);
    EXPECT_EQ(made[0].definition, made[1].definition);
    EXPECT_NE(made[0].definition, made[2].definition);
    // Of another plan, with other weights.
    auto again = onednn::shareDefinitions({others.request("d", 8)});
    EXPECT_EQ(again[0].definition, made[0].definition);
  });
}

TEST(SharingTest, ThreadsTellDefinitionsApart) {
  Products products(32);
  rt::PrimitiveRequest one = products.request("a", 8);
  one.threads = 1;
  inArena([&] {
    auto made = onednn::shareDefinitions({products.request("a", 8), one});
    EXPECT_NE(made[0].definition, made[1].definition);
  });
}

TEST(SharingTest, AFailureIsItsRequestsOwn) {
  Products products(32);
  inArena([&] {
    onednn::Executors made;
    lz_onednn_create({products.request("good", 4), products.request("bad", 4, /*columns=*/31),
                      products.request("better", 5)},
                     made);
    ASSERT_EQ(made.size(), 3u);
    EXPECT_EQ(made[1].getStatus().getCode(), rt::StatusCode::FailedPrecondition);
    EXPECT_THAT(made[1].getStatus().getMessage(), HasSubstr("oneDNN refuses 'bad'"));
    ASSERT_TRUE(made[0].isOk() && made[2].isOk());
    EXPECT_THAT(products.run(**made[0], 4), Each(FloatEq(32)));
    EXPECT_THAT(products.run(**made[2], 5), Each(FloatEq(32)));
  });
}

TEST(SharingTest, ManyThreadsMakeManyPlans) {
  Products products(48);
  auto makePlan = [&] {
    std::vector<rt::PrimitiveRequest> requests;
    for (int64_t rows = 1; rows <= 12; ++rows)
      requests.push_back(products.request("fc", 1 + rows % 6));
    inArena([&] {
      onednn::Executors made;
      lz_onednn_create(requests, made);
      for (size_t i = 0; i < made.size(); ++i) {
        ASSERT_TRUE(made[i].isOk()) << made[i].getStatus().getMessage();
        EXPECT_THAT(products.run(**made[i], requests[i].inputs[0].dims[0]), Each(FloatEq(48)));
      }
    });
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(makePlan);
  for (std::thread &thread : threads)
    thread.join();
}

TEST(SharingTest, ReorderedWeightsAreOneCopy) {
  std::vector<float> plain(64 * 96), packed(64 * 96);
  for (size_t i = 0; i < plain.size(); ++i)
    plain[i] = static_cast<float>(i);
  using Tag = dnnl::memory::format_tag;
  auto layout = [](Tag tag) {
    return dnnl::memory::desc({64, 96}, dnnl::memory::data_type::f32, tag);
  };
  // From one packing to another, through the plain order.
  auto pack = rt::Packing::parse("BA16a32b", {64, 96});
  pack->pack(plain.data(), packed.data(), sizeof(float));
  onednn::Definition::WeightLayouts layouts = {layout(Tag::BA16a32b), layout(Tag::ab),
                                               layout(Tag::ba)};
  auto made = onednn::shareReordered(packed.data(), layouts);
  EXPECT_EQ(onednn::shareReordered(packed.data(), layouts), made);
  auto *found = reinterpret_cast<const float *>(made->getData());
  for (size_t row = 0; row < 64; ++row)
    for (size_t column = 0; column < 96; ++column)
      ASSERT_EQ(found[column * 64 + row], plain[row * 96 + column]) << row << ", " << column;
}

} // namespace
