//===- Training.cpp -----------------------------------------------------===//
//
// Optimizers of ai.onnx.preview.training.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::trainingOps() { return {}; }
