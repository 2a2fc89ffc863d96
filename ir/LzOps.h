//===- LzOps.h - all ops of the lz dialect ----------------------*- C++ -*-===//
//
// Generated from one .td file per family; op `lz.layer_norm` is class
// `lz::LayerNormOp`. A file that needs one family may include its header only.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_LZOPS_H
#define LAZULI_IR_LZOPS_H

#include "ir/InferShape.h"
#include "ir/LzDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace lz {

/// What lz.read and lz.write act on.
struct StateResource
    : public mlir::SideEffects::Resource::Base<StateResource> {
  llvm::StringRef getName() final { return "lz.state"; }
};

/// What lz.guard and lz.expect act on, so that they are not removed as dead.
struct CheckResource
    : public mlir::SideEffects::Resource::Base<CheckResource> {
  llvm::StringRef getName() final { return "lz.check"; }
};

class IfOp;
class LoopOp;

} // namespace lz

#define GET_OP_CLASSES
#include "ir/ModuleOps.h.inc"
#define GET_OP_CLASSES
#include "ir/UnaryOps.h.inc"
#define GET_OP_CLASSES
#include "ir/MathOps.h.inc"
#define GET_OP_CLASSES
#include "ir/BinaryOps.h.inc"
#define GET_OP_CLASSES
#include "ir/ReduceOps.h.inc"
#define GET_OP_CLASSES
#include "ir/NormalizationOps.h.inc"
#define GET_OP_CLASSES
#include "ir/MatmulOps.h.inc"
#define GET_OP_CLASSES
#include "ir/ConvolutionOps.h.inc"
#define GET_OP_CLASSES
#include "ir/PoolingOps.h.inc"
#define GET_OP_CLASSES
#include "ir/ShapeOps.h.inc"
#define GET_OP_CLASSES
#include "ir/IndexingOps.h.inc"
#define GET_OP_CLASSES
#include "ir/RecurrentOps.h.inc"
#define GET_OP_CLASSES
#include "ir/AttentionOps.h.inc"
#define GET_OP_CLASSES
#include "ir/RandomOps.h.inc"
#define GET_OP_CLASSES
#include "ir/FusedOps.h.inc"
#define GET_OP_CLASSES
#include "ir/HostOps.h.inc"
#define GET_OP_CLASSES
#include "ir/ControlOps.h.inc"

namespace lz {

/// The symbols known after `op` has run: `defines` of lz.host, lz.if, lz.loop;
/// of another op none.
llvm::SmallVector<llvm::StringRef> getDefinedSymbols(mlir::Operation *op);
/// The symbols of an lz.loop known within an iteration; of another op none.
llvm::SmallVector<llvm::StringRef> getIterationSymbols(mlir::Operation *op);
/// Appends to the lists of an lz.host, lz.if or lz.loop.
void addDefinedSymbol(mlir::Operation *op, llvm::StringRef symbol);
void addIterationSymbol(mlir::Operation *op, llvm::StringRef symbol);

/// The names of all host operations, for messages and tests.
llvm::SmallVector<llvm::StringRef> getHostOpNames();

/// The parameter, state or symbol of that name in the module around `from`, null
/// if there is none. A walk over the module: keep a map where many are asked for.
ParameterOp lookupParameter(mlir::Operation *from, llvm::StringRef name);
StateOp lookupState(mlir::Operation *from, llvm::StringRef name);
SymbolOp lookupSymbol(mlir::Operation *from, llvm::StringRef name);

} // namespace lz

#endif // LAZULI_IR_LZOPS_H
