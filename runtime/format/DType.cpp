//===- DType.cpp ----------------------------------------------------------===//
//
// See DType.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/DType.h"

#include <array>

using namespace lz::rt;

namespace {
struct Entry {
  const char *name;
  int bytes;
};
} // namespace

/// In the order of fmt::DType.
static constexpr std::array<Entry, 14> dtypes = {{{"f32", 4},
                                                  {"f64", 8},
                                                  {"f16", 2},
                                                  {"bf16", 2},
                                                  {"i8", 1},
                                                  {"i16", 2},
                                                  {"i32", 4},
                                                  {"i64", 8},
                                                  {"u8", 1},
                                                  {"u16", 2},
                                                  {"u32", 4},
                                                  {"u64", 8},
                                                  {"bool", 1},
                                                  {"string", 0}}};
static_assert(dtypes.size() == lz::fmt::DType_MAX + 1, "one row per dtype");

const char *lz::rt::getDTypeName(fmt::DType dtype) {
  return dtype <= fmt::DType_MAX ? dtypes[dtype].name : "?";
}

int lz::rt::getDTypeBytes(fmt::DType dtype) {
  return dtype <= fmt::DType_MAX ? dtypes[dtype].bytes : 0;
}

std::optional<lz::fmt::DType> lz::rt::parseDType(std::string_view name) {
  for (size_t i = 0; i < dtypes.size(); ++i)
    if (name == dtypes[i].name)
      return static_cast<fmt::DType>(i);
  return std::nullopt;
}
