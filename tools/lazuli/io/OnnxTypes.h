//===- OnnxTypes.h - What an ONNX file takes --------------------------------===//
//
// The inputs of an ONNX file without its weights: test data says of itself
// neither what input it is for nor, of a sequence and an optional, which it is.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_ONNXTYPES_H
#define LAZULI_TOOLS_LAZULI_IO_ONNXTYPES_H

#include "tools/lazuli/io/Value.h"

#include <string>
#include <vector>

namespace lz::cli {

/// The inputs of the graph but for those that an initializer gives. Throws
/// Failure if the file is damaged or an input is of a type that we do not know.
std::vector<NamedType> readOnnxInputs(const std::string &path);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_ONNXTYPES_H
