//===- Utf8.h - Characters of strings -------------------------------------===//
//
// Strings are bytes; where characters matter they are UTF-8. A byte that is no
// part of a character is a character of its own.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_UTF8_H
#define LAZULI_RUNTIME_HOST_OPS_UTF8_H

#include <cstdint>
#include <string>
#include <string_view>

namespace lz::rt {

/// Bytes that belong to no character: invalidByte + the byte, beyond Unicode.
constexpr uint32_t invalidByte = 0x110000;

/// The character at `at`, which is moved behind it. `at` < text.size().
inline uint32_t decodeCharacter(std::string_view text, size_t &at) {
  auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t(0);
  };
  uint8_t first = byte(at);
  unsigned size = first < 0x80           ? 1
                  : (first >> 5) == 0x06 ? 2
                  : (first >> 4) == 0x0e ? 3
                  : (first >> 3) == 0x1e ? 4
                                         : 0;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t code = size == 1 ? first : first & (0x7fu >> size);
  bool isValid = size > 0;
  for (unsigned i = 1; i < size; ++i) {
    isValid = isValid && (byte(at + i) >> 6) == 0x02;
    code = code << 6 | (byte(at + i) & 0x3fu);
  }
  if (!isValid || code < least[size] || code >= invalidByte) {
    ++at;
    return invalidByte + first;
  }
  at += size;
  return code;
}

inline void encodeCharacter(std::string &out, uint32_t code) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code >= invalidByte) {
    put(code - invalidByte);
  } else if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_UTF8_H
