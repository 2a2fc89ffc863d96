//===- Packings.cpp - Layouts of weights that oneDNN's kernels like -------===//
//
// See Packings.h. Read off oneDNN 3.2 (ONEDNN_VERBOSE=2) for the convolutions of
// common networks with channels-last images, on AVX-512 and with
// ONEDNN_MAX_CPU_ISA=AVX2. The block, how many output channels a kernel computes at
// a time, is chosen there by an estimate that also knows the image's size.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/compile/Packings.h"

using namespace mlir;
using namespace lz;
using onednn::Isa;

namespace {
/// What the choice hangs on.
struct Kernel {
  int64_t outputs, inputs;
  bool isPointwise;
  bool overlaps; ///< windows share inputs: wider than the stride
};
} // namespace

static int64_t chooseBlockAvx512(const Kernel &k) {
  if (k.outputs <= 16 || (k.inputs < 16 && k.overlaps))
    return 16;
  if (k.outputs <= 32)
    return 32;
  if (k.isPointwise) {
    if (k.outputs % 48 == 0 || k.outputs > 512)
      return 48;
    return k.outputs % 64 == 0 ? 64 : 32;
  }
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

std::optional<fmt::PackingT> onednn::choosePacking(ConvOp op, Isa isa) {
  std::optional<SmallVector<int64_t>> shape = tensorType(op.getWeights()).getStaticShape();
  if (!shape)
    return std::nullopt;
  if (op.getGroups() != 1)
    return packGroups(*shape, op.getGroups(), isa);
  ArrayRef<int64_t> kernel = ArrayRef<int64_t>(*shape).drop_front(2);
  int64_t outputs = shape->front();
  if (kernel.size() == 2) {
    Kernel asked{outputs, (*shape)[1], kernel[0] == 1 && kernel[1] == 1,
                 kernel[0] > op.getStrides()[0]};
    int64_t block = isa == Isa::Avx512 ? chooseBlockAvx512(asked) : chooseBlockAvx2(asked);
    return onednn::makePacking("Acdb" + std::to_string(block) + "a", *shape);
  }
  if (isa != Isa::Avx512)
    return std::nullopt;
  std::string block = outputs > 48 ? "64a" : "16a";
  return onednn::makePacking((kernel.size() == 1 ? "Acb" : "Acdeb") + block, *shape);
}
