//===- Random.cpp - Operators that draw random numbers --------------------===//
//
// With the attribute `seed` a node draws the same numbers in every run; without,
// it draws from the session's generator, whose counter each run moves on.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

#include "frontend/onnx/Importer.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

/// The states of the session's generator start at 0, until somebody seeds it.
static void declareState(Node &n, const char *name, lz::TensorType type) {
  Operation *at = n.builder.getBlock()->getParentOp();
  auto module = at->getParentOfType<ModuleOp>();
  for (StateOp state : module.getOps<StateOp>())
    if (state.getName() == name)
      return;
  OpBuilder::InsertionGuard guard(n.builder);
  n.builder.setInsertionPointToStart(module.getBody());
  auto zero = DenseElementsAttr::get(RankedTensorType::get({}, n.i64()),
                                     llvm::ArrayRef<int64_t>(0));
  StateOp::create(n.builder, n.loc, name, type, Attribute(), zero);
}

static Value readState(Node &n, const char *name) {
  auto type = lz::TensorType::getStatic(n.builder.getContext(), {}, n.i64());
  declareState(n, name, type);
  n.shapes.addGlobal(name, type);
  OperationState state(n.loc, "lz.read");
  state.addTypes(type);
  state.addAttribute("name", n.builder.getStringAttr(name));
  return n.builder.create(state)->getResult(0);
}

static void writeState(Node &n, const char *name, Value value) {
  OperationState state(n.loc, "lz.write");
  state.addOperands(value);
  state.addAttribute("name", n.builder.getStringAttr(name));
  n.builder.create(state);
}

/// Seed and counter of this node. The counter moves on at each node, so that a
/// node in a loop draws new numbers in every iteration.
static std::pair<Value, Value> takeState(Node &n) {
  if (n.hasAttr("seed")) {
    auto bits = llvm::bit_cast<uint32_t>(
        static_cast<float>(n.attrFloat("seed", 0)));
    return {n.intScalar(bits), n.intScalar(0)};
  }
  Value seed = readState(n, "rng.seed"), counter = readState(n, "rng.counter");
  writeState(n, "rng.counter", n.add(counter, n.intScalar(1)));
  return {seed, counter};
}

static Value draw(Node &n, Distribution distribution,
                  llvm::ArrayRef<lz::DimExpr> dims, Type type) {
  auto [seed, counter] = takeState(n);
  auto shape = DimArrayAttr::get(n.builder.getContext(), dims);
  // A seed asks for the same numbers wherever the node stands.
  int64_t stream = n.hasAttr("seed") ? 0 : n.uniqueNumber();
  return n.result(RandomOp::create(n.builder, n.loc, n.unranked(type), seed,
                                   counter, distribution, stream, shape));
}

/// The element type that attribute `dtype` asks for.
static Type elementTypeOf(Node &n, Type otherwise) {
  if (!n.hasAttr("dtype"))
    return otherwise;
  int64_t number = n.attrInt("dtype", 0);
  const ElementInfo *element = findElementInfo(number);
  if (element && !element->isLogical)
    return n.storageType(*element);
  n.error() << "has dtype " << number << ", which is not supported";
  return otherwise;
}

static void setDrawn(Node &n, Distribution distribution,
                     llvm::ArrayRef<lz::DimExpr> dims, Type type) {
  if (!llvm::isa<FloatType>(type)) {
    n.error() << "draws elements that are no floats, expected a float dtype";
    return;
  }
  Value drawn = draw(n, distribution, dims, type);
  bool isNormal = distribution == Distribution::Normal;
  double low = n.attrFloat("low", 0), high = n.attrFloat("high", 1);
  double scale = isNormal ? n.attrFloat("scale", 1) : high - low;
  double offset = isNormal ? n.attrFloat("mean", 0) : low;
  if (scale != 1)
    drawn = n.mul(drawn, scale);
  n.set(0, offset != 0 ? n.add(drawn, offset) : drawn);
}

template <Distribution distribution> static void importRandom(Node &n) {
  Dims dims;
  for (int64_t size : n.attrInts("shape"))
    dims.push_back(size);
  if (!n.hasAttr("shape"))
    n.error() << "has no attribute 'shape'";
  setDrawn(n, distribution, dims, elementTypeOf(n, n.f32()));
}

template <Distribution distribution> static void importRandomLike(Node &n) {
  Value like = n.in(0);
  setDrawn(n, distribution, Dims(n.dims(like)),
           elementTypeOf(n, n.elementType(like)));
}

/// 1 with the probability that the operand gives.
static void importBernoulli(Node &n) {
  Value p = n.in(0);
  Value drawn = draw(n, Distribution::Uniform, n.dims(p), n.elementType(p));
  n.set(0, n.cast(n.compare<LtOp>(drawn, p),
                  elementTypeOf(n, n.elementType(p))));
}

/// The greatest of log-probabilities with Gumbel noise is distributed as the
/// softmax of them (Gumbel, 1954).
static void importMultinomial(Node &n) {
  Value x = n.cast(n.in(0), n.f32());
  if (n.rank(x) != 2) {
    n.error() << "has an operand of rank " << n.rank(x) << ", expected 2";
    return;
  }
  int64_t samples = n.attrInt("sample_size", 1);
  Value uniform = draw(n, Distribution::Uniform,
                       {n.dim(x, 0), samples, n.dim(x, 1)}, n.f32());
  // Away from 0, whose logarithm is infinite.
  Value inner = n.neg(n.log(n.max(uniform, 1e-37)));
  Value noise = n.neg(n.log(n.max(inner, 1e-37)));
  Value picked = n.reduce(ReduceKind::ArgMax,
                          n.add(n.unsqueeze(x, {1}), noise), {2}, false);
  n.set(0, n.cast(picked, elementTypeOf(n, n.builder.getIntegerType(32))));
}

static const OpRow rows[] = {
    {"RandomNormal", importRandom<Distribution::Normal>, 0, 0},
    {"RandomUniform", importRandom<Distribution::Uniform>, 0, 0},
    {"RandomNormalLike", importRandomLike<Distribution::Normal>},
    {"RandomUniformLike", importRandomLike<Distribution::Uniform>},
    {"Bernoulli", importBernoulli},
    {"Multinomial", importMultinomial},
};

OpRows lz::onnximport::randomOps() { return rows; }
