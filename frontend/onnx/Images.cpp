//===- Images.cpp -------------------------------------------------------===//
//
// Resizing, sampling, regions of images.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::imageOps() { return {}; }
