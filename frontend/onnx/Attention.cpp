//===- Attention.cpp ----------------------------------------------------===//
//
// Attention, rotary embeddings and what stands beside them.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::attentionOps() { return {}; }
