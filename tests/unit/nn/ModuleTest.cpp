//===- ModuleTest.cpp - The tree of modules -------------------------------===//

#include "frontend/nn/nn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lz::nn;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::vector<std::string> keysOf(Module &module) {
  std::vector<std::string> keys;
  for (const StateEntry &entry : module.state_dict())
    keys.push_back(entry.name);
  return keys;
}

template <typename Function> std::string errorOf(Function function) {
  try {
    function();
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

TEST(ModuleTest, KeysAreThoseOfPyTorch) {
  Sequential net(Linear(3, 4), BatchNorm1d(4), ReLU(), Linear(LinearOptions(4, 2).bias(false)));
  EXPECT_THAT(keysOf(*net),
              ElementsAre("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                          "1.running_var", "1.num_batches_tracked", "3.weight"));
  LSTM lstm(LSTMOptions(3, 4).bidirectional(true).proj_size(2));
  EXPECT_THAT(keysOf(*lstm),
              ElementsAre("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                          "weight_hr_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse",
                          "bias_ih_l0_reverse", "bias_hh_l0_reverse", "weight_hr_l0_reverse"));
  MultiheadAttention attention(MultiheadAttentionOptions(8, 2).add_bias_kv(true));
  EXPECT_THAT(keysOf(*attention), ElementsAre("in_proj_weight", "in_proj_bias", "bias_k", "bias_v",
                                              "out_proj.weight", "out_proj.bias"));
  MultiheadAttention separate(MultiheadAttentionOptions(8, 2).kdim(5));
  EXPECT_THAT(keysOf(*separate),
              ElementsAre("q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias",
                          "out_proj.weight", "out_proj.bias"));
}

TEST(ModuleTest, ContainersNest) {
  ModuleDict dict(std::vector<std::pair<std::string, AnyModule>>{
      {"encoder", Sequential(Linear(2, 2))}, {"list", ModuleList(ReLU(), Linear(2, 2))}});
  EXPECT_THAT(keysOf(*dict), ElementsAre("encoder.0.weight", "encoder.0.bias", "list.1.weight",
                                         "list.1.bias"));
  EXPECT_TRUE(dict->contains("list"));
  EXPECT_EQ((*dict)["list"].as<ModuleListImpl>()->size(), 2u);
  EXPECT_EQ((*dict)["list"].as<SequentialImpl>(), nullptr);
  EXPECT_THAT(errorOf([&] { (*dict)["other"]; }),
              HasSubstr("no module 'other', only 'encoder', 'list'"));
  Sequential named(std::vector<std::pair<std::string, AnyModule>>{{"fc", Linear(1, 1)}});
  EXPECT_THAT(keysOf(*named), ElementsAre("fc.weight", "fc.bias"));
}

TEST(ModuleTest, NamesAreChecked) {
  Module module;
  module.register_module("a", Linear(1, 1));
  EXPECT_THAT(errorOf([&] { module.register_module("a", Linear(1, 1)); }),
              HasSubstr("is already that of a module"));
  EXPECT_THAT(errorOf([&] { module.register_module("", Linear(1, 1)); }), HasSubstr("is empty"));
  EXPECT_THAT(errorOf([&] { module.register_module("a.b", Linear(1, 1)); }),
              HasSubstr("holds a dot"));
  module.register_parameter("w", {1});
  EXPECT_THAT(errorOf([&] { module.register_buffer("w", {1}); }),
              HasSubstr("is already that of a parameter"));
  EXPECT_THAT(errorOf([&] { module.register_module("n", Linear(nullptr)); }), HasSubstr("is null"));
}

TEST(ModuleTest, ModesReachEverything) {
  Sequential net(Sequential(Dropout()), BatchNorm1d(2));
  net->eval();
  for (auto &[name, module] : net->named_modules())
    EXPECT_FALSE(module->is_training()) << name;
  net->train();
  for (auto &[name, module] : net->named_modules())
    EXPECT_TRUE(module->is_training()) << name;
}

TEST(ModuleTest, SharedModulesAppearOnceButUnderAllTheirNames) {
  Linear shared(2, 2);
  Sequential net(shared, ReLU(), shared);
  EXPECT_EQ(net->named_parameters().size(), 2u);
  EXPECT_THAT(keysOf(*net), ElementsAre("0.weight", "0.bias", "2.weight", "2.bias"));
  Linear decoder(LinearOptions(2, 2).bias(false));
  decoder->weight.tie(shared->weight);
  EXPECT_EQ(&decoder->weight.data(), &shared->weight.data());
  EXPECT_EQ(&decoder->parameters()[0].data(), &shared->weight.data());
}

TEST(ModuleTest, ElementTypes) {
  BatchNorm2d norm(3);
  norm->to(DType::f64);
  EXPECT_EQ(norm->weight.dtype(), DType::f64);
  EXPECT_EQ(norm->num_batches_tracked.dtype(), DType::i64);
  EXPECT_THAT(errorOf([&] { norm->to(DType::i32); }), HasSubstr("not to i32"));
}

struct Block : Module {
  Linear fc{nullptr};
  Block() { fc = register_module("fc", Linear(2, 2)); }
  Tensor forward(Tensor x) { return fc(x); }
};

TEST(ModuleTest, KindsAreClassNames) {
  EXPECT_EQ(Block().kind(), "Block");
  EXPECT_EQ(LazyConv2d(4, 3)->kind(), "LazyConv2d");
  EXPECT_EQ(LazyInstanceNorm3d()->kind(), "LazyInstanceNorm3d");
  EXPECT_EQ(LSTM(1, 1)->kind(), "LSTM");
}

TEST(ModuleTest, ArgumentsAreChecked) {
  EXPECT_THAT(errorOf([] { Conv2d(Conv2dOptions(3, 4, 3).groups(2)); }),
              HasSubstr("Conv2d: in_channels is 3, expected a multiple of groups, which is 2"));
  EXPECT_THAT(errorOf([] { LazyConv1d(LazyConv1dOptions(3, 4).groups(2)); }),
              HasSubstr("LazyConv1d: out_channels is 3"));
  EXPECT_THAT(errorOf([] { Conv2d(Conv2dOptions(3, 4, 3).padding("same").stride(2)); }),
              HasSubstr("padding is 'same' with stride 2"));
  EXPECT_THAT(errorOf([] { Conv2d(Conv2dOptions(3, 4, 3).padding("full")); }),
              HasSubstr("expected numbers, 'same' or 'valid'"));
  EXPECT_THAT(errorOf([] { Conv2d(Conv2dOptions(3, 4, 3).padding_mode("reflect")); }),
              HasSubstr("padding_mode is 'reflect', expected 'zeros'"));
  EXPECT_THAT(errorOf([] { Conv2d(3, 4, Ints{3, 3, 3}); }),
              HasSubstr("found 3 numbers for 2 spatial axes"));
  EXPECT_THAT(errorOf([] { MaxPool2d(MaxPool2dOptions(2).padding(2)); }),
              HasSubstr("MaxPool2d: padding is 2, expected at most half"));
  EXPECT_THAT(errorOf([] { GroupNorm(2, 5); }), HasSubstr("num_channels is 5"));
  EXPECT_THAT(errorOf([] { Dropout(1.5); }), HasSubstr("expected a probability from 0 to 1"));
  EXPECT_THAT(errorOf([] { MultiheadAttention(10, 3); }), HasSubstr("multiple of num_heads"));
  EXPECT_THAT(errorOf([] { GRU(GRUOptions(3, 4).proj_size(2)); }), HasSubstr("for an LSTM"));
  EXPECT_THAT(errorOf([] { Embedding(EmbeddingOptions(4, 2).padding_idx(4)); }),
              HasSubstr("padding_idx is 4"));
}

} // namespace
