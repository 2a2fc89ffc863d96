//===- LinearModels.cpp - Products with a table of coefficients -----------===//
//
// Linear and support vector models, and what all classical models do with their
// scores.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/MachineLearning.h"
#include "frontend/onnx/Moves.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

template <typename T>
static SmallVector<double> widenAll(const TensorData &tensor) {
  auto *data = reinterpret_cast<const T *>(tensor.data);
  return SmallVector<double>(data, data + tensor.getNumElements());
}

static SmallVector<double> widenHalves(const TensorData &tensor,
                                       const llvm::fltSemantics &semantics) {
  SmallVector<double> numbers;
  auto *data = reinterpret_cast<const uint16_t *>(tensor.data);
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    numbers.push_back(
        llvm::APFloat(semantics, llvm::APInt(16, data[i])).convertToDouble());
  return numbers;
}

SmallVector<double> onnximport::readNumbers(Node &n, const TensorData &tensor) {
  switch (tensor.element->storage) {
  case fmt::DType_f32:
    return widenAll<float>(tensor);
  case fmt::DType_f64:
    return widenAll<double>(tensor);
  case fmt::DType_f16:
    return widenHalves(tensor, llvm::APFloat::IEEEhalf());
  case fmt::DType_bf16:
    return widenHalves(tensor, llvm::APFloat::BFloat());
  case fmt::DType_u8:
    return widenAll<uint8_t>(tensor);
  case fmt::DType_i16:
    return widenAll<int16_t>(tensor);
  case fmt::DType_i32:
    return widenAll<int32_t>(tensor);
  case fmt::DType_i64:
    return widenAll<int64_t>(tensor);
  default:
    n.error() << "has an attribute that is a tensor of "
              << tensor.element->name << ", expected numbers";
    return {};
  }
}

SmallVector<double> onnximport::attrNumbers(Node &n, StringRef list,
                                            StringRef tensor) {
  if (!n.hasAttr(tensor))
    return n.attrFloats(list);
  std::optional<TensorData> data = n.attrTensor(tensor);
  return data ? readNumbers(n, *data) : SmallVector<double>();
}

Value onnximport::table(Node &n, ArrayRef<double> values, Type type,
                        ArrayRef<int64_t> dims) {
  auto shaped = RankedTensorType::get(dims, type);
  if (type.isF64())
    return n.constant(DenseElementsAttr::get(shaped, values));
  if (!type.isF32())
    return n.floats(values, type, Ints(dims));
  SmallVector<float> narrow(values.begin(), values.end());
  return n.constant(DenseElementsAttr::get(shaped, ArrayRef<float>(narrow)));
}

Value onnximport::table(Node &n, ArrayRef<int64_t> values) {
  return n.constant(DenseElementsAttr::get(
      RankedTensorType::get({int64_t(values.size())}, n.i64()), values));
}

Type onnximport::modelType(Node &n, Value x) {
  return n.elementType(x).isF64() ? n.elementType(x) : n.f32();
}

