//===- Print.cpp ------------------------------------------------------------===//
//
// See Print.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Print.h"

#include "runtime/base/Text.h"
#include "tools/lazuli/io/Json.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

using namespace lz;
using namespace lz::cli;

namespace {

/// The text of the element at a position.
using FormatElement = std::function<std::string(int64_t position)>;

class Printer {
public:
  Printer(const std::vector<int64_t> &dims, int64_t numElements, FormatElement formatElement,
          const std::string &indent, bool isNumeric)
      : dims(dims), formatElement(std::move(formatElement)), indent(indent),
        isLong(numElements > 200), isNumeric(isNumeric) {}

  std::string format() {
    // A scalar needs no column, and text of other scripts has no width in bytes.
    bool isAligned = !dims.empty() && isNumeric;
    visit(0, 0, [&](int64_t position) {
      if (!isAligned)
        return;
      width = std::max(width, formatElement(position).size());
    });
    append(0, 0);
    return out;
  }

private:
  static constexpr int64_t edge = 3;

  /// Indices of an axis that are shown; -1 stands for those that are not.
  std::vector<int64_t> shown(size_t axis) const {
    int64_t size = dims[axis];
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
    if (axis == dims.size()) {
      function(position);
      return;
    }
    for (int64_t i : shown(axis))
      if (i >= 0)
        visit(axis + 1, position * dims[axis] + i, function);
  }

  void append(size_t axis, int64_t position) {
    if (axis == dims.size()) {
      std::string text = formatElement(position);
      out.append(text.size() < width ? width - text.size() : 0, ' ');
      out += text;
      return;
    }
    bool isInner = axis + 1 == dims.size();
    bool isFirst = true;
    out += '[';
    for (int64_t i : shown(axis)) {
      if (!isFirst)
        out += isInner ? ", " : ",\n" + indent + std::string(axis + 1, ' ');
      isFirst = false;
      if (i < 0)
        out += "...";
      else
        append(axis + 1, position * dims[axis] + i);
    }
    out += ']';
  }

  const std::vector<int64_t> &dims;
  FormatElement formatElement;
  const std::string &indent;
  bool isLong, isNumeric;
  size_t width = 0;
  std::string out;
};

} // namespace

static std::string formatElement(const Array &array, int64_t position) {
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

std::string cli::formatElements(const Array &array, const std::string &indent) {
  auto format = [&](int64_t position) { return formatElement(array, position); };
  return Printer(array.getDims(), array.getNumElements(), format, indent, /*isNumeric=*/true)
      .format();
}

std::string cli::formatValue(const Value &value, const std::string &indent) {
  if (value.isTensor())
    return indent + formatElements(value.getArray(), indent) + "\n";
  if (value.getKind() == fmt::ValueKind_Strings) {
    auto quote = [&](int64_t position) {
      return dumpJson(value.getStrings()[static_cast<size_t>(position)]);
    };
    auto count = static_cast<int64_t>(value.getStrings().size());
    Printer printer(value.getDims(), count, quote, indent, /*isNumeric=*/false);
    return indent + printer.format() + "\n";
  }
  std::string text;
  size_t index = 0;
  for (const Value &element : value.getElements())
    text += rt::concat(indent, '[', index++, "] ", element.describe(), '\n',
                       formatValue(element, indent + "  "));
  return text;
}
