//===- nn.h - The C++ frontend --------------------------------------------===//
//
// All of it: modules, functions, tracing. Include this; it includes no MLIR.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_NN_H
#define LAZULI_FRONTEND_NN_NN_H

#include "frontend/nn/Activation.h"
#include "frontend/nn/Attention.h"
#include "frontend/nn/Container.h"
#include "frontend/nn/Conv.h"
#include "frontend/nn/Dropout.h"
#include "frontend/nn/Functional.h"
#include "frontend/nn/Linear.h"
#include "frontend/nn/Module.h"
#include "frontend/nn/ModuleHolder.h"
#include "frontend/nn/Norm.h"
#include "frontend/nn/Pool.h"
#include "frontend/nn/Recurrent.h"
#include "frontend/nn/Trace.h"

#endif // LAZULI_FRONTEND_NN_NN_H
