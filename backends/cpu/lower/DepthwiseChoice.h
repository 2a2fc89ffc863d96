//===- DepthwiseChoice.h - where lz.conv_depthwise wins ---------*- C++ -*-===//
//
// Asked by lz-depthwise of each convolution of each channel by itself.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H
#define LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H

#include "ir/LzOps.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Channels of a vector, and results of a row that stay in registers beside a row of the
/// kernel: of 32 registers of 64 bytes.
inline constexpr int64_t kDepthwiseLanes = 16, kDepthwiseColumns = 14;

/// Why a library's convolution is to be preferred; nullopt where it is not. `op` is one of
/// each channel by itself on f32 images (N, H, W, C), with static weights and width.
std::optional<std::string> refusesDepthwise(ConvOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H
