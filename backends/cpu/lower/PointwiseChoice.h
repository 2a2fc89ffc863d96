//===- PointwiseChoice.h - where 1x1 convolutions are generated -*- C++ -*-===//
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

/// Why a library's convolution is to be preferred; nullopt where it is not. `op` has 1x1
/// kernels, strides of 1 and static weights, on f32 images (N, H, W, C).
std::optional<std::string> refusesPointwise(ConvOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_POINTWISECHOICE_H
