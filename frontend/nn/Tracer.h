//===- Tracer.h - The trace under way -------------------------------------===//
//
// Internal. Holds the function being built, the names of modules and parameters,
// and where in the user's program the trace is. There is one per thread at most.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_TRACER_H
#define LAZULI_FRONTEND_NN_TRACER_H

#include "frontend/nn/Emit.h"
#include "frontend/nn/ModuleHolder.h"
#include "frontend/nn/ProgramAccess.h"
#include "frontend/nn/TraceShapes.h"

#include "mlir/IR/Builders.h"

namespace lz::nn::detail {

/// Makes and opens handles.
struct TensorAccess {
  static Tensor make(mlir::Value value, uint64_t trace, DType dtype) {
    Tensor tensor;
    tensor.value = value.getAsOpaquePointer();
    tensor.trace = trace;
    tensor.elementType = dtype;
    return tensor;
  }
  static mlir::Value getValue(const Tensor &tensor) {
    return mlir::Value::getFromOpaquePointer(tensor.value);
  }
  static uint64_t getTrace(const Tensor &tensor) { return tensor.trace; }
};

mlir::Type toType(mlir::MLIRContext *context, DType dtype);

/// The value as an attribute: in place if it is small, a resource otherwise.
mlir::ElementsAttr toElements(mlir::MLIRContext *context, const std::string &name,
                              const Array &array);

class Tracer {
public:
  /// `root` and `options` must outlive this. `loc`: where the user traces.
  Tracer(Module &root, const TraceOptions &options, SourceLoc loc);
  ~Tracer();

  /// The trace under way in this thread; throws Error if there is none.
  static Tracer &get();
  static Tracer *getIfAny();

  /// Traces the whole model.
  Program run(const Forward &forward, const std::vector<Input> &inputs);

  // Scopes, and how messages name them.
  void enterModule(Module &module, SourceLoc loc);
  void leaveModule();
  void enterOp(SourceLoc loc, const char *function);
  void leaveOp();
  std::string describeModule() const;
  /// "model.cc:14: ", or nothing.
  std::string describePlace() const;

  // Operations.
  std::vector<Tensor> emit(const char *name, const std::vector<Tensor> &operands,
                           const std::vector<DType> &results, const Attrs &attributes);
  Tensor constant(mlir::DenseElementsAttr value, DType dtype);
  TensorType getType(const Tensor &tensor);
  Dim sizeOf(const Tensor &tensor, int64_t axis);
  std::optional<SizeSource> findSizeSource(const std::string &symbol) const;
  Tensor readParameter(const Parameter &parameter);
  void writeBuffer(const Parameter &buffer, const Tensor &value);
  Tensor readRandomState(const char *name);
  int64_t nextRandomStream() { return randomStreams++; }
  mlir::OpBuilder &getBuilder() { return builder; }

private:
  struct ModuleFrame {
    Module *module;
    std::string path;
    SourceLoc loc;
    // The function under call inside this module.
    int opDepth = 0;
    SourceLoc opLoc;
    std::string function;
  };
  struct GlobalInfo {
    std::string name;
    Parameter parameter;
    TensorType type;
    bool written = false;
    mlir::Value value; ///< of a parameter, once it was read
  };

  // Tracer.cpp
  void nameModules();
  void nameParameters();
  std::vector<mlir::Value> makeArguments(const std::vector<Input> &inputs);
  TensorType makeInputType(const Input &input);
  void finish(const std::vector<Tensor> &outputs);
  void demoteUnwrittenBuffers();
  void countRandomRun();
  void recordMode();
  void declareSymbols();
  void declareGlobals();
  void declareGlobal(const GlobalInfo &info);
  mlir::Attribute makeScaledInit(const Init &init);
  mlir::Attribute makeInit(const Init &init);
  GlobalInfo &findGlobal(const Parameter &parameter);

  // TracerEmit.cpp
  mlir::Location getLocation() const;
  /// Where no line is known, that of the trace.
  mlir::Location locate(const std::string &name, SourceLoc loc = {}) const;
  mlir::Value unwrap(const Tensor &tensor) const;
  mlir::Attribute makeAttribute(const char *op, const Attr &attribute);
  DimExpr toFinal(const Dim &dim) const;
  mlir::Operation *create(mlir::OperationState &state);
  void throwDiagnostics(const std::string &text);

  Module &root;
  const TraceOptions &options;
  SourceLoc traceLoc;
  uint64_t id;
  std::unique_ptr<Program::Impl> program;
  mlir::OpBuilder builder;
  FuncOp function;
  TraceShapes shapes;
  std::vector<ModuleFrame> frames;
  std::map<const Module *, std::string> modulePaths;
  std::vector<GlobalInfo> globals;
  std::map<const ParameterData *, size_t> globalIndex;
  std::map<std::string, DimExpr> lazyNames; ///< unique symbol to the final one
  std::set<std::string> dynamicSymbols;
  std::map<std::string, SizeSource> sizeSources;
  std::set<std::string> randomStates;
  int64_t randomStreams = 0;
};

} // namespace lz::nn::detail

#endif // LAZULI_FRONTEND_NN_TRACER_H
