//===- Npy.h - NumPy's .npy and .npz ----------------------------------------===//
//
// Strict reading of format versions 1 to 3, either byte order, C and Fortran
// order; Python objects, strings and records are refused by name. bf16, which
// NumPy does not have, is read from two-byte voids ("V2", as ml_dtypes writes
// it) and written as f32.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_NPY_H
#define LAZULI_TOOLS_LAZULI_IO_NPY_H

#include "tools/lazuli/io/Array.h"

#include <string_view>
#include <utility>

namespace lz::cli {

/// `name` is what failures call the array, usually its file.
Array parseNpy(const uint8_t *bytes, size_t size, const std::string &name);
/// Format version 1.0, C order.
std::string formatNpy(const Array &array);

Array readNpy(const std::string &path);
void writeNpy(const std::string &path, const Array &array);

using NamedArrays = std::vector<std::pair<std::string, Array>>;

/// The array `key` of an .npz file; an empty key stands for the only array.
Array readNpz(const std::string &path, const std::string &key);
/// All arrays, in the file's order.
NamedArrays readNpz(const std::string &path);
void writeNpz(const std::string &path, const NamedArrays &arrays);

/// Dtype and dimensions of one array without its elements, for `--example`.
struct ArrayType {
  DType dtype;
  std::vector<int64_t> dims;
};
ArrayType readNpyType(const std::string &path);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_NPY_H
