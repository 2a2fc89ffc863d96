//===- RecurrentSteps.h - lz.recurrent_steps ------------------------------===//
//
// The part of the family of recurrent layers that computes several sequences at a time.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_CPU_LOWER_RECURRENTSTEPS_H
#define LAZULI_BACKENDS_CPU_LOWER_RECURRENTSTEPS_H

#include "backends/cpu/lower/OpTable.h"

namespace lz::cpu {

void populateRecurrentSteps(OpTable &table);

} // namespace lz::cpu

#endif // LAZULI_BACKENDS_CPU_LOWER_RECURRENTSTEPS_H
