//===- DType.h - Element types of weights and traced tensors --------------===//
//
// The element types the project knows, their names and sizes, and conversion
// between those that a weight file may have to be converted between.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_WEIGHTS_DTYPE_H
#define LAZULI_FRONTEND_WEIGHTS_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lz::weights {

enum class DType : uint8_t {
  f32,
  f64,
  f16,
  bf16,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  boolean
};

/// Every element type, for loops over all of them.
inline constexpr DType kAllDTypes[] = {
    DType::f32, DType::f64, DType::f16, DType::bf16, DType::i8,  DType::i16,    DType::i32,
    DType::i64, DType::u8,  DType::u16, DType::u32,  DType::u64, DType::boolean};

/// Bytes of one element; a boolean is one byte, 0 or 1.
size_t getSizeBytes(DType dtype);

/// The name users write: "f32", "i64", "bool", ...
const char *getName(DType dtype);

/// The inverse of getName.
std::optional<DType> parseDType(std::string_view name);

/// True for f64, f32, f16 and bf16.
bool isFloat(DType dtype);

/// True for the signed and unsigned integers, not for booleans.
bool isInteger(DType dtype);

/// Converts `numElements` elements from `src` to `dst`; both may be unaligned
/// and must not overlap. Between floating types only, rounding to nearest even.
/// Returns false, and writes nothing, for other types.
bool convertFloats(DType srcType, const void *src, DType dstType, void *dst, size_t numElements);

} // namespace lz::weights

#endif // LAZULI_FRONTEND_WEIGHTS_DTYPE_H
