//===- TensorDataTest.cpp - Tensors of ONNX messages ----------------------===//
//
// Every element type, raw and in typed fields, and every way in which a message
// can claim what it does not hold.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/data/TensorData.h"

#include "gmock/gmock.h"

#include <cstring>

using namespace lz;
using namespace lz::onnximport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

::onnx::TensorProto makeTensor(int32_t type, const std::vector<int64_t> &dims) {
  ::onnx::TensorProto proto;
  proto.set_data_type(type);
  for (int64_t dim : dims)
    proto.add_dims(dim);
  return proto;
}

rt::StatusOr<TensorData> read(const ::onnx::TensorProto &proto,
                              std::shared_ptr<const void> keepAlive = nullptr) {
  ExternalFiles files("");
  return readTensor(proto, files, std::move(keepAlive));
}

std::string errorOf(const ::onnx::TensorProto &proto) {
  rt::StatusOr<TensorData> tensor = read(proto);
  return tensor.isOk() ? "no error" : tensor.getStatus().getMessage();
}

template <typename T> std::vector<T> elementsOf(const TensorData &tensor) {
  std::vector<T> elements(tensor.size / sizeof(T));
  if (tensor.size)
    std::memcpy(elements.data(), tensor.data, tensor.size);
  return elements;
}

/// The elements that `fill` puts into a typed field of three elements.
template <typename T, typename Fill>
std::vector<T> readField(int32_t type, Fill fill) {
  ::onnx::TensorProto proto = makeTensor(type, {3});
  for (int i = 0; i < 3; ++i)
    fill(proto, i);
  rt::StatusOr<TensorData> tensor = read(proto);
  EXPECT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
  return tensor.isOk() ? elementsOf<T>(*tensor) : std::vector<T>();
}

/// The same of int32_data, which holds most of the small types.
template <typename T>
std::vector<T> readInt32Field(int32_t type,
                              const std::vector<int32_t> &values) {
  return readField<T>(type, [&](::onnx::TensorProto &proto, int i) {
    proto.add_int32_data(values[i]);
  });
}

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

TEST(ElementInfo, FindsEveryTypeByNumberAndName) {
  int known = 0;
  for (int32_t number = 1; number <= 26; ++number) {
    const ElementInfo *info = findElementInfo(number);
    if (number == 14 || number == 15) { // complex
      EXPECT_EQ(info, nullptr) << number;
      continue;
    }
    ASSERT_NE(info, nullptr) << number;
    EXPECT_EQ(info->onnx, number);
    EXPECT_EQ(findElementInfo(std::string(info->name)), info);
    ++known;
  }
  EXPECT_EQ(known, 24);
  EXPECT_EQ(findElementInfo(0), nullptr);
  EXPECT_EQ(findElementInfo(-1), nullptr);
  EXPECT_EQ(findElementInfo(1000), nullptr);
  EXPECT_EQ(findElementInfo("complex64"), nullptr);
}

TEST(ElementInfo, PlainTypesAreNotTheLogicalOnes) {
  EXPECT_STREQ(getElementInfo(fmt::DType_u8).name, "uint8");
  EXPECT_STREQ(getElementInfo(fmt::DType_i8).name, "int8");
  EXPECT_STREQ(getElementInfo(fmt::DType_boolean).name, "bool");
  EXPECT_STREQ(getElementInfo(fmt::DType_bf16).name, "bfloat16");
}

