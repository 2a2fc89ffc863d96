//===- SessionStates.cpp --------------------------------------------------===//
//
// The states of a session (Session.h): first contents, reading, writing.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Session.h"
#include "runtime/exec/StridedCopy.h"
#include "runtime/format/DType.h"

#include <algorithm>
#include <cstring>

using namespace lz;
using namespace lz::rt;

/// `areZero`: the memory is fresh, and pages that stay zero need not be
/// touched.
void Session::loadStates(bool areZero) {
  for (uint32_t i = 0; i < stateLayout.offsets.size(); ++i) {
    const fmt::State &state = *model->getProgram().states()->Get(i);
    uint8_t *data = states.getData() + stateLayout.offsets[i];
    if (state.size() == 0 && !areZero)
      std::memset(data, 0, stateLayout.sizes[i]);
    else if (state.size() != 0)
      std::memcpy(data,
                  model->getArtifact().getSegmentData(state.segment()) +
                      state.offset(),
                  state.size());
  }
}

/// Finds the state and the strides of both sides, checking the user's tensor.
static Status checkState(const Model &model, size_t index,
                         const TensorRef &tensor) {
  if (index >= model.getStates().size())
    return notFound(concat("state ", index, " of ", model.getStates().size()));
  const PortInfo &state = model.getStates()[index];
  if (tensor.dtype != state.dtype)
    return invalidArgument(concat("state ", quote(state.name), " is ",
                                  getDTypeName(state.dtype), ", found ",
                                  getDTypeName(tensor.dtype)));
  if (tensor.rank != state.dims.size() ||
      !std::equal(state.dims.begin(), state.dims.end(), tensor.dims))
    return invalidArgument(
        concat("state ", quote(state.name), " has dimensions ",
               formatDims(state.dims.data(), state.dims.size()), ", found ",
               formatDims(tensor.dims, tensor.rank)));
  if (!tensor.data)
    return invalidArgument(
        concat("state ", quote(state.name), ": a null data pointer"));
  return Status::success();
}

/// The user's strides, which `dense` becomes if there are none.
static const int64_t *getStrides(const TensorRef &tensor,
                                 const int64_t *dense) {
  return tensor.strides ? tensor.strides : dense;
}

Status Session::readState(size_t index, const TensorRef &dst) const {
  LZ_RETURN_IF_ERROR(checkState(*model, index, dst));
  int64_t dense[32];
  getDenseStrides(dst.dims, dst.rank, dense);
  copyStrided(states.getData() + stateLayout.offsets[index], dense, dst.data,
              getStrides(dst, dense), dst.dims, dst.rank,
              getDTypeBytes(dst.dtype));
  return Status::success();
}

Status Session::writeState(size_t index, const TensorRef &src) {
  LZ_RETURN_IF_ERROR(checkState(*model, index, src));
  int64_t dense[32];
  getDenseStrides(src.dims, src.rank, dense);
  copyStrided(src.data, getStrides(src, dense),
              states.getData() + stateLayout.offsets[index], dense, src.dims,
              src.rank, getDTypeBytes(src.dtype));
  return Status::success();
}
