//===- Roofline.cpp ---------------------------------------------------------===//
//
// See Roofline.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Roofline.h"

#include <algorithm>

using namespace lz;
using namespace lz::cli;

/// Bytes of the constants that an instruction reads, views looked through.
static int64_t countConstantBytes(const Artifact &artifact, const InstructionView &instruction) {
  int64_t bytes = 0;
  for (uint32_t input : instruction.inputs) {
    const fmt::Value *value = &artifact.getValue(input);
    while (value->storage() == fmt::Storage_View)
      value = &artifact.getValue(value->base());
    if (value->storage() == fmt::Storage_Constant)
      bytes += static_cast<int64_t>(artifact.getProgram().constants()->Get(value->index())->size());
  }
  return bytes;
}

/// What its arithmetic is done in: a kernel's operands may be indices, its
/// results not.
static fmt::DType getDType(const Artifact &artifact, const InstructionView &instruction) {
  const std::vector<uint32_t> &values =
      instruction.backend == "onednn" || instruction.outputs.empty() ? instruction.inputs
                                                                     : instruction.outputs;
  return values.empty() ? fmt::DType_f32 : artifact.getValue(values.front()).dtype();
}

namespace {
/// Of one operation, what the bound is made of.
struct Traffic {
  int64_t weights = 0, values = 0;
};
} // namespace

/// A gather reads a part of its table, of which `bytes` tell no more than that it is less: all
/// of them count as weights then.
static Traffic getTraffic(const OpTime &op, const Artifact &artifact,
                          const std::vector<InstructionView> &instructions) {
  int64_t bytes = std::max<int64_t>(op.bytes, 0);
  if (op.instruction < 0)
    return {0, bytes};
  int64_t weights = std::min(bytes, countConstantBytes(artifact, instructions[op.instruction]));
  return {weights, bytes - weights};
}

/// Microseconds for some amount at 10^9 of it per second.
static double getUs(int64_t amount, double rate) { return rate > 0 ? amount / rate * 1e-3 : 0; }

void cli::applyRoofline(OpProfile &profile, const Artifact &artifact,
                        const std::vector<InstructionView> &instructions,
                        const MachineSpeed &speed) {
  std::vector<Traffic> traffic;
  int64_t allWeights = 0;
  for (const OpTime &op : profile.ops) {
    traffic.push_back(getTraffic(op, artifact, instructions));
    allWeights += traffic.back().weights;
  }
  for (size_t i = 0; i < profile.ops.size(); ++i) {
    OpTime &op = profile.ops[i];
    if (op.flops < 0 && op.bytes < 0)
      continue;
    fmt::DType dtype =
        op.instruction < 0 ? fmt::DType_f32 : getDType(artifact, instructions[op.instruction]);
    double compute = getUs(std::max<int64_t>(op.flops, 0), speed.getGflops(dtype));
    double memory = getUs(traffic[i].weights, speed.getGigabytes(allWeights)) +
                    getUs(traffic[i].values, speed.getGigabytes(traffic[i].values));
    op.boundUs = std::max(compute, memory);
    op.isMemoryBound = memory > compute;
  }
}

void cli::sortProfile(OpProfile &profile, ProfileOrder order) {
  if (order == ProfileOrder::Execution)
    return;
  auto key = [order](const OpTime &op) {
    return op.getMeanUs() - (order == ProfileOrder::Gain ? op.boundUs : 0);
  };
  std::stable_sort(profile.ops.begin(), profile.ops.end(),
                   [&](const OpTime &a, const OpTime &b) { return key(a) > key(b); });
}
