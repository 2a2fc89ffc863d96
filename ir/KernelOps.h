//===- KernelOps.h - what generated kernels compute best --------*- C++ -*-===//
//
// The ops of KernelOps.td.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_KERNELOPS_H
#define LAZULI_IR_KERNELOPS_H

#include "ir/LzOps.h"

#define GET_OP_CLASSES
#include "ir/KernelOps.h.inc"

#endif // LAZULI_IR_KERNELOPS_H
