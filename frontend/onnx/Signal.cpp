//===- Signal.cpp - Fourier transforms, windows, mel scale ----------------===//
//
// A transform is a product with a table of cosines and sines, which is computed
// from positions, so that lengths need not be known.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Discrete Fourier transforms
//===----------------------------------------------------------------------===//

namespace {

/// A tensor of complex numbers, in two; the imaginary part may be missing.
struct Complex {
  Value re, im;
};

/// Cosines and sines of 2 pi i k / length, [rows, columns].
struct Table {
  Value cos, sin;
};

} // namespace

/// The angles' numerators are reduced as integers: large ones lose no digits.
static Table makeTable(Node &n, const DimExpr &rows, const DimExpr &columns,
                       const DimExpr &length, Type type) {
  Type wide = n.builder.getF64Type();
  Value product = n.mul(n.iota({rows, 1}, 0, n.i64()),
                        n.iota({1, columns}, 1, n.i64()));
  Value turns = n.binary<ModOp>(product, n.dimScalar(length));
  Value angle = n.div(n.mul(n.cast(turns, wide), 2 * llvm::numbers::pi),
                      n.dimScalar(length, wide));
  return {n.cast(n.unary<CosOp>(angle), type),
          n.cast(n.unary<SinOp>(angle), type)};
}

/// Sum over the last axis of x * e^(sign * 2 pi j i k / length), for k of
/// [0, bins).
static Complex transform(Node &n, Complex x, const DimExpr &length,
                         const DimExpr &bins, bool inverse) {
  Type type = n.elementType(x.re);
  Table t = makeTable(n, n.dim(x.re, -1), bins, length, type);
  Value sin = inverse ? t.sin : n.neg(t.sin);
  Complex y{n.matmul(x.re, t.cos), n.matmul(x.re, sin)};
  if (x.im) {
    y.re = n.sub(y.re, n.matmul(x.im, sin));
    y.im = n.add(y.im, n.matmul(x.im, t.cos));
  }
  if (inverse) {
    Value count = n.dimScalar(length, type);
    y = {n.div(y.re, count), n.div(y.im, count)};
  }
  return y;
}

/// The real signal of `length` elements whose transform begins with `x`. All
/// bins but the first and that of half the length stand for their mirror images
/// too.
static Value inverseOnesided(Node &n, Complex x, const DimExpr &length) {
  Type type = n.elementType(x.re);
  DimExpr bins = n.dim(x.re, -1);
  Value twice = n.mul(n.range(bins, n.i64()), n.intScalar(2));
  Value isAlone = n.binary<OrOp>(
      n.compare<EqOp>(twice, n.intScalar(0)),
      n.compare<EqOp>(twice, n.dimScalar(length)));
  Value weight = n.select(isAlone, n.scalar(1, type), n.scalar(2, type));
  Table t = makeTable(n, bins, length, length, type);
  Value y = n.matmul(n.mul(x.re, weight), t.cos);
  if (x.im)
    y = n.sub(y, n.matmul(n.mul(x.im, weight), t.sin));
  return n.div(y, n.dimScalar(length, type));
}

/// Parts along the last axis, whose size is 1 (real) or 2.
static Complex split(Node &n, Value x) {
  std::optional<int64_t> parts = n.constantDim(x, -1);
  if (parts != 1 && parts != 2)
    n.error() << "has an operand whose last axis is " << n.dim(x, -1).str()
              << ", expected 1 (real) or 2 (complex)";
  return {n.select(x, -1, 0), parts == 2 ? n.select(x, -1, 1) : Value()};
}

static Value join(Node &n, Complex x) {
  return n.concat({n.unsqueeze(x.re, {-1}), n.unsqueeze(x.im, {-1})}, -1);
}

/// Low-precision floats are transformed in f32.
static Value widen(Node &n, Value x) {
  Type type = n.elementType(x);
  return type.isF64() || type.isF32() ? x : n.cast(x, n.f32());
}

/// The first `count` elements of the last axis, or all where it is shorter.
static Complex keepFirst(Node &n, Complex x, const DimExpr &count) {
  if (n.dim(x.re, -1) == count)
    return x;
  x.re = n.slice(x.re, -1, 0, count);
  if (x.im)
    x.im = n.slice(x.im, -1, 0, count);
  return x;
}

