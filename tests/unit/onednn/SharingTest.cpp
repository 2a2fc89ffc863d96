//===- SharingTest.cpp - What equal calls of oneDNN share -----------------===//
//
// Small products, convolutions and LSTMs, made through the function that the
// runtime calls.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Sharing.h"

#include "backends/onednn/run/Plugin.h"
#include "backends/onednn/run/PluginName.h"
#include "runtime/format/Packing.h"

#include <gmock/gmock.h>
#include <map>
#include <numeric>
#include <tbb/task_arena.h>
#include <thread>

using namespace lz;
using testing::Each;
using testing::FloatEq;
using testing::HasSubstr;

extern "C" bool LAZULI_ONEDNN_CREATE(const std::vector<rt::PrimitiveRequest> &requests,
                                 onednn::Executors &executors) noexcept;

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

/// A call of which each operand is plain f32. `weights`: the constant inputs, by number.
class Call {
public:
  using Dims = std::vector<int64_t>;
  using Values = std::vector<float>;

  Call(fmt::PrimitiveCallT call, std::vector<Dims> inputs, std::vector<Dims> outputs,
       const std::map<size_t, const Values *> &weights) {
    builder.Finish(fmt::PrimitiveCall::Pack(builder, &call));
    made.call = flatbuffers::GetRoot<fmt::PrimitiveCall>(builder.GetBufferPointer());
    made.name = "call";
    made.threads = 2;
    for (size_t i = 0; i < inputs.size(); ++i) {
      auto at = weights.find(i);
      const void *data = at == weights.end() ? nullptr : at->second->data();
      made.inputs.push_back({fmt::DType_f32, inputs[i], nullptr, data});
    }
    for (const Dims &dims : outputs)
      made.outputs.push_back({fmt::DType_f32, dims, nullptr, nullptr});
  }

  const rt::PrimitiveRequest &request() const { return made; }

  /// The first output, of inputs that are constants' or all `value`.
  Values run(rt::PrimitiveExecutor &executor, float value) const {
    std::vector<Values> memory;
    std::vector<void *> buffers;
    for (auto *operands : {&made.inputs, &made.outputs})
      for (const rt::PrimitiveOperand &operand : *operands) {
        memory.emplace_back(countElements(operand.dims), value);
        buffers.push_back(operand.constantData ? const_cast<void *>(operand.constantData)
                                               : memory.back().data());
      }
    auto scratch = rt::Buffer::allocate(executor.getScratchBytes());
    EXPECT_TRUE(executor.execute(buffers.data(), scratch->getData()).isOk());
    return memory[made.inputs.size()];
  }

private:
  static size_t countElements(const Dims &dims) {
    return std::accumulate(dims.begin(), dims.end(), size_t(1), std::multiplies<>());
  }
  flatbuffers::FlatBufferBuilder builder;
  rt::PrimitiveRequest made;
};

/// An image of one row of pixels, [1, 8, 32], by W [32, 32, 1], as [out, in] or transposed.
std::unique_ptr<Call> makeConvolution(const std::vector<float> &weights, bool isTransposed) {
  fmt::PrimitiveCallT call;
  call.kind =
      isTransposed ? fmt::PrimitiveKind_Deconvolution : fmt::PrimitiveKind_Convolution;
  call.inputs = {0, 1};
  call.outputs = {2};
  call.strides = call.dilations = {1};
  call.pads_begin = call.pads_end = {0};
  call.groups = 1;
  call.channels_last = true; // oneDNN wants the weights in blocks
  std::map<size_t, const std::vector<float> *> constants = {{1, &weights}};
  std::vector<int64_t> image = {1, 8, 32};
  return std::make_unique<Call>(std::move(call),
                                std::vector<std::vector<int64_t>>{image, {32, 32, 1}},
                                std::vector<std::vector<int64_t>>{image}, constants);
}

constexpr int64_t kInputs = 16, kHidden = 32, kSteps = 3;

