//===- Format.cpp -----------------------------------------------------------===//
//
// See Format.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/Format.h"

#include <algorithm>
#include <cstdio>

using namespace lz;
using namespace lz::cli;

std::string cli::formatNumber(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

static std::string formatScaled(uint64_t count, const char *unit) {
  static const char *const prefixes[] = {"", "k", "M", "G", "T"};
  auto value = static_cast<double>(count);
  size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < std::size(prefixes)) {
    value /= 1000;
    ++prefix;
  }
  return formatNumber(value, prefix == 0 || value >= 99.5 ? 0 : 1) + " " + prefixes[prefix] + unit;
}

std::string cli::formatBytes(uint64_t bytes) { return formatScaled(bytes, "B"); }

std::string cli::formatFlops(uint64_t flops) { return formatScaled(flops, "FLOP"); }

std::string cli::formatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(i - 3, ",");
  return digits;
}

std::string cli::formatQuantity(uint64_t count, const std::string &noun) {
  return formatCount(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string cli::formatSeconds(double seconds) {
  double scaled = seconds * 1e6;
  const char *unit = " µs";
  if (seconds >= 1) {
    scaled = seconds;
    unit = " s";
  } else if (seconds >= 1e-3) {
    scaled = seconds * 1e3;
    unit = " ms";
  }
  return formatNumber(scaled, scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2) + unit;
}

size_t cli::getDisplayWidth(const std::string &text) {
  size_t width = 0;
  for (char c : text)
    width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return width;
}

std::string Table::format(const std::string &indent) const {
  std::vector<size_t> widths(alignment.size(), 0);
  for (const std::vector<std::string> &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], getDisplayWidth(row[i]));
  std::string out;
  for (const std::vector<std::string> &row : rows) {
    std::string line = indent;
    for (size_t i = 0; i < row.size(); ++i) {
      std::string space(widths[i] - getDisplayWidth(row[i]), ' ');
      line += alignment[i] == 'r' ? space + row[i] : row[i] + space;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}