static int64_t signalAxis(Node &n, int64_t rank) {
  int64_t axis = n.attrInt("axis", 1);
  if (n.version >= 20) {
    Ints given = n.has(2) ? n.needInts(2, "axis") : Ints{-2};
    axis = given.empty() ? -2 : given[0];
  }
  axis = n.axis(axis, rank);
  if (axis == rank - 1 && !n.failed)
    n.error() << "transforms the axis of real and imaginary parts";
  return axis;
}

static DimExpr transformLength(Node &n, const DimExpr &size, bool isHalf) {
  if (!n.has(1))
    return isHalf ? (size - 1) * 2 : size;
  Dims given = n.needDims(1, "dft_length");
  return given.empty() ? DimExpr(1) : given[0];
}

static void importDFT(Node &n) {
  Value x = widen(n, n.in(0));
  int64_t rank = n.rank(x), axis = signalAxis(n, rank);
  bool inverse = n.attrInt("inverse", 0), onesided = n.attrInt("onesided", 0);
  DimExpr length = transformLength(n, n.dim(x, axis), inverse && onesided);
  DimExpr half = DimExpr::floorDiv(length, 2) + 1;
  if (n.failed)
    return;
  Complex parts = split(n, n.swapAxes(x, axis, rank - 2));
  parts = keepFirst(n, parts, inverse && onesided ? half : length);
  Value y;
  if (inverse && onesided)
    y = n.unsqueeze(inverseOnesided(n, parts, length), {-1});
  else
    y = join(n, transform(n, parts, length, onesided ? half : length, inverse));
  n.set(0, n.castLike(n.swapAxes(y, axis, rank - 2), n.in(0)));
}

//===----------------------------------------------------------------------===//
// Short-time Fourier transforms
//===----------------------------------------------------------------------===//

static DimExpr frameLength(Node &n, Value signal) {
  if (n.has(3)) {
    Dims given = n.needDims(3, "frame_length");
    return given.empty() ? DimExpr(1) : given[0];
  }
  return n.has(2) ? n.dim(n.in(2), 0) : n.dim(signal, 1);
}

/// Frames of the signal [batch, length, parts] as [batch, frames, length, parts].
static Value cutFrames(Node &n, Value signal, const DimExpr &length,
                       int64_t step) {
  DimExpr frames = DimExpr::floorDiv(n.dim(signal, 1) - length, step) + 1;
  Value starts = n.mul(n.iota({frames, 1}, 0, n.i64()), n.intScalar(step));
  return n.gather(signal, n.add(starts, n.iota({1, length}, 1, n.i64())), 1);
}

