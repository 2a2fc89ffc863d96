//===- Control.cpp --------------------------------------------------------===//
//
// Branches and loops. A branch that is known to run stands in the If's place.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"
#include "frontend/onnx/Loops.h"
#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::SmallVector;
using lz::DimExpr;
namespace proto = ::onnx;

/// The attribute that is a graph; an error without it.
static const proto::GraphProto *needGraph(Node &n, llvm::StringRef name) {
  const proto::GraphProto *graph = n.attrGraph(name);
  if (!graph && !n.failed)
    n.error() << "has no attribute '" << name << "', expected a graph";
  return graph;
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

namespace {

class IfMaker {
public:
  explicit IfMaker(Node &n) : n(n) {}
  void run();

private:
  std::optional<OnnxValues> importBranch(const proto::GraphProto *graph);
  bool fillBlock(Block &block, const proto::GraphProto *graph,
                 OnnxValues &values);
  bool checkBranches();
  bool buildBoth();
  void inlineBranch(bool taken);

  Node &n;
  const proto::GraphProto *thenGraph = nullptr, *elseGraph = nullptr;
  OnnxValues thenValues, elseValues;
  Operation *built = nullptr; ///< what must go if it fails
};

} // namespace

/// The branch's values, at least as many as the If gives.
std::optional<OnnxValues>
IfMaker::importBranch(const proto::GraphProto *graph) {
  auto values = n.importSubgraph(*graph, {});
  if (!values)
    return std::nullopt;
  if (int64_t(values->size()) >= n.proto.output_size())
    return OnnxValues(*values);
  n.error() << "a branch gives " << values->size() << " values, expected "
            << n.proto.output_size();
  return std::nullopt;
}

bool IfMaker::fillBlock(Block &block, const proto::GraphProto *graph,
                        OnnxValues &values) {
  OpBuilder::InsertionGuard guard(n.builder);
  n.builder.setInsertionPointToStart(&block);
  auto found = importBranch(graph);
  if (!found)
    return false;
  values = std::move(*found);
  values.resize(n.proto.output_size());
  YieldOp::create(n.builder, n.loc, llvm::map_to_vector(values, [](auto &value) {
                    return value.value;
                  }));
  return true;
}

bool IfMaker::checkBranches() {
  for (auto [i, pair] : llvm::enumerate(llvm::zip(thenValues, elseValues))) {
    auto &[first, second] = pair;
    Type a = first.value.getType(), b = second.value.getType();
    if (haveSameKind(a, b) && first.logical == second.logical)
      continue;
    n.error() << "output " << i << " is " << typeText(a)
              << " in one branch and " << typeText(b)
              << " in the other, expected the same kind";
    return false;
  }
  return true;
}

/// Regions are built before the results' types are known.
bool IfMaker::buildBoth() {
  Value condition = toScalar(n, n.in(0));
  IfOp draft = IfOp::create(n.builder, n.loc, TypeRange(), condition);
  built = draft;
  if (!fillBlock(draft.getThenBlock(), thenGraph, thenValues) ||
      !fillBlock(draft.getElseBlock(), elseGraph, elseValues) ||
      !checkBranches())
    return false;
  SmallVector<Type> types;
  for (const OnnxValue &value : thenValues)
    types.push_back(cloneUnranked(value.value.getType()));
  IfOp branch = IfOp::create(n.builder, n.loc, types, condition);
  branch.getThenRegion().takeBody(draft.getThenRegion());
  branch.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  built = n.infer(branch);
  for (auto [i, result] : llvm::enumerate(branch.getResults()))
    n.set(i, result, thenValues[i].logical);
  return !n.failed;
}

void IfMaker::inlineBranch(bool taken) {
  auto values = importBranch(taken ? thenGraph : elseGraph);
  if (!values)
    return;
  for (int i = 0; i < n.proto.output_size(); ++i)
    n.set(i, (*values)[i].value, (*values)[i].logical);
}

/// Branches whose results have no common type can be told apart by an example
/// of the condition, which a run then checks.
void IfMaker::run() {
  thenGraph = needGraph(n, "then_branch");
  elseGraph = needGraph(n, "else_branch");
  if (!n.failed && thenGraph->output_size() != elseGraph->output_size())
    n.error() << "its branches give " << thenGraph->output_size() << " and "
              << elseGraph->output_size() << " values, expected as many";
  if (n.failed)
    return;
  auto known = n.contents(n.in(0));
  if (known && known->size() == 1 && known->front().isConstant())
    return inlineBranch(known->front() != DimExpr(0));
  std::vector<Diagnostic> held;
  {
    ScopedDiagnosticHandler hold(n.builder.getContext(),
                                 [&](Diagnostic &diagnostic) {
                                   held.push_back(std::move(diagnostic));
                                   return success();
                                 });
    buildBoth();
  }
  bool hasFailed = n.failed;
  n.failed = false;
  if (hasFailed && n.importer.mayImportAgain()) {
    n.shapes.discard(built);
    if (auto example = n.tryInts(0); example && example->size() == 1)
      return inlineBranch(example->front() != 0);
  }
  n.failed = hasFailed;
  for (Diagnostic &diagnostic : held)
    n.builder.getContext()->getDiagEngine().emit(std::move(diagnostic));
}

static void importIf(Node &n) { IfMaker(n).run(); }

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// A scalar as the body declares it: some want a vector of one element.
static Value asDeclared(Node &n, Value scalar, const proto::ValueInfoProto &info) {
  const auto &type = info.type().tensor_type();
  bool isVector = type.has_shape() && type.shape().dim_size() == 1;
  return isVector ? n.reshape(scalar, {DimExpr(1)}) : scalar;
}

static bool checkBody(Node &n, const proto::GraphProto &body, int numCarried) {
  if (body.input_size() != numCarried + 2 ||
      body.output_size() < numCarried + 1) {
    n.error() << "its body has " << body.input_size() << " inputs and "
              << body.output_size() << " outputs, expected "
              << numCarried + 2 << " inputs and at least " << numCarried + 1
              << " outputs";
    return false;
  }
  if (body.output_size() - 1 < n.proto.output_size()) {
    n.error() << "its body has " << body.output_size()
              << " outputs, expected " << n.proto.output_size() + 1;
    return false;
  }
  return true;
}

/// The condition that an iteration gets is true, or it would not run.
static void importLoop(Node &n) {
  const proto::GraphProto *body = needGraph(n, "body");
  int numCarried = std::max(int(n.numInputs()) - 2, 0);
  if (n.failed || !checkBody(n, *body, numCarried))
    return;
  LoopPlan plan;
  for (size_t i : {0, 1})
    if (n.has(i) && !llvm::isa<lz::TensorType>(n.in(i).getType())) {
      n.error() << "its " << (i == 0 ? "trip count" : "condition") << " is "
                << typeText(n.in(i).getType()) << ", expected a tensor";
      return;
    }
  if (n.has(0))
    plan.tripCount = toScalar(n, n.cast(n.in(0), n.i64()));
  if (n.has(1))
    plan.condition = toScalar(n, n.in(1));
  for (int i = 0; i < numCarried; ++i) {
    if (!n.has(i + 2)) {
      n.error() << "carried value " << i << " has no value to begin with";
      return;
    }
    plan.inits.push_back(n.input(i + 2));
  }
  plan.build = [&](Value iteration, const OnnxValues &carried)
      -> std::optional<LoopPlan::Step> {
    OnnxValues arguments = {
        {asDeclared(n, iteration, body->input(0)), nullptr},
        {asDeclared(n, n.scalar(1, n.i1()), body->input(1)), nullptr}};
    llvm::append_range(arguments, carried);
    auto results = n.importSubgraph(*body, arguments);
    if (!results)
      return std::nullopt;
    Value condition = results->front().value;
    if (!llvm::isa<lz::TensorType>(condition.getType())) {
      n.error() << "its body's condition is " << typeText(condition.getType())
                << ", expected a tensor";
      return std::nullopt;
    }
    auto next = llvm::ArrayRef<OnnxValue>(*results).drop_front();
    return LoopPlan::Step{toScalar(n, condition),
                          OnnxValues(next.take_front(numCarried)),
                          OnnxValues(next.drop_front(numCarried))};
  };
  for (auto [i, value] : llvm::enumerate(buildLoop(n, plan)))
    n.set(i, value.value, value.logical);
}

static constexpr OpRow kRows[] = {
    {"If", importIf, 1, 1},
    {"Loop", importLoop, 0, kAnyNumber, "", true},
    {"Scan", importScan, 0, kAnyNumber, "", true},
    {"SequenceMap", importSequenceMap, 1, kAnyNumber, "", true},
};

OpRows lz::onnximport::controlOps() { return kRows; }
