//===- TensorData.cpp -----------------------------------------------------===//
//
// See TensorData.h. A tensor's elements stand in raw_data, in one of the typed
// fields, or in a file beside the model.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/data/TensorData.h"

#include <cstring>

using namespace lz;
using namespace lz::onnximport;
namespace proto = ::onnx;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

// The numbers are TensorProto.DataType's, which older generated headers lack.
static const ElementInfo elementInfos[] = {
    {1, "float", fmt::DType_f32, 32},
    {2, "uint8", fmt::DType_u8, 8},
    {3, "int8", fmt::DType_i8, 8},
    {4, "uint16", fmt::DType_u16, 16},
    {5, "int16", fmt::DType_i16, 16},
    {6, "int32", fmt::DType_i32, 32},
    {7, "int64", fmt::DType_i64, 64},
    {8, "string", fmt::DType_string, 0},
    {9, "bool", fmt::DType_boolean, 8},
    {10, "float16", fmt::DType_f16, 16},
    {11, "double", fmt::DType_f64, 64},
    {12, "uint32", fmt::DType_u32, 32},
    {13, "uint64", fmt::DType_u64, 64},
    {16, "bfloat16", fmt::DType_bf16, 16},
    {17, "float8e4m3fn", fmt::DType_u8, 8, true},
    {18, "float8e4m3fnuz", fmt::DType_u8, 8, true},
    {19, "float8e5m2", fmt::DType_u8, 8, true},
    {20, "float8e5m2fnuz", fmt::DType_u8, 8, true},
    {21, "uint4", fmt::DType_u8, 4, true},
    {22, "int4", fmt::DType_i8, 4, true},
    {23, "float4e2m1", fmt::DType_u8, 4, true},
    {24, "float8e8m0", fmt::DType_u8, 8, true},
    {25, "uint2", fmt::DType_u8, 2, true},
    {26, "int2", fmt::DType_i8, 2, true},
};

const ElementInfo *onnximport::findElementInfo(int32_t onnx) {
  for (const ElementInfo &info : elementInfos)
    if (info.onnx == onnx)
      return &info;
  return nullptr;
}

const ElementInfo *onnximport::findElementInfo(const std::string &name) {
  for (const ElementInfo &info : elementInfos)
    if (name == info.name)
      return &info;
  return nullptr;
}

const ElementInfo &onnximport::getElementInfo(fmt::DType dtype) {
  for (const ElementInfo &info : elementInfos)
    if (!info.isLogical && info.storage == dtype)
      return info;
  return elementInfos[0];
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

rt::StatusOr<int64_t>
onnximport::countElements(const std::vector<int64_t> &dims) {
  int64_t count = 1;
  bool isEmpty = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      return rt::invalidArgument("it has a dimension of " +
                                 std::to_string(dim));
    isEmpty |= dim == 0;
    if (dim != 0 && __builtin_mul_overflow(count, dim, &count))
      return rt::invalidArgument(
          "it has more elements than can be counted in 64 bits");
  }
  return isEmpty ? 0 : count;
}

int64_t TensorData::getNumElements() const {
  rt::StatusOr<int64_t> count = countElements(dims);
  return count.isOk() ? *count : 0;
}

static rt::Status sizeError(size_t found, size_t expected, const char *unit) {
  return rt::invalidArgument("it holds " + std::to_string(found) + " " + unit +
                             ", expected " + std::to_string(expected) +
                             " for its shape");
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// Reads one message; the fields of the result appear one after the other.
class TensorReader {
public:
  TensorReader(const proto::TensorProto &proto, ExternalFiles &files,
               std::shared_ptr<const void> keepAlive)
      : proto(proto), files(files), keepAlive(std::move(keepAlive)) {}

  rt::StatusOr<TensorData> read();

private:
  rt::Status readBytes();
  rt::Status readExternal();
  rt::Status readFields();
  rt::Status readStrings();
  template <typename T, typename Field> rt::Status readField(const Field &field);
  rt::Status take(const char *bytes, size_t size,
                  std::shared_ptr<const void> owner);
  void unpack(const char *bytes);
  char *allocate(size_t size);

  const proto::TensorProto &proto;
  ExternalFiles &files;
  std::shared_ptr<const void> keepAlive;
  TensorData result;
  size_t count = 0;
};
} // namespace