Value onnximport::asRows(Node &n, Value x) {
  int64_t rank = n.rank(x);
  if (!n.failed && rank != 1 && rank != 2)
    n.error() << "has an input of rank " << rank << ", expected 1 or 2";
  return rank == 1 ? n.unsqueeze(x, {0}) : x;
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// A score of zero weighs nothing.
static Value softmaxZero(Node &n, Value x) {
  Value greatest = n.reduce(ReduceKind::Max, x, {-1}, true);
  Value isSmall = n.compare<LeOp>(n.unary<AbsOp>(x), n.scalarLike(1e-7, x));
  Value weights = n.select(isSmall, n.mul(x, n.exp(n.neg(greatest))),
                           n.exp(n.sub(x, greatest)));
  Value sum = n.reduce(ReduceKind::Sum, weights, {-1}, true);
  Value isZero = n.compare<EqOp>(sum, n.scalarLike(0, sum));
  Value divisor = n.select(isZero, n.scalarLike(1, sum), sum);
  return n.select(isZero, n.scalarLike(0.5, x), n.div(weights, divisor));
}

/// Winitzki's approximation of the inverse of erf, as ONNX defines it.
static Value probit(Node &n, Value p) {
  constexpr double a = 0.147;
  Value x = n.sub(n.mul(p, 2.0), 1.0);
  Value rest = n.sub(n.scalarLike(1, x), n.square(x));
  Value log = n.log(rest);
  Value half = n.add(n.mul(log, 0.5), 2 / (llvm::numbers::pi * a));
  Value root = n.sqrt(n.sub(n.square(half), n.mul(log, 1 / a)));
  Value size = n.sqrt(n.sub(root, half));
  Value isEdge = n.compare<EqOp>(rest, n.scalarLike(0, rest));
  Value inverse = n.select(isEdge, n.scalarLike(0, x),
                           n.mul(size, n.unary<SignOp>(x)));
  return n.mul(inverse, 1.41421356);
}

Value onnximport::postTransform(Node &n, Value scores, StringRef mode) {
  if (n.failed || mode == "NONE")
    return scores;
  if (mode == "LOGISTIC")
    return n.unary<SigmoidOp>(scores);
  if (mode == "SOFTMAX")
    return n.softmax(scores, -1);
  if (mode == "SOFTMAX_ZERO")
    return softmaxZero(n, scores);
  if (mode == "PROBIT")
    return probit(n, scores);
  n.error() << "has post_transform '" << mode
            << "', expected NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT";
  return scores;
}

//===----------------------------------------------------------------------===//
// Linear models
//===----------------------------------------------------------------------===//

/// x times the coefficients, a row of them per target, plus the intercepts.
static Value linear(Node &n, Value x, int64_t targets) {
  SmallVector<double> coefficients = n.attrFloats("coefficients");
  SmallVector<double> intercepts = n.attrFloats("intercepts");
  int64_t count = coefficients.size();
  if (targets < 1 || count == 0 || count % targets != 0) {
    n.error() << "has " << count << " coefficients for " << targets
              << " targets, expected as many for each";
    return x;
  }
  Type type = n.elementType(x);
  Value weights = table(n, coefficients, type, {targets, count / targets});
  Value y = n.matmul(x, n.transpose(weights, {1, 0}));
  return intercepts.empty() ? y : n.add(y, n.floats(intercepts, type));
}

static void importLinearRegressor(Node &n) {
  Value x = asRows(n, n.cast(n.in(0), modelType(n, n.in(0))));
  if (n.failed)
    return;
  Value y = linear(n, x, n.attrInt("targets", 1));
  y = postTransform(n, y, n.attrString("post_transform", "NONE"));
  n.set(0, n.cast(y, n.f32()));
}

/// One row of coefficients for two classes scores the second one.
static void importLinearClassifier(Node &n) {
  Value x = asRows(n, n.cast(n.in(0), modelType(n, n.in(0))));
  ClassLabels labels(n, "classlabels_ints", "classlabels_strings");
  std::optional<int64_t> features =
      n.failed ? std::nullopt : n.constantDim(x, 1);
  int64_t count = n.attrFloats("coefficients").size();
  if (!n.failed && !features)
    features = count / std::max<int64_t>(n.attrFloats("intercepts").size(), 1);
  if (n.failed)
    return;
  int64_t targets = *features > 0 ? count / *features : 0;
  Value scores = linear(n, x, targets);
  if (targets == 1 && labels.size() == 2) {
    scores = n.concat({n.neg(scores), scores}, 1);
    targets = 2;
  }
  std::string mode = n.attrString("post_transform", "NONE");
  scores = postTransform(n, scores, mode);
  if (n.failed)
    return;
  Value label;
  if (targets > 1) {
    label = labels.pick(n.reduce(ReduceKind::ArgMax, scores, {1}, false));
  } else {
    Value threshold = n.scalarLike(mode == "NONE" ? 0 : 0.5, scores);
    label = labels.pickFirst(n.squeeze(n.compare<GeOp>(scores, threshold), {1}));
  }
  n.set(0, label);
  n.set(1, n.cast(scores, n.f32()));
}

//===----------------------------------------------------------------------===//
// Support vectors
//===----------------------------------------------------------------------===//

/// [rows, features] against [vectors, features]: [rows, vectors].
static Value kernelProducts(Node &n, Value x, Value vectors) {
  std::string kernel = n.attrString("kernel_type", "LINEAR");
  SmallVector<double> given = n.attrFloats("kernel_params");
  given.resize(3);
  double gamma = given[0], offset = given[1], degree = given[2];
  if (kernel == "RBF") {
    Value apart = n.sub(n.unsqueeze(x, {1}), n.unsqueeze(vectors, {0}));
    Value distance = n.reduce(ReduceKind::Sum, n.square(apart), {2}, false);
    return n.exp(n.mul(distance, -gamma));
  }
  Value products = n.matmul(x, n.transpose(vectors, {1, 0}));
  if (kernel == "LINEAR")
    return products;
  Value line = n.add(n.mul(products, gamma), offset);
  if (kernel == "POLY")
    return n.binary<PowOp>(line, n.scalarLike(std::trunc(degree), line));
  if (kernel == "SIGMOID")
    return n.unary<TanhOp>(line);
  n.error() << "has kernel_type '" << kernel
            << "', expected LINEAR, POLY, RBF or SIGMOID";
  return products;
}

/// Without support vectors the coefficients are those of the features.
static void importSvmRegressor(Node &n) {
  Value x = asRows(n, n.cast(n.in(0), n.f32()));
  SmallVector<double> coefficients = n.attrFloats("coefficients");
  SmallVector<double> vectors = n.attrFloats("support_vectors");
  SmallVector<double> rho = n.attrFloats("rho");
  int64_t supports = n.attrInt("n_supports", 0), count = coefficients.size();
  if (!n.failed &&
      (supports < 0 || count == 0 ||
       (supports > 0 && (count != supports || vectors.size() % supports != 0))))
    n.error() << "has " << count << " coefficients and " << vectors.size()
              << " numbers for " << supports << " support vectors";
  if (n.failed)
    return;
  if (supports > 0) {
    int64_t features = vectors.size() / supports;
    x = kernelProducts(n, x, table(n, vectors, n.f32(), {supports, features}));
  }
  Value y = n.matmul(x, table(n, coefficients, n.f32(), {count, 1}));
  if (!rho.empty())
    y = n.add(y, rho.front());
  if (n.attrInt("one_class", 0))
    y = n.select(n.compare<GtOp>(y, n.scalarLike(0, y)), n.scalarLike(1, y),
                 n.scalarLike(-1, y));
  n.set(0, postTransform(n, y, n.attrString("post_transform", "NONE")));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"LinearRegressor", importLinearRegressor, 1, 1, kMlDomain},
    {"LinearClassifier", importLinearClassifier, 1, 1, kMlDomain},
    {"SVMRegressor", importSvmRegressor, 1, 1, kMlDomain},
};

OpRows lz::onnximport::linearModelOps() { return rows; }
