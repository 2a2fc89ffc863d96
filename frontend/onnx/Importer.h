//===- Importer.h - From a graph to a function ------------------*- C++ -*-===//
//
// Internal. Walks the nodes of a graph in order, scope by scope: the main graph,
// subgraphs of control flow, bodies of functions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_IMPORTER_H
#define LAZULI_FRONTEND_ONNX_IMPORTER_H

#include "frontend/onnx/Node.h"
#include "frontend/onnx/Onnx.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <deque>
#include <map>
#include <set>

namespace lz::onnximport {

/// Elements that shapes may follow from; as many as inference follows.
constexpr int64_t kMaxContents = 64;

/// The names that a graph or a function body can see.
struct Scope {
  /// Names of the graph around are visible in a subgraph, not in a function.
  Scope *parent = nullptr;
  llvm::StringMap<OnnxValue> values;
  /// Of a function: its versions, and the attributes its call gave.
  const OpsetVersions *opsets = nullptr;
  bool isFunction = false;
  llvm::StringMap<const ::onnx::AttributeProto *> attributes;
};

/// The axes of carried values that change between iterations, by the node of
/// the loop, while one around it is imported: when its body is imported again,
/// loops in it know from the start what they learned, and do not multiply.
struct LoopMemory {
  int depth = 0; ///< of loops that are being imported
  std::map<const ::onnx::NodeProto *, std::set<std::pair<size_t, size_t>>>
      changing;
};

class Importer {
public:
  Importer(std::shared_ptr<Model> model, const OnnxOptions &options,
           mlir::MLIRContext *context);

  mlir::OwningOpRef<mlir::ModuleOp> run();

  // What nodes need.
  Shapes &getShapes() { return shapes; }
  Model &getModel() { return *model; }
  Scope *getScope() { return scope; }
  std::optional<llvm::SmallVector<OnnxValue>>
  importSubgraph(const ::onnx::GraphProto &graph,
                 llvm::ArrayRef<OnnxValue> arguments, Node &node);
  std::string defineSymbol(llvm::StringRef name);
  void dropSymbol(llvm::StringRef symbol);
  /// Whether a body may be imported once more; bounded, as nested bodies
  /// multiply.
  bool mayImportAgain() { return ++importedAgain <= kMaxImportedAgain; }
  LoopMemory &getLoopMemory() { return loopMemory; }
  int64_t takeNumber() { return nextNumber++; }
  /// Binds the model's inputs that `value` is computed from to their examples'
  /// elements, where they have some; true if one was bound.
  bool bindByExample(mlir::Value value);
  /// The bytes of a constant or of an input bound to an example.
  std::optional<llvm::SmallVector<double>> getConstant(mlir::Value value);
  /// A tensor of the file as a constant or a parameter called `name`.
  OnnxValue makeConstant(const TensorData &tensor, llvm::StringRef name,
                         Emit &emit);

private:
  mlir::LogicalResult fail(const llvm::Twine &message);
  mlir::LogicalResult declareInputs();
  mlir::LogicalResult
  declareInput(const ::onnx::ValueInfoProto &info,
               llvm::SmallVectorImpl<mlir::Type> &types,
               llvm::SmallVectorImpl<mlir::DictionaryAttr> &attrs);
  mlir::LogicalResult bindInputs(mlir::Block &block,
                                 llvm::ArrayRef<const OnnxInput *> examples);
  mlir::Type inputType(const ::onnx::TypeProto &type, llvm::StringRef name,
                       const ElementInfo *&logical);
  template <typename Container>
  mlir::Type containerType(mlir::Type element, llvm::StringRef name);
  TensorType tensorInputType(const ::onnx::TypeProto_Tensor &type,
                             llvm::StringRef name, const ElementInfo *&logical);
  mlir::LogicalResult addInputWeights();
  mlir::LogicalResult addInitializers(const ::onnx::GraphProto &graph);
  mlir::LogicalResult addInitializer(llvm::StringRef name,
                                     const rt::StatusOr<TensorData> &tensor);
  mlir::LogicalResult addStripped(const ::onnx::TensorProto &tensor);
  mlir::LogicalResult importNodes(
      const google::protobuf::RepeatedPtrField<::onnx::NodeProto> &nodes);
  mlir::LogicalResult importNode(const ::onnx::NodeProto &proto);
  mlir::LogicalResult readInputs(Node &node);
  mlir::LogicalResult bindOutputs(Node &node);
  void reportUnsupported(Node &node);
  mlir::LogicalResult runHandler(Node &node);
  mlir::LogicalResult callFunction(const ::onnx::FunctionProto &function,
                                   Node &node);
  mlir::LogicalResult passOutputs(const ::onnx::FunctionProto &function,
                                  Node &node);
  mlir::LogicalResult checkOutput(const ::onnx::ValueInfoProto &output,
                                  const std::optional<OnnxValue> &value);
  mlir::LogicalResult finish();
  std::optional<OnnxValue> lookUp(llvm::StringRef name);
  mlir::LogicalResult reportUnknown(Node &node, llvm::StringRef name);
  OnnxValue makeMissingWeight(Node &node, int operand);
  TensorType missingWeightType(Node &node, int operand);
  TensorType givenType(const OnnxWeight &weight,
                       const ::onnx::ValueInfoProto *declared);
  TensorType declaredType(const ::onnx::ValueInfoProto &info,
                          const OnnxWeight *weight);
  DimExpr lazyDim(llvm::StringRef name, int64_t axis);
  OnnxValue makeParameter(llvm::StringRef name, TensorType type);
  const OnnxWeight *findWeight(llvm::StringRef name) const;
  mlir::Location locate(llvm::StringRef name);
  Emit makeEmit(llvm::StringRef name);
  DimExpr makeSymbol(llvm::StringRef name, int64_t min);
  const OnnxInput *findExample(llvm::StringRef name) const;

  std::shared_ptr<Model> model;
  const OnnxOptions &options;
  mlir::MLIRContext *context;
  mlir::OpBuilder builder;
  Shapes shapes;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  FuncOp function;
  Scope root;
  Scope *scope = &root;
  std::vector<std::string> inputNames;
  std::vector<const ElementInfo *> inputLogical;
  llvm::StringMap<SymbolOp> symbols;
  llvm::StringSet<> parameterNames;
  llvm::StringSet<> initializerNames;
  /// Names that some node of the main graph produces: using one before is an
  /// error, not a missing weight.
  llvm::StringSet<> producedNames;
  llvm::DenseMap<mlir::Value, const OnnxInput *> examplesOf;
  llvm::DenseSet<mlir::Value> boundInputs;
  std::vector<const ::onnx::FunctionProto *> callStack;
  std::deque<Scope> scopes; ///< subgraphs' and functions', stable addresses
  int64_t nextNumber = 0;
  static constexpr int kMaxImportedAgain = 4096;
  int importedAgain = 0;
  LoopMemory loopMemory;
  int64_t numFunctionNodes = 0; ///< imported by calls, all in all
  int depth = 0;
};

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_IMPORTER_H
