//===- States.cpp -----------------------------------------------------------===//
//
// See States.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/States.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/Npy.h"

using namespace lz;
using namespace lz::cli;

static constexpr size_t notFound = SIZE_MAX;

static size_t findState(const Model &model, const std::string &name) {
  const std::vector<Port> &states = model.getStates();
  for (size_t i = 0; i < states.size(); ++i)
    if (states[i].name == name)
      return i;
  return notFound;
}

void cli::loadStates(Session &session, const Model &model, const std::string &path) {
  NamedArrays arrays = readNpz(path);
  std::string problems;
  for (auto &[name, array] : arrays) {
    size_t index = findState(model, name);
    if (index == notFound) {
      problems += rt::concat("\n  ", name, " is no state of the model");
      continue;
    }
    const Port &state = model.getStates()[index];
    if (state.dtype == fmt::DType_bf16 && array.getDType() == fmt::DType_f32)
      array = array.convertedTo(fmt::DType_bf16);
    if (array.getDType() != state.dtype || array.getDims() != state.dims)
      problems += rt::concat("\n  ", name, " is ", array.describe(), ", expected ",
                             state.describe());
  }
  if (!problems.empty())
    fail("the states in ", rt::quote(path), " do not fit; the model has ",
         describePorts(model.getStates()), problems);
  for (auto &[name, array] : arrays)
    session.writeState(findState(model, name), array);
}

void cli::saveStates(const Session &session, const Model &model, const std::string &path) {
  NamedArrays arrays;
  for (size_t i = 0; i < model.getStates().size(); ++i)
    arrays.emplace_back(model.getStates()[i].name, session.readState(i));
  writeNpz(path, arrays);
}

void cli::seedGenerator(Session &session, const Model &model, uint64_t seed) {
  size_t index = findState(model, "rng.seed");
  if (seed == 0 || index == notFound)
    return;
  Array state = session.readState(index);
  if (state.getDType() != fmt::DType_i64 || state.getNumElements() != 1)
    return;
  *reinterpret_cast<uint64_t *>(state.getData()) = seed;
  session.writeState(index, state);
}
