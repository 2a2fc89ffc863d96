//===- Contrib.cpp - Fusions of com.microsoft -----------------------------===//
//
// Activations, normalizations, products and convolutions that ONNX Runtime's
// optimizer fuses.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Contrib.h"

#include "frontend/onnx/Onnx.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

llvm::SmallVector<OnnxValue, 2>
lz::onnximport::callStandard(Node &n, const char *name,
                             llvm::ArrayRef<OnnxValue> operands) {
  const OpRow *row = findOp("", name);
  if (!row) {
    n.unsupported(name);
    return {operands.front()};
  }
  Node standard(n.importer, n.proto, kNewestOnnxOpset, n);
  standard.inputs.assign(operands.begin(), operands.end());
  row->handler(standard);
  n.failed |= standard.failed;
  if (standard.outputs.empty() || !standard.outputs[0]) {
    if (!n.failed)
      n.error() << "has no result";
    return {operands.front()};
  }
  return standard.outputs;
}

bool lz::onnximport::needOperands(Node &n, llvm::ArrayRef<size_t> operands) {
  for (size_t i : operands)
    if (!n.has(i))
      n.error() << "has no input " << i;
  return !n.failed;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

static Value gelu(Node &n, Value x, bool tanh) {
  return n.result(GeluOp::create(n.builder, n.loc, unrankedLike(x), x, tanh));
}

/// The operand, with a bias if there is one.
static Value biased(Node &n) {
  return n.has(1) ? n.add(n.in(0), n.in(1)) : n.in(0);
}

static void importBiasGelu(Node &n) { n.set(0, gelu(n, biased(n), false)); }

static void importFastGelu(Node &n) { n.set(0, gelu(n, biased(n), true)); }

static void importQuickGelu(Node &n) {
  Value x = n.in(0);
  Value inner = n.mul(x, n.attrFloat("alpha", 1.702));
  n.set(0, n.mul(x, n.unary<SigmoidOp>(inner)));
}

/// The left half times gelu of the right one.
static void importBiasSplitGelu(Node &n) {
  Value x = biased(n);
  DimExpr size = n.dim(x, -1), half = DimExpr::floorDiv(size, 2);
  Value left = n.slice(x, -1, 0, half), right = n.slice(x, -1, half, size);
  n.set(0, n.mul(left, gelu(n, right, false)));
}

static void importBiasAdd(Node &n) {
  n.set(0, n.add(n.add(n.in(0), n.in(1)), n.in(2)));
}

/// The activation that a fused node ends with, by its ONNX name.
static Value activated(Node &n, Value x, llvm::ArrayRef<double> parameters) {
  std::string name = n.attrString("activation", "");
  auto parameter = [&](size_t i, double otherwise) {
    return i < parameters.size() ? parameters[i] : otherwise;
  };
  if (name.empty())
    return x;
  if (name == "Relu")
    return n.unary<ReluOp>(x);
  if (name == "Tanh")
    return n.unary<TanhOp>(x);
  if (name == "Sigmoid")
    return n.unary<SigmoidOp>(x);
  if (name == "Softplus")
    return callStandard(n, "Softplus", {OnnxValue{x}})[0].value;
  if (name == "LeakyRelu")
    return n.result(LeakyReluOp::create(n.builder, n.loc, unrankedLike(x), x,
                                        llvm::APFloat(parameter(0, 0.01))));
  if (name == "Clip")
    return n.min(n.max(x, parameter(0, -3.4028234663852886e38)),
                 parameter(1, 3.4028234663852886e38));
  if (name == "HardSigmoid")
    return n.max(n.min(n.add(n.mul(x, parameter(0, 0.2)), parameter(1, 0.5)),
                       1.0),
                 0.0);
  n.error() << "has activation '" << name << "', which is not supported";
  return x;
}

//===----------------------------------------------------------------------===//
// Normalizations
//===----------------------------------------------------------------------===//

static Value layerNorm(Node &n, Value x, Value weights, Value bias) {
  double eps = n.attrFloat("epsilon", 1e-12);
  return n.result(LayerNormOp::create(n.builder, n.loc, unrankedLike(x), x,
                                      weights, bias, /*axes_count=*/1,
                                      llvm::APFloat(eps)));
}

static Value rmsNorm(Node &n, Value x, Value weights, double eps) {
  return n.result(RmsNormOp::create(n.builder, n.loc, unrankedLike(x), x, weights,
                                    /*axes_count=*/1, llvm::APFloat(eps)));
}

static Value skipped(Node &n, size_t bias) {
  Value x = n.add(n.in(0), n.in(1));
  return n.has(bias) ? n.add(x, n.in(bias)) : x;
}

static void importSkipLayerNorm(Node &n) {
  Value x = skipped(n, 4);
  n.set(0, layerNorm(n, x, n.in(2), optionalIn(n, 3)));
  n.set(3, x);
}

static void importSkipRmsNorm(Node &n) {
  Value x = skipped(n, 3);
  n.set(0, rmsNorm(n, x, n.in(2), n.attrFloat("epsilon", 1e-12)));
  n.set(3, x);
}

/// RMSNormalization under its older name; the axis counts as there.
static void importSimplifiedLayerNorm(Node &n) {
  Value x = n.in(0);
  n.set(0, callStandard(n, "RMSNormalization", n.inputs)[0].value);
  if (!n.wants(1))
    return;
  Value square = n.reduce(ReduceKind::Mean, n.square(n.cast(x, n.f32())), {-1},
                          /*keepDims=*/true);
  n.set(1, n.unary<RsqrtOp>(n.add(square, n.attrFloat("epsilon", 1e-5))));
}

/// Words, positions and segments, added and normalized.
static void importEmbedLayerNorm(Node &n) {
  if (!needOperands(n, {2, 3, 5, 6}))
    return;
  Value ids = n.in(0), positions = n.in(3);
  Value sum = n.gather(n.in(2), ids, 0);
  if (n.has(8))
    sum = n.add(sum, n.gather(positions, n.in(8), 0));
  else
    sum = n.add(sum, n.slice(positions, 0, 0, n.dim(ids, 1)));
  if (n.has(1) && n.has(4))
    sum = n.add(sum, n.gather(n.in(4), n.in(1), 0));
  n.set(0, layerNorm(n, sum, n.in(5), n.in(6)));
  Type i32 = n.builder.getIntegerType(32);
  if (n.has(7))
    n.set(1, n.cast(n.reduce(ReduceKind::Sum, n.in(7), {1}, false), i32));
  else if (n.wants(1))
    n.set(1, n.full({n.dim(ids, 0)}, 0, i32));
  n.set(2, sum);
}

//===----------------------------------------------------------------------===//
// Products and convolutions
//===----------------------------------------------------------------------===//

/// The first axis before the last one, if asked for; then the last two swapped.
static Value arranged(Node &n, Value x, const char *batch, const char *swap) {
  int64_t rank = n.rank(x);
  if (n.attrInt(batch, 0) && rank > 2) {
    Ints perm;
    for (int64_t i = 1; i < rank - 1; ++i)
      perm.push_back(i);
    perm.push_back(0);
    perm.push_back(rank - 1);
    x = n.transpose(x, perm);
  }
  return n.attrInt(swap, 0) && rank > 1 ? n.swapAxes(x, -1, -2) : x;
}

static void importFusedMatMul(Node &n) {
  Value y = n.matmul(arranged(n, n.in(0), "transBatchA", "transA"),
                     arranged(n, n.in(1), "transBatchB", "transB"));
  double alpha = n.attrFloat("alpha", 1);
  n.set(0, alpha == 1 ? y : n.mul(y, alpha));
}

static void importFusedGemm(Node &n) {
  Value y = callStandard(n, "Gemm", n.inputs)[0].value;
  llvm::SmallVector<double> parameters;
  if (n.hasAttr("activation_alpha"))
    parameters.push_back(n.attrFloat("activation_alpha", 0));
  if (n.hasAttr("activation_beta"))
    parameters.push_back(n.attrFloat("activation_beta", 0));
  n.set(0, activated(n, y, parameters));
}

static void importFusedConv(Node &n) {
  auto operands = llvm::ArrayRef<OnnxValue>(n.inputs).take_front(3);
  Value y = callStandard(n, "Conv", operands)[0].value;
  if (n.has(3))
    y = n.add(y, n.in(3));
  n.set(0, activated(n, y, n.attrFloats("activation_params")));
}

Value onnximport::moveChannels(Node &n, Value x, bool toFront) {
  int64_t rank = n.rank(x);
  if (!n.failed && rank < 3)
    n.error() << "has an input of rank " << rank << ", expected 3 or more";
  if (n.failed)
    return x;
  Ints perm{0};
  if (toFront)
    perm.push_back(rank - 1);
  for (int64_t i = toFront ? 1 : 2; i < (toFront ? rank - 1 : rank); ++i)
    perm.push_back(i);
  if (!toFront)
    perm.push_back(1);
  return n.transpose(x, perm);
}

/// Channels last: moved to where a convolution expects them and back.
static void importNhwcConv(Node &n) {
  llvm::SmallVector<OnnxValue, 4> operands = n.inputs;
  operands[0].value = moveChannels(n, n.in(0), /*toFront=*/true);
  Value y = callStandard(n, "Conv", operands)[0].value;
  if (!n.failed)
    n.set(0, moveChannels(n, activated(n, y, n.attrFloats("activation_params")),
                          /*toFront=*/false));
}

/// A standard operator under another domain.
static void importAlias(Node &n) {
  auto results = callStandard(n, n.op().str().c_str(), n.inputs);
  for (auto [i, result] : llvm::enumerate(results))
    n.set(i, result.value, result.logical);
}

static const OpRow rows[] = {
    {"Gelu", importBiasGelu, 1, 1, kMicrosoft},
    {"BiasGelu", importBiasGelu, 2, 2, kMicrosoft},
    {"FastGelu", importFastGelu, 1, 2, kMicrosoft},
    {"QuickGelu", importQuickGelu, 1, 1, kMicrosoft},
    {"BiasSplitGelu", importBiasSplitGelu, 2, 2, kMicrosoft},
    {"BiasAdd", importBiasAdd, 3, 3, kMicrosoft},
    {"SkipLayerNormalization", importSkipLayerNorm, 3, 5, kMicrosoft},
    {"SkipSimplifiedLayerNormalization", importSkipRmsNorm, 3, 4, kMicrosoft},
    {"SimplifiedLayerNormalization", importSimplifiedLayerNorm, 2, 2},
    {"SimplifiedLayerNormalization", importSimplifiedLayerNorm, 2, 2, kMicrosoft},
    {"EmbedLayerNormalization", importEmbedLayerNorm, 1, 9, kMicrosoft},
    {"FusedMatMul", importFusedMatMul, 2, 2, kMicrosoft},
    {"TransposeMatMul", importFusedMatMul, 2, 2, kMicrosoft},
    {"FusedGemm", importFusedGemm, 2, 3, kMicrosoft},
    {"FusedConv", importFusedConv, 2, 4, kMicrosoft},
    {"NhwcConv", importNhwcConv, 2, 3, kMicrosoft},
    {"NhwcFusedConv", importNhwcConv, 2, 3, kMicrosoft},
    {"QuantizeLinear", importAlias, 2, 3, kMicrosoft},
    {"DequantizeLinear", importAlias, 2, 3, kMicrosoft},
    {"QLinearMatMul", importAlias, 8, 8, kMicrosoft},
    {"LayerNormalization", importAlias, 2, 3, kMicrosoft},
    {"Trilu", importAlias, 1, 2, kMicrosoft},
    {"GridSample", importAlias, 2, 2, kMicrosoft},
};

OpRows lz::onnximport::contribOps() { return rows; }
