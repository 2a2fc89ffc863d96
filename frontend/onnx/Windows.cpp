//===- Windows.cpp --------------------------------------------------------===//
//
// See Windows.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Windows.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::StringRef;
using lz::DimExpr;

bool Windows::isPadded() const {
  auto isSet = [](int64_t pad) { return pad != 0; };
  return llvm::any_of(begin, isSet) || llvm::any_of(end, isSet);
}

/// Numbers of 32 bits can be multiplied and added below without a thought.
static bool isInRange(Node &n, StringRef name, llvm::ArrayRef<int64_t> values) {
  for (int64_t value : values)
    if (value < INT32_MIN || value > INT32_MAX) {
      n.error() << "has " << value << " in " << name
                << ", expected a number of 32 bits";
      return false;
    }
  return true;
}

/// The attribute, which must have `size` entries, or `otherwise` in each.
static Ints readList(Node &n, StringRef name, size_t size, int64_t otherwise) {
  if (!n.hasAttr(name))
    return Ints(size, otherwise);
  Ints values = n.attrInts(name);
  if (values.size() != size)
    n.error() << "has " << values.size() << " entries in " << name
              << ", expected " << size;
  else if (isInRange(n, name, values))
    return values;
  return Ints(size, otherwise);
}

static void readKernel(Node &n, Value weights, Windows &windows) {
  size_t size = windows.size();
  if (n.hasAttr("kernel_shape")) {
    windows.kernel = readList(n, "kernel_shape", size, 1);
    return;
  }
  if (!weights || !n.hasRank(weights) || n.rank(weights) != int64_t(size) + 2)
    return;
  Ints kernel;
  for (size_t i = 0; i < size; ++i)
    if (auto number = n.constantDim(weights, i + 2))
      kernel.push_back(*number);
  if (kernel.size() == size && isInRange(n, "the shape of its kernel", kernel))
    windows.kernel = kernel;
}

Windows onnximport::readWindows(Node &n, int64_t spatial, Value weights) {
  Windows windows;
  if (spatial < 1) {
    n.error() << "has an input of rank " << spatial + 2 << ", expected 3 or more";
    spatial = 1;
  }
  windows.strides = readList(n, "strides", spatial, 1);
  windows.dilations = readList(n, "dilations", spatial, 1);
  windows.autoPad = n.attrString("auto_pad", "NOTSET");
  if (windows.autoPad.empty())
    windows.autoPad = "NOTSET";
  if (windows.autoPad != "NOTSET" && windows.autoPad != "VALID" &&
      windows.autoPad != "SAME_UPPER" && windows.autoPad != "SAME_LOWER")
    n.error() << "has auto_pad '" << windows.autoPad
              << "', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER";
  windows.begin = windows.end = Ints(spatial, 0);
  if (windows.autoPad == "NOTSET") {
    Ints pads = readList(n, "pads", 2 * spatial, 0);
    windows.begin.assign(pads.begin(), pads.begin() + spatial);
    windows.end.assign(pads.begin() + spatial, pads.end());
  }
  readKernel(n, weights, windows);
  return windows;
}

Value onnximport::padAxis(Node &n, Value x, int64_t axis, const DimExpr &begin,
                          const DimExpr &end, double value) {
  Values parts;
  Dims dims(n.dims(x));
  Type type = n.elementType(x);
  if (begin != DimExpr(0)) {
    dims[axis] = begin;
    parts.push_back(n.full(dims, value, type));
  }
  parts.push_back(x);
  if (end != DimExpr(0)) {
    dims[axis] = end;
    parts.push_back(n.full(dims, value, type));
  }
  return parts.size() == 1 ? x : n.concat(parts, axis);
}

Value onnximport::padExplicitly(Node &n, Value x, Windows &windows,
                                double value) {
  if (!windows.isPadded())
    return x;
  x = n.pad(x, windows.begin, windows.end, value);
  windows.begin = windows.end = Ints(windows.size(), 0);
  return x;
}

/// What SAME adds in sum along one axis: enough for ceil(size / stride) windows.
static DimExpr samePadding(Node &n, const DimExpr &size, int64_t stride,
                           int64_t extent) {
  if (stride == 1)
    return extent - 1;
  DimExpr s = stride;
  DimExpr windows = DimExpr::ceilDiv(size, s);
  DimExpr total = (windows - DimExpr(1)) * s + DimExpr(extent) - size;
  return n.shapes.resolve(DimExpr::max(total, 0));
}

Value onnximport::resolvePads(Node &n, Value x, Windows &windows, double value,
                              bool *padded) {
  if (StringRef(windows.autoPad).take_front(4) != "SAME")
    return x;
  if (windows.kernel.empty()) {
    n.error() << "needs kernel_shape or the size of its kernel for auto_pad "
              << windows.autoPad;
    return x;
  }
  bool isUpper = windows.autoPad == "SAME_UPPER";
  for (size_t i = 0; i < windows.size(); ++i) {
    DimExpr total = samePadding(n, n.dim(x, i + 2), windows.strides[i],
                                windows.extent(i));
    DimExpr less = DimExpr::floorDiv(total, 2), more = total - less;
    DimExpr begin = isUpper ? less : more, end = isUpper ? more : less;
    if (total.isConstant()) {
      windows.begin[i] = *begin.getConstant();
      windows.end[i] = *end.getConstant();
      continue;
    }
    x = padAxis(n, x, i + 2, begin, end, value);
    if (padded)
      *padded = true;
  }
  return x;
}

Value onnximport::alongChannels(Node &n, Value x, int64_t rank) {
  if (n.rank(x) != 1)
    return x;
  Ints trailing;
  for (int64_t i = 2; i < rank; ++i)
    trailing.push_back(i - 1);
  return n.unsqueeze(x, trailing);
}

DimExpr onnximport::productOf(ArrayRef<DimExpr> dims) {
  DimExpr product = 1;
  for (const DimExpr &dim : dims)
    product *= dim;
  return product;
}
