//===- Text.h - Puts messages together ------------------------------------===//
//
// Error texts are made of strings and numbers; this spares every place a
// stream. Only used where something has failed already or at load time.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_BASE_TEXT_H
#define LAZULI_RUNTIME_BASE_TEXT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace lz::rt {

namespace detail {
inline void append(std::string &out, std::string_view text) {
  out.append(text);
}
inline void append(std::string &out, char c) { out.push_back(c); }
template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
void append(std::string &out, T number) {
  out.append(std::to_string(number));
}
} // namespace detail

/// All arguments as one string.
template <typename... Args> std::string concat(const Args &...args) {
  std::string out;
  (detail::append(out, args), ...);
  return out;
}

/// `text` in single quotes.
std::string quote(std::string_view text);

/// "[1, 3, 224]".
std::string formatDims(const int64_t *dims, size_t rank);

/// `text` with quotes, backslashes and control characters escaped for JSON,
/// without quotes around.
std::string escapeJson(std::string_view text);

} // namespace lz::rt

#endif // LAZULI_RUNTIME_BASE_TEXT_H