static void importSTFT(Node &n) {
  Value signal = widen(n, n.in(0));
  if (n.rank(signal) == 2)
    signal = n.unsqueeze(signal, {-1});
  Ints step = n.needInts(1, "frame_step");
  DimExpr length = frameLength(n, signal);
  if (n.failed)
    return;
  if (step.empty() || step[0] <= 0 || n.rank(signal) != 3) {
    n.error() << "expected a signal of rank 3 and a positive frame_step";
    return;
  }
  Value frames = cutFrames(n, signal, length, step[0]);
  if (n.has(2))
    frames = n.mul(frames, n.unsqueeze(n.castLike(n.in(2), frames), {-1}));
  bool onesided = n.attrInt("onesided", 1);
  DimExpr bins = onesided ? DimExpr::floorDiv(length, 2) + 1 : length;
  Complex y = transform(n, split(n, frames), length, bins, /*inverse=*/false);
  n.set(0, n.castLike(join(n, y), n.in(0)));
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

static Type outputType(Node &n) {
  int64_t number = n.attrInt("output_datatype", 1);
  const ElementInfo *element = findElementInfo(number);
  if (element && !element->isLogical && element->onnx != 8)
    return n.storageType(*element);
  n.error() << "has output_datatype " << number << ", which is not supported";
  return n.f32();
}

/// Sum of a[k] * cos(2 pi k i / N), where N is the size, or one less of it where
/// the window is symmetric.
static void setWindow(Node &n, llvm::ArrayRef<double> coefficients) {
  Dims size = n.needDims(0, "size");
  if (n.failed || size.empty())
    return;
  Type wide = n.builder.getF64Type();
  DimExpr period = n.attrInt("periodic", 1) ? size[0] : size[0] - 1;
  Value angle = n.div(n.mul(n.range(size[0], wide), 2 * llvm::numbers::pi),
                      n.dimScalar(DimExpr::max(period, 1), wide));
  Value sum = n.full({size[0]}, coefficients[0], wide);
  for (size_t k = 1; k < coefficients.size(); ++k)
    sum = n.add(sum, n.mul(n.unary<CosOp>(n.mul(angle, double(k))),
                           coefficients[k]));
  n.set(0, n.cast(sum, outputType(n)));
}

static void importHann(Node &n) { setWindow(n, {0.5, -0.5}); }

static void importHamming(Node &n) {
  setWindow(n, {25.0 / 46.0, 25.0 / 46.0 - 1});
}

static void importBlackman(Node &n) { setWindow(n, {0.42, -0.5, 0.08}); }

//===----------------------------------------------------------------------===//
// The mel scale
//===----------------------------------------------------------------------===//

/// The spectrogram's bin at each of the `count` edges of the filters, as f64.
static Value filterEdges(Node &n, const DimExpr &count, const DimExpr &length) {
  Type wide = n.builder.getF64Type();
  auto scalar = [&](size_t i) { return n.reshape(n.cast(n.in(i), wide), {}); };
  double scale = 2595 / std::log(10.0);
  auto toMel = [&](Value hertz) {
    return n.mul(n.unary<Log1pOp>(n.div(hertz, 700)), scale);
  };
  Value low = toMel(scalar(3)), high = toMel(scalar(4));
  Value step = n.div(n.sub(high, low), n.dimScalar(count, wide));
  Value mel = n.add(n.mul(n.range(count, wide), step), low);
  Value hertz = n.mul(n.unary<Expm1Op>(n.div(mel, scale)), 700);
  return n.unary<FloorOp>(
      n.div(n.mul(hertz, n.dimScalar(length + 1, wide)), scalar(2)));
}

/// Triangles: up from the lower edge to the centre, down to the upper one.
static void importMelWeightMatrix(Node &n) {
  Dims bins = n.needDims(0, "num_mel_bins"), length = n.needDims(1, "dft_length");
  if (n.failed || bins.empty() || length.empty())
    return;
  Type wide = n.builder.getF64Type();
  Value edges = filterEdges(n, bins[0] + 2, length[0]);
  Value low = n.slice(edges, 0, 0, bins[0]);
  Value centre = n.slice(edges, 0, 1, bins[0] + 1);
  Value high = n.slice(edges, 0, 2, bins[0] + 2);
  Value at = n.iota({DimExpr::floorDiv(length[0], 2) + 1, 1}, 0, wide);
  Value one = n.scalar(1, wide), zero = n.scalar(0, wide);
  // A filter whose edges coincide has a peak and no slope.
  Value up = n.select(n.compare<EqOp>(low, centre), one,
                      n.div(n.sub(at, low), n.max(n.sub(centre, low), one)));
  Value isUp = n.logicalAnd(n.compare<GeOp>(at, low), n.compare<LeOp>(at, centre));
  Value down = n.div(n.sub(high, at), n.max(n.sub(high, centre), one));
  Value isDown =
      n.logicalAnd(n.compare<GeOp>(at, centre), n.compare<LtOp>(at, high));
  n.set(0, n.cast(n.select(isDown, down, n.select(isUp, up, zero)),
                  outputType(n)));
}

static const OpRow rows[] = {
    {"DFT", importDFT, 1, 3},
    {"STFT", importSTFT, 2, 4},
    {"HannWindow", importHann},
    {"HammingWindow", importHamming},
    {"BlackmanWindow", importBlackman},
    {"MelWeightMatrix", importMelWeightMatrix, 5, 5},
};

OpRows lz::onnximport::signalOps() { return rows; }
