//===- Pooling.cpp ------------------------------------------------------===//
//
// Windows and global pooling.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::poolingOps() { return {}; }
