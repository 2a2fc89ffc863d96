//===- Sequences.cpp ----------------------------------------------------===//
//
// Sequences and optionals.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::sequenceOps() { return {}; }
