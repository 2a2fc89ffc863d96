//===- Recurrent.cpp ----------------------------------------------------===//
//
// LSTM, GRU, RNN.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::recurrentOps() { return {}; }