TEST(TensorData, TypedFieldsOfEveryType) {
  using Proto = ::onnx::TensorProto;
  EXPECT_THAT(
      readField<float>(Proto::FLOAT,
                       [](Proto &p, int i) { p.add_float_data(i + 0.5f); }),
      ElementsAre(0.5f, 1.5f, 2.5f));
  EXPECT_THAT(readField<double>(Proto::DOUBLE,
                                [](Proto &p, int i) { p.add_double_data(-i); }),
              ElementsAre(0.0, -1.0, -2.0));
  EXPECT_THAT(readField<int64_t>(
                  Proto::INT64,
                  [](Proto &p, int i) { p.add_int64_data(INT64_MIN + i); }),
              ElementsAre(INT64_MIN, INT64_MIN + 1, INT64_MIN + 2));
  EXPECT_THAT(readField<uint64_t>(
                  Proto::UINT64,
                  [](Proto &p, int i) { p.add_uint64_data(UINT64_MAX - i); }),
              ElementsAre(UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2));
  EXPECT_THAT(readField<uint32_t>(
                  Proto::UINT32,
                  [](Proto &p, int i) { p.add_uint64_data(UINT32_MAX - i); }),
              ElementsAre(UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 2));
  EXPECT_THAT(readInt32Field<int32_t>(Proto::INT32, {-1, 0, INT32_MAX}),
              ElementsAre(-1, 0, INT32_MAX));
  EXPECT_THAT(readInt32Field<int16_t>(Proto::INT16, {-32768, 0, 1}),
              ElementsAre(-32768, 0, 1));
  EXPECT_THAT(readInt32Field<int8_t>(Proto::INT8, {-128, 0, 127}),
              ElementsAre(-128, 0, 127));
  for (int32_t type : {Proto::UINT16, Proto::FLOAT16, Proto::BFLOAT16})
    EXPECT_THAT(readInt32Field<uint16_t>(type, {0x3c00, 0xffff, 0}),
                ElementsAre(0x3c00, 0xffff, 0));
  for (int32_t type :
       {2, 9, 17, 18, 19, 20, 24}) // bytes, bool, floats of 8 bits
    EXPECT_THAT(readInt32Field<uint8_t>(type, {0, 1, 255}),
                ElementsAre(0, 1, 255))
        << type;
}

TEST(TensorData, RawDataOfEveryType) {
  for (int32_t number = 1; number <= 26; ++number) {
    const ElementInfo *info = findElementInfo(number);
    if (!info || info->bits < 8)
      continue;
    ::onnx::TensorProto proto = makeTensor(number, {2, 3});
    std::string bytes;
    for (int i = 0; i < 6 * info->bits / 8; ++i)
      bytes.push_back(static_cast<char>(i * 7));
    proto.set_raw_data(bytes);
    rt::StatusOr<TensorData> tensor = read(proto);
    ASSERT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
    EXPECT_EQ(tensor->element, info);
    EXPECT_THAT(tensor->dims, ElementsAre(2, 3));
    EXPECT_EQ(std::string(tensor->data, tensor->size), bytes) << info->name;
    EXPECT_EQ(tensor->getNumElements(), 6);
  }
}

TEST(TensorData, PackedElementsBeginInTheLowestBits) {
  struct Row {
    int32_t type;
    std::vector<uint8_t> bytes;
    std::vector<int8_t> elements;
  };
  const Row rows[] = {
      {21, {0x21, 0xf8, 0x03}, {1, 2, 8, 15, 3}},   // uint4
      {22, {0x21, 0xf8, 0x0d}, {1, 2, -8, -1, -3}}, // int4
      {23, {0x21, 0xf8, 0x03}, {1, 2, 8, 15, 3}},   // float4e2m1
      {25, {0xe4, 0x02}, {0, 1, 2, 3, 2}},          // uint2
      {26, {0xe4, 0x03}, {0, 1, -2, -1, -1}},       // int2
  };
  for (const Row &row : rows) {
    ::onnx::TensorProto raw = makeTensor(row.type, {5}), typed = raw;
    raw.set_raw_data(row.bytes.data(), row.bytes.size());
    for (uint8_t byte : row.bytes)
      typed.add_int32_data(byte);
    for (const ::onnx::TensorProto &proto : {raw, typed}) {
      rt::StatusOr<TensorData> tensor = read(proto);
      ASSERT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
      EXPECT_EQ(elementsOf<int8_t>(*tensor), row.elements) << row.type;
    }
  }
}

TEST(TensorData, WritingIsTheInverse) {
  for (int32_t number = 1; number <= 26; ++number) {
    const ElementInfo *info = findElementInfo(number);
    if (!info || info->bits == 0)
      continue;
    int bytesEach = info->bits < 8 ? 1 : info->bits / 8;
    std::vector<char> data(5 * bytesEach);
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = static_cast<char>(info->bits < 8 ? i % 2 : i);
    ::onnx::TensorProto proto;
    writeTensor(*info, {5}, data.data(), proto);
    EXPECT_EQ(proto.raw_data().size(), (5u * info->bits + 7) / 8) << info->name;
    rt::StatusOr<TensorData> tensor = read(proto);
    ASSERT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
    EXPECT_EQ(elementsOf<char>(*tensor), data) << info->name;
  }
}

