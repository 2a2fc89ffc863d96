//===- Signal.cpp -------------------------------------------------------===//
//
// Fourier transforms and windows.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::signalOps() { return {}; }
