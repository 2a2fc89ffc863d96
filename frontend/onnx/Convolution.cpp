//===- Convolution.cpp - Convolutions of all kinds ------------------------===//
//
// Conv and ConvTranspose in floats, and Conv of quantized integers. The
// deformable one stands in DeformConv.cpp.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Quantization.h"
#include "frontend/onnx/Registry.h"
#include "frontend/onnx/Windows.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

static bool isNegative(int64_t number) { return number < 0; }

/// The node's convolution of x, weights and bias (or null) of one type.
static Value convolve(Node &n, Value x, Value weights, Value bias) {
  int64_t spatial = n.rank(x) - 2;
  if (n.failed)
    return x;
  Windows windows = readWindows(n, spatial, weights);
  if (n.failed)
    return x;
  x = resolvePads(n, x, windows, 0);
  if (llvm::any_of(windows.begin, isNegative) ||
      llvm::any_of(windows.end, isNegative))
    x = padExplicitly(n, x, windows, 0); // crops
  return n.result(ConvOp::create(n.builder, n.loc, unrankedLike(x), x, weights,
                                 bias, windows.strides, windows.dilations,
                                 windows.begin, windows.end,
                                 n.attrInt("group", 1)));
}

static void importConv(Node &n) {
  n.set(0, convolve(n, n.in(0), n.in(1), n.has(2) ? n.in(2) : Value()));
}

//===----------------------------------------------------------------------===//
// Transposed convolution
//===----------------------------------------------------------------------===//

/// Padding such that the output has the size that the node asks for, in
/// output_shape or, with auto_pad SAME, as strides times the input.
static void fitOutput(Node &n, Value x, Windows &windows,
                      llvm::ArrayRef<int64_t> outputPadding) {
  Ints wanted = n.attrInts("output_shape");
  size_t spatial = windows.size();
  if (wanted.size() == spatial + 2) // some files give batch and channels too
    wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (!wanted.empty() && wanted.size() != spatial) {
    n.error() << "has " << wanted.size() << " entries in output_shape, expected "
              << spatial;
    return;
  }
  if (windows.kernel.empty()) {
    n.error() << "needs kernel_shape or the size of its kernel for its padding";
    return;
  }
  for (size_t i = 0; i < spatial; ++i) {
    DimExpr size = n.dim(x, i + 2), stride = windows.strides[i];
    DimExpr out = wanted.empty() ? size * stride : DimExpr(wanted[i]);
    DimExpr total = (size - DimExpr(1)) * stride + DimExpr(outputPadding[i]) +
                    DimExpr(windows.extent(i)) - out;
    DimExpr less = DimExpr::floorDiv(total, 2), more = total - less;
    if (!total.isConstant()) {
      n.error() << "has output_shape " << out.str() << " for a size of "
                << size.str() << " on spatial axis " << int64_t(i)
                << ", expected a size known when the model is compiled";
      return;
    }
    bool isUpper = windows.autoPad == "SAME_UPPER";
    windows.begin[i] = *(isUpper ? less : more).getConstant();
    windows.end[i] = *(isUpper ? more : less).getConstant();
  }
}

static void importConvTranspose(Node &n) {
  Value x = n.in(0), weights = n.in(1);
  int64_t spatial = n.rank(x) - 2;
  if (n.failed)
    return;
  Windows windows = readWindows(n, spatial, weights);
  if (n.failed)
    return;
  Ints outputPadding = n.attrInts("output_padding");
  outputPadding.resize(spatial, 0);
  if (n.hasAttr("output_shape") ||
      llvm::StringRef(windows.autoPad).take_front(4) == "SAME")
    fitOutput(n, x, windows, outputPadding);
  n.set(0, n.result(ConvTransposeOp::create(
               n.builder, n.loc, unrankedLike(x), x, weights,
               n.has(2) ? n.in(2) : Value(), windows.strides,
               windows.dilations, windows.begin, windows.end, outputPadding,
               n.attrInt("group", 1))));
}

//===----------------------------------------------------------------------===//
// Convolutions of quantized integers
//===----------------------------------------------------------------------===//

/// A scale or zero point of the weights: one, or one for each output channel.
static Value alongOutputs(Node &n, Value x, int64_t rank) {
  if (n.rank(x) == 0)
    return x;
  Dims dims(rank, DimExpr(1));
  dims[0] = n.dim(x, 0);
  return n.reshape(x, dims);
}

/// An integer operand less its zero point (or null), in i32.
static Value centered(Node &n, Value x, Value zeroPoint) {
  Value wide = n.cast(x, n.builder.getI32Type());
  return zeroPoint ? n.sub(wide, n.castLike(zeroPoint, wide)) : wide;
}

static Value weightsZeroPoint(Node &n, size_t weights, size_t zeroPoint) {
  return n.has(zeroPoint)
             ? alongOutputs(n, n.in(zeroPoint), n.rank(n.in(weights)))
             : Value();
}

static void importConvInteger(Node &n) {
  Value x = centered(n, n.in(0), n.has(2) ? n.in(2) : Value());
  Value weights = centered(n, n.in(1), weightsZeroPoint(n, 1, 3));
  n.set(0, convolve(n, x, weights, Value()));
}

static void importQLinearConv(Node &n) {
  Value x = centered(n, n.in(0), n.has(2) ? n.in(2) : Value());
  Value weights = centered(n, n.in(3), weightsZeroPoint(n, 3, 5));
  Value sum = convolve(n, x, weights, n.has(8) ? n.in(8) : Value());
  // Output channels are axis 1 of the result.
  Value weightsScale = n.in(4);
  if (n.rank(weightsScale) == 1 && n.constantDim(weightsScale, 0) != 1)
    weightsScale = alongChannels(n, weightsScale, n.rank(sum));
  Value scale = n.div(n.mul(n.in(1), weightsScale), n.in(6));
  n.set(0, requantize(n, sum, scale, n.has(7) ? n.in(7) : Value(),
                      n.elementType(n.has(7) ? n.in(7) : n.in(0))));
}


static const OpRow rows[] = {
    {"Conv", importConv, 2, 3},
    {"ConvTranspose", importConvTranspose, 2, 3},
    {"ConvInteger", importConvInteger, 2, 4},
    {"QLinearConv", importQLinearConv, 8, 9},
    {"DeformConv", importDeformConv, 3, 5},
};

OpRows lz::onnximport::convolutionOps() { return rows; }
