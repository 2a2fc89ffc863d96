//===- Array.cpp ------------------------------------------------------------===//
//
// See Array.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Array.h"

#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

using namespace lz;
using namespace lz::cli;

bool cli::isFloat(DType dtype) {
  return dtype == fmt::DType_f32 || dtype == fmt::DType_f64 || dtype == fmt::DType_f16 ||
         dtype == fmt::DType_bf16;
}

bool cli::isUnsigned(DType dtype) {
  return dtype >= fmt::DType_u8 && dtype <= fmt::DType_boolean;
}

int64_t cli::countElements(const std::vector<int64_t> &dims, const std::string &what) {
  int64_t count = 1;
  bool overflow = false, isEmpty = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      fail(what, " has the dimension ", dim, ", expected none below 0");
    isEmpty |= dim == 0;
    overflow |= dim > 0 && __builtin_mul_overflow(count, dim, &count);
  }
  if (isEmpty)
    return 0;
  if (overflow || count > (int64_t(1) << 46))
    fail(what, " has dimensions ", rt::formatDims(dims.data(), dims.size()),
         ", expected sizes that memory can hold");
  return count;
}

Array::Array(DType dtype, std::vector<int64_t> newDims) : dtype(dtype), dims(std::move(newDims)) {
  numElements = countElements(dims, "an array");
  size_t bytes = (getSizeBytes() + 63) / 64 * 64;
  void *memory = std::aligned_alloc(64, std::max<size_t>(bytes, 64));
  if (!memory)
    throw Failure(ExitCode::BadInput, "RESOURCE_EXHAUSTED",
                  rt::concat("there is no memory for ", describe()));
  std::memset(memory, 0, std::max<size_t>(bytes, 64));
  data = std::shared_ptr<uint8_t>(static_cast<uint8_t *>(memory), std::free);
}

size_t Array::getSizeBytes() const {
  return static_cast<size_t>(numElements) * static_cast<size_t>(rt::getDTypeBytes(dtype));
}

namespace {
/// Calls `function` with a value of the C++ type that stores `dtype`; the two
/// 16-bit float types are handled by the caller.
template <typename Function> auto visitType(DType dtype, Function function) {
  switch (dtype) {
  case fmt::DType_f32:
    return function(float());
  case fmt::DType_f64:
    return function(double());
  case fmt::DType_i8:
    return function(int8_t());
  case fmt::DType_i16:
    return function(int16_t());
  case fmt::DType_i32:
    return function(int32_t());
  case fmt::DType_i64:
    return function(int64_t());
  case fmt::DType_u16:
  case fmt::DType_f16:
  case fmt::DType_bf16:
    return function(uint16_t());
  case fmt::DType_u32:
    return function(uint32_t());
  case fmt::DType_u64:
    return function(uint64_t());
  default:
    return function(uint8_t());
  }
}

template <typename T> T clampTo(double value) {
  if (std::isnan(value))
    return 0;
  double rounded = std::nearbyint(value);
  // The limits of 64-bit types are not exact doubles; >= and <= are still right.
  if (rounded >= static_cast<double>(std::numeric_limits<T>::max()))
    return std::numeric_limits<T>::max();
  if (rounded <= static_cast<double>(std::numeric_limits<T>::lowest()))
    return std::numeric_limits<T>::lowest();
  return static_cast<T>(rounded);
}
} // namespace

double Array::getDouble(int64_t position) const {
  if (dtype == fmt::DType_f16 || dtype == fmt::DType_bf16) {
    uint16_t bits = reinterpret_cast<const uint16_t *>(data.get())[position];
    return dtype == fmt::DType_f16 ? halfToFloat(bits) : bfloatToFloat(bits);
  }
  return visitType(dtype, [&](auto zero) {
    return static_cast<double>(reinterpret_cast<const decltype(zero) *>(data.get())[position]);
  });
}

