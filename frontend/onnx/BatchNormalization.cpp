//===- BatchNormalization.cpp - What differs in training ------------------===//
//
// BatchNormalization, by given statistics or those of the batch, and Dropout.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Importer.h"
#include "frontend/onnx/Normalization.h"

#include <random>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// BatchNormalization
//===----------------------------------------------------------------------===//

/// Versions say it by an attribute or by asking for more than one result.
static bool isBatchTraining(Node &n) {
  if (n.version >= 14)
    return n.attrInt("training_mode", 0) != 0;
  if (n.version < 7)
    return n.attrInt("is_test", 0) == 0;
  for (size_t i = 1; i < 5; ++i)
    if (n.wants(i))
      return true;
  return false;
}

/// Statistics and parameters as the op takes them: of x's type, or f32 beside
/// narrow floats.
static Value parameterFor(Node &n, Value parameter, Value x) {
  bool isNarrow = n.width(x) < 32;
  return n.cast(parameter, isNarrow ? n.f32() : n.elementType(x));
}

/// By statistics of shape [channels], or with spatial = 0 (before version 9) of
/// all axes but the first.
static Value normalizeBatch(Node &n, Value mean, Value variance, bool spatial) {
  Value x = n.in(0), scale = parameterFor(n, n.in(1), x);
  Value bias = parameterFor(n, n.in(2), x);
  mean = parameterFor(n, mean, x);
  variance = parameterFor(n, variance, x);
  double eps = n.attrFloat("epsilon", 1e-5);
  if (spatial && n.rank(x) > 1)
    return n.result(BatchNormOp::create(n.builder, n.loc, unrankedLike(x), x,
                                        mean, variance, scale, bias,
                                        llvm::APFloat(eps)));
  Value factor = n.mul(n.unary<RsqrtOp>(n.add(variance, eps)), scale);
  Value y = n.add(n.mul(n.sub(n.castLike(x, mean), mean), factor), bias);
  return n.castLike(y, x);
}

/// Mean and variance of the batch.
static std::pair<Value, Value> batchStatistics(Node &n, bool spatial) {
  Value x = n.in(0);
  if (n.width(x) < 32)
    x = n.cast(x, n.f32());
  Ints axes = {0};
  for (int64_t i = 2; spatial && i < n.rank(x); ++i)
    axes.push_back(i);
  Value mean = n.reduce(ReduceKind::Mean, x, axes, /*keepDims=*/true);
  Value variance =
      n.reduce(ReduceKind::Mean, n.square(n.sub(x, mean)), axes, false);
  return {n.squeeze(mean, axes), variance};
}

static Value running(Node &n, Value old, Value batch) {
  double momentum = n.attrFloat("momentum", 0.9);
  Value mixed = n.add(n.mul(n.castLike(old, batch), momentum),
                      n.mul(batch, 1 - momentum));
  return n.castLike(mixed, old);
}

void onnximport::importBatchNormalization(Node &n) {
  bool spatial = n.version >= 9 || n.attrInt("spatial", 1) != 0;
  if (!isBatchTraining(n)) {
    n.set(0, normalizeBatch(n, n.in(3), n.in(4), spatial));
    return;
  }
  auto [mean, variance] = batchStatistics(n, spatial);
  n.set(0, normalizeBatch(n, mean, variance, spatial));
  n.set(1, running(n, n.in(3), mean));
  n.set(2, running(n, n.in(4), variance));
  if (n.version < 14 && (n.wants(3) || n.wants(4))) {
    n.set(3, n.castLike(mean, n.in(3)));
    n.set(4, n.castLike(variance, n.in(4)));
  }
}

//===----------------------------------------------------------------------===//
// Dropout
//===----------------------------------------------------------------------===//

namespace {
struct DropoutMode {
  Value ratio;                ///< null: the attribute
  double constantRatio = 0.5; ///< where ratio is null
  Value training;             ///< null where that is known
  bool isTraining = false;
};
} // namespace

