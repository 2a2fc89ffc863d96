//===- Selection.cpp ----------------------------------------------------===//
//
// What picks elements by their values: top-k, unique, non-zero, boxes.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::selectionOps() { return {}; }