char *TensorReader::allocate(size_t size) {
  // From operator new: aligned for every element type.
  std::shared_ptr<char> memory(new char[size ? size : 1],
                               std::default_delete<char[]>());
  result.data = memory.get();
  result.size = size;
  result.owner = memory;
  return memory.get();
}

/// Elements of 4 or 2 bits, the first in the lowest bits of a byte.
void TensorReader::unpack(const char *bytes) {
  int bits = result.element->bits, perByte = 8 / bits;
  bool isSigned = result.element->storage == fmt::DType_i8;
  char *out = allocate(count);
  for (size_t i = 0; i < count; ++i) {
    unsigned byte = static_cast<unsigned char>(bytes[i / perByte]);
    int value = (byte >> (i % perByte * bits)) & ((1u << bits) - 1);
    if (isSigned && value >= 1 << (bits - 1))
      value -= 1 << bits;
    out[i] = static_cast<char>(value);
  }
}

rt::Status TensorReader::take(const char *bytes, size_t size,
                              std::shared_ptr<const void> owner) {
  size_t bits = result.element->bits;
  size_t expected = bits < 8 ? (count * bits + 7) / 8 : count * (bits / 8);
  if (size != expected)
    return sizeError(size, expected, "bytes");
  if (bits < 8) {
    unpack(bytes);
    return rt::Status::success();
  }
  bool isAligned = reinterpret_cast<uintptr_t>(bytes) % (bits / 8) == 0;
  if (owner && isAligned) {
    result.data = bytes;
    result.size = size;
    result.owner = std::move(owner);
    return rt::Status::success();
  }
  std::memcpy(allocate(size), bytes, size);
  return rt::Status::success();
}

rt::Status TensorReader::readExternal() {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const auto &entry : proto.external_data()) {
    bool isNumber = !entry.value().empty() && entry.value().size() <= 18 &&
                    entry.value().find_first_not_of("0123456789") ==
                        std::string::npos;
    if (entry.key() == "location")
      location = entry.value();
    else if ((entry.key() == "offset" || entry.key() == "length") && !isNumber)
      return rt::invalidArgument("its external data has " + entry.key() +
                                 " '" + entry.value() + "', expected a number");
    else if (entry.key() == "offset")
      offset = std::stoull(entry.value());
    else if (entry.key() == "length")
      length = std::stoull(entry.value());
  }
  LZ_ASSIGN_OR_RETURN(std::shared_ptr<const rt::MappedFile> file,
                      files.open(location));
  if (offset > file->getSize() ||
      (length && *length > file->getSize() - offset))
    return rt::invalidArgument("its external data ends after the end of '" +
                               location + "', which has " +
                               std::to_string(file->getSize()) + " bytes");
  size_t available = file->getSize() - offset;
  size_t bits = result.element->bits;
  size_t needed = (count * bits + 7) / 8;
  if (!length && needed < available)
    length = needed;
  return take(reinterpret_cast<const char *>(file->getData()) + offset,
              length.value_or(available), file);
}

template <typename T, typename Field>
rt::Status TensorReader::readField(const Field &field) {
  int bits = result.element->bits;
  if (bits < 8) { // packed: an int32 holds as many elements as a byte does
    size_t numBytes = (count * bits + 7) / 8;
    if (static_cast<size_t>(field.size()) != numBytes)
      return sizeError(field.size(), numBytes, "packed elements");
    std::string packed(field.begin(), field.end());
    unpack(packed.data());
    return rt::Status::success();
  }
  if (static_cast<size_t>(field.size()) != count)
    return sizeError(field.size(), count, "elements");
  T *out = reinterpret_cast<T *>(allocate(count * sizeof(T)));
  for (int i = 0; i < field.size(); ++i)
    out[i] = static_cast<T>(field.Get(i));
  return rt::Status::success();
}

