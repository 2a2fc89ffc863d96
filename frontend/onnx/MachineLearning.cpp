//===- MachineLearning.cpp ----------------------------------------------===//
//
// Classical models of ai.onnx.ml.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

using namespace lz::onnximport;

OpRows lz::onnximport::machineLearningOps() { return {}; }
