//===- LinearAttention.cpp - Operators that carry a state along a sequence ===//
//
// LinearAttention, CausalConvWithState.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Attention.h"
#include "frontend/onnx/Registry.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// LinearAttention
//===----------------------------------------------------------------------===//

namespace {

/// Everything is computed in f32, whatever the operands are.
class LinearAttention {
public:
  explicit LinearAttention(Node &n) : n(n) {}
  void run();

private:
  bool readOperands();
  Value unpack(size_t i, int64_t parts);
  Value initialState();
  Value step(Value at, Value &state);
  Value unrolled(int64_t length, Value &state);
  Value looped(Value &state);

  Node &n;
  Value query, key, value, decay, beta;
  DimExpr length;
  int64_t heads = 0, groups = 0;
  double scale = 0;
};

/// Sequences up to this long are written out step by step.
constexpr int64_t kMaxUnrolled = 8;

} // namespace

/// [batch, length, parts * size] as f32 [length, batch, parts, size]: a step is
/// an element of the first axis.
Value LinearAttention::unpack(size_t i, int64_t parts) {
  Value split = splitHeads(n, n.cast(n.in(i), n.f32()), parts);
  return n.failed ? split : n.transpose(split, {2, 0, 1, 3});
}

bool LinearAttention::readOperands() {
  heads = n.attrInt("q_num_heads", 0);
  groups = n.attrInt("kv_num_heads", 0);
  std::string rule = n.attrString("update_rule", "gated_delta");
  bool isGated = rule == "gated" || rule == "gated_delta";
  bool isDelta = rule == "delta" || rule == "gated_delta";
  if (!isGated && !isDelta && rule != "linear")
    n.error() << "has update_rule '" << rule
              << "', expected linear, gated, delta or gated_delta";
  if (heads <= 0 || groups <= 0 || heads % groups != 0)
    n.error() << "has " << heads << " query heads, expected a multiple of "
              << groups;
  if (!n.failed && (isGated != n.has(4) || isDelta != n.has(5)))
    n.error() << "has update_rule '" << rule << "', which "
              << (isGated ? "needs" : "has no") << " decay and "
              << (isDelta ? "needs" : "has no") << " beta";
  if (n.failed)
    return false;
  query = unpack(0, heads);
  key = unpack(1, groups);
  value = unpack(2, groups);
  if (isGated)
    decay = n.exp(unpack(4, groups));
  if (isDelta) // one for each head, or one for all
    beta = n.unsqueeze(n.transpose(n.cast(n.in(5), n.f32()), {1, 0, 2}), {3});
  if (n.failed)
    return false;
  length = n.dim(query, 0);
  scale = n.attrFloat("scale", 0);
  if (scale == 0) {
    std::optional<int64_t> size = n.constantDim(query, 3);
    if (!size)
      n.error() << "needs the size of a head to be known for its scale";
    scale = 1 / std::sqrt(double(size.value_or(1)));
  }
  return !n.failed;
}

Value LinearAttention::initialState() {
  if (n.has(3))
    return n.cast(n.in(3), n.f32());
  return n.full({n.dim(key, 1), groups, n.dim(key, 3), n.dim(value, 3)}, 0,
                n.f32());
}

/// One token: updates the state [batch, groups, key size, value size] and gives
/// [batch, heads, value size].
Value LinearAttention::step(Value at, Value &state) {
  auto take = [&](Value x) { return n.gather(x, at, 0); };
  Value k = take(key), v = take(value), q = take(query);
  if (decay)
    state = n.mul(state, n.unsqueeze(take(decay), {3}));
  if (beta) {
    Value known = n.squeeze(n.matmul(n.unsqueeze(k, {2}), state), {2});
    v = n.mul(take(beta), n.sub(v, known));
  }
  state = n.add(state, n.mul(n.unsqueeze(k, {3}), n.unsqueeze(v, {2})));
  // The heads of a group read the same state.
  Dims grouped{n.dim(q, 0), groups, heads / groups, n.dim(q, 2)};
  Value read = n.matmul(n.reshape(q, grouped), state);
  return n.mul(n.reshape(read, {n.dim(q, 0), heads, n.dim(v, 2)}), scale);
}

Value LinearAttention::unrolled(int64_t count, Value &state) {
  Values outputs;
  for (int64_t i = 0; i < count; ++i)
    outputs.push_back(n.unsqueeze(step(n.intScalar(i), state), {0}));
  return n.concat(outputs, 0);
}

Value LinearAttention::looped(Value &state) {
  auto stateType = state.getType();
  auto loop = LoopOp::create(
      n.builder, n.loc, TypeRange{stateType, n.unranked(n.f32())},
      n.dimScalar(length), Value(), ValueRange(state));
  {
    OpBuilder::InsertionGuard guard(n.builder);
    n.builder.setInsertionPointToEnd(&loop.getBodyBlock());
    loop.getCarried(0).setType(stateType);
    Value next = loop.getCarried(0);
    Value output = step(loop.getIteration(), next);
    Value goOn = n.intScalar(1, n.i1());
    YieldOp::create(n.builder, n.loc, ValueRange{goOn, next, output});
  }
  n.infer(loop);
  state = loop.getResult(0);
  return loop.getResult(1);
}

void LinearAttention::run() {
  if (!readOperands())
    return;
  Value state = initialState();
  std::optional<int64_t> count = length.getConstant();
  bool isShort = count && *count > 0 && *count <= kMaxUnrolled;
  Value outputs = isShort ? unrolled(*count, state) : looped(state);
  if (n.failed)
    return;
  Value packed = n.reshape(n.transpose(outputs, {1, 0, 2, 3}),
                           {n.dim(query, 1), length, n.dim(value, 3) * heads});
  n.set(0, n.castLike(packed, n.in(0)));
  n.set(1, n.castLike(state, n.has(3) ? n.in(3) : n.in(0)));
}

static void importLinearAttention(Node &n) { LinearAttention(n).run(); }

//===----------------------------------------------------------------------===//
// CausalConvWithState
//===----------------------------------------------------------------------===//

static void importCausalConv(Node &n) {
  Value x = n.in(0), weights = n.in(1);
  std::string activation = n.attrString("activation", "none");
  bool isSilu = activation == "silu" || activation == "swish";
  if (!isSilu && activation != "none")
    n.error() << "has activation '" << activation
              << "', expected none, silu or swish";
  std::optional<int64_t> channels = n.constantDim(weights, 0);
  if (!n.failed && (!channels || n.rank(x) != 3 || n.rank(weights) != 3))
    n.error() << "expected operands of rank 3 and a known number of channels";
  if (n.failed)
    return;
  DimExpr carried = n.dim(weights, 2) - 1;
  Value past = n.has(3) ? n.in(3)
                        : n.full({n.dim(x, 0), n.dim(x, 1), carried}, 0,
                                 n.elementType(x));
  Value padded = n.concat({past, x}, 2);
  Ints one{1}, zero{0};
  Value y = n.result(ConvOp::create(
      n.builder, n.loc, unrankedLike(x), padded, weights,
      n.has(2) ? n.in(2) : Value(), one, one, zero, zero, *channels));
  if (isSilu)
    y = n.unary<SiluOp>(y);
  n.set(0, y);
  n.set(1, n.slice(padded, 2, n.dim(padded, 2) - carried, n.dim(padded, 2)));
}

static const OpRow rows[] = {
    {"LinearAttention", importLinearAttention, 3, 6},
    {"CausalConvWithState", importCausalConv, 2, 4},
};

OpRows lz::onnximport::linearAttentionOps() { return rows; }