TEST(TensorData, BorrowsWhatOutlivesIt) {
  auto proto = std::make_shared<::onnx::TensorProto>(
      makeTensor(::onnx::TensorProto::FLOAT, {64}));
  proto->set_raw_data(std::string(256, 'x'));
  rt::StatusOr<TensorData> tensor = read(*proto, proto);
  ASSERT_TRUE(tensor.isOk());
  EXPECT_EQ(tensor->data, proto->raw_data().data());
  EXPECT_EQ(proto.use_count(), 2);
  rt::StatusOr<TensorData> copy = read(*proto);
  ASSERT_TRUE(copy.isOk());
  EXPECT_NE(copy->data, proto->raw_data().data());
}

TEST(TensorData, ScalarsAndEmptyOnes) {
  ::onnx::TensorProto scalar = makeTensor(::onnx::TensorProto::INT64, {});
  scalar.add_int64_data(7);
  rt::StatusOr<TensorData> tensor = read(scalar);
  ASSERT_TRUE(tensor.isOk());
  EXPECT_THAT(tensor->dims, IsEmpty());
  EXPECT_THAT(elementsOf<int64_t>(*tensor), ElementsAre(7));
  // A dimension of 0 makes the others harmless.
  tensor = read(
      makeTensor(::onnx::TensorProto::FLOAT, {INT64_MAX, 0, INT64_MAX - 1}));
  EXPECT_FALSE(tensor.isOk()); // but their product is still counted
  tensor = read(makeTensor(::onnx::TensorProto::FLOAT, {3, 0, 5}));
  ASSERT_TRUE(tensor.isOk());
  EXPECT_EQ(tensor->size, 0u);
  EXPECT_EQ(tensor->getNumElements(), 0);
}

TEST(TensorData, Strings) {
  ::onnx::TensorProto proto = makeTensor(::onnx::TensorProto::STRING, {2});
  proto.add_string_data("a");
  EXPECT_THAT(errorOf(proto), HasSubstr("holds 1 strings, expected 2"));
  proto.add_string_data(std::string("b\0c", 3));
  rt::StatusOr<TensorData> tensor = read(proto);
  ASSERT_TRUE(tensor.isOk());
  EXPECT_EQ(tensor->data, nullptr);
  EXPECT_THAT(tensor->strings, ElementsAre("a", std::string("b\0c", 3)));
}

//===----------------------------------------------------------------------===//
// What is wrong
//===----------------------------------------------------------------------===//

TEST(TensorData, WrongSizes) {
  ::onnx::TensorProto raw = makeTensor(::onnx::TensorProto::FLOAT, {2});
  raw.set_raw_data("1234567");
  EXPECT_EQ(errorOf(raw), "it holds 7 bytes, expected 8 for its shape");
  raw.set_raw_data("123456789");
  EXPECT_EQ(errorOf(raw), "it holds 9 bytes, expected 8 for its shape");
  ::onnx::TensorProto typed = makeTensor(::onnx::TensorProto::FLOAT, {2});
  typed.add_float_data(1);
  EXPECT_EQ(errorOf(typed), "it holds 1 elements, expected 2 for its shape");
  typed = makeTensor(::onnx::TensorProto::FLOAT, {1});
  typed.add_int32_data(1); // in another type's field
  EXPECT_EQ(errorOf(typed), "it holds 0 elements, expected 1 for its shape");
  ::onnx::TensorProto packed = makeTensor(22, {3});
  packed.set_raw_data("1");
  EXPECT_EQ(errorOf(packed), "it holds 1 bytes, expected 2 for its shape");
  packed = makeTensor(26, {5});
  packed.add_int32_data(1);
  EXPECT_EQ(errorOf(packed),
            "it holds 1 packed elements, expected 2 for its shape");
}

TEST(TensorData, WrongShapesAndTypes) {
  EXPECT_EQ(errorOf(makeTensor(1, {2, -3})), "it has a dimension of -3");
  EXPECT_THAT(errorOf(makeTensor(1, {INT64_MAX, 2})),
              HasSubstr("more elements than can be"));
  EXPECT_THAT(errorOf(makeTensor(1, {int64_t(1) << 50})),
              HasSubstr("more than any file holds"));
  EXPECT_THAT(errorOf(makeTensor(1, {int64_t(1) << 46})),
              HasSubstr("it holds 0 elements"));
  EXPECT_EQ(errorOf(makeTensor(14, {1})), "it has the unknown element type 14");
  EXPECT_EQ(errorOf(makeTensor(0, {1})), "it has the unknown element type 0");
  ::onnx::TensorProto segment = makeTensor(1, {1});
  segment.mutable_segment()->set_begin(0);
  EXPECT_THAT(errorOf(segment), HasSubstr("segments"));
}

