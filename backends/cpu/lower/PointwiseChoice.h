//===- PointwiseChoice.h - where products are generated -*- C++ -*-------===//
//
// Asked by lz-pointwise of each convolution that is a product.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_POINTWISECHOICE_H
#define LAZULI_BACKENDS_CPU_LOWER_POINTWISECHOICE_H

#include "ir/LzOps.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Why a library's convolution is to be preferred; nullopt where it is not. `op` is an lz.conv
/// with 1x1 kernels and strides of 1, or an lz.conv_transpose whose windows lie side by side;
/// its weights are static, its images f32 and channels-last.
std::optional<std::string> refusesPointwise(mlir::Operation *op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_POINTWISECHOICE_H
