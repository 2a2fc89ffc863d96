//===- KernelChoices.cpp - What passes ask of the generated kernels -----------===//
//
// See KernelChoices.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/KernelChoices.h"

#include "backends/cpu/lower/ConvPanels.h"
#include "backends/cpu/lower/DepthwiseChoice.h"
#include "backends/cpu/lower/LinearPanels.h"
#include "backends/cpu/lower/PointwiseChoice.h"
#include "backends/cpu/lower/WinogradChoice.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace lz;

using Refusal = std::optional<std::string>;

/// Why vectors of one of the targets hold no `lanes` f32.
static Refusal refusesNarrow(ArrayRef<CpuTarget> targets, int64_t lanes) {
  int64_t bytes = lanes * sizeof(float);
  for (const CpuTarget &target : targets)
    if (target.vectorBytes < bytes)
      return llvm::formatv("vectors of {0} are narrower than {1} bytes", target.cpu, bytes);
  return std::nullopt;
}

void lz::setKernelChoices(PassServices &services, std::vector<CpuTarget> targets,
                          const DenseOracle &dense) {
  services.refusesWinograd = [targets](ConvOp op, int64_t lanes) {
    Refusal why = refusesNarrow(targets, lanes);
    return why ? why : cpu::refusesWinograd(op, lanes);
  };
  services.refusesDepthwise = [targets](ConvOp op) {
    Refusal why = refusesNarrow(targets, cpu::kDepthwiseLanes);
    return why ? why : cpu::refusesDepthwise(op);
  };
  services.refusesPointwise = [targets](Operation *op) {
    Refusal why = refusesNarrow(targets, cpu::kDepthwiseLanes);
    return why ? why : cpu::refusesPointwise(op);
  };
  services.refusesConvPanels = [targets, &dense](ConvOp op) {
    Refusal why = refusesNarrow(targets, cpu::kPanelLanes);
    if (!why)
      why = cpu::refusesConvPanels(op);
    return why ? why : dense.refuses(op);
  };
  services.refusesPanels = [targets, &dense](Operation *op) {
    Refusal why = refusesNarrow(targets, cpu::kPanelLanes);
    if (!why)
      why = cpu::refusesPanels(op);
    return why ? why : dense.refuses(op);
  };
}
