//===- WinogradChoice.h - where Winograd's algorithm wins -------*- C++ -*-===//
//
// Asked by lz-winograd of each convolution that the algorithm fits.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_WINOGRADCHOICE_H
#define LAZULI_BACKENDS_CPU_LOWER_WINOGRADCHOICE_H

#include "ir/LzOps.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Why a library's direct convolution is to be preferred; nullopt where it is not. `op`
/// is one of 3x3 with strides of 1 on f32 images (N, H, W, C), with static weights, of
/// which a vector of the processor holds `lanes` channels.
std::optional<std::string> refusesWinograd(ConvOp op, int64_t lanes);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_WINOGRADCHOICE_H
