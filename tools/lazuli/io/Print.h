//===- Print.h - Tensors for people -----------------------------------------===//
//
// Rows and columns, as NumPy prints them: long axes abbreviated, columns aligned.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_PRINT_H
#define LAZULI_TOOLS_LAZULI_IO_PRINT_H

#include "tools/lazuli/io/Value.h"

namespace lz::cli {

/// The elements, at most six along each axis if there are more than 200 in all.
/// Lines after the first begin with `indent`.
std::string formatElements(const Array &array, const std::string &indent);

/// The contents of a value of any kind in lines that begin with `indent`: strings in
/// quotes, elements of containers numbered.
std::string formatValue(const Value &value, const std::string &indent);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_PRINT_H