/// Its weights [4 * hidden, k] are constants.
std::unique_ptr<Call> makeLstm(const std::vector<float> &ofInput,
                               const std::vector<float> &ofState, int64_t batch) {
  fmt::PrimitiveCallT call;
  call.kind = fmt::PrimitiveKind_Lstm;
  call.inputs = {0, 1, 2};
  call.outputs = {3, 4, 5};
  std::map<size_t, const std::vector<float> *> constants = {{1, &ofInput}, {2, &ofState}};
  std::vector<int64_t> state = {1, batch, kHidden};
  return std::make_unique<Call>(
      std::move(call),
      std::vector<std::vector<int64_t>>{
          {kSteps, batch, kInputs}, {4 * kHidden, kInputs}, {4 * kHidden, kHidden}},
      std::vector<std::vector<int64_t>>{{kSteps, batch, kHidden}, state, state}, constants);
}

std::vector<float> makeRamp(int64_t size, float scale) {
  std::vector<float> values(static_cast<size_t>(size));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = scale * static_cast<float>(i % 37) - 9 * scale;
  return values;
}

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
    LAZULI_ONEDNN_CREATE({products.request("good", 4), products.request("bad", 4, /*columns=*/31),
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
      LAZULI_ONEDNN_CREATE(requests, made);
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

/// A product of ones [4, 32] by [32, 32], plus an operand of fives, into a result of sevens.
TEST(SharingTest, AddsToWhatTheResultHolds) {
  fmt::PrimitiveCallT call;
  call.kind = fmt::PrimitiveKind_MatMul;
  call.inputs = {0, 1, 2};
  call.outputs = {3};
  call.post_ops.push_back(std::make_unique<fmt::PostOpT>());
  call.post_ops[0]->kind = fmt::PostOpKind_Binary;
  call.post_ops[0]->algorithm = "add";
  call.post_ops[0]->operand = 2;
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fmt::PrimitiveCall::Pack(builder, &call));
  std::vector<float> ones(32 * 32, 1.0f), src(4 * 32, 1.0f), fives(4 * 32, 5.0f);
  rt::PrimitiveRequest apart;
  apart.call = flatbuffers::GetRoot<fmt::PrimitiveCall>(builder.GetBufferPointer());
  apart.threads = 2;
  rt::PrimitiveOperand rows = {fmt::DType_f32, {4, 32}, nullptr, nullptr};
  apart.inputs = {rows, {fmt::DType_f32, {32, 32}, nullptr, ones.data()}, rows};
  apart.outputs = {rows};
  rt::PrimitiveRequest inPlace = apart;
  inPlace.inPlace = 2;
  inArena([&] {
    onednn::Executors made;
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({apart, inPlace}, made));
    for (size_t i = 0; i < made.size(); ++i) {
      ASSERT_TRUE(made[i].isOk()) << made[i].getStatus().getMessage();
      std::vector<float> dst(4 * 32, 7.0f);
      auto scratch = rt::Buffer::allocate((*made[i])->getScratchBytes());
      void *buffers[] = {src.data(), ones.data(), fives.data(), dst.data()};
      EXPECT_TRUE((*made[i])->execute(buffers, scratch->getData()).isOk());
      EXPECT_THAT(dst, Each(FloatEq(i == 0 ? 32 + 5 : 32 + 7)));
    }
  });
}

TEST(SharingTest, FoldedRowsAreOneDefinition) {
  Products products(32);
  rt::PrimitiveRequest cube = products.request("cube", 6);
  cube.inputs[0].dims = cube.outputs[0].dims = {2, 3, 32};
  inArena([&] {
    auto made = onednn::shareDefinitions({products.request("flat", 6), cube});
    EXPECT_TRUE(made[0].definition);
    EXPECT_EQ(made[0].definition, made[1].definition);
    onednn::Executors executors;
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({cube}, executors));
    ASSERT_TRUE(executors[0].isOk());
    EXPECT_THAT(products.run(**executors[0], 6), Each(FloatEq(32)));
  });
}

