//===- Strings.cpp ------------------------------------------------------===//
//
// Strings and text.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::stringOps() { return {}; }
