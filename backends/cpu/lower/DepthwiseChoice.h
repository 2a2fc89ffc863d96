//===- DepthwiseChoice.h - where lz.conv_depthwise wins ---------*- C++ -*-===//
//
// Asked by lz-depthwise of each convolution of each channel by itself, and by lz-fuse of those
// that read a product.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H
#define LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H

#include "ir/KernelOps.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Channels of a vector, and results of a row that stay in registers beside a row of the
/// kernel: of 32 registers of 64 bytes.
inline constexpr int64_t kDepthwiseLanes = 16, kDepthwiseColumns = 14;

/// Why a library's convolution is to be preferred; nullopt where it is not. `op` is one of
/// each channel by itself on f32 images (N, H, W, C), with static weights and width.
std::optional<std::string> refusesDepthwise(ConvOp op);

/// Why `op` should not compute the rows of `product` that it reads, perhaps through elementwise
/// ops, but find all of them in memory; nullopt where it should.
std::optional<std::string> refusesProduct(ConvDepthwiseOp op, MatmulOp product);

/// The same of the rows of `op` that `product` multiplies.
std::optional<std::string> refusesFactor(ConvDepthwiseOp op, MatmulOp product);

/// What a unit of a kernel that computes its source computes: rows of results, and channels.
struct DepthwiseUnit {
  int64_t rows, channels;
};
DepthwiseUnit chooseDepthwiseUnit(ConvDepthwiseOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_DEPTHWISECHOICE_H
