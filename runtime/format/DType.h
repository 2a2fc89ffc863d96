//===- DType.h - Names and sizes of element types
//---------------------------===//
//
// Small helpers on the generated program: element types, and ranges over its
// vectors and strings, any of which may be absent in a well-formed file.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_FORMAT_DTYPE_H
#define LAZULI_RUNTIME_FORMAT_DTYPE_H

#include "runtime/format/program_generated.h"

#include <optional>
#include <string_view>

namespace lz::rt {

/// "f32", "i64", "bool", ...; "?" for a number that is no dtype.
const char *getDTypeName(fmt::DType dtype);

/// Bytes of one element; 0 for strings and for what is no dtype.
int getDTypeBytes(fmt::DType dtype);

/// The reverse of getDTypeName.
std::optional<fmt::DType> parseDType(std::string_view name);

/// The number of elements of a vector that may be absent.
template <typename T> size_t count(const flatbuffers::Vector<T> *vector) {
  return vector ? vector->size() : 0;
}

/// A string that may be absent.
inline std::string_view view(const flatbuffers::String *text) {
  return text ? std::string_view(text->c_str(), text->size())
              : std::string_view();
}

/// A range over a vector that may be absent.
template <typename T> class Items {
public:
  explicit Items(const flatbuffers::Vector<T> *vector) : vector(vector) {}
  auto begin() const { return vector ? vector->begin() : Iterator(nullptr, 0); }
  auto end() const { return vector ? vector->end() : Iterator(nullptr, 0); }

private:
  using Iterator = typename flatbuffers::Vector<T>::const_iterator;
  const flatbuffers::Vector<T> *vector;
};
template <typename T> Items<T> items(const flatbuffers::Vector<T> *vector) {
  return Items<T>(vector);
}

} // namespace lz::rt

#endif // LAZULI_RUNTIME_FORMAT_DTYPE_H
