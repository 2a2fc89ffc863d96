//===- Random.cpp - counter-based random numbers --------------------------===//
//
// Philox-4x32-10 (Salmon et al., SC 2011), one block per element. The key is
// seed + stream * 0x9E3779B97F4A7C15 (64 bits), the counter is the element's
// index in row-major order and, in its upper half, the op's counter. So a value
// depends on no order of computation.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <array>
#include <cmath>

using namespace mlir;

namespace lz::cpu {

namespace {

using Block = std::array<Value, 4>; // i32

/// Emits the generator.
class Philox {
public:
  explicit Philox(Scalars &s)
      : s(s), i32(s.b.getI32Type()), i64(s.b.getI64Type()) {}

  /// Ten rounds; key and both halves of the counter are i64.
  Block block(Value key, Value low, Value high);

  Value lowHalf(Value x) { return s.make<arith::TruncIOp>(i32, x); }
  Value highHalf(Value x) {
    return lowHalf(s.make<arith::ShRUIOp>(x, s.integer(i64, 32)));
  }

private:
  /// x times a constant, as 64 bits.
  Value product(Value x, uint32_t factor) {
    Value wide = s.make<arith::ExtUIOp>(i64, x);
    return s.mul(wide, s.integer(i64, factor));
  }

  Scalars &s;
  Type i32, i64;
};

Block Philox::block(Value key, Value low, Value high) {
  Block c = {lowHalf(low), highHalf(low), lowHalf(high), highHalf(high)};
  Value k0 = lowHalf(key), k1 = highHalf(key);
  for (int round = 0; round < 10; ++round) {
    Value p0 = product(c[0], 0xD2511F53), p1 = product(c[2], 0xCD9E8D57);
    c = {s.bitXor(s.bitXor(highHalf(p1), c[1]), k0), lowHalf(p1),
         s.bitXor(s.bitXor(highHalf(p0), c[3]), k1), lowHalf(p0)};
    k0 = s.add(k0, s.integer(i32, 0x9E3779B9));
    k1 = s.add(k1, s.integer(i32, 0xBB67AE85));
  }
  return c;
}

/// The `bits` upper bits of a word as an integer in a float, times 2^-bits.
Value unitFloat(Scalars &s, Value word, int bits, Type compute, bool plusOne) {
  Type type = word.getType();
  int64_t width = type.getIntOrFloatBitWidth();
  Value top = s.make<arith::ShRUIOp>(word, s.integer(type, width - bits));
  if (plusOne)
    top = s.add(top, s.integer(type, 1));
  Value number = s.make<arith::UIToFPOp>(compute, top);
  return s.mul(number, s.constant(compute, std::ldexp(1.0, -bits)));
}

/// As many bits as the element type holds below 1, so that rounding never gives 1.
int uniformBits(Type element) {
  if (element.isF64())
    return 53;
  if (element.isF16())
    return 11;
  return element.isBF16() ? 8 : 24;
}

/// Two random words of the width that the compute type wants.
std::pair<Value, Value> words(Scalars &s, const Block &block, Type compute) {
  if (!compute.isF64())
    return {block[0], block[1]};
  Type i64 = s.b.getI64Type();
  auto join = [&](Value high, Value low) {
    Value upper = s.make<arith::ShLIOp>(s.make<arith::ExtUIOp>(i64, high),
                                        s.integer(i64, 32));
    return s.bitOr(upper, s.make<arith::ExtUIOp>(i64, low));
  };
  return {join(block[0], block[1]), join(block[2], block[3])};
}

/// Box-Muller: sqrt(-2 ln u) cos(2 pi v) with u in (0, 1] and v in [0, 1).
Value normal(Scalars &s, const Block &block, Type compute) {
  auto [first, second] = words(s, block, compute);
  int bits = compute.isF64() ? 53 : 24;
  Value u = unitFloat(s, first, bits, compute, /*plusOne=*/true);
  Value v = unitFloat(s, second, bits, compute, /*plusOne=*/false);
  Value radius = s.sqrt(s.mul(s.constant(compute, -2), s.log(u)));
  Value angle = s.mul(s.constant(compute, 2 * 3.14159265358979323846), v);
  return s.mul(radius, s.make<math::CosOp>(angle));
}

Value linearIndex(Lowering &l, Scalars &s, const Dims &dims) {
  Value index = s.index(0);
  for (size_t i = 0; i < dims.size(); ++i)
    index = s.add(s.mul(index, l.size(dims[i])), loopIndex(s, i));
  return s.fromIndex(index, s.b.getI64Type());
}

/// lz.random and lz.random_like: the result's type says the shape.
template <typename OpT> LogicalResult lowerRandom(Lowering &l, OpT op) {
  Dims dims = Lowering::dimsOf(op.getDst());
  Type element = Lowering::elementOf(op.getDst());
  uint64_t stream = static_cast<uint64_t>(op.getStream()) * 0x9E3779B97F4A7C15u;
  auto body = [&](Scalars &s, ValueRange values) {
    Type compute = computeType(element);
    Type i64 = s.b.getI64Type();
    Philox philox(s);
    Value key = s.add(values[0], s.integer(i64, static_cast<int64_t>(stream)));
    Block block = philox.block(key, linearIndex(l, s, dims), values[1]);
    if (op.getDistribution() == Distribution::Normal)
      return normal(s, block, compute);
    Value word = words(s, block, compute).first;
    return unitFloat(s, word, uniformBits(element), compute, /*plusOne=*/false);
  };
  l.set(op.getDst(),
        l.pointwise(dims, element,
                    {l.get(op.getSeed()), l.get(op.getCounter())}, body));
  return success();
}

} // namespace

void populateRandom(OpTable &table) {
  table.add<RandomOp, lowerRandom<RandomOp>>();
  table.add<RandomLikeOp, lowerRandom<RandomLikeOp>>();
}

} // namespace lz::cpu
