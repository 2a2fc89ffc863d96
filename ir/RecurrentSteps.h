//===- RecurrentSteps.h - lz.recurrent_steps --------------------*- C++ -*-===//
//
// The op that one pass makes and one backend computes: apart from LzOps.h, which all
// files include.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_RECURRENTSTEPS_H
#define LAZULI_IR_RECURRENTSTEPS_H

#include "ir/LzOps.h"

#define GET_OP_CLASSES
#include "ir/RecurrentStepsOps.h.inc"

#endif // LAZULI_IR_RECURRENTSTEPS_H
