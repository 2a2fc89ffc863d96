//===- Pooling.h - What the files of pooling share --------------*- C++ -*-===//
//
// Internal.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_POOLING_H
#define LAZULI_FRONTEND_ONNX_POOLING_H

#include "frontend/onnx/Windows.h"

namespace lz::onnximport {

/// The least value of an element type: what padding of a maximum is.
double lowestOf(mlir::Type type);

/// MaxPool's second result: where in x the maxima y of the windows stand, as
/// positions in all of x; padding as the node's attributes say.
mlir::Value positionsOfMaxima(Node &n, mlir::Value x, mlir::Value y,
                              Windows windows);

void importMaxRoiPool(Node &n);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_POOLING_H
