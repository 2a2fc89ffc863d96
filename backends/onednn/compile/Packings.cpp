//===- Packings.cpp - Layouts of weights that oneDNN's kernels like -------===//
//
// See Packings.h. Read off oneDNN 3.2 for the convolutions of common networks with
// channels-last images, on AVX-512 and with ONEDNN_MAX_CPU_ISA=AVX2. The block, how
// many output channels a kernel computes at a time, is chosen there by an estimate
// that also knows the image's size and the threads.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/Packings.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lz;
using onednn::Isa;

namespace {
/// What the choice hangs on.
struct Kernel {
  int64_t outputs, inputs;
  bool isPointwise;
  bool overlaps;     ///< windows share inputs: wider than the stride
  bool isSmallImage; ///< the result has few positions; false where that is unknown
};
} // namespace

/// Results of fewer positions, times the strides, are not computed 64 channels at a time.
constexpr int64_t kSmallImage = 64;

/// A twentieth of the weights may be padding.
static bool fits(int64_t outputs, int64_t block) {
  return 100 * outputs >= 95 * int64_t(llvm::alignTo(outputs, block));
}

/// Blocks of 48 use the registers best.
static int64_t chooseBlockPointwise(const Kernel &k) {
  if (fits(k.outputs, 48) && (k.outputs % 48 == 0 || k.outputs > 512 ||
                              k.outputs >= 4 * k.inputs || k.isSmallImage))
    return 48;
  return k.outputs % 64 == 0 && !k.isSmallImage ? 64 : 32;
}

static int64_t chooseBlockAvx512(const Kernel &k) {
  if (k.outputs <= 16 || (k.inputs < 16 && k.overlaps))
    return 16;
  if (k.outputs <= 32)
    return 32;
  if (k.isPointwise)
    return chooseBlockPointwise(k);
  if (k.outputs % 48 == 0 && k.outputs < 768)
    return 48;
  return k.outputs % 64 == 0 && k.outputs < 256 ? 64 : 32;
}

static int64_t chooseBlockAvx2(const Kernel &k) {
  if (k.outputs <= 8 || (k.inputs < 8 && k.overlaps))
    return 8;
  if (k.outputs % 24 == 0 || k.outputs >= 1024)
    return 24;
  bool isWide = k.isPointwise ? k.inputs < k.outputs : k.outputs >= 512;
  return isWide ? 24 : 16;
}

fmt::PackingT onednn::makePacking(std::string tag, ArrayRef<int64_t> dims) {
  fmt::PackingT packing;
  packing.tag = std::move(tag);
  packing.dims.assign(dims.begin(), dims.end());
  return packing;
}

/// Of one channel per group, in blocks of groups; others are left plain.
static std::optional<fmt::PackingT> packGroups(ArrayRef<int64_t> shape, int64_t groups, Isa isa) {
  if (shape.size() != 4 || shape[0] != groups || shape[1] != 1)
    return std::nullopt;
  return onednn::makePacking(isa == Isa::Avx512 ? "decbA16a" : "decbA8a",
                     {groups, 1, 1, shape[2], shape[3]});
}

/// Whether the result's positions are known to be few.
template <typename Op> static bool isSmallImage(Op op) {
  auto dims = tensorType(op.getDst()).getShape();
  int64_t positions = 1, strides = 1;
  for (auto [i, stride] : llvm::enumerate(op.getStrides())) {
    std::optional<int64_t> size = dims[op.getSpatialAxis(dims.size()) + i].getConstant();
    if (!size || llvm::MulOverflow(positions, *size, positions))
      return false;
    strides *= stride;
  }
  return positions < kSmallImage * strides;
}

template <typename Op>
static int64_t chooseBlock(Op op, int64_t outputs, int64_t inputs, ArrayRef<int64_t> kernel,
                           Isa isa) {
  Kernel asked{outputs, inputs, llvm::all_of(kernel, [](int64_t size) { return size == 1; }),
               kernel[0] > op.getStrides()[0], isSmallImage(op)};
  return isa == Isa::Avx512 ? chooseBlockAvx512(asked) : chooseBlockAvx2(asked);
}

std::optional<fmt::PackingT> onednn::choosePacking(ConvOp op, Isa isa) {
  std::optional<SmallVector<int64_t>> shape = tensorType(op.getWeights()).getStaticShape();
  if (!shape)
    return std::nullopt;
  if (op.getGroups() != 1)
    return packGroups(*shape, op.getGroups(), isa);
  ArrayRef<int64_t> kernel = ArrayRef<int64_t>(*shape).drop_front(2);
  int64_t outputs = shape->front();
  if (kernel.size() == 2 || (kernel.size() == 1 && isa == Isa::Avx512)) {
    std::string block = std::to_string(chooseBlock(op, outputs, (*shape)[1], kernel, isa)) + "a";
    return onednn::makePacking((kernel.size() == 1 ? "Acb" : "Acdb") + block, *shape);
  }
  if (isa != Isa::Avx512)
    return std::nullopt;
  return onednn::makePacking(outputs > 48 ? "Acdeb64a" : "Acdeb16a", *shape);
}

/// Weights [in, out, h, w]: blocks of the same axis, which oneDNN calls a.
std::optional<fmt::PackingT> onednn::choosePacking(ConvTransposeOp op, Isa isa) {
  std::optional<SmallVector<int64_t>> shape = tensorType(op.getWeights()).getStaticShape();
  if (!shape || shape->size() != 4 || op.getGroups() != 1 || isa != Isa::Avx512)
    return std::nullopt;
  int64_t block =
      chooseBlock(op, (*shape)[1], (*shape)[0], ArrayRef<int64_t>(*shape).drop_front(2), isa);
  return onednn::makePacking("Bcda" + std::to_string(block) + "b", *shape);
}
