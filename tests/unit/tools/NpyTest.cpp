//===- NpyTest.cpp - .npy and .npz ------------------------------------------===//
//
// Files as NumPy writes them, byte by byte, and everything that is refused.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Npy.h"
#include "tools/lazuli/io/File.h"

#include "tests/unit/tools/Expect.h"

#include <cstring>
#include <random>

using namespace lz;
using namespace lz::cli;

static std::string makeNpy(const std::string &header, const std::string &data, int version = 1) {
  std::string out("\x93NUMPY", 6);
  out += static_cast<char>(version);
  out += '\0';
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  if (version > 1)
    out += std::string(2, '\0');
  return out + header + data;
}

static Array parse(const std::string &bytes) {
  return parseNpy(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size(), "f.npy");
}

static std::string failureOf(const std::string &bytes) {
  return messageOf([&] { (void)parse(bytes); });
}

TEST(NpyTest, RoundTripsEveryType) {
  for (DType dtype : {fmt::DType_f32, fmt::DType_f64, fmt::DType_f16, fmt::DType_i8,
                      fmt::DType_i16, fmt::DType_i32, fmt::DType_i64, fmt::DType_u8,
                      fmt::DType_u16, fmt::DType_u32, fmt::DType_u64, fmt::DType_boolean}) {
    Array array = randomArray(dtype, {3, 1, 4}, 5, "x");
    Array read = parse(formatNpy(array));
    EXPECT_EQ(read.getDType(), dtype);
    EXPECT_EQ(read.getDims(), array.getDims());
    EXPECT_EQ(std::memcmp(read.getData(), array.getData(), array.getSizeBytes()), 0);
  }
}

TEST(NpyTest, ElementsBeginAtMultipleOf64) {
  for (std::vector<int64_t> dims : {std::vector<int64_t>{}, {1}, {3, 4}, {1, 2, 3, 4, 5}}) {
    Array array(fmt::DType_f32, dims);
    std::string bytes = formatNpy(array);
    EXPECT_EQ((bytes.size() - array.getSizeBytes()) % 64, 0u);
    EXPECT_EQ(parse(bytes).getDims(), dims);
  }
}

TEST(NpyTest, ReadsVersions2And3AndOddSpacing) {
  std::string data(8, '\1');
  for (int version : {1, 2, 3})
    EXPECT_EQ(parse(makeNpy("{ 'shape':(2,),\"descr\" : '<i4', 'fortran_order':False}\n", data,
                            version))
                  .getInt(1),
              0x01010101);
}

TEST(NpyTest, ReadsFortranOrder) {
  std::string data = {1, 2, 3, 4, 5, 6};
  Array array = parse(makeNpy("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", data));
  int64_t expected[] = {1, 3, 5, 2, 4, 6};
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(array.getInt(i), expected[i]);
}

TEST(NpyTest, ReadsBigEndian) {
  std::string data("\x00\x00\x01\x02", 4);
  EXPECT_EQ(parse(makeNpy("{'descr': '>i4', 'fortran_order': False, 'shape': (1,), }", data))
                .getInt(0),
            0x102);
}

TEST(NpyTest, RefusesOtherFiles) {
  EXPECT_EQ(failureOf("hello"), "'f.npy' is no .npy file");
  EXPECT_EQ(failureOf(""), "'f.npy' is no .npy file");
  EXPECT_EQ(failureOf(std::string("\x93NUMPY\x01\x00", 8)), "'f.npy' ends within its .npy header");
  EXPECT_EQ(failureOf(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "1234", 9)),
            "'f.npy' has .npy format version 9, expected 1, 2 or 3");
}

TEST(NpyTest, RefusesOtherTypes) {
  auto withDescr = [](const std::string &descr) {
    return failureOf(
        makeNpy("{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,), }", "12345678"));
  };
  EXPECT_EQ(withDescr("'|O'"), "'f.npy' holds Python objects, expected an array of numbers");
  EXPECT_EQ(withDescr("[('a', '<f4')]"), "'f.npy' holds records, expected an array of numbers");
  EXPECT_EQ(withDescr("'<c8'"), "'f.npy' has elements of NumPy's type '<c8', expected one of f2, "
                                "f4, f8, i1 to i8, u1 to u8, b1");
}

TEST(NpyTest, RefusesWrongSizes) {
  EXPECT_EQ(
      failureOf(makeNpy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "1234")),
      "'f.npy' has 4 bytes of elements, expected 8 for f32[2]");
  std::string huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }";
  EXPECT_NE(failureOf(makeNpy(huge, "1234")).find("memory can hold"), std::string::npos);
}

TEST(NpyTest, RefusesMalformedHeaders) {
  for (const char *header :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x"})
    EXPECT_EQ(failureOf(makeNpy(header, "1234")), "'f.npy' has a malformed .npy header") << header;
}

TEST(NpyTest, MutationsNeverCrash) {
  std::mt19937 random(1);
  std::string good = formatNpy(randomArray(fmt::DType_f32, {2, 3}, 1, "x"));
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (unsigned k = random() % 3 + 1; k > 0; --k)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0)
      bytes.resize(random() % bytes.size());
    try {
      (void)parse(bytes);
    } catch (const Failure &) {
    }
  }
}

TEST(NpzTest, RoundTripsAndNamesItsKeys) {
  TemporaryFile file(".npz");
  Array a = randomArray(fmt::DType_f32, {5}, 1, "a"), b = randomArray(fmt::DType_i64, {2, 2}, 1, "b");
  writeNpz(file.getPath(), {{"a", a}, {"layer.b", b}});
  EXPECT_EQ(readNpz(file.getPath(), "layer.b").getInt(3), b.getInt(3));
  EXPECT_EQ(readNpz(file.getPath()).size(), 2u);
  EXPECT_EQ(messageOf([&] { (void)readNpz(file.getPath(), "c"); }),
            "'" + file.getPath() + "' has no array 'c', expected one of a, layer.b");
  EXPECT_NE(messageOf([&] { (void)readNpz(file.getPath(), ""); }).find("holds the arrays a, layer.b"),
            std::string::npos);
}

TEST(NpzTest, BfloatsBecomeFloats) {
  Array array(fmt::DType_bf16, {1});
  array.setDouble(0, 1.5);
  Array read = parse(formatNpy(array));
  EXPECT_EQ(read.getDType(), fmt::DType_f32);
  EXPECT_EQ(read.getDouble(0), 1.5);
}
