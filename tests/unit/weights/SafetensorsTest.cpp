//===- SafetensorsTest.cpp - Round trips, refusals and mutations ----------===//

#include "frontend/weights/Safetensors.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace lz;
using namespace lz::weights;
using testing::HasSubstr;

namespace {

std::string tempPath(const std::string &name) {
  return testing::TempDir() + "lz-weights-" + std::to_string(::getpid()) + "-" + name;
}

std::string makeFile(const std::string &header, size_t dataBytes) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + std::string(dataBytes, '\1');
}

/// The message of the refusal, empty if the bytes were accepted.
std::string refusal(const std::string &bytes) {
  auto file = SafetensorsFile::parse(bytes.data(), bytes.size(), "w");
  return file.isOk() ? "" : file.getStatus().getMessage();
}

std::string refusalOf(const std::string &header, size_t dataBytes) {
  return refusal(makeFile(header, dataBytes));
}

std::string entry(const std::string &name, const std::string &dtype, const std::string &shape,
                  const std::string &offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(SafetensorsTest, RoundTrip) {
  std::vector<std::vector<char>> storage;
  std::vector<NamedTensor> tensors;
  storage.reserve(std::size(kAllDTypes));
  for (DType dtype : kAllDTypes) {
    storage.emplace_back(6 * getSizeBytes(dtype), dtype == DType::boolean ? 1 : 42);
    tensors.push_back({std::string("layer.") + getName(dtype),
                       {dtype, {2, 3}, storage.back().data(), storage.back().size()}});
  }
  tensors.push_back({"empty", {DType::f32, {0, 5}, nullptr, 0}});
  int64_t count = 7;
  tensors.push_back({"num_batches_tracked", {DType::i64, {}, &count, 8}});

  std::string path = tempPath("round.safetensors");
  ASSERT_TRUE(writeSafetensors(path, tensors, {{"format", "pt"}}).isOk());
  auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(file.isOk()) << file.getStatus().getMessage();
  EXPECT_EQ((*file)->getMetadata().at("format"), "pt");
  EXPECT_EQ((*file)->getTensors().size(), tensors.size());
  for (const NamedTensor &expected : tensors) {
    const TensorView *found = (*file)->find(expected.name);
    ASSERT_TRUE(found) << expected.name;
    EXPECT_EQ(found->dtype, expected.tensor.dtype);
    EXPECT_EQ(found->shape, expected.tensor.shape);
    ASSERT_EQ(found->sizeBytes, expected.tensor.sizeBytes);
    if (found->sizeBytes) {
      EXPECT_EQ(std::memcmp(found->data, expected.tensor.data, found->sizeBytes), 0);
    }
    EXPECT_EQ(reinterpret_cast<uintptr_t>(found->data) % getSizeBytes(found->dtype), 0u);
  }
  EXPECT_EQ((*file)->find("nothing"), nullptr);
  std::remove(path.c_str());
}

TEST(SafetensorsTest, AcceptsWhatTheFormatAllows) {
  EXPECT_EQ(refusalOf("{}", 0), "");
  EXPECT_EQ(refusalOf("{\"__metadata__\":{}}   ", 0), "");
  EXPECT_EQ(refusalOf("{" + entry("a", "F32", "[]", "[0,4]") + "}", 4), "");
  // In any order, and not aligned to the element.
  EXPECT_EQ(refusalOf("{" + entry("a", "F32", "[1]", "[1,5]") + "," +
                          entry("b", "U8", "[1]", "[0,1]") + "}",
                      5),
            "");
}

TEST(SafetensorsTest, RefusesBadHeaders) {
  EXPECT_THAT(refusal("abc"), HasSubstr("has 3 bytes, expected at least the 8"));
  EXPECT_THAT(refusal(std::string(8, '\xff') + "{}"), HasSubstr("expected at most 100000000"));
  EXPECT_THAT(refusal(makeFile("{}", 0).substr(0, 9)), HasSubstr("only 1 bytes follow"));
  EXPECT_THAT(refusalOf("[]", 0), HasSubstr("does not begin with '{'"));
  EXPECT_THAT(refusalOf("{\"a\"", 0), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusalOf("{} {}", 0), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusalOf("{\"a\":3}", 0), HasSubstr("entry 'a' is a number, expected an object"));
  EXPECT_THAT(refusalOf("{\"a\":[]}", 0), HasSubstr("entry 'a' is an array"));
  EXPECT_THAT(refusalOf("{\"__metadata__\":{\"k\":1}}", 0),
              HasSubstr("metadata 'k' is a number, expected a string"));
  EXPECT_THAT(refusalOf("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0),
              HasSubstr("metadata 'k' appears twice"));
  EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4),
              HasSubstr("tensor 'a' has no field 'data_offsets'"));
  EXPECT_THAT(refusalOf("{\"a\":{\"kind\":1}}", 4), HasSubstr("has the unknown field 'kind'"));
  EXPECT_THAT(refusalOf("{\"a\":{\"shape\":[1],\"shape\":[1]}}", 4),
              HasSubstr("has the field 'shape' twice"));
  EXPECT_THAT(refusalOf("{\"a\":{\"dtype\":[]}}", 4),
              HasSubstr("field 'dtype' is an array, expected a string"));
  EXPECT_THAT(refusalOf("{\"a\":{\"shape\":{}}}", 4),
              HasSubstr("field 'shape' is an object, expected an array"));
  EXPECT_THAT(refusalOf("{" + std::string(100000, '[') + "}", 0), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusalOf("{\"a\":" + std::string(100000, '['), 0), HasSubstr("is an array"));
}

