//===- Emitter.h - The state of an emission ---------------------*- C++ -*-===//
//
// What Emit.cpp and EmitRegions.cpp share: one module's program as it grows.
// Private to the room.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_EMIT_EMITTER_H
#define LAZULI_BACKENDS_EMIT_EMITTER_H

#include "backends/emit/Constants.h"
#include "backends/emit/Emit.h"
#include "backends/emit/Expressions.h"
#include "ir/LzOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace lz {

class Emitter {
public:
  Emitter(mlir::ModuleOp module, const EmitOptions &options)
      : module(module), options(options), artifact(std::make_unique<Artifact>()),
        program(artifact->program), exprs(program), data(*artifact),
        cpu(options.targets, options.cpu) {}

  mlir::FailureOr<std::unique_ptr<Artifact>> run();

private:
  mlir::LogicalResult emitDeclarations();
  mlir::LogicalResult emitSymbol(SymbolOp op);
  /// Number of the symbol; declares one that nothing declares.
  uint32_t addDefinedSymbol(llvm::StringRef name);
  mlir::LogicalResult emitState(StateOp op);
  mlir::LogicalResult emitFunction(FuncOp func);
  mlir::LogicalResult emitOp(mlir::Operation &op);
  mlir::LogicalResult emitFused(FusedOp op);
  mlir::LogicalResult emitKernel(FusedOp op);
  mlir::LogicalResult emitPrimitive(FusedOp op);
  mlir::LogicalResult emitConstant(ConstantOp op);
  mlir::LogicalResult emitGuard(GuardOp op);
  void emitRead(ReadOp op);
  mlir::LogicalResult emitWrite(WriteOp op);
  mlir::LogicalResult emitView(mlir::Operation &op);
  mlir::LogicalResult emitReturn(mlir::Operation *op);
  // EmitRegions.cpp
  mlir::LogicalResult emitHost(HostOp op);
  mlir::LogicalResult emitIf(IfOp op);
  mlir::LogicalResult emitLoop(LoopOp op);
  /// A block with `arguments`, then `captures`, as its inputs.
  mlir::FailureOr<uint32_t> emitBlock(mlir::Block &body, llvm::ArrayRef<mlir::Value> captures);
  /// What the regions of `op` read from around it and a run may change.
  llvm::SmallVector<mlir::Value> findCaptures(mlir::Operation *op);
  /// Symbols among those that `op` defines that a dimension of a result is.
  std::vector<uint32_t> getDefines(mlir::Operation *op);
  std::vector<uint32_t> addResults(mlir::Operation *op);
  mlir::LogicalResult emitCode();
  void fillCall(fmt::KernelCallT &call, const KernelCall &kernel);
  void emitTarget(const CpuTarget &cpuTarget, CodeImage &image);

  /// A new value of `type` in the program.
  uint32_t addValue(llvm::StringRef name, mlir::Type type, fmt::Storage storage);
  uint32_t addConstant(llvm::StringRef name, const DataWriter::Place &place);
  /// Number of the constant with `parameter`'s plain bytes.
  mlir::FailureOr<uint32_t> getConstant(llvm::StringRef parameter);
  /// The same packed for a library; a value that is no parameter stays plain.
  mlir::FailureOr<uint32_t> getPackedValue(mlir::Value value, const fmt::PackingT &packing);
  fmt::InstructionT &addInstruction(mlir::Operation *op);
  fmt::InstructionT &addInstruction(FusedOp op);
  /// A copy of all bytes from one value to another.
  void addCopy(mlir::Operation *op, uint32_t src, uint32_t dst, TensorType type);
  void setCost(uint32_t &field, const DimExpr &cost);
  /// Number of the value; the first plain use of a parameter places its bytes.
  mlir::FailureOr<uint32_t> getValue(mlir::Value value);
  mlir::FailureOr<std::vector<uint32_t>> getValues(mlir::ValueRange values);

  mlir::ModuleOp module;
  const EmitOptions &options;
  std::unique_ptr<Artifact> artifact;
  fmt::ProgramT &program;
  ExpressionTable exprs;
  DataWriter data;
  CpuCompiler cpu;

  llvm::StringMap<ParameterOp> parameters;
  llvm::StringMap<uint32_t> constants, states;
  llvm::DenseMap<mlir::Value, uint32_t> values;
  /// Calls whose grid is known once the kernels are compiled.
  struct PendingCall {
    fmt::KernelCallT *call;
    KernelCall kernel;
  };
  std::vector<PendingCall> pendingCalls;
  fmt::BlockT *block = nullptr;
  fmt::EntryT *entry = nullptr;
};

} // namespace lz

#endif // LAZULI_BACKENDS_EMIT_EMITTER_H