rt::Status TensorReader::readFields() {
  switch (result.element->storage) {
  case fmt::DType_f32:
    return readField<float>(proto.float_data());
  case fmt::DType_f64:
    return readField<double>(proto.double_data());
  case fmt::DType_i64:
    return readField<int64_t>(proto.int64_data());
  case fmt::DType_u64:
    return readField<uint64_t>(proto.uint64_data());
  case fmt::DType_u32:
    return readField<uint32_t>(proto.uint64_data());
  case fmt::DType_i32:
    return readField<int32_t>(proto.int32_data());
  case fmt::DType_f16:
  case fmt::DType_bf16:
  case fmt::DType_u16:
    return readField<uint16_t>(proto.int32_data());
  case fmt::DType_i16:
    return readField<int16_t>(proto.int32_data());
  default:
    return readField<uint8_t>(proto.int32_data());
  }
}

rt::Status TensorReader::readStrings() {
  if (static_cast<size_t>(proto.string_data_size()) != count)
    return sizeError(proto.string_data_size(), count, "strings");
  result.strings.assign(proto.string_data().begin(), proto.string_data().end());
  return rt::Status::success();
}

/// Elements stand in one field; more than one would be two answers.
static bool isFilledTwice(const proto::TensorProto &proto) {
  int filled = !proto.raw_data().empty();
  for (int size : {proto.float_data_size(), proto.double_data_size(),
                   proto.int32_data_size(), proto.int64_data_size(),
                   proto.uint64_data_size(), proto.string_data_size()})
    filled += size != 0;
  return filled > 1;
}

rt::Status TensorReader::readBytes() {
  if (isFilledTwice(proto))
    return rt::invalidArgument("it holds its elements twice, in two fields, "
                               "expected one");
  if (result.element->storage == fmt::DType_string)
    return readStrings();
  if (proto.has_data_location() &&
      proto.data_location() == proto::TensorProto::EXTERNAL)
    return readExternal();
  if (proto.has_raw_data() && (!proto.raw_data().empty() || count == 0))
    return take(proto.raw_data().data(), proto.raw_data().size(), keepAlive);
  return readFields();
}

rt::StatusOr<TensorData> TensorReader::read() {
  result.element = findElementInfo(proto.data_type());
  if (!result.element)
    return rt::invalidArgument("it has the unknown element type " +
                               std::to_string(proto.data_type()));
  if (proto.has_segment())
    return rt::invalidArgument("it is stored in segments, which no version of "
                               "ONNX defines");
  result.dims.assign(proto.dims().begin(), proto.dims().end());
  LZ_ASSIGN_OR_RETURN(int64_t elements, countElements(result.dims));
  // No message is larger than 2 GB, no file than 2^47: no overflow below.
  if (elements >= int64_t(1) << 47)
    return rt::invalidArgument("it has " + std::to_string(elements) +
                               " elements, more than any file holds");
  count = elements;
  LZ_RETURN_IF_ERROR(readBytes());
  return std::move(result);
}

rt::StatusOr<TensorData>
onnximport::readTensor(const proto::TensorProto &proto, ExternalFiles &files,
                       std::shared_ptr<const void> keepAlive) {
  return TensorReader(proto, files, std::move(keepAlive)).read();
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void onnximport::writeTensor(const ElementInfo &element,
                             const std::vector<int64_t> &dims, const void *data,
                             proto::TensorProto &proto) {
  proto.Clear();
  proto.set_data_type(element.onnx);
  size_t count = 1;
  for (int64_t dim : dims) {
    proto.add_dims(dim);
    count *= dim;
  }
  const char *bytes = static_cast<const char *>(data);
  if (element.bits >= 8) {
    proto.set_raw_data(bytes, count * (element.bits / 8));
    return;
  }
  int perByte = 8 / element.bits;
  std::string packed((count + perByte - 1) / perByte, '\0');
  for (size_t i = 0; i < count; ++i)
    packed[i / perByte] |=
        (static_cast<unsigned char>(bytes[i]) & ((1u << element.bits) - 1))
        << (i % perByte * element.bits);
  proto.set_raw_data(packed);
}
