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
  // What `refuses` says where vectors are wide enough to ask it.
  auto onWide = [targets](int64_t lanes, auto refuses) {
    return [=](auto op) {
      Refusal why = refusesNarrow(targets, lanes);
      return why ? why : refuses(op);
    };
  };
  auto orLibrary = [&dense](auto refuses) {
    return [=, &dense](auto op) {
      Refusal why = refuses(op);
      return why ? why : dense.refuses(op);
    };
  };
  services.refusesWinograd = [onWide](ConvOp op, int64_t lanes) {
    return onWide(lanes, [=](ConvOp conv) { return cpu::refusesWinograd(conv, lanes); })(op);
  };
  services.refusesDepthwise = onWide(cpu::kDepthwiseLanes, cpu::refusesDepthwise);
  services.refusesTogether = [](Operation *first, Operation *second) {
    if (auto product = dyn_cast<MatmulOp>(first))
      return cpu::refusesProduct(cast<ConvDepthwiseOp>(second), product);
    return cpu::refusesFactor(cast<ConvDepthwiseOp>(first), cast<MatmulOp>(second));
  };
  services.refusesPointwise = onWide(cpu::kDepthwiseLanes, cpu::refusesPointwise);
  services.refusesConvPanels = onWide(cpu::kPanelLanes, orLibrary(cpu::refusesConvPanels));
  services.refusesPanels = onWide(cpu::kPanelLanes, orLibrary(cpu::refusesPanels));
}
