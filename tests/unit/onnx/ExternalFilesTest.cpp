//===- ExternalFilesTest.cpp - Weights in files beside a model ------------===//
//
// Only files in the model's folder are read, each is mapped once, and what a
// message says about offsets is believed only within the file.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/data/TensorData.h"

#include "gmock/gmock.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace lz;
using namespace lz::onnximport;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

/// A folder `model` with weights.bin (the floats 0 to 7), beside it secret.bin.
struct ExternalFilesTest : ::testing::Test {
  void SetUp() override {
    std::string name =
        (fs::temp_directory_path() / "lazuli-onnx-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    fs::create_directories(root / "model" / "deep");
    std::vector<float> floats{0, 1, 2, 3, 4, 5, 6, 7};
    for (const char *file :
         {"model/weights.bin", "model/deep/weights.bin", "secret.bin"})
      std::ofstream(root / file, std::ios::binary)
          .write(reinterpret_cast<const char *>(floats.data()), 32);
  }
  void TearDown() override { fs::remove_all(root); }

  std::string openError(const std::string &location) {
    ExternalFiles files((root / "model").string());
    auto file = files.open(location);
    return file.isOk() ? "no error" : file.getStatus().getMessage();
  }

  /// Reads `dims` floats with these entries of external_data.
  rt::StatusOr<TensorData>
  read(int64_t dim,
       const std::vector<std::pair<std::string, std::string>> &entries) {
    ::onnx::TensorProto proto;
    proto.set_data_type(::onnx::TensorProto::FLOAT);
    proto.add_dims(dim);
    proto.set_data_location(::onnx::TensorProto::EXTERNAL);
    for (const auto &[key, value] : entries) {
      auto *entry = proto.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    ExternalFiles files((root / "model").string());
    return readTensor(proto, files, nullptr);
  }

  std::string
  readError(int64_t dim,
            const std::vector<std::pair<std::string, std::string>> &entries) {
    rt::StatusOr<TensorData> tensor = read(dim, entries);
    return tensor.isOk() ? "no error" : tensor.getStatus().getMessage();
  }

  fs::path root;
};

TEST_F(ExternalFilesTest, OpensFilesOfTheFolderOnce) {
  ExternalFiles files((root / "model").string());
  auto first = files.open("weights.bin"), again = files.open("weights.bin");
  ASSERT_TRUE(first.isOk() && again.isOk());
  EXPECT_EQ((*first)->getSize(), 32u);
  EXPECT_EQ(*first, *again);
  EXPECT_EQ(openError("deep/weights.bin"), "no error");
  EXPECT_EQ(openError("./deep/../weights.bin"), "no error");
}

TEST_F(ExternalFilesTest, RefusesToLeaveTheFolder) {
  EXPECT_THAT(openError("../secret.bin"),
              HasSubstr("leaves the model's folder"));
  EXPECT_THAT(openError("deep/../../secret.bin"),
              HasSubstr("leaves the model's folder"));
  EXPECT_THAT(openError((root / "model/weights.bin").string()),
              HasSubstr("expected a path in the model's folder"));
  EXPECT_THAT(openError(""),
              HasSubstr("expected a path in the model's folder"));
}

TEST_F(ExternalFilesTest, FollowsLinksOnlyWithinTheFolder) {
  fs::create_symlink(root / "secret.bin", root / "model/out.bin");
  fs::create_directory_symlink(root, root / "model/up");
  fs::create_symlink("weights.bin", root / "model/within.bin");
  EXPECT_THAT(openError("out.bin"), HasSubstr("leaves the model's folder"));
  EXPECT_THAT(openError("up/secret.bin"),
              HasSubstr("leaves the model's folder"));
  EXPECT_EQ(openError("within.bin"), "no error");
}

TEST_F(ExternalFilesTest, RefusesAFolderWithTheSameBeginning) {
  fs::create_directory(root / "model-other");
  fs::copy_file(root / "secret.bin", root / "model-other/secret.bin");
  EXPECT_THAT(openError("../model-other/secret.bin"),
              HasSubstr("leaves the model's folder"));
}

TEST_F(ExternalFilesTest, WhatIsNoFile) {
  EXPECT_THAT(openError("missing.bin"),
              HasSubstr("is no file in the model's folder"));
  EXPECT_THAT(openError("deep"), HasSubstr("is no file in the model's folder"));
  ExternalFiles none("");
  EXPECT_FALSE(none.open("weights.bin").isOk());
}

TEST_F(ExternalFilesTest, OffsetsAndLengths) {
  rt::StatusOr<TensorData> tensor =
      read(2, {{"location", "weights.bin"}, {"offset", "8"}, {"length", "8"}});
  ASSERT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
  float elements[2];
  std::memcpy(elements, tensor->data, sizeof(elements));
  EXPECT_EQ(elements[0], 2);
  EXPECT_EQ(elements[1], 3);
  // Without a length: as many bytes as the shape needs.
  EXPECT_EQ(readError(3, {{"location", "weights.bin"}, {"offset", "20"}}),
            "no error");
  // Not aligned: a copy.
  EXPECT_EQ(readError(2, {{"location", "weights.bin"}, {"offset", "3"}}),
            "no error");
}

TEST_F(ExternalFilesTest, ReachesPastTheEnd) {
  std::pair<std::string, std::string> location{"location", "weights.bin"};
  const std::string past =
      "ends after the end of 'weights.bin', which has 32 bytes";
  EXPECT_THAT(readError(2, {location, {"offset", "33"}}), HasSubstr(past));
  EXPECT_THAT(readError(2, {location, {"offset", "28"}, {"length", "8"}}),
              HasSubstr(past));
  EXPECT_THAT(readError(2, {location, {"length", "999999999999999999"}}),
              HasSubstr(past));
  EXPECT_THAT(readError(2, {location, {"offset", "28"}}),
              HasSubstr("it holds 4 bytes, expected 8"));
  EXPECT_THAT(readError(2, {location, {"length", "4"}}),
              HasSubstr("it holds 4 bytes, expected 8"));
  EXPECT_THAT(readError(int64_t(1) << 46, {location}),
              HasSubstr("it holds 32 bytes"));
}

TEST_F(ExternalFilesTest, OffsetsThatAreNoNumbers) {
  for (const char *value :
       {"", "-8", "0x8", "8 ", "1e3", "99999999999999999999"})
    for (const char *key : {"offset", "length"})
      EXPECT_THAT(readError(2, {{"location", "weights.bin"}, {key, value}}),
                  HasSubstr("expected a number"))
          << key << " = '" << value << "'";
  EXPECT_THAT(readError(2, {}),
              HasSubstr("expected a path in the model's folder"));
}

} // namespace
