//===- ConvPanels.h - lz.conv with weights in panels ------------*- C++ -*-===//
//
// Where a convolution with output channels in panels is as fast as a library's.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_CONVPANELS_H
#define LAZULI_BACKENDS_CPU_LOWER_CONVPANELS_H

#include "ir/LzOps.h"

#include <optional>
#include <string>

namespace lz::cpu {

/// Why a library's convolution is to be preferred, on processors with vectors of
/// kPanelLanes; nullopt where it is not. `op` is one that lz-conv-panels takes.
std::optional<std::string> refusesConvPanels(ConvOp op);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_CONVPANELS_H
