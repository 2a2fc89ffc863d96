//===- Format.h - Numbers and tables for people -----------------------------===//
//
// Sizes, times and columns, the same in every command and in reports.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_FORMAT_H
#define LAZULI_TOOLS_LAZULI_FORMAT_H

#include <cstdint>
#include <string>
#include <vector>

namespace lz::cli {

/// "1.5 MB", "12.0 kB".
std::string formatBytes(uint64_t bytes);
/// "1.5 MFLOP", "120 FLOP".
std::string formatFlops(uint64_t flops);
/// "1,234".
std::string formatCount(uint64_t count);
/// "1 run", "1,234 runs".
std::string formatQuantity(uint64_t count, const std::string &noun);
/// "12.3 µs", "4.56 ms", "1.20 s".
std::string formatSeconds(double seconds);
/// With `digits` digits after the point.
std::string formatNumber(double value, int digits);

/// The number of characters that a terminal shows for UTF-8 text.
size_t getDisplayWidth(const std::string &text);

/// Columns of text padded to the widest cell. `alignment` has one letter per
/// column: l or r.
class Table {
public:
  explicit Table(std::string alignment) : alignment(std::move(alignment)) {}
  void add(std::vector<std::string> cells) { rows.push_back(std::move(cells)); }
  std::string format(const std::string &indent = "") const;

private:
  std::string alignment;
  std::vector<std::vector<std::string>> rows;
};

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_FORMAT_H
