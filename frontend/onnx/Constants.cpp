//===- Constants.cpp - Values that come from nowhere else -----------------===//
//
// Constants of every form, shapes as values, counting, patterns of ones.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"
#include "frontend/onnx/Importer.h"
#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::SmallVector;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Constant
//===----------------------------------------------------------------------===//

static void setTensor(Node &n, llvm::StringRef attribute) {
  std::optional<TensorData> tensor = n.attrTensor(attribute);
  if (!tensor)
    return;
  OnnxValue value = n.importer.makeConstant(*tensor, n.name(), n);
  n.set(0, value.value, value.logical);
}

static void importConstant(Node &n) {
  if (n.hasAttr("value"))
    return setTensor(n, "value");
  if (n.hasAttr("sparse_value"))
    return setTensor(n, "sparse_value");
  if (n.hasAttr("value_float"))
    return n.set(0, n.scalar(n.attrFloat("value_float", 0), n.f32()));
  if (n.hasAttr("value_floats"))
    return n.set(0, n.floats(n.attrFloats("value_floats"), n.f32()));
  if (n.hasAttr("value_int"))
    return n.set(0, n.intScalar(n.attrInt("value_int", 0)));
  if (n.hasAttr("value_ints"))
    return n.set(0, n.vector(n.attrInts("value_ints")));
  if (n.hasAttr("value_string"))
    return n.set(0, stringConstant(n, {n.attrString("value_string", "")}, {}));
  if (n.hasAttr("value_strings")) {
    std::vector<std::string> strings = n.attrStrings("value_strings");
    int64_t count = strings.size();
    return n.set(0, stringConstant(n, std::move(strings), {count}));
  }
  n.error() << "has no attribute that gives its value, expected value, "
               "sparse_value, value_float, value_int, value_string or a list "
               "of these";
}

/// The one element of attribute `value`, f32 0 without it.
static OnnxValue readFill(Node &n) {
  std::optional<TensorData> tensor = n.attrTensor("value");
  if (!tensor)
    return {n.scalar(0, n.f32()), nullptr};
  if (tensor->getNumElements() != 1) {
    n.error() << "attribute 'value' has " << tensor->getNumElements()
              << " elements, expected 1";
    return {};
  }
  tensor->dims.clear();
  return n.importer.makeConstant(*tensor, n.name(), n);
}

static void importConstantOfShape(Node &n) {
  OnnxValue fill = readFill(n);
  Dims dims = n.needDims(0, "shape");
  if (n.failed)
    return;
  Value value = moved(n, fill.value, [&](Value x) {
    // Where inference may want to know the elements.
    auto number = n.importer.getConstant(x);
    if (number && number->size() == 1 && std::abs(number->front()) < 1e15)
      return n.full(dims, number->front(), n.elementType(x));
    return n.expand(x, dims);
  });
  n.set(0, value, fill.logical);
}

static void importIdentity(Node &n) { n.set(0, n.in(0), n.logical(0)); }

//===----------------------------------------------------------------------===//
// Shapes as values
//===----------------------------------------------------------------------===//

/// Kernels take no strings, so their dimensions become values one by one.
static Value shapeValue(Node &n, Value x) {
  if (!n.isString(x))
    return n.shapeOf(x);
  Values dims;
  for (const DimExpr &dim : n.dims(x))
    dims.push_back(n.reshape(n.dimScalar(dim), {DimExpr(1)}));
  return dims.empty() ? n.vector({}) : n.concat(dims, 0);
}

static void importShape(Node &n) {
  Value shape = shapeValue(n, n.in(0));
  int64_t start = n.attrInt("start", 0), end = n.attrInt("end", kToEnd);
  if (start != 0 || end != kToEnd)
    shape = n.slice(shape, 0, start, end);
  n.set(0, shape);
}

static void importSize(Node &n) {
  if (n.hasRank(n.in(0)))
    return n.set(0, n.dimScalar(product(n.dims(n.in(0)))));
  n.set(0, n.reduce(ReduceKind::Prod, n.shapeOf(n.in(0)), {}, false));
}

//===----------------------------------------------------------------------===//
// Counting
//===----------------------------------------------------------------------===//

/// max(ceil((limit - start) / delta), 0); all three may be of one scale.
static DimExpr countSteps(Node &n, const DimExpr &start, const DimExpr &limit,
                          int64_t delta) {
  DimExpr span = delta < 0 ? start - limit : limit - start;
  // As an expression: the least integer has no negative.
  DimExpr count = DimExpr::ceilDiv(span, delta < 0 ? -DimExpr(delta) : DimExpr(delta));
  if (n.shapes.facts().lessEqual(0, span) != DimFacts::Truth::True)
    count = DimExpr::max(count, 0);
  return n.shapes.facts().simplify(count);
}

