//===- Json.cpp ---------------------------------------------------------------===//
//
// See Json.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Json.h"

#include "tools/lazuli/Failure.h"

#include <charconv>
#include <cmath>

using namespace lz;
using namespace lz::cli;

namespace {
/// Follows a text that was refused to the element that was at fault.
class PathFinder : public Json::json_sax_t {
public:
  bool null() override { return leave(); }
  bool boolean(bool) override { return leave(); }
  bool number_integer(number_integer_t) override { return leave(); }
  bool number_unsigned(number_unsigned_t) override { return leave(); }
  bool number_float(number_float_t, const string_t &) override { return leave(); }
  bool string(string_t &) override { return leave(); }
  bool binary(binary_t &) override { return leave(); }
  bool start_object(size_t) override { return enter(false); }
  bool start_array(size_t) override { return enter(true); }
  bool end_object() override { return levels.pop_back(), leave(); }
  bool end_array() override { return levels.pop_back(), leave(); }
  bool key(string_t &name) override { return levels.back().key = name, true; }
  bool parse_error(size_t, const std::string &, const Json::exception &) override {
    return false;
  }

  /// "images[3][0]"; empty for the whole text.
  std::string format() const {
    std::string path;
    for (const Level &level : levels)
      path += level.isArray ? rt::concat('[', level.index, ']')
                            : (path.empty() ? "" : ".") + level.key;
    return path;
  }

private:
  struct Level {
    bool isArray;
    size_t index = 0;
    std::string key;
  };
  bool enter(bool isArray) {
    levels.push_back({isArray, 0, ""});
    return true;
  }
  bool leave() {
    if (!levels.empty())
      ++levels.back().index;
    return true;
  }
  std::vector<Level> levels;
};
} // namespace

[[noreturn]] static void failOverflow(const std::string &text, const std::string &name) {
  PathFinder finder;
  (void)Json::sax_parse(text, &finder);
  std::string path = finder.format();
  fail(rt::quote(name), " holds a number beyond what f64 can hold", path.empty() ? "" : " at ",
       path);
}

Json cli::parseJson(const std::string &text, const std::string &name) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error &error) {
    fail(rt::quote(name), " is no JSON: error at byte ", error.byte);
  } catch (const Json::out_of_range &) {
    failOverflow(text, name);
  } catch (const Json::exception &error) {
    fail(rt::quote(name), " cannot be read as JSON: ", error.what());
  }
}

namespace {

class ArrayBuilder {
public:
  ArrayBuilder(DType dtype, const std::string &name) : dtype(dtype), name(name) {}

  Array build(const Json &value) {
    std::vector<int64_t> dims;
    for (const Json *level = &value; level->is_array(); level = &level->front()) {
      dims.push_back(static_cast<int64_t>(level->size()));
      if (level->empty())
        break;
      if (dims.size() > 32)
        fail(rt::quote(name), " is nested too deeply, expected at most 32 levels");
    }
    Array array(dtype, dims);
    fill(array, value, 0);
    return array;
  }

private:
  void fill(Array &array, const Json &value, size_t depth) {
    if (depth == array.getRank()) {
      store(array, value);
      return;
    }
    if (!value.is_array() || static_cast<int64_t>(value.size()) != array.getDims()[depth])
      fail(rt::quote(name), " has lists of different lengths, expected a full tensor");
    for (const Json &row : value)
      fill(array, row, depth + 1);
  }

  void store(Array &array, const Json &value) {
    double number = 0;
    if (value.is_string() && isFloat(dtype))
      number = parseSpecial(value.get<std::string>());
    else if (value.is_number())
      number = value.get<double>();
    else if (value.is_boolean())
      number = value.get<bool>() ? 1 : 0;
    else
      fail(rt::quote(name), " holds ", value.type_name(), " where a number is expected");
    bool isWide = value.is_number_integer() && rt::getDTypeBytes(dtype) == 8 && !isFloat(dtype);
    if (isWide)
      storeWide(array, value);
    else
      array.setDouble(position, number);
    bool isExact = isFloat(dtype) || isWide || array.getDouble(position) == number;
    if (!isExact)
      fail(rt::quote(name), " holds ", value.dump(), ", expected values of ",
           rt::getDTypeName(dtype));
    ++position;
  }

  void storeWide(Array &array, const Json &value) {
    bool isNegative = !value.is_number_unsigned() && value.get<int64_t>() < 0;
    bool fits = dtype == fmt::DType_u64
                    ? !isNegative
                    : isNegative || value.get<uint64_t>() <= INT64_MAX;
    if (!fits)
      fail(rt::quote(name), " holds ", value.dump(), ", expected values of ",
           rt::getDTypeName(dtype));
    reinterpret_cast<uint64_t *>(array.getData())[position] =
        isNegative ? static_cast<uint64_t>(value.get<int64_t>()) : value.get<uint64_t>();
  }

  double parseSpecial(const std::string &text) const {
    if (text == "nan")
      return std::nan("");
    if (text == "inf" || text == "-inf")
      return text[0] == '-' ? -INFINITY : INFINITY;
    fail(rt::quote(name), " holds the text ", rt::quote(text),
         ", expected a number, 'nan', 'inf' or '-inf'");
  }

  DType dtype;
  const std::string &name;
  int64_t position = 0;
};

} // namespace

Array cli::arrayFromJson(const Json &value, DType dtype, const std::string &name) {
  return ArrayBuilder(dtype, name).build(value);
}

Json cli::elementToJson(const Array &array, int64_t position) {
  DType dtype = array.getDType();
  if (dtype == fmt::DType_boolean)
    return array.getInt(position) != 0;
  if (dtype == fmt::DType_u64)
    return static_cast<uint64_t>(array.getInt(position));
  if (!isFloat(dtype))
    return array.getInt(position);
  double value = array.getDouble(position);
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  if (dtype != fmt::DType_f32)
    return value;
  // The double nearest to the float's shortest decimal is written as this decimal.
  char text[32];
  auto end = std::to_chars(text, text + sizeof(text), static_cast<float>(value)).ptr;
  double shortest = value;
  std::from_chars(text, end, shortest);
  return shortest;
}

/// `element` gives the element at a position.
template <typename Element>
static Json nest(const std::vector<int64_t> &dims, Element element, int64_t &position,
                 size_t depth = 0) {
  if (depth == dims.size())
    return element(position++);
  Json rows = Json::array();
  for (int64_t i = 0; i < dims[depth]; ++i)
    rows.push_back(nest(dims, element, position, depth + 1));
  return rows;
}

Json cli::arrayToJson(const Array &array) {
  int64_t position = 0;
  return nest(
      array.getDims(), [&](int64_t i) { return elementToJson(array, i); }, position);
}

Json cli::valueToJson(const Value &value) {
  const char *dtype = rt::getDTypeName(value.getDType());
  if (value.isTensor())
    return {{"dtype", dtype},
            {"shape", value.getDims()},
            {"data", arrayToJson(value.getArray())}};
  if (value.getKind() == fmt::ValueKind_Strings) {
    auto getString = [&](int64_t i) { return Json(value.getStrings()[static_cast<size_t>(i)]); };
    int64_t position = 0;
    return {{"dtype", dtype},
            {"shape", value.getDims()},
            {"data", nest(value.getDims(), getString, position)}};
  }
  Json elements = Json::array();
  for (const Value &element : value.getElements())
    elements.push_back(valueToJson(element));
  bool isSequence = value.getKind() == fmt::ValueKind_Sequence;
  return {{"kind", isSequence ? "sequence" : "optional"}, {"dtype", dtype}, {"elements", elements}};
}

std::string cli::dumpJson(const Json &value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}
