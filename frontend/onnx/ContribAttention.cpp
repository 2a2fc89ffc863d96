//===- ContribAttention.cpp - Attention of com.microsoft ------------------===//
//
// Attention, MultiHeadAttention, GroupQueryAttention, RotaryEmbedding: they
// differ in where heads, masks and caches come from.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Attention.h"
#include "frontend/onnx/Contrib.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

/// Attention's results: heads side by side, and the scores where they are wanted
/// (`form.outputMode`).
static void setResults(Node &n, const AttentionForm &form) {
  AttentionResult result = buildAttention(n, form);
  if (n.failed)
    return;
  n.set(0, mergeHeads(n, result.dst));
  if (result.intermediate)
    n.set(3, result.intermediate);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

static Value both(Node &n, Value a, Value b) {
  return !a ? b : !b ? a : n.logicalAnd(a, b);
}

static Value sum(Node &n, Value a, Value b) {
  return !a ? b : !b ? a : n.add(a, b);
}

/// Keys of [begin, end) of each sample, or before `end`: [batch, 1, 1, keys].
static Value keyRange(Node &n, Value begin, Value end, const DimExpr &keys) {
  Value at = n.iota({1, 1, 1, keys}, 3, n.i64());
  auto perBatch = [&](Value x) {
    return n.unsqueeze(n.cast(x, n.i64()), {1, 2, 3});
  };
  Value mask = n.compare<LtOp>(at, perBatch(end));
  return begin ? n.logicalAnd(mask, n.compare<GeOp>(at, perBatch(begin))) : mask;
}

/// What the integer mask, in its several forms, lets through as a boolean mask of
/// [batch, heads, queries, keys]: lengths of samples, ends and begins of samples,
/// lengths before running sums (which serve packed kernels), or 0 for each key (of
/// each query) that is hidden. Null after an error.
static Value visibleKeys(Node &n, const AttentionForm &form, Value mask) {
  DimExpr batch = n.dim(form.query, 0), keys = n.dim(form.key, 2);
  int64_t rank = n.rank(mask);
  if (rank == 2 || rank == 3) {
    Value visible = n.compare<NeOp>(mask, n.scalarLike(0, mask));
    return n.unsqueeze(visible, rank == 2 ? Ints{1, 2} : Ints{1});
  }
  DimExpr size = rank == 1 ? n.dim(mask, 0) : DimExpr(0);
  if (rank == 1 && size == batch)
    return keyRange(n, Value(), mask, keys);
  Value end = rank == 1 ? n.slice(mask, 0, 0, batch) : mask;
  if (rank == 1 && size == batch * 2)
    return keyRange(n, n.slice(mask, 0, batch, batch * 2), end, keys);
  if (rank == 1 && size == batch * 3 + 2)
    return keyRange(n, Value(), end, keys);
  n.unsupported("a mask of this shape");
  return Value();
}

/// Hidden keys are made unlikely: a query without any other key still attends to
/// them, as in ONNX Runtime.
static void addIntegerMask(Node &n, AttentionForm &form, Value mask) {
  Value visible = visibleKeys(n, form, mask);
  if (n.failed)
    return;
  Type type = n.elementType(form.query);
  double filter = n.attrFloat("mask_filter_value", -10000);
  Value bias = n.select(visible, n.scalar(0, type), n.scalar(filter, type));
  form.bias = sum(n, form.bias, bias);
}

/// A query attends to keys up to its own place after what is past.
static void addUnidirectional(Node &n, AttentionForm &form) {
  if (!n.attrInt("unidirectional", 0))
    return;
  DimExpr queries = n.dim(form.query, 2), keys = n.dim(form.key, 2);
  if (queries == keys) {
    form.causal = true;
    return;
  }
  form.mask = both(n, form.mask,
                   windowMask(n, queries, keys, n.dimScalar(keys - queries), -1,
                              0));
}

/// [batch, length, size] as heads; or as they are where heads are split already.
static Value asHeads(Node &n, Value x, int64_t heads) {
  return n.rank(x) == 4 ? x : splitHeads(n, x, heads);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// The three projections of the operand, which one product computes.
static void projectOperands(Node &n, AttentionForm &form, int64_t heads) {
  Value all = n.matmul(n.in(0), n.in(1));
  if (n.has(2))
    all = n.add(all, n.in(2));
  DimExpr third = DimExpr::floorDiv(n.dim(all, 2), 3);
  Dims sizes{third, third, third};
  Ints given = n.attrInts("qkv_hidden_sizes");
  if (given.size() == 3)
    sizes = {given[0], given[1], given[2]};
  DimExpr begin = 0;
  Value *parts[] = {&form.query, &form.key, &form.value};
  for (int i = 0; i < 3; ++i) {
    *parts[i] = splitHeads(n, n.slice(all, 2, begin, begin + sizes[i]), heads);
    begin += sizes[i];
  }
}

static void importContribAttention(Node &n) {
  AttentionForm form;
  if (n.attrInt("do_rotary", 0) || n.attrInt("past_present_share_buffer", 0))
    n.unsupported("do_rotary or past_present_share_buffer");
  if (n.rank(n.in(0)) != 3 && !n.failed)
    n.error() << "has an operand of rank " << n.rank(n.in(0)) << ", expected 3";
  if (n.failed)
    return;
  projectOperands(n, form, n.attrInt("num_heads", 0));
  if (n.failed)
    return;
  if (n.has(4)) {
    form.key = n.concat({n.select(n.in(4), 0, 0), form.key}, 2);
    form.value = n.concat({n.select(n.in(4), 0, 1), form.value}, 2);
  }
  if (n.wants(1))
    n.set(1, n.concat({n.unsqueeze(form.key, {0}), n.unsqueeze(form.value, {0})},
                      0));
  if (n.has(3))
    addIntegerMask(n, form, n.in(3));
  form.bias = sum(n, form.bias, optionalIn(n, 5));
  addUnidirectional(n, form);
  form.scale = n.attrFloat("scale", 0);
  n.set(0, mergeHeads(n, buildAttention(n, form).dst));
}

//===----------------------------------------------------------------------===//
// MultiHeadAttention
//===----------------------------------------------------------------------===//

/// Part `i` of [batch, length, heads, parts, size], as heads.
static Value packedPart(Node &n, Value packed, int64_t i) {
  return n.transpose(n.select(packed, 3, i), {0, 2, 1, 3});
}

/// Query, key and value as heads, with what the bias adds to each.
static void takeOperands(Node &n, AttentionForm &form, int64_t heads) {
  Value operands[3] = {n.in(0), optionalIn(n, 1), optionalIn(n, 2)};
  Value *parts[] = {&form.query, &form.key, &form.value};
  if (n.rank(operands[0]) == 5) { // all three in one
    for (int i = 0; i < 3; ++i)
      *parts[i] = packedPart(n, operands[0], i);
    return;
  }
  if (!operands[1]) {
    n.error() << "has no key, and its query is not packed";
    return;
  }
  bool isPacked = n.rank(operands[1]) == 5;
  if (!isPacked && !operands[2]) {
    n.error() << "has no value, and its key is not packed";
    return;
  }
  DimExpr begin = 0;
  for (int i = 0; i < 3; ++i) {
    if (isPacked && i > 0) {
      *parts[i] = packedPart(n, operands[1], i - 1);
      continue;
    }
    Value x = operands[i];
    if (n.has(3) && n.rank(x) == 3) {
      DimExpr size = n.dim(x, 2);
      x = n.add(x, n.slice(n.in(3), 0, begin, begin + size));
      begin += size;
    }
    *parts[i] = asHeads(n, x, heads);
  }
}

static void importMultiHeadAttention(Node &n) {
  AttentionForm form;
  takeOperands(n, form, n.attrInt("num_heads", 0));
  if (n.has(8) || n.has(9))
    n.unsupported("a cache whose buffer is shared");
  if (n.failed)
    return;
  if (n.has(6)) {
    form.key = n.concat({n.in(6), form.key}, 2);
    form.value = n.concat({n.in(7), form.value}, 2);
  }
  n.set(1, form.key);
  n.set(2, form.value);
  if (n.has(4))
    addIntegerMask(n, form, n.in(4));
  form.bias = sum(n, form.bias, optionalIn(n, 5));
  addUnidirectional(n, form);
  form.scale = n.attrFloat("scale", 0);
  form.outputMode = n.wants(3) ? 3 : -1;
  setResults(n, form);
}

//===----------------------------------------------------------------------===//
// GroupQueryAttention
//===----------------------------------------------------------------------===//

namespace {

class GroupQueryAttention {
public:
  explicit GroupQueryAttention(Node &n) : n(n) {}
  void run();

private:
  bool readOperands();
  void rotateOperands();
  Value present(Value past, Value next);

  Node &n;
  AttentionForm form;
  Value pastLength; ///< of each sample, i64 [batch]
  DimExpr keys;     ///< how many a present cache holds
  DimExpr length;   ///< how many tokens are new
};

} // namespace

bool GroupQueryAttention::readOperands() {
  if (!needOperands(n, {5, 6}))
    return false;
  for (size_t i : {11, 12, 13, 14, 15})
    if (n.has(i))
      n.unsupported("a sink, quantized cache or normalization of heads");
  if (n.attrInt("smooth_softmax", -1) > 0 || n.attrInt("sliding_window_cache", 0))
    n.unsupported("smooth_softmax or sliding_window_cache");
  int64_t heads = n.attrInt("num_heads", 0), groups = n.attrInt("kv_num_heads", 0);
  if (heads <= 0 || groups <= 0 || heads % groups != 0)
    n.error() << "has " << heads << " query heads, expected a multiple of "
              << groups;
  if (n.failed)
    return false;
  if (n.has(1)) {
    form.query = splitHeads(n, n.in(0), heads);
    form.key = splitHeads(n, n.in(1), groups);
    form.value = splitHeads(n, n.in(2), groups);
    return !n.failed;
  }
  Value all = splitHeads(n, n.in(0), heads + 2 * groups);
  form.query = n.slice(all, 1, 0, heads);
  form.key = n.slice(all, 1, heads, heads + groups);
  form.value = n.slice(all, 1, heads + groups, heads + 2 * groups);
  return !n.failed;
}

/// Positions count on from what is past.
void GroupQueryAttention::rotateOperands() {
  Value at = n.has(9) ? n.in(9)
                      : n.add(n.unsqueeze(pastLength, {1}),
                              n.iota({1, length}, 1, n.i64()));
  // Padding of a prompt may count beyond the table.
  DimExpr most = n.dim(n.in(7), 0) - 1;
  at = n.min(n.cast(at, n.i64()), n.dimScalar(most));
  Value cos = n.unsqueeze(n.gather(n.in(7), at, 0), {1});
  Value sin = n.unsqueeze(n.gather(n.in(8), at, 0), {1});
  DimExpr rotated = n.dim(cos, 3) * 2;
  bool interleaved = n.attrInt("rotary_interleaved", 0);
  form.query = rotate(n, form.query, cos, sin, rotated, interleaved);
  form.key = rotate(n, form.key, cos, sin, rotated, interleaved);
}

/// The cache with the new tokens after what is past of each sample; behind them
/// stays what was there.
Value GroupQueryAttention::present(Value past, Value next) {
  DimExpr capacity = n.dim(past, 2);
  Value all = n.concat({past, next}, 2);
  Value at = n.iota({1, 1, keys, 1}, 2, n.i64());
  Value begin = n.unsqueeze(pastLength, {1, 2, 3});
  Value fresh = n.sub(at, begin);
  Value isNew = n.logicalAnd(n.compare<GeOp>(fresh, n.intScalar(0)),
                             n.compare<LtOp>(fresh, n.dimScalar(length)));
  Value kept = n.min(at, n.dimScalar(capacity + length - 1));
  Value index = n.select(isNew, n.add(fresh, n.dimScalar(capacity)), kept);
  return n.gatherElements(
      all, n.expand(index, {n.dim(all, 0), n.dim(all, 1), keys, n.dim(all, 3)}),
      2);
}

void GroupQueryAttention::run() {
  if (!readOperands())
    return;
  length = n.dim(form.query, 2);
  Value total = n.add(n.reshape(n.cast(n.in(5), n.i64()), {n.dim(form.query, 0)}),
                      n.intScalar(1));
  bool hasPast = n.has(3) || n.has(4);
  DimExpr newKeys = n.dim(form.key, 2);
  keys = newKeys;
  Value zero = n.full({n.dim(form.query, 0)}, 0, n.i64());
  pastLength = zero;
  if (hasPast) {
    Dims all = n.needDims(6, "total_sequence_length");
    if (n.failed || all.empty())
      return;
    // A prompt, whose samples may be padded behind, begins at 0.
    Value isPrompt = n.compare<EqOp>(n.dimScalar(length), n.dimScalar(all[0]));
    pastLength = n.select(isPrompt, zero, n.sub(total, n.dimScalar(length)));
    keys = DimExpr::max(n.dim(n.in(3), 2), all[0]);
  }
  if (n.attrInt("do_rotary", 0))
    rotateOperands();
  if (hasPast) {
    form.key = present(n.in(3), form.key);
    form.value = present(n.in(4), form.value);
  }
  n.set(1, form.key);
  n.set(2, form.value);
  Value offset = n.unsqueeze(pastLength, {1, 2, 3});
  bool isCausal = n.attrInt("causal", 1);
  // The window counts the query's own position.
  int64_t window = n.attrInt("local_window_size", -1);
  if (isCausal && !hasPast && window < 0)
    form.causal = true;
  else if (isCausal)
    form.mask = windowMask(n, length, keys, offset, window < 0 ? -1 : window - 1,
                           0);
  else
    form.mask = keyRange(n, Value(), total, keys);
  if (n.has(10))
    form.bias = n.in(10);
  form.scale = n.attrFloat("scale", 0);
  form.softcap = n.attrFloat("softcap", 0);
  int64_t output = n.attrInt("qk_output", 0);
  form.outputMode = !n.wants(3) || output == 0 ? -1 : output == 1 ? 2 : 3;
  setResults(n, form);
}

static void importGroupQueryAttention(Node &n) { GroupQueryAttention(n).run(); }

//===----------------------------------------------------------------------===//
// RotaryEmbedding
//===----------------------------------------------------------------------===//

/// One position means: that of the first token, the others follow.
static void importContribRotary(Node &n) {
  Value x = n.in(0), cache = n.in(2);
  bool isPacked = n.rank(x) == 3;
  if (n.failed)
    return;
  int64_t heads = n.attrInt("num_heads", 0);
  int64_t given = n.attrInt("rotary_embedding_dim", 0);
  if (isPacked && heads == 0) { // the tables tell how large a head is
    auto size = n.constantDim(x, 2), half = n.constantDim(cache, 1);
    if (size && half && *half > 0)
      heads = *size / (2 * *half);
  }
  if (isPacked)
    x = splitHeads(n, x, heads);
  if (n.failed)
    return;
  Value at = n.cast(n.in(1), n.i64());
  if (n.rank(at) == 1)
    at = n.add(n.unsqueeze(at, {1}), n.iota({1, n.dim(x, 2)}, 1, n.i64()));
  Value cos = n.unsqueeze(n.gather(cache, at, 0), {1});
  Value sin = n.unsqueeze(n.gather(n.in(3), at, 0), {1});
  DimExpr rotated = given ? DimExpr(given) : n.dim(x, 3);
  Value y = rotate(n, x, cos, sin, rotated, n.attrInt("interleaved", 0));
  double scale = n.attrFloat("scale", 1);
  if (scale != 1 && scale != 0)
    y = n.mul(y, scale);
  n.set(0, isPacked ? mergeHeads(n, y) : y);
}

static const OpRow rows[] = {
    {"Attention", importContribAttention, 2, 7, kMicrosoft},
    {"MultiHeadAttention", importMultiHeadAttention, 1, 10, kMicrosoft},
    {"GroupQueryAttention", importGroupQueryAttention, 1, 16, kMicrosoft},
    {"RotaryEmbedding", importContribRotary, 4, 4, kMicrosoft},
};

OpRows lz::onnximport::contribAttentionOps() { return rows; }