/// The count where all three operands are known.
static std::optional<DimExpr> countKnownSteps(Node &n) {
  auto start = n.tryFloats(0), limit = n.tryFloats(1), delta = n.tryFloats(2);
  auto isOne = [](const auto &numbers) { return numbers && numbers->size() == 1; };
  if (n.isFloat(n.in(0)) && isOne(start) && isOne(limit) && isOne(delta) &&
      delta->front() != 0) {
    double count =
        std::ceil((limit->front() - start->front()) / delta->front());
    if (!(count < 1e15)) // NaN is not, either
      n.error() << "counts from " << std::to_string(start->front()) << " to "
                << std::to_string(limit->front()) << " by "
                << std::to_string(delta->front())
                << ", expected a number of steps below 10^15";
    return DimExpr(count > 0 && !n.failed ? int64_t(count) : 0);
  }
  auto from = n.contents(n.in(0)), to = n.contents(n.in(1));
  auto step = n.contents(n.in(2));
  if (!from || !to || !step || from->size() != 1 || to->size() != 1 ||
      step->size() != 1 || step->front().getConstant().value_or(0) == 0)
    return std::nullopt;
  return countSteps(n, from->front(), to->front(),
                    *step->front().getConstant());
}

/// The same, computed by a run.
static DimExpr defineSteps(Node &n) {
  Type wide = n.builder.getF64Type();
  auto operand = [&](size_t i) { return n.cast(toScalar(n, n.in(i)), wide); };
  Value count = n.unary<CeilOp>(
      n.div(n.sub(operand(1), operand(0)), operand(2)));
  return defineDim(n, n.cast(n.max(count, 0.0), n.i64()), "count");
}

static void importRange(Node &n) {
  std::optional<DimExpr> known = countKnownSteps(n);
  DimExpr count = known ? *known : defineSteps(n);
  Value start = toScalar(n, n.in(0)), delta = toScalar(n, n.in(2));
  Value steps = n.range(count, n.elementType(start));
  n.set(0, n.add(n.mul(steps, delta), start));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// The plain element type that attribute `dtype` names.
static Type typeAttr(Node &n, llvm::StringRef name, Type otherwise) {
  if (!n.hasAttr(name))
    return otherwise;
  int64_t number = n.attrInt(name, 1);
  const ElementInfo *element = findElementInfo(int32_t(number));
  if (element && !element->isLogical && element->bits > 0)
    return n.storageType(*element);
  n.error() << "has " << name << " " << number << ", expected a type of numbers";
  return otherwise;
}

static void importEyeLike(Node &n) {
  Value x = n.in(0);
  Type type = typeAttr(n, "dtype", n.elementType(x));
  if (n.rank(x) != 2) {
    n.error() << "has an input of rank " << n.rank(x) << ", expected 2";
    return;
  }
  Value row = n.iota(n.dims(x), 0, n.i64()), column = n.iota(n.dims(x), 1, n.i64());
  Value shifted = n.add(row, n.intScalar(n.attrInt("k", 0)));
  n.set(0, n.cast(n.compare<EqOp>(column, shifted), type));
}

static DimExpr readDepth(Node &n) {
  if (n.isFloat(n.in(1))) {
    SmallVector<double> depth = n.needFloats(1, "depth");
    return depth.empty() ? DimExpr(1) : DimExpr(int64_t(depth.front()));
  }
  Dims depth = n.needDims(1, "depth");
  return depth.empty() ? DimExpr(1) : depth.front();
}

/// values = [off, on]; indices outside [-depth, depth) are nowhere on.
static void importOneHot(Node &n) {
  DimExpr depth = readDepth(n);
  Value indices = wrapIndices(n, n.cast(n.in(0), n.i64()), depth);
  int64_t rank = n.rank(indices) + 1;
  int64_t axis = n.axis(n.attrInt("axis", -1), rank);
  if (n.failed)
    return;
  Value positions = along(n, n.range(depth, n.i64()), axis, rank);
  Value isOn = n.compare<EqOp>(n.unsqueeze(indices, {axis}), positions);
  Value values = moved(n, n.in(2), [&](Value v) {
    if (n.isString(n.in(2)))
      return n.cast(isOn, n.i64());
    return n.select(isOn, n.select(v, 0, 1), n.select(v, 0, 0));
  });
  n.set(0, values, n.logical(2));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Constant", importConstant, 0, 0},
    {"ConstantOfShape", importConstantOfShape},
    {"Identity", importIdentity, 1, 1, "", true},
    {"Shape", importShape},
    {"Size", importSize},
    {"Range", importRange, 3, 3},
    {"EyeLike", importEyeLike},
    {"OneHot", importOneHot, 3, 3},
};

OpRows lz::onnximport::constantOps() { return rows; }
