//===- Normalization.cpp ------------------------------------------------===//
//
// Batch, layer, group and other norms, softmax, dropout.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::normalizationOps() { return {}; }
