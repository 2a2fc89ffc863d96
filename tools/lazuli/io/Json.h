//===- Json.h - Tensors as JSON -----------------------------------------------===//
//
// Nested lists, one level per dimension. Numbers that JSON does not have are the
// strings "nan", "inf" and "-inf"; floats are written with the fewest digits
// that give them back.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_JSON_H
#define LAZULI_TOOLS_LAZULI_IO_JSON_H

#include "tools/lazuli/io/Value.h"

#include <nlohmann/json.hpp>

namespace lz::cli {

/// Keys keep the order they were added in.
using Json = nlohmann::ordered_json;

/// Parses text; failures name the file and the place.
Json parseJson(const std::string &text, const std::string &name);

/// `value` is a number, bool, string as above, or nested lists of them, all rows
/// equally long. Integer types refuse fractions and what they cannot hold.
Array arrayFromJson(const Json &value, DType dtype, const std::string &name);

Json arrayToJson(const Array &array);

/// One element: a number, or the string for what JSON cannot say.
Json elementToJson(const Array &array, int64_t position);

/// {"dtype", "shape", "data"} of a tensor or strings; of a sequence or an optional
/// {"kind", "dtype", "elements"}, where each element is such an object again.
Json valueToJson(const Value &value);

/// One line or indented text; bytes that are not UTF-8 are replaced.
std::string dumpJson(const Json &value, int indent = -1);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_JSON_H