TEST(SharingTest, ReorderedWeightsDependOnWhatTheyWere) {
  using Tag = dnnl::memory::format_tag;
  auto layout = [](Tag tag) {
    return dnnl::memory::desc({32, 32}, dnnl::memory::data_type::f32, tag);
  };
  std::vector<float> weights = makeRamp(32 * 32, 1.0f);
  auto share = [&](Tag given) {
    return onednn::shareReordered(weights.data(),
                                  {layout(given), layout(given), layout(Tag::BA16a16b)});
  };
  auto rows = share(Tag::ab), columns = share(Tag::ba);
  auto at = [](const rt::Buffer &buffer, size_t i) {
    return reinterpret_cast<const float *>(buffer.getData())[i];
  };
  ASSERT_NE(rows, columns);
  EXPECT_EQ(at(*rows, 1), weights[1]);     // (0, 1) of rows
  EXPECT_EQ(at(*columns, 1), weights[32]); // (0, 1) of columns
}

TEST(SharingTest, AConvolutionAndATransposedOneHaveTheirOwnWeights) {
  std::vector<float> weights = makeRamp(32 * 32, 0.125f);
  auto plain = makeConvolution(weights, /*isTransposed=*/false);
  auto transposed = makeConvolution(weights, /*isTransposed=*/true);
  inArena([&] {
    onednn::Executors made;
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({plain->request(), transposed->request()}, made));
    ASSERT_TRUE(made[0].isOk() && made[1].isOk());
    std::vector<float> ofRows = plain->run(**made[0], 1.0f);
    std::vector<float> ofColumns = transposed->run(**made[1], 1.0f);
    for (size_t i = 0; i < 32; ++i) {
      float row = 0, column = 0;
      for (size_t j = 0; j < 32; ++j) {
        row += weights[i * 32 + j];
        column += weights[j * 32 + i];
      }
      EXPECT_FLOAT_EQ(ofRows[i], row) << i;
      EXPECT_FLOAT_EQ(ofColumns[i], column) << i;
    }
  });
}

TEST(SharingTest, HoldersOfWeightsCountThemOnce) {
  std::vector<float> weights = makeRamp(32 * 32, 0.125f);
  auto one = makeConvolution(weights, /*isTransposed=*/false);
  inArena([&] {
    onednn::Executors made;
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({one->request()}, made));
    uint64_t bytes = (*made[0])->getMemoryBytes();
    ASSERT_GE(bytes, weights.size() * sizeof(float));
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({one->request(), one->request(), one->request()}, made));
    for (auto &executor : made)
      EXPECT_EQ((*executor)->getMemoryBytes(), bytes / 4);
    made.erase(made.begin() + 1, made.end());
    EXPECT_EQ((*made[0])->getMemoryBytes(), bytes);
  });
}

TEST(SharingTest, LstmsOfTwoBatchesReadTheSameWeights) {
  std::vector<float> ofInput = makeRamp(4 * kHidden * kInputs, 0.01f);
  std::vector<float> ofState = makeRamp(4 * kHidden * kHidden, 0.01f);
  auto one = makeLstm(ofInput, ofState, 1), eight = makeLstm(ofInput, ofState, 8);
  inArena([&] {
    onednn::Executors made;
    ASSERT_TRUE(LAZULI_ONEDNN_CREATE({one->request(), eight->request()}, made));
    ASSERT_TRUE(made[0].isOk() && made[1].isOk());
    std::vector<float> expected = one->run(**made[0], 0.5f), found = eight->run(**made[1], 0.5f);
    EXPECT_NE(expected.front(), expected.back());
    for (size_t step = 0; step < kSteps; ++step)
      for (size_t i = 0; i < 8 * kHidden; ++i)
        ASSERT_NEAR(found[step * 8 * kHidden + i], expected[step * kHidden + i % kHidden], 1e-6f)
            << step << ", " << i;
  });
}

} // namespace
