//===- Normalization.h - What its files share -------------------*- C++ -*-===//
//
// Internal.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_NORMALIZATION_H
#define LAZULI_FRONTEND_ONNX_NORMALIZATION_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

void importBatchNormalization(Node &n);
void importDropout(Node &n);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_NORMALIZATION_H
