//===- Scans.cpp ----------------------------------------------------------===//
//
// Operators that are loops over the slices of tensors or the elements of
// sequences: Scan, SequenceMap.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Loops.h"
#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Sequences.h"

#include "ir/Diagnostics.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using lz::DimExpr;
namespace proto = ::onnx;

namespace {

/// A Scan of version 9 on, or what one of version 8 does for one example.
class Scan {
public:
  Scan(Node &n, const proto::GraphProto &body) : n(n), body(body) {}

  OnnxValues states, inputs;
  Ints axes, directions; ///< of the inputs
  /// How many slices count, null: all. Beyond them states stay and scan outputs
  /// are zeros.
  Value count;

  size_t numOutputs() const { return body.output_size() - states.size(); }
  OnnxValues run();

private:
  DimExpr findLength();
  Value pick(size_t i, Value iteration, Value last);
  std::optional<LoopPlan::Step> step(Value iteration, Value last,
                                     const OnnxValues &carried);
  void mask(Value iteration, const OnnxValues &before, LoopPlan::Step &step);

  Node &n;
  const proto::GraphProto &body;
};

} // namespace

/// One per input or output; an error for another number of them.
static Ints readList(Node &n, llvm::StringRef name, size_t count) {
  Ints list = n.attrInts(name);
  if (list.empty())
    list.assign(count, 0);
  if (list.size() != count && !n.failed)
    n.error() << "attribute '" << name << "' has " << list.size()
              << " elements, expected " << count;
  list.resize(count);
  return list;
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

/// The size of the scanned axes, which must be the same of all.
DimExpr Scan::findLength() {
  DimExpr length = 0;
  MLIRContext *context = n.builder.getContext();
  for (auto [i, input] : llvm::enumerate(inputs)) {
    axes[i] = n.axis(axes[i], n.rank(input.value));
    DimExpr size = n.dim(input.value, axes[i]);
    if (i == 0)
      length = size;
    if (n.failed || size == length)
      continue;
    if (size.isConstant() && length.isConstant()) {
      n.error() << "scans axes of " << length.str() << " and " << size.str()
                << ", expected the same size";
      continue;
    }
    std::string message = "'" + n.name() + "': scanned axes must agree";
    GuardOp::create(n.builder, n.loc, DimAttr::get(context, length),
                    DimAttr::get(context, size),
                    n.builder.getStringAttr(message));
  }
  return length;
}

/// The slice of input `i` that belongs to an iteration.
Value Scan::pick(size_t i, Value iteration, Value last) {
  Value index = iteration;
  if (directions[i])
    index = n.max(n.sub(last, iteration), 0);
  return moved(n, inputs[i].value,
               [&](Value x) { return n.gather(x, index, axes[i]); });
}

void Scan::mask(Value iteration, const OnnxValues &before,
                LoopPlan::Step &step) {
  Value counts = n.compare<LtOp>(iteration, count);
  for (auto [was, is] : llvm::zip(before, step.carried))
    is.value = n.select(counts, is.value, was.value);
  for (OnnxValue &scan : step.scans)
    scan.value = n.select(counts, scan.value, n.scalarLike(0, scan.value));
}

std::optional<LoopPlan::Step> Scan::step(Value iteration, Value last,
                                         const OnnxValues &carried) {
  OnnxValues arguments = carried;
  for (size_t i = 0; i < inputs.size(); ++i)
    arguments.push_back({pick(i, iteration, last), inputs[i].logical});
  if (n.failed)
    return std::nullopt;
  auto results = n.importSubgraph(body, arguments);
  if (!results)
    return std::nullopt;
  ArrayRef<OnnxValue> all(*results);
  LoopPlan::Step step{Value(), OnnxValues(all.take_front(states.size())),
                      OnnxValues(all.drop_front(states.size()))};
  if (count)
    mask(iteration, carried, step);
  return step;
}

/// The final states, then the scan outputs with slices along axis 0.
OnnxValues Scan::run() {
  DimExpr length = findLength();
  if (n.failed)
    return {};
  LoopPlan plan;
  plan.tripCount = n.dimScalar(length);
  plan.inits = states;
  Value last = n.sub(count ? count : plan.tripCount, 1);
  plan.build = [&](Value iteration, const OnnxValues &carried) {
    return step(iteration, last, carried);
  };
  return buildLoop(n, plan);
}

/// The operands from `first` on: states, then inputs. False after an error.
static bool readOperands(Node &n, const proto::GraphProto &body, Scan &scan,
                         size_t first) {
  int64_t numInputs = n.attrInt("num_scan_inputs", 0);
  int64_t numOperands = int64_t(n.numInputs()) - int64_t(first);
  if (numInputs < 1 || numInputs > numOperands) {
    n.error() << "attribute 'num_scan_inputs' is " << numInputs
              << ", expected 1 to " << std::max<int64_t>(numOperands, 1);
    return false;
  }
  for (int64_t i = 0; i < numOperands; ++i) {
    if (!n.has(first + i) ||
        !llvm::isa<lz::TensorType>(n.in(first + i).getType())) {
      n.error() << "operand " << first + i << " is no tensor, expected one";
      return false;
    }
    (i < numOperands - numInputs ? scan.states : scan.inputs)
        .push_back(n.input(first + i));
  }
  if (body.input_size() == numOperands &&
      body.output_size() >= int(scan.states.size()) &&
      body.output_size() >= n.proto.output_size())
    return true;
  n.error() << "its body has " << body.input_size() << " inputs and "
            << body.output_size() << " outputs, expected " << numOperands
            << " inputs and at least "
            << std::max(int(scan.states.size()), n.proto.output_size())
            << " outputs";
  return false;
}

/// A scan output as the attributes ask for it.
static Value place(Node &n, Value x, int64_t axis, bool isReversed) {
  axis = n.axis(axis, n.rank(x));
  if (n.failed || (axis == 0 && !isReversed))
    return x;
  Ints order = countTo(n.rank(x));
  order.erase(order.begin());
  order.insert(order.begin() + axis, 0);
  return moved(n, x, [&](Value v) {
    v = isReversed ? n.flip(v, {0}) : v;
    return axis == 0 ? v : n.transpose(v, order);
  });
}

static void importScan9(Node &n, const proto::GraphProto &body) {
  Scan scan(n, body);
  if (!readOperands(n, body, scan, 0))
    return;
  scan.axes = readList(n, "scan_input_axes", scan.inputs.size());
  scan.directions = readList(n, "scan_input_directions", scan.inputs.size());
  Ints axes = readList(n, "scan_output_axes", scan.numOutputs());
  Ints directions = readList(n, "scan_output_directions", scan.numOutputs());
  if (n.failed)
    return;
  size_t numStates = scan.states.size();
  for (auto [i, result] : llvm::enumerate(scan.run())) {
    Value value = result.value;
    if (i >= numStates)
      value = place(n, value, axes[i - numStates],
                    directions[i - numStates] != 0);
    n.set(i, value, result.logical);
  }
}

/// Operand `x` of one example.
static OnnxValue pickExample(Node &n, const OnnxValue &x, Value number) {
  return {moved(n, x.value, [&](Value v) { return n.gather(v, number, 0); }),
          x.logical};
}

/// Version 8: axis 0 of everything counts examples, each scanned by itself.
static void importScan8(Node &n, const proto::GraphProto &body) {
  Scan all(n, body);
  if (!readOperands(n, body, all, 1))
    return;
  Ints directions = readList(n, "directions", all.inputs.size());
  Value lengths = n.has(0) ? n.cast(n.in(0), n.i64()) : Value();
  LoopPlan plan;
  plan.tripCount = n.dimScalar(n.dim(all.inputs.front().value, 0));
  plan.build = [&](Value number, const OnnxValues &)
      -> std::optional<LoopPlan::Step> {
    Scan scan(n, body);
    for (const OnnxValue &state : all.states)
      scan.states.push_back(pickExample(n, state, number));
    for (const OnnxValue &input : all.inputs)
      scan.inputs.push_back(pickExample(n, input, number));
    scan.axes.assign(all.inputs.size(), 0);
    scan.directions = directions;
    if (lengths)
      scan.count = n.gather(lengths, number, 0);
    OnnxValues results = scan.run();
    if (n.failed)
      return std::nullopt;
    return LoopPlan::Step{Value(), {}, results};
  };
  for (auto [i, value] : llvm::enumerate(buildLoop(n, plan)))
    n.set(i, value.value, value.logical);
}

void onnximport::importScan(Node &n) {
  const proto::GraphProto *body = n.attrGraph("body");
  if (!body && !n.failed)
    n.error() << "has no attribute 'body', expected a graph";
  if (n.failed)
    return;
  if (n.version < 9)
    importScan8(n, *body);
  else
    importScan9(n, *body);
}

//===----------------------------------------------------------------------===//
// SequenceMap
//===----------------------------------------------------------------------===//

/// The body's results for one position: sequences give their element there,
/// tensors are the same everywhere.
static std::optional<OnnxValues> mapOnce(Node &n, const proto::GraphProto &body,
                                         Value position) {
  OnnxValues arguments;
  for (size_t i = 0; i < n.numInputs(); ++i) {
    bool isSequence = llvm::isa<SequenceType>(n.in(i).getType());
    arguments.push_back(
        {isSequence ? sequenceAt(n, n.in(i), position) : n.in(i),
         n.logical(i)});
  }
  if (n.failed)
    return std::nullopt;
  auto results = n.importSubgraph(body, arguments);
  return results ? std::optional(OnnxValues(*results)) : std::nullopt;
}

/// A loop that inserts into sequences; their types are what the body gives.
void onnximport::importSequenceMap(Node &n) {
  const proto::GraphProto *body = n.attrGraph("body");
  if (!body && !n.failed)
    n.error() << "has no attribute 'body', expected a graph";
  if (n.failed)
    return;
  LoopPlan plan;
  plan.tripCount = sequenceLength(n, n.in(0));
  plan.build = [&](Value position, const OnnxValues &carried)
      -> std::optional<LoopPlan::Step> {
    auto results = mapOnce(n, *body, position);
    if (!results)
      return std::nullopt;
    LoopPlan::Step step;
    if (carried.empty())
      step.scans = *results;
    for (auto [sequence, added] : llvm::zip(carried, *results))
      step.carried.push_back(
          {sequenceInsert(n, sequence.value, added.value), added.logical});
    return step;
  };
  std::optional<StepTypes> found = findStepTypes(n, plan);
  if (!found)
    return;
  for (auto [type, logical] : llvm::zip(found->types, found->logical)) {
    if (!llvm::isa<lz::TensorType>(type)) {
      n.error() << "its body gives " << typeText(type) << ", expected tensors";
      return;
    }
    plan.inits.push_back({emptySequence(n, cloneUnranked(type)), logical});
  }
  for (auto [i, value] : llvm::enumerate(buildLoop(n, plan)))
    n.set(i, value.value, value.logical);
}