void Array::setDouble(int64_t position, double value) {
  if (dtype == fmt::DType_f16 || dtype == fmt::DType_bf16) {
    reinterpret_cast<uint16_t *>(data.get())[position] =
        dtype == fmt::DType_f16 ? doubleToHalf(value) : doubleToBfloat(value);
    return;
  }
  if (dtype == fmt::DType_boolean) {
    data.get()[position] = value != 0;
    return;
  }
  visitType(dtype, [&](auto zero) {
    using T = decltype(zero);
    T &element = reinterpret_cast<T *>(data.get())[position];
    if constexpr (std::is_floating_point_v<T>)
      element = static_cast<T>(value);
    else
      element = clampTo<T>(value);
  });
}

int64_t Array::getInt(int64_t position) const {
  if (isFloat(dtype))
    return static_cast<int64_t>(getDouble(position));
  return visitType(dtype, [&](auto zero) {
    return static_cast<int64_t>(reinterpret_cast<const decltype(zero) *>(data.get())[position]);
  });
}

Array Array::reshaped(std::vector<int64_t> newDims) const {
  if (countElements(newDims, "an array") != numElements)
    fail(describe(), " cannot be seen as ", rt::formatDims(newDims.data(), newDims.size()));
  Array result = *this;
  result.dims = std::move(newDims);
  return result;
}

Array Array::rows(int64_t begin, int64_t end) const {
  Array result = *this;
  int64_t perRow = dims[0] ? numElements / dims[0] : 0;
  result.dims[0] = end - begin;
  result.numElements = perRow * (end - begin);
  size_t offset = static_cast<size_t>(begin * perRow) *
                  static_cast<size_t>(rt::getDTypeBytes(dtype));
  result.data = std::shared_ptr<uint8_t>(data, data.get() + offset);
  return result;
}

Array Array::convertedTo(DType newDType) const {
  if (newDType == dtype)
    return *this;
  Array result(newDType, dims);
  for (int64_t i = 0; i < numElements; ++i)
    result.setDouble(i, getDouble(i));
  return result;
}

std::string Array::describe() const {
  return rt::concat(rt::getDTypeName(dtype), rt::formatDims(dims.data(), dims.size()));
}

Array cli::concatenate(const std::vector<Array> &parts, const std::string &what) {
  if (parts.size() == 1)
    return parts.front();
  std::vector<int64_t> dims = parts.front().getDims();
  if (dims.empty())
    fail(what, " are scalars, expected at least one dimension to join them along");
  dims[0] = 0;
  for (const Array &part : parts) {
    std::vector<int64_t> rest = part.getDims();
    bool fits = part.getDType() == parts.front().getDType() && rest.size() == dims.size() &&
                std::equal(rest.begin() + 1, rest.end(), dims.begin() + 1);
    if (!fits)
      fail(what, " cannot be joined: one is ", parts.front().describe(), ", another ",
           part.describe());
    dims[0] += rest[0];
  }
  Array result(parts.front().getDType(), dims);
  uint8_t *out = result.getData();
  for (const Array &part : parts) {
    std::memcpy(out, part.getData(), part.getSizeBytes());
    out += part.getSizeBytes();
  }
  return result;
}

/// SplitMix64: a counter hashed to well mixed bits.
static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

Array cli::randomArray(DType dtype, std::vector<int64_t> dims, uint64_t seed,
                       const std::string &stream, int64_t intLimit) {
  Array result(dtype, std::move(dims));
  // Integers that are no 0 or 1 make a mask of attention one of infinities.
  bool isMask = stream.find("mask") != std::string::npos;
  uint64_t key = mix(seed);
  for (char c : stream)
    key = mix(key ^ static_cast<uint8_t>(c));
  for (int64_t i = 0; i < result.getNumElements(); ++i) {
    double unit = static_cast<double>(mix(key + static_cast<uint64_t>(i)) >> 11) * 0x1p-53;
    if (isFloat(dtype))
      result.setDouble(i, 2 * unit - 1);
    else if (dtype == fmt::DType_boolean)
      result.setDouble(i, unit < 0.5);
    else if (isMask)
      result.setDouble(i, 1);
    else
      result.setDouble(i, std::floor(unit * static_cast<double>(std::max<int64_t>(intLimit, 1))));
  }
  return result;
}
