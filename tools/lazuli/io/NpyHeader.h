//===- NpyHeader.h - The dictionary at the head of an .npy ------------------===//
//
// A Python literal with the keys descr, fortran_order and shape.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_NPYHEADER_H
#define LAZULI_TOOLS_LAZULI_IO_NPYHEADER_H

#include "tools/lazuli/io/Array.h"

#include <string_view>

namespace lz::cli {

struct NpyHeader {
  DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims;
  bool isFortran = false;
  bool isBigEndian = false;
  size_t dataOffset = 0; ///< where the elements begin
};

/// Reads magic, version and dictionary. `name` is what failures call the file.
NpyHeader parseNpyHeader(const uint8_t *bytes, size_t size, const std::string &name);

/// What NumPy calls a dtype: "<f4"; bf16 has no name and gives "<f4" too.
const char *getNpyDescr(DType dtype);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_NPYHEADER_H
