//===- Print.cpp ------------------------------------------------------------===//
//
// See Print.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace lz;
using namespace lz::cli;

namespace {

class Printer {
public:
  Printer(const Array &array, const std::string &indent)
      : array(array), indent(indent), isLong(array.getNumElements() > 200) {}

  std::string format() {
    visit(0, 0, [&](int64_t position) {
      width = std::max(width, formatElement(position).size());
    });
    append(0, 0);
    return out;
  }

private:
  static constexpr int64_t edge = 3;

  /// Indices of an axis that are shown; -1 stands for those that are not.
  std::vector<int64_t> shown(size_t axis) const {
    int64_t size = array.getDims()[axis];
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < size; ++i) {
      if (isLong && size > 2 * edge && i >= edge && i < size - edge) {
        indices.push_back(-1);
        i = size - edge - 1;
        continue;
      }
      indices.push_back(i);
    }
    return indices;
  }

  template <typename Function> void visit(size_t axis, int64_t position, Function function) {
    if (axis == array.getRank()) {
      function(position);
      return;
    }
    for (int64_t i : shown(axis))
      if (i >= 0)
        visit(axis + 1, position * array.getDims()[axis] + i, function);
  }

  std::string formatElement(int64_t position) const {
    char text[48];
    DType dtype = array.getDType();
    if (dtype == fmt::DType_boolean)
      return array.getInt(position) ? "true" : "false";
    if (dtype == fmt::DType_u64)
      return std::to_string(static_cast<uint64_t>(array.getInt(position)));
    if (!isFloat(dtype))
      return std::to_string(array.getInt(position));
    std::snprintf(text, sizeof(text), "%.5g", array.getDouble(position));
    return text;
  }

  void append(size_t axis, int64_t position) {
    if (axis == array.getRank()) {
      std::string text = formatElement(position);
      out.append(array.getRank() ? width - text.size() : 0, ' ');
      out += text;
      return;
    }
    bool isInner = axis + 1 == array.getRank();
    bool isFirst = true;
    out += '[';
    for (int64_t i : shown(axis)) {
      if (!isFirst)
        out += isInner ? ", " : ",\n" + indent + std::string(axis + 1, ' ');
      isFirst = false;
      if (i < 0)
        out += "...";
      else
        append(axis + 1, position * array.getDims()[axis] + i);
    }
    out += ']';
  }

  const Array &array;
  const std::string &indent;
  bool isLong;
  size_t width = 0;
  std::string out;
};

} // namespace

std::string cli::formatElements(const Array &array, const std::string &indent) {
  return Printer(array, indent).format();
}
