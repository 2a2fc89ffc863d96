//===- Html.cpp ---------------------------------------------------------------===//
//
// See Html.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Html.h"

#include <algorithm>
#include <cctype>

using namespace lz;

std::string cli::escapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string cli::encodeBase64(std::string_view bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

std::string cli::markOpenDims(const std::string &type, const char *tag) {
  size_t open = type.find('[');
  if (open == std::string::npos || type.back() != ']')
    return escapeHtml(type);
  std::string out = escapeHtml(type.substr(0, open + 1));
  std::string dims = type.substr(open + 1, type.size() - open - 2);
  for (size_t begin = 0; begin < dims.size();) {
    size_t end = std::min(dims.find(',', begin), dims.size());
    while (begin < end && dims[begin] == ' ')
      ++begin;
    std::string dim = dims.substr(begin, end - begin);
    bool isNumber = !dim.empty() && std::all_of(dim.begin(), dim.end(), [](unsigned char c) {
      return std::isdigit(c);
    });
    dim.erase(std::remove(dim.begin(), dim.end(), '"'), dim.end()); // around names with dots
    std::string text = escapeHtml(dim == "..." ? "…" : dim);
    out += isNumber ? text
                    : std::string("<") + tag + " class=\"open\">" + text + "</" + tag + ">";
    if (end < dims.size())
      out += ", ";
    begin = end + 1;
  }
  return out + "]";
}

std::string cli::shorten(const std::string &text, size_t width) {
  size_t shown = 0, i = 0;
  for (; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && shown++ == width)
      break;
  if (i == text.size())
    return text;
  size_t end = i;
  do
    --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80);
  return text.substr(0, end) + "…";
}
