//===- StateDictTest.cpp - Loading and saving values ----------------------===//

#include "frontend/nn/nn.h"

#include <cstring>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace lz::nn;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace {

Array counted(Ints shape) {
  size_t count = 1;
  for (int64_t size : shape)
    count *= static_cast<size_t>(size);
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return Array(DType::f32, shape, values.data());
}

StateEntry entry(const std::string &name, Ints shape) {
  return {name, DType::f32, Dims(shape.begin(), shape.end()), counted(shape)};
}

std::string loadError(Module &module, const StateDict &dict, bool strict = true) {
  try {
    module.load_state_dict(dict, strict);
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

std::string tempFile(const char *name) {
  return testing::TempDir() + "lz-nn-" + std::to_string(::getpid()) + name;
}

TEST(StateDictTest, EverythingWrongIsListedAtOnce) {
  Sequential net(Linear(3, 4), Linear(4, 2));
  std::string error = loadError(
      *net, {entry("0.weight", {4, 5}), entry("1.weight", {2, 4}), entry("2.weight", {1})});
  EXPECT_THAT(error, AllOf(HasSubstr("the state dict does not fit Sequential"),
                           HasSubstr("0.weight: has shape [4, 5], expected [4, 3]"),
                           HasSubstr("missing: 0.bias [4]"), HasSubstr("missing: 1.bias [2]"),
                           HasSubstr("unexpected: 2.weight")));
  EXPECT_THAT(error, Not(HasSubstr("1.weight")));
  EXPECT_FALSE((*net)[1].as<LinearImpl>()->weight.value().defined());
}

TEST(StateDictTest, NotStrictTakesWhatFits) {
  Linear fc(3, 4);
  EXPECT_EQ(loadError(*fc, {entry("weight", {4, 3}), entry("other", {1})}, false), "");
  EXPECT_TRUE(fc->weight.value().defined());
  EXPECT_FALSE(fc->bias.value().defined());
  EXPECT_THAT(loadError(*fc, {entry("weight", {3, 4})}, false), HasSubstr("has shape [3, 4]"));
}

TEST(StateDictTest, LoadingMaterializesALazyModule) {
  LazyLinear fc(4);
  EXPECT_EQ(fc->kind(), "LazyLinear");
  EXPECT_FALSE(fc->weight.isMaterialized());
  EXPECT_EQ(loadError(*fc, {entry("weight", {4, 7}), entry("bias", {4})}), "");
  EXPECT_EQ(fc->kind(), "Linear");
  EXPECT_EQ(fc->in_features().value(), 7);
  EXPECT_TRUE(fc->weight.isMaterialized());
  EXPECT_THAT(loadError(*fc, {entry("weight", {4, 8}), entry("bias", {4})}),
              HasSubstr("has shape [4, 8], expected [4, 7]"));
}

TEST(StateDictTest, OutFeaturesAreChecked) {
  LazyLinear fc(3);
  EXPECT_THAT(loadError(*fc, {entry("weight", {5, 4}), entry("bias", {3})}),
              HasSubstr("weight: has shape [5, 4], expected [3, "));
  EXPECT_EQ(fc->kind(), "LazyLinear");
}

TEST(StateDictTest, ContradictionsNameBothEntries) {
  LazyBatchNorm1d norm;
  std::string error =
      loadError(*norm, {entry("weight", {4}), entry("bias", {4}), entry("running_mean", {5}),
                        entry("running_var", {4})});
  EXPECT_THAT(error, HasSubstr("running_mean: has shape [5], expected [unknown] with ? = 4 from "
                               "weight"));
  EXPECT_EQ(norm->kind(), "LazyBatchNorm1d");
}

TEST(StateDictTest, GroupsMultiplyChannels) {
  LazyConv2d conv(LazyConv2dOptions(4, 3).groups(2));
  EXPECT_EQ(loadError(*conv, {entry("weight", {4, 3, 3, 3}), entry("bias", {4})}), "");
  EXPECT_EQ(conv->kind(), "Conv2d");
  EXPECT_EQ(conv->weight.shape()[1].value(), 3);
  LazyConvTranspose1d transposed(LazyConvTranspose1dOptions(4, 3).groups(2));
  EXPECT_THAT(loadError(*transposed, {entry("weight", {5, 2, 3}), entry("bias", {4})}),
              HasSubstr("in_channels would be 5, expected a multiple of 2"));
}

TEST(StateDictTest, OldBatchNormFilesLackTheCounter) {
  BatchNorm1d norm(2);
  EXPECT_EQ(loadError(*norm, {entry("weight", {2}), entry("bias", {2}), entry("running_mean", {2}),
                              entry("running_var", {2})}),
            "");
}

TEST(StateDictTest, ElementTypesConvertAmongFloatsOnly) {
  Linear fc(LinearOptions(2, 1).bias(false).dtype(DType::f64));
  EXPECT_EQ(loadError(*fc, {entry("weight", {1, 2})}), "");
  ASSERT_EQ(fc->weight.value().dtype(), DType::f64);
  EXPECT_EQ(static_cast<const double *>(fc->weight.value().data())[1], 1.0);
  int64_t numbers[] = {1, 2};
  StateEntry integers{"weight", DType::i64, {1, 2}, Array(DType::i64, {1, 2}, numbers)};
  EXPECT_THAT(loadError(*fc, {integers}), HasSubstr("has element type i64, expected f64"));
}

TEST(StateDictTest, FilesRoundTrip) {
  std::string path = tempFile("round.safetensors");
  Sequential net(Linear(2, 3), BatchNorm1d(3));
  StateDict dict;
  for (const StateEntry &named : net->state_dict()) {
    Ints shape;
    for (const Dim &dim : named.shape)
      shape.push_back(dim.value());
    if (named.dtype == DType::f32)
      dict.push_back(entry(named.name, shape));
  }
  net->load_state_dict(dict);
  save_state_dict(*net, path);
  Sequential lazy(LazyLinear(3), LazyBatchNorm1d());
  load_state_dict(*lazy, path);
  EXPECT_EQ((*lazy)[0]->kind(), "Linear");
  EXPECT_EQ((*lazy)[1]->kind(), "BatchNorm1d");
  const Array &weight = (*lazy)[0].as<LinearImpl>()->weight.value();
  ASSERT_EQ(weight.numElements(), 6u);
  EXPECT_EQ(std::memcmp(weight.data(), counted({3, 2}).data(), 24), 0);
  std::remove(path.c_str());
}

TEST(StateDictTest, WhatIsUninitializedIsMarked) {
  std::string path = tempFile("holes.safetensors");
  Sequential net(LazyLinear(3), Linear(3, 1));
  net->load_state_dict({entry("1.weight", {1, 3}), entry("1.bias", {1})}, /*strict=*/false);
  save_state_dict(*net, path);
  // The holes are no missing keys, and they stay holes.
  Sequential copy(LazyLinear(3), Linear(3, 1));
  load_state_dict(*copy, path);
  EXPECT_EQ((*copy)[0]->kind(), "LazyLinear");
  EXPECT_TRUE((*copy)[1].as<LinearImpl>()->weight.value().defined());
  std::remove(path.c_str());
}

TEST(StateDictTest, FilesThatCannotBeReadSayWhy) {
  Linear fc(1, 1);
  EXPECT_THROW(load_state_dict(*fc, "/nonexistent/w.safetensors"), Error);
  EXPECT_THROW(save_state_dict(*fc, "/nonexistent/w.safetensors"), Error);
}

} // namespace
