//===- Numbers.cpp --------------------------------------------------------===//
//
// See Numbers.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Numbers.h"

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/HostValue.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>

using namespace lz;
using namespace lz::rt;

template <typename T> static void store(void *data, int64_t index, T element) {
  std::memcpy(static_cast<T *>(data) + index, &element, sizeof(T));
}

/// Rounds to the nearest half-precision number, ties to even.
static uint16_t roundToHalf(double number) {
  uint16_t sign = std::signbit(number) ? 0x8000 : 0;
  double magnitude = std::fabs(number);
  if (std::isnan(number))
    return 0x7e00;
  if (magnitude >= 65520)
    return sign | 0x7c00;
  int exponent = 0;
  std::frexp(magnitude, &exponent); // magnitude < 2^exponent
  exponent = std::max(exponent, -13);
  // Units of the last place, of which a normal number has 1024 to 2047; the
  // carry into the exponent comes by itself.
  auto units = static_cast<uint32_t>(
      std::nearbyint(std::ldexp(magnitude, 11 - exponent)));
  return static_cast<uint16_t>(
      sign | (static_cast<uint32_t>(exponent + 13) * 1024 + units));
}

static uint16_t roundToBrain(double number) {
  auto narrow = static_cast<float>(number);
  uint32_t bits;
  std::memcpy(&bits, &narrow, sizeof(bits));
  if (std::isnan(number))
    return 0x7fc0;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

template <typename T>
static void storeClamped(void *data, int64_t index, double number) {
  auto low = static_cast<double>(std::numeric_limits<T>::min());
  auto high = static_cast<double>(std::numeric_limits<T>::max());
  T element = std::isnan(number) ? T(0)
              : number <= low    ? std::numeric_limits<T>::min()
              : number >= high   ? std::numeric_limits<T>::max()
                                 : static_cast<T>(number);
  store(data, index, element);
}

void rt::writeNumber(fmt::DType dtype, void *data, int64_t index,
                     double number) {
  switch (dtype) {
  case fmt::DType_f32:
    return store(data, index, static_cast<float>(number));
  case fmt::DType_f64:
    return store(data, index, number);
  case fmt::DType_f16:
    return store(data, index, roundToHalf(number));
  case fmt::DType_bf16:
    return store(data, index, roundToBrain(number));
  case fmt::DType_i8:
    return storeClamped<int8_t>(data, index, number);
  case fmt::DType_i16:
    return storeClamped<int16_t>(data, index, number);
  case fmt::DType_i32:
    return storeClamped<int32_t>(data, index, number);
  case fmt::DType_i64:
    return storeClamped<int64_t>(data, index, number);
  case fmt::DType_u8:
    return storeClamped<uint8_t>(data, index, number);
  case fmt::DType_u16:
    return storeClamped<uint16_t>(data, index, number);
  case fmt::DType_u32:
    return storeClamped<uint32_t>(data, index, number);
  case fmt::DType_u64:
    return storeClamped<uint64_t>(data, index, number);
  default:
    return store(data, index, static_cast<uint8_t>(number != 0));
  }
}

void rt::writeInteger(fmt::DType dtype, void *data, int64_t index,
                      int64_t number) {
  // A double holds all that the smaller types do.
  if (dtype == fmt::DType_i64)
    store(data, index, number);
  else if (dtype == fmt::DType_u64)
    store(data, index, static_cast<uint64_t>(number));
  else
    writeNumber(dtype, data, index, static_cast<double>(number));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// The fewest significant digits that read back as the element, "-d.ddde-xx".
static std::string findDigits(fmt::DType dtype, const void *data,
                              int64_t index) {
  char text[64];
  double number = readNumber(dtype, data, index);
  if (dtype == fmt::DType_f64 || dtype == fmt::DType_f32) {
    auto wrote = dtype == fmt::DType_f64
                     ? std::to_chars(text, text + sizeof(text), number,
                                     std::chars_format::scientific)
                     : std::to_chars(text, text + sizeof(text),
                                     static_cast<float>(number),
                                     std::chars_format::scientific);
    return std::string(text, wrote.ptr);
  }
  for (int digits = 0; digits < 9; ++digits) {
    std::snprintf(text, sizeof(text), "%.*e", digits, number);
    double again = 0;
    std::from_chars(text, text + std::strlen(text), again);
    uint16_t rounded =
        dtype == fmt::DType_f16 ? roundToHalf(again) : roundToBrain(again);
    if (readNumber(dtype, &rounded, 0) == number)
      break;
  }
  return text;
}

static std::string formatFloat(fmt::DType dtype, const void *data,
                               int64_t index) {
  double number = readNumber(dtype, data, index);
  if (std::isnan(number))
    return "nan";
  if (std::isinf(number))
    return number < 0 ? "-inf" : "inf";
  std::string text = findDigits(dtype, data, index);
  size_t mark = text.find('e');
  int exponent = 0;
  // from_chars takes no plus sign.
  size_t begin = mark + (text[mark + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + begin, text.data() + text.size(), exponent);
  std::string sign = text[0] == '-' ? "-" : "";
  std::string digits;
  for (char c : text.substr(0, mark))
    if (c >= '0' && c <= '9')
      digits.push_back(c);
  if (number != 0 && (exponent < -4 || exponent >= 16))
    return text;
  if (exponent < 0)
    return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') +
           digits;
  auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole)
    digits.resize(whole, '0');
  std::string fraction = digits.substr(whole);
  return sign + digits.substr(0, whole) + "." +
         (fraction.empty() ? "0" : fraction);
}

std::string rt::formatElement(fmt::DType dtype, const void *data,
                              int64_t index) {
  if (dtype <= fmt::DType_bf16)
    return formatFloat(dtype, data, index);
  if (dtype == fmt::DType_boolean)
    return static_cast<const uint8_t *>(data)[index] ? "True" : "False";
  HostValue tensor;
  tensor.dtype = dtype;
  tensor.data = data;
  int64_t number = readInteger(tensor, index);
  return dtype == fmt::DType_u64 ? std::to_string(static_cast<uint64_t>(number))
                                 : std::to_string(number);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Status rt::parseElement(const std::string &text, fmt::DType dtype, void *data,
                        int64_t index) {
  size_t first = text.find_first_not_of(" \t\n\r");
  size_t last = text.find_last_not_of(" \t\n\r");
  auto refuse = [&] {
    return invalidArgument(concat(quote(text), " is not a number"));
  };
  if (first == std::string::npos)
    return refuse();
  if (text[first] == '+' && first < last && text[first + 1] != '-')
    ++first;
  const char *begin = text.data() + first, *end = text.data() + last + 1;
  if (dtype == fmt::DType_u64) {
    uint64_t number = 0;
    auto read = std::from_chars(begin, end, number);
    if (read.ec == std::errc() && read.ptr == end) {
      store(data, index, number);
      return Status::success();
    }
  }
  if (dtype > fmt::DType_bf16) {
    int64_t number = 0;
    auto read = std::from_chars(begin, end, number);
    if (read.ec == std::errc() && read.ptr == end && dtype != fmt::DType_u64) {
      writeInteger(dtype, data, index, number);
      return Status::success();
    }
  }
  double number = 0;
  auto read = std::from_chars(begin, end, number);
  if (read.ptr != end || read.ec == std::errc::invalid_argument)
    return refuse();
  if (read.ec == std::errc::result_out_of_range)
    number = std::strtod(std::string(begin, end).c_str(), nullptr);
  writeNumber(dtype, data, index, number);
  return Status::success();
}