TEST(SafetensorsTest, RefusesBadTensors) {
  EXPECT_THAT(refusalOf("{" + entry("a", "F8_E4M3", "[1]", "[0,1]") + "}", 1),
              HasSubstr("tensor 'a' has element type 'F8_E4M3', which is not supported"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[0,4]") + "," +
                            entry("a", "F32", "[1]", "[4,8]") + "}",
                        8),
              HasSubstr("the name 'a' appears twice"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[-1]", "[0,4]") + "}", 4),
              HasSubstr("holds a negative number"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1.5]", "[0,4]") + "}", 4),
              HasSubstr("holds the number 1.5"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[18446744073709551615]", "[0,4]") + "}", 4),
              HasSubstr("dimension 18446744073709551615 is too large"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[4294967296,4294967296]", "[0,4]") + "}", 4),
              HasSubstr("a shape whose size overflows"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[2]", "[0,4]") + "}", 4),
              HasSubstr("has 4 bytes, expected 8"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[0,4,8]") + "}", 4),
              HasSubstr("holds more than 2 numbers"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[0]") + "}", 4),
              HasSubstr("holds 1 numbers, expected 2"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[4,0]") + "}", 4),
              HasSubstr("outside the 4 bytes"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[0,18446744073709551615]") + "}", 4),
              HasSubstr("outside the 4 bytes"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[4,8]") + "}", 8),
              HasSubstr("leave a gap"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[2]", "[0,8]") + "," +
                            entry("b", "F32", "[1]", "[4,8]") + "}",
                        8),
              HasSubstr("overlap the tensor before"));
  EXPECT_THAT(refusalOf("{" + entry("a", "F32", "[1]", "[0,4]") + "}", 8),
              HasSubstr("its tensors end at 4"));
  std::string bytes = makeFile("{" + entry("a", "BOOL", "[1]", "[0,1]") + "}", 1);
  bytes.back() = 7;
  EXPECT_THAT(refusal(bytes), HasSubstr("holds the byte 7, expected 0 or 1"));
}

TEST(SafetensorsTest, OpenSaysWhatIsWrong) {
  auto missing = SafetensorsFile::open("/nonexistent/w.safetensors");
  EXPECT_EQ(missing.getStatus().getCode(), rt::StatusCode::IoError);
  EXPECT_THAT(missing.getStatus().getMessage(), HasSubstr("cannot open '/nonexistent/"));
  EXPECT_THAT(SafetensorsFile::open(testing::TempDir()).getStatus().getMessage(),
              HasSubstr("not a regular file"));
  std::string path = tempPath("empty.safetensors");
  std::ofstream(path).close();
  EXPECT_EQ(SafetensorsFile::open(path).getStatus().getCode(), rt::StatusCode::DataLoss);
  std::remove(path.c_str());
}

