//===- Plan.cpp -----------------------------------------------------------===//
//
// See Plan.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Plan.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Text.h"
#include "runtime/format/Check.h"

using namespace lz;
using namespace lz::rt;

void Plan::resolve(uint8_t *arena, uint8_t *states) {
  for (size_t i = 0; i < pointers.size(); ++i) {
    const Location &location = locations[i];
    if (location.region == Region::Arena)
      pointers[i] = arena + location.offset;
    else if (location.region == Region::State)
      pointers[i] = states + location.offset;
    else if (location.region == Region::Constant)
      // Nothing writes to a constant: the reader has checked what is written.
      pointers[i] = const_cast<void *>(location.data);
  }
  for (Step &step : steps) {
    step.args.buffers = pointers.data() + step.firstBuffer;
    step.args.sizes = sizes.data() + step.firstSize;
    step.args.error = &error;
    if (step.scratch != UINT32_MAX)
      step.args.scratch = static_cast<uint8_t *>(pointers[step.scratch]);
  }
}

void Plan::bindPorts(void *const *inputs, void *const *outputs) {
  for (const PortPointer &at : inputPointers)
    pointers[at.pointer] = inputs[at.port];
  for (const PortPointer &at : outputPointers)
    pointers[at.pointer] = outputs[at.port];
}

template <typename T> static uint64_t getBytes(const std::vector<T> &vector) {
  return vector.capacity() * sizeof(T);
}

uint64_t Plan::getMemoryBytes() const {
  uint64_t total = sizeof(Plan) + getBytes(steps) + getBytes(pointers) +
                   getBytes(locations) + getBytes(inputPointers) +
                   getBytes(outputPointers) + getBytes(sizes);
  for (const auto &primitive : primitives)
    total += sizeof(primitive) + primitive->getMemoryBytes();
  return total;
}

StatusOr<StateLayout> rt::layOutStates(const Model &model) {
  StateLayout layout;
  for (const PortInfo &state : model.getStates()) {
    uint64_t numBytes = 0;
    bool fits = getNumBytes(state.dtype, state.dims, numBytes);
    if (!fits || numBytes > (uint64_t(1) << 44) ||
        layout.totalBytes > (uint64_t(1) << 45))
      return resourceExhausted(
          concat("state ", quote(state.name), " is too large"));
    layout.offsets.push_back(layout.totalBytes);
    layout.sizes.push_back(numBytes);
    layout.totalBytes += alignUp(numBytes, bufferAlignment);
  }
  return layout;
}
