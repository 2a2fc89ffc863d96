//===- Contrib.cpp ------------------------------------------------------===//
//
// Operators of com.microsoft that common exporters emit.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::contribOps() { return {}; }