TEST(CountElements, OverflowAndSigns) {
  EXPECT_EQ(*countElements({}), 1);
  EXPECT_EQ(*countElements({4, 5}), 20);
  EXPECT_EQ(*countElements({0, 5}), 0);
  EXPECT_EQ(*countElements({INT64_MAX}), INT64_MAX);
  EXPECT_FALSE(countElements({INT64_MAX, 2}).isOk());
  EXPECT_FALSE(countElements({0, -1}).isOk());
}

//===----------------------------------------------------------------------===//
// Sparse tensors
//===----------------------------------------------------------------------===//

/// [2, 3] of floats with 10 and 20 at `indices`.
::onnx::SparseTensorProto makeSparse(const std::vector<int64_t> &indices,
                                     const std::vector<int64_t> &indicesDims) {
  ::onnx::SparseTensorProto proto;
  proto.add_dims(2);
  proto.add_dims(3);
  *proto.mutable_values() = makeTensor(::onnx::TensorProto::FLOAT, {2});
  proto.mutable_values()->add_float_data(10);
  proto.mutable_values()->add_float_data(20);
  *proto.mutable_indices() =
      makeTensor(::onnx::TensorProto::INT64, indicesDims);
  for (int64_t index : indices)
    proto.mutable_indices()->add_int64_data(index);
  return proto;
}

rt::StatusOr<TensorData> readSparse(const ::onnx::SparseTensorProto &proto) {
  ExternalFiles files("");
  return readSparseTensor(proto, files);
}

std::string sparseErrorOf(const ::onnx::SparseTensorProto &proto) {
  rt::StatusOr<TensorData> tensor = readSparse(proto);
  return tensor.isOk() ? "no error" : tensor.getStatus().getMessage();
}

TEST(SparseTensor, PositionsAndCoordinates) {
  for (const auto &proto :
       {makeSparse({1, 5}, {2}), makeSparse({0, 1, 1, 2}, {2, 2})}) {
    rt::StatusOr<TensorData> tensor = readSparse(proto);
    ASSERT_TRUE(tensor.isOk()) << tensor.getStatus().getMessage();
    EXPECT_THAT(tensor->dims, ElementsAre(2, 3));
    EXPECT_THAT(elementsOf<float>(*tensor), ElementsAre(0, 10, 0, 0, 0, 20));
  }
}

TEST(SparseTensor, HostileIndices) {
  EXPECT_EQ(sparseErrorOf(makeSparse({1, 6}, {2})),
            "its index 1 is 6, expected one within [0, 6)");
  EXPECT_EQ(sparseErrorOf(makeSparse({-1, 2}, {2})),
            "its index 0 is -1, expected one within [0, 6)");
  // The position is inside, the coordinate is not.
  EXPECT_EQ(sparseErrorOf(makeSparse({0, 3, 1, 1}, {2, 2})),
            "its index 0 is 3 in axis 1, expected one within [0, 3)");
  EXPECT_EQ(sparseErrorOf(makeSparse({0, -1, 1, 1}, {2, 2})),
            "its index 0 is -1 in axis 1, expected one within [0, 3)");
  EXPECT_EQ(sparseErrorOf(makeSparse({5, 1}, {2})),
            "its indices are not in ascending order");
  EXPECT_EQ(sparseErrorOf(makeSparse({1, 1}, {2})),
            "its indices are not in ascending order");
  EXPECT_EQ(sparseErrorOf(makeSparse({1}, {1})),
            "its indices have the shape [1], expected [2] or [2, 2]");
  EXPECT_THAT(sparseErrorOf(makeSparse({0, 0, 0, 1, 1, 1}, {2, 3})),
              HasSubstr("indices have the shape [2, 3]"));
  EXPECT_THAT(sparseErrorOf(makeSparse({1, 2}, {2, 1, 1})),
              HasSubstr("indices have the shape [2, 1, 1]"));
  ::onnx::SparseTensorProto proto = makeSparse({1, 2}, {2});
  proto.set_dims(0, int64_t(1) << 40);
  EXPECT_THAT(sparseErrorOf(proto), HasSubstr("more than 2 GiB when dense"));
  proto.set_dims(0, -2);
  EXPECT_EQ(sparseErrorOf(proto), "it has a dimension of -2");
  proto = makeSparse({1, 2}, {2});
  proto.mutable_indices()->set_data_type(::onnx::TensorProto::INT32);
  EXPECT_THAT(sparseErrorOf(proto), HasSubstr("it holds 0 elements"));
}

} // namespace
