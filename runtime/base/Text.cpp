//===- Text.cpp -----------------------------------------------------------===//
//
// See Text.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"

#include <cstdio>

using namespace lz;

std::string rt::quote(std::string_view text) {
  return concat('\'', text, '\'');
}

std::string rt::formatDims(const int64_t *dims, size_t rank) {
  std::string out = "[";
  for (size_t i = 0; i < rank; ++i)
    out += concat(i == 0 ? "" : ", ", dims[i]);
  return out + "]";
}

std::string rt::escapeJson(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof(code), "\\u%04x", static_cast<unsigned>(c));
      out += code;
    } else {
      out.push_back(c);
    }
  }
  return out;
}
