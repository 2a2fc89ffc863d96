//===- States.h - A session's states in files -------------------------------===//
//
// Running statistics, recurrent states and the random generator, saved and put
// back by name.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_STATES_H
#define LAZULI_TOOLS_LAZULI_MODEL_STATES_H

#include "tools/lazuli/model/Runtime.h"

namespace lz::cli {

/// Puts the arrays of an .npz into the states they are named after; others keep
/// their contents. All that do not fit are listed in one Failure, and then
/// nothing changes.
void loadStates(Session &session, const Model &model, const std::string &path);

/// All states, bf16 as f32.
void saveStates(const Session &session, const Model &model, const std::string &path);

/// Sets the state "rng.seed", if the model draws random numbers.
void seedGenerator(Session &session, const Model &model, uint64_t seed);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_STATES_H