/// A constant scalar. An input's example does not count: a model stays one for
/// any ratio, in training or not.
static std::optional<double> knownScalar(Node &n, size_t i) {
  auto elements = n.importer.getConstant(n.in(i));
  if (!elements || elements->size() != 1)
    return std::nullopt;
  return elements->front();
}

static DropoutMode readDropout(Node &n) {
  DropoutMode mode;
  if (n.version < 12) {
    mode.constantRatio = n.attrFloat("ratio", 0.5);
    mode.isTraining = n.version < 7 && n.attrInt("is_test", 0) == 0;
    return mode;
  }
  if (n.has(1)) {
    if (auto known = knownScalar(n, 1))
      mode.constantRatio = *known;
    else
      mode.ratio = n.in(1);
  }
  if (n.has(2)) {
    if (auto known = knownScalar(n, 2))
      mode.isTraining = *known != 0;
    else
      mode.training = n.in(2);
  }
  return mode;
}

static void setMask(Node &n, Value mask) {
  // The mask has the operand's type before version 10.
  if (n.wants(1))
    n.set(1, n.version < 10 ? n.castLike(mask, n.in(0)) : mask);
}

/// Beyond so many elements seeded numbers are drawn when the model runs.
constexpr int64_t kMaxConstantDraws = 1 << 16;

/// What the reference implementation draws for a seed: the Mersenne Twister's
/// numbers of 53 bits in [0, 1), so that small seeded models agree with it.
static Value drawAsReference(Node &n, llvm::ArrayRef<int64_t> dims,
                             int64_t count, int64_t seed) {
  std::mt19937 generator(static_cast<uint32_t>(seed));
  llvm::SmallVector<double> numbers;
  for (int64_t i = 0; i < count; ++i) {
    double high = generator() >> 5, low = generator() >> 6;
    numbers.push_back((high * 67108864.0 + low) / 9007199254740992.0);
  }
  return n.floats(numbers, n.f32(), Ints(dims));
}

/// Without a seed each node draws its own numbers, the same in each run.
static Value drawUniform(Node &n, Value x) {
  std::optional<int64_t> count = n.type(x).getNumElements();
  if (n.hasAttr("seed") && count && *count <= kMaxConstantDraws) {
    Ints dims;
    for (const DimExpr &dim : n.dims(x))
      dims.push_back(*dim.getConstant());
    return drawAsReference(n, dims, *count, n.attrInt("seed", 0));
  }
  int64_t seed = n.attrInt("seed", 0);
  int64_t stream = n.hasAttr("seed") ? 0 : n.uniqueNumber() + 1;
  auto shape = DimArrayAttr::get(n.builder.getContext(), n.dims(x));
  return n.result(RandomOp::create(
      n.builder, n.loc, n.unranked(n.f32()), n.intScalar(seed), n.intScalar(0),
      Distribution::Uniform, stream, shape));
}

void onnximport::importDropout(Node &n) {
  Value x = n.in(0);
  DropoutMode mode = readDropout(n);
  bool isNothing = !mode.training && !mode.isTraining;
  if (isNothing || (!mode.ratio && mode.constantRatio == 0)) {
    n.set(0, x);
    if (n.wants(1))
      setMask(n, n.cast(n.full(n.dims(x), 1, n.i64()), n.i1()));
    return;
  }
  Value ratio = mode.ratio ? n.cast(mode.ratio, n.f32())
                           : n.scalar(mode.constantRatio, n.f32());
  if (mode.training)
    ratio = n.select(mode.training, ratio, n.scalar(0, n.f32()));
  Value mask = n.compare<GeOp>(drawUniform(n, x), ratio);
  Value scale = n.unary<ReciprocalOp>(n.sub(n.scalar(1, n.f32()), ratio));
  Value kept = n.mul(x, n.castLike(scale, x));
  n.set(0, n.select(mask, kept, n.scalarLike(0, x)));
  setMask(n, mask);
}