TEST(SafetensorsTest, WriterRefusesNonsense) {
  float value = 1;
  NamedTensor good{"a", {DType::f32, {1}, &value, 4}};
  NamedTensor wrong{"a", {DType::f32, {2}, &value, 4}};
  NamedTensor binary{"\xff\xfe", {DType::f32, {1}, &value, 4}};
  EXPECT_THAT(writeSafetensors(tempPath("x"), {good, good}).getMessage(), HasSubstr("given twice"));
  EXPECT_THAT(writeSafetensors(tempPath("x"), {wrong}).getMessage(), HasSubstr("expected 8"));
  EXPECT_THAT(writeSafetensors(tempPath("x"), {binary}).getMessage(), HasSubstr("UTF-8"));
  EXPECT_EQ(writeSafetensors("/nonexistent/x", {good}).getCode(), rt::StatusCode::IoError);
}

/// A small valid file to be damaged.
std::string makeVictim() {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," +
                       entry("fc.weight", "F32", "[2,3]", "[0,24]") + "," +
                       entry("fc.bias", "F16", "[3]", "[24,30]") + "," +
                       entry("flag", "BOOL", "[2]", "[30,32]") + "}";
  return makeFile(header, 32);
}

/// Reads every byte of every tensor, so that a sanitizer sees a bad view.
size_t touch(const SafetensorsFile &file) {
  size_t sum = 0;
  for (const NamedTensor &named : file.getTensors())
    for (size_t i = 0; i < named.tensor.sizeBytes; ++i)
      sum += static_cast<const unsigned char *>(named.tensor.data)[i];
  return sum;
}

/// Flips bits, sets bytes, copies spans or cuts the end.
void mutate(std::string &bytes, std::mt19937 &random) {
  auto below = [&](size_t n) { return random() % n; };
  static const char kInteresting[] = "{}[]\",:0123456789-e.\\ \xff\x80";
  for (size_t i = 0, n = 1 + below(6); i < n && !bytes.empty(); ++i) {
    size_t at = below(bytes.size());
    switch (below(6)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 1:
      bytes[at] = static_cast<char>(random());
      break;
    case 2:
      bytes[at] = kInteresting[below(sizeof(kInteresting) - 1)];
      break;
    case 3:
      bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
      break;
    case 4:
      bytes.erase(at, below(40));
      break;
    default:
      bytes.resize(at);
    }
  }
}

TEST(SafetensorsTest, TenThousandMutationsNeverCrash) {
  std::string victim = makeVictim();
  ASSERT_EQ(refusal(victim), "");
  std::mt19937 random(20240607);
  size_t refused = 0, accepted = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string bytes = victim;
    mutate(bytes, random);
    // An exact heap copy, so that reading past the end is seen.
    std::vector<char> copy(bytes.begin(), bytes.end());
    auto file = SafetensorsFile::parse(copy.data(), copy.size(), "mutant");
    if (file.isOk()) {
      ++accepted;
      touch(**file);
    } else {
      ++refused;
      EXPECT_FALSE(file.getStatus().getMessage().empty());
    }
  }
  // Changes inside the data are no errors; most others are.
  EXPECT_GT(refused, 5000u);
  EXPECT_GT(accepted, 10u);
}

TEST(SafetensorsTest, EveryTruncationIsRefused) {
  std::string victim = makeVictim();
  for (size_t size = 0; size < victim.size(); ++size) {
    std::vector<char> copy(victim.begin(), victim.begin() + static_cast<long>(size));
    EXPECT_FALSE(SafetensorsFile::parse(copy.data(), copy.size(), "cut").isOk()) << size;
  }
}

} // namespace
