// Draws and converts values of parameters. Elements are computed in float or
// double and stored in the parameter's type; chunks run on MLIR's threads.

#include "passes/Initialize.h"

#include "passes/Philox.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using llvm::ArrayRef;
using llvm::MutableArrayRef;

namespace lz {

/// The upper half of a float, rounded to nearest even.
static uint16_t toBFloat16(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static uint16_t toFloat16(float value) {
  llvm::APFloat number(value);
  bool losesInfo = false;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue());
}

static float fromFloat16(uint16_t bits) {
  llvm::APFloat number(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
  return number.convertToFloat();
}

template <typename T> static T load(const char *data, int64_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T> static void store(char *data, int64_t i, T value) {
  std::memcpy(data + i * sizeof(T), &value, sizeof(T));
}

/// Stores `value` as element `i` of the floating-point type `type`.
static void storeFloat(Type type, char *data, int64_t i, double value) {
  if (type.isF64())
    store<double>(data, i, value);
  else if (type.isF32())
    store<float>(data, i, static_cast<float>(value));
  else if (type.isBF16())
    store<uint16_t>(data, i, toBFloat16(static_cast<float>(value)));
  else
    store<uint16_t>(data, i, toFloat16(static_cast<float>(value)));
}

static double loadFloat(Type type, const char *data, int64_t i) {
  if (type.isF64())
    return load<double>(data, i);
  if (type.isF32())
    return load<float>(data, i);
  if (type.isBF16())
    return llvm::bit_cast<float>(uint32_t(load<uint16_t>(data, i)) << 16);
  return fromFloat16(load<uint16_t>(data, i));
}

/// Calls `body(begin, end)` for chunks of [0, size) on the context's threads.
static void forChunks(MLIRContext *context, int64_t size,
                      llvm::function_ref<void(int64_t, int64_t)> body) {
  const int64_t chunk = 1 << 16;
  if (size <= chunk)
    return body(0, size);
  parallelFor(context, 0, (size + chunk - 1) / chunk, [&](size_t i) {
    body(i * chunk, std::min<int64_t>(size, (i + 1) * chunk));
  });
}

static PhiloxBlock blockAt(RandomStream stream, uint64_t hash, uint64_t index) {
  return philox({uint32_t(index), uint32_t(index >> 32), uint32_t(hash),
                 uint32_t(hash >> 32)},
                stream.seed);
}

/// Number `i` in [0, 1) of a stream: four to a block, two where 53 bits count.
static double unitAt(RandomStream stream, uint64_t hash, bool wide, int64_t i) {
  if (wide) {
    PhiloxBlock block = blockAt(stream, hash, i / 2);
    return unitDouble(block[i % 2 * 2], block[i % 2 * 2 + 1]);
  }
  return unitFloat(blockAt(stream, hash, i / 4)[i % 4]);
}

void fillUniform(MLIRContext *context, Type type, RandomStream stream,
                 double low, double high, MutableArrayRef<char> out) {
  uint64_t hash = llvm::xxh3_64bits(stream.name);
  int64_t size = out.size() / elementBytes(type);
  bool wide = type.isF64();
  forChunks(context, size, [&](int64_t begin, int64_t end) {
    PhiloxBlock block = {};
    for (int64_t i = begin; i < end; ++i) {
      double unit;
      if (wide) {
        unit = unitAt(stream, hash, wide, i);
      } else {
        if (i == begin || i % 4 == 0)
          block = blockAt(stream, hash, i / 4);
        unit = unitFloat(block[i % 4]);
      }
      storeFloat(type, out.data(), i, low + (high - low) * unit);
    }
  });
}

void fillNormal(MLIRContext *context, Type type, RandomStream stream,
                double mean, double deviation, MutableArrayRef<char> out) {
  uint64_t hash = llvm::xxh3_64bits(stream.name);
  int64_t size = out.size() / elementBytes(type);
  const double twoPi = 6.283185307179586;
  forChunks(context, size, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t pair = i & ~int64_t(1);
      double radius = std::sqrt(
          -2 * std::log1p(-unitAt(stream, hash, type.isF64(), pair)));
      double angle = twoPi * unitAt(stream, hash, type.isF64(), pair + 1);
      double draw = radius * (i == pair ? std::cos(angle) : std::sin(angle));
      storeFloat(type, out.data(), i, mean + deviation * draw);
    }
  });
}

int64_t fanIn(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape.drop_front(shape.size() >= 2 ? 1 : 0))
    product *= size;
  return product;
}

double kaimingUniformBound(double a, int64_t fanIn) {
  if (fanIn == 0)
    return 0;
  return std::sqrt(6 / ((1 + a * a) * static_cast<double>(fanIn)));
}

void convertFloats(Type from, ArrayRef<char> src, Type to,
                   MutableArrayRef<char> dst) {
  int64_t size = src.size() / elementBytes(from);
  for (int64_t i = 0; i < size; ++i)
    storeFloat(to, dst.data(), i, loadFloat(from, src.data(), i));
}

} // namespace lz
