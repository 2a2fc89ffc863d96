//===- HostValue.cpp ------------------------------------------------------===//
//
// See HostValue.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/HostValue.h"

#include "runtime/base/Text.h"
#include "runtime/format/Check.h"

#include <cmath>
#include <cstring>
#include <type_traits>

using namespace lz;
using namespace lz::rt;

int64_t rt::getNumElements(const std::vector<int64_t> &dims) {
  int64_t product = 1;
  for (int64_t dim : dims)
    product *= dim;
  return product;
}

template <typename T> static T readAs(const void *data, int64_t index) {
  T element; // a user's scalar need not be aligned
  std::memcpy(&element, static_cast<const T *>(data) + index, sizeof(T));
  return element;
}

/// The value of the 16 bits of a half-precision number.
static float readHalf(uint16_t bits) {
  int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude = mantissa == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  else
    magnitude = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

static float readBrain(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

/// Calls `body` with the element as a double (all floats), an int64_t or a
/// uint64_t.
template <typename Body>
static auto visitElement(fmt::DType dtype, const void *data, int64_t index,
                         const Body &body) {
  switch (dtype) {
  case fmt::DType_f32:
    return body(double(readAs<float>(data, index)));
  case fmt::DType_f64:
    return body(readAs<double>(data, index));
  case fmt::DType_f16:
    return body(double(readHalf(readAs<uint16_t>(data, index))));
  case fmt::DType_bf16:
    return body(double(readBrain(readAs<uint16_t>(data, index))));
  case fmt::DType_i8:
    return body(int64_t(readAs<int8_t>(data, index)));
  case fmt::DType_i16:
    return body(int64_t(readAs<int16_t>(data, index)));
  case fmt::DType_i32:
    return body(int64_t(readAs<int32_t>(data, index)));
  case fmt::DType_i64:
    return body(readAs<int64_t>(data, index));
  case fmt::DType_u16:
    return body(uint64_t(readAs<uint16_t>(data, index)));
  case fmt::DType_u32:
    return body(uint64_t(readAs<uint32_t>(data, index)));
  case fmt::DType_u64:
    return body(readAs<uint64_t>(data, index));
  default:
    return body(uint64_t(readAs<uint8_t>(data, index)));
  }
}

int64_t rt::readInteger(const HostValue &value, int64_t index) {
  return visitElement(value.dtype, value.data, index, [](auto element) {
    return static_cast<int64_t>(element);
  });
}

double rt::readNumber(fmt::DType dtype, const void *data, int64_t index) {
  return visitElement(dtype, data, index, [](auto element) {
    return static_cast<double>(element);
  });
}

static uint64_t orderElement(double element) {
  if (std::isnan(element))
    return UINT64_MAX;
  if (element == 0)
    element = 0; // of the two zeros the positive one
  uint64_t bits;
  std::memcpy(&bits, &element, sizeof(bits));
  return bits >> 63 ? ~bits : bits | (uint64_t(1) << 63);
}

static uint64_t orderElement(int64_t element) {
  return static_cast<uint64_t>(element) ^ (uint64_t(1) << 63);
}

static uint64_t orderElement(uint64_t element) { return element; }

uint64_t rt::readOrdered(fmt::DType dtype, const void *data, int64_t index) {
  return visitElement(dtype, data, index,
                      [](auto element) { return orderElement(element); });
}

StatusOr<HostValue> rt::makeTensor(fmt::DType dtype, std::vector<int64_t> dims,
                                   HostMemory &memory) {
  uint64_t numBytes = 0;
  if (!getNumBytes(dtype, dims, numBytes))
    return resourceExhausted(concat("a result would have dimensions ",
                                    formatDims(dims.data(), dims.size())));
  HostValue value;
  value.dtype = dtype;
  value.dims = std::move(dims);
  LZ_ASSIGN_OR_RETURN(value.buffer, memory.allocate(numBytes));
  value.data = value.buffer->getData();
  return value;
}

HostValue rt::makeStrings(std::vector<int64_t> dims,
                          std::vector<std::string> strings) {
  HostValue value;
  value.kind = fmt::ValueKind_Strings;
  value.dtype = fmt::DType_string;
  value.dims = std::move(dims);
  value.strings =
      std::make_shared<std::vector<std::string>>(std::move(strings));
  return value;
}

HostValue rt::makeSequence(fmt::DType dtype, std::vector<HostValue> elements) {
  HostValue value;
  value.kind = fmt::ValueKind_Sequence;
  value.dtype = dtype;
  value.elements =
      std::make_shared<std::vector<HostValue>>(std::move(elements));
  return value;
}

std::shared_ptr<std::vector<HostValue>> rt::takeElements(HostValue &value) {
  if (value.elements.use_count() == 1)
    return std::move(value.elements);
  return std::make_shared<std::vector<HostValue>>(*value.elements);
}
