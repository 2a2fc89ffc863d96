//===- Attention.cpp - Attention and rotary embeddings --------------------===//
//
// Attention, FlexAttention, RotaryEmbedding, SwiGLU.
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
// The general form
//===----------------------------------------------------------------------===//

Value lz::onnximport::splitHeads(Node &n, Value x, int64_t heads) {
  if (n.rank(x) != 3) {
    if (!n.failed)
      n.error() << "has an operand of rank " << n.rank(x) << ", expected 3";
    return x;
  }
  if (heads <= 0) {
    n.error() << "has " << heads << " heads, expected one or more";
    return x;
  }
  Dims dims{n.dim(x, 0), n.dim(x, 1), heads,
            DimExpr::floorDiv(n.dim(x, 2), heads)};
  return n.transpose(n.reshape(x, dims), {0, 2, 1, 3});
}

Value lz::onnximport::mergeHeads(Node &n, Value x) {
  Value moved = n.transpose(x, {0, 2, 1, 3});
  return n.reshape(moved, {n.dim(moved, 0), n.dim(moved, 1),
                           n.dim(moved, 2) * n.dim(moved, 3)});
}

Value lz::onnximport::windowMask(Node &n, const DimExpr &queries,
                                 const DimExpr &keys, Value offset,
                                 int64_t left, int64_t right) {
  Value at = n.add(n.iota({queries, 1}, 0, n.i64()), offset);
  Value ahead = n.sub(n.iota({1, keys}, 1, n.i64()), at);
  Value mask;
  if (right >= 0)
    mask = n.compare<LeOp>(ahead, n.intScalar(right));
  if (left >= 0) {
    Value isNear = n.compare<GeOp>(ahead, n.intScalar(-left));
    mask = mask ? n.logicalAnd(mask, isNear) : isNear;
  }
  return mask;
}

/// A mask with the axis of heads split into groups: it broadcasts to [batch,
/// groups, heads of a group, queries, keys].
static Value splitMask(Node &n, Value mask, const DimExpr &groups) {
  if (!mask || n.rank(mask) < 3)
    return mask;
  int64_t headAxis = n.rank(mask) - 3;
  Dims dims(n.dims(mask));
  DimExpr heads = dims[headAxis];
  bool isShared = heads == DimExpr(1);
  dims[headAxis] = isShared ? heads : groups;
  dims.insert(dims.begin() + headAxis + 1,
              isShared ? DimExpr(1) : DimExpr::floorDiv(heads, groups));
  return n.reshape(mask, dims);
}

/// Scores where the mask lets them through, else -inf.
static Value masked(Node &n, Value scores, Value mask) {
  return n.select(mask, scores, n.scalarLike(-INFINITY, scores));
}

/// Products and a softmax, each as the operator is defined: both factors scaled,
/// rounded to the operands' type after each step.
static AttentionResult composeAttention(Node &n, const AttentionForm &form) {
  Type type = n.elementType(form.query);
  Type wide = n.builder.getF64Type();
  Value factor;
  if (form.scale != 0)
    factor = n.scalar(std::sqrt(form.scale), type);
  else if (auto size = n.constantDim(form.query, -1))
    factor = n.scalar(std::sqrt(1 / std::sqrt(double(*size))), type);
  else
    factor = n.cast(n.unary<RsqrtOp>(n.sqrt(n.dimScalar(
                        n.dim(form.query, -1), wide))), type);
  Value keys = n.swapAxes(n.mul(form.key, factor), -1, -2);
  Value scores = n.matmul(n.mul(form.query, factor), keys);
  AttentionResult result;
  if (form.outputMode == 0)
    result.intermediate = scores;
  if (form.softcap > 0)
    scores = n.mul(n.unary<TanhOp>(n.div(scores, form.softcap)), form.softcap);
  if (form.outputMode == 1)
    result.intermediate = scores;
  if (form.bias)
    scores = n.add(scores, form.bias);
  if (form.mask)
    scores = masked(n, scores, form.mask);
  if (form.causal)
    scores = masked(n, scores, windowMask(n, n.dim(scores, -2), n.dim(scores, -1),
                                          n.intScalar(0), -1, 0));
  if (form.outputMode == 2)
    result.intermediate = scores;
  Value precise = form.precision ? n.cast(scores, form.precision) : scores;
  Value weights = n.softmax(precise, -1);
  // A query without any key gets nothing, not NaN.
  Value most = n.reduce(ReduceKind::Max, precise, {-1}, /*keepDims=*/true);
  Value hasKey = n.compare<NeOp>(most, n.scalarLike(-INFINITY, most));
  weights = n.cast(n.select(hasKey, weights, n.scalarLike(0, weights)), type);
  if (form.outputMode == 3)
    result.intermediate = weights;
  result.dst = n.matmul(weights, n.castLike(form.value, weights));
  return result;
}

/// lz.attention takes one mask: both in one, added.
static Value singleMask(Node &n, const AttentionForm &form) {
  if (!form.bias)
    return form.mask;
  if (!form.mask)
    return form.bias;
  return n.select(form.mask, form.bias, n.scalarLike(-INFINITY, form.bias));
}

static AttentionResult buildGrouped(Node &n, const AttentionForm &form) {
  bool isPlain = form.softcap <= 0 && form.outputMode < 0 &&
                 (!form.precision ||
                  form.precision.getIntOrFloatBitWidth() <=
                      n.width(form.query) ||
                  form.precision.isF32()) &&
                 n.elementType(form.query) == n.elementType(form.value);
  if (!isPlain)
    return composeAttention(n, form);
  Value mask = singleMask(n, form);
  Value dst = n.result(AttentionOp::create(
      n.builder, n.loc, unrankedLike(form.query), form.query, form.key,
      form.value, mask, llvm::APFloat(form.scale), form.causal));
  return {dst, Value()};
}

AttentionResult lz::onnximport::buildAttention(Node &n, AttentionForm form) {
  DimExpr heads = n.dim(form.query, 1), groups = n.dim(form.key, 1);
  if (n.failed)
    return {form.query, form.query};
  if (heads == groups)
    return buildGrouped(n, form);
  Dims whole(n.dims(form.query));
  DimExpr perGroup = DimExpr::floorDiv(heads, groups);
  form.query = n.reshape(
      form.query, {whole[0], groups, perGroup, whole[2], whole[3]});
  form.key = n.unsqueeze(form.key, {2});
  form.value = n.unsqueeze(form.value, {2});
  form.mask = splitMask(n, form.mask, groups);
  form.bias = splitMask(n, form.bias, groups);
  AttentionResult result = buildGrouped(n, form);
  auto merged = [&](Value x) {
    return n.reshape(x, {n.dim(x, 0), heads, n.dim(x, 3), n.dim(x, 4)});
  };
  result.dst = merged(result.dst);
  if (result.intermediate)
    result.intermediate = merged(result.intermediate);
  return result;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// The type of a TensorProto_DataType attribute; null where it is absent.
static Type precisionOf(Node &n) {
  if (!n.hasAttr("softmax_precision"))
    return {};
  int64_t number = n.attrInt("softmax_precision", 1);
  const ElementInfo *element = findElementInfo(number);
  Type type = element ? n.storageType(*element) : Type();
  if (llvm::isa_and_nonnull<FloatType>(type) && !element->isLogical)
    return type;
  n.error() << "has softmax_precision " << number << ", expected a float type";
  return {};
}

/// A mask whose last axis is shorter than there are keys hides the rest.
static Value fullMask(Node &n, Value mask, const DimExpr &keys) {
  DimExpr given = n.dim(mask, -1);
  if (given == keys || given == DimExpr(1) || n.failed)
    return mask;
  Dims rest(n.dims(mask));
  rest.back() = keys - given;
  if (auto count = rest.back().getConstant(); count && *count <= 0)
    return mask;
  // A symbolic rest is not known to be there.
  if (!rest.back().isConstant())
    return mask;
  Value hidden = n.full(rest, n.isBool(mask) ? 0 : -INFINITY,
                        n.elementType(mask));
  return n.concat({mask, hidden}, -1);
}

static Value both(Node &n, Value a, Value b) {
  return !a ? b : !b ? a : n.logicalAnd(a, b);
}

/// How many keys precede the first query: i64, a scalar or [batch, 1, 1, 1].
static Value queryOffset(Node &n, const DimExpr &queries) {
  if (n.has(4))
    return n.dimScalar(n.dim(n.in(4), 2));
  if (!n.has(6))
    return n.intScalar(0);
  Value valid = n.unsqueeze(n.cast(n.in(6), n.i64()), {1, 2, 3});
  return n.sub(valid, n.dimScalar(queries));
}

/// Fills mask, bias and causal of the form.
static void addMasks(Node &n, AttentionForm &form) {
  DimExpr queries = n.dim(form.query, 2), keys = n.dim(form.key, 2);
  if (n.has(3)) {
    Value mask = fullMask(n, n.in(3), keys);
    if (n.isBool(mask))
      form.mask = mask;
    else
      form.bias = n.castLike(mask, form.query);
  }
  int64_t left = n.attrInt("left_window_size", -1);
  int64_t right = n.attrInt("right_window_size", -1);
  bool isCausal = n.attrInt("is_causal", 0);
  if (isCausal)
    right = right < 0 ? 0 : std::min<int64_t>(right, 0);
  bool isAligned = !n.has(4) && !n.has(6);
  if (isCausal && isAligned && left < 0)
    form.causal = true;
  else if (left >= 0 || right >= 0)
    form.mask = both(n, form.mask,
                     windowMask(n, queries, keys, queryOffset(n, queries), left,
                                right));
  if (!n.has(6))
    return;
  Value valid = n.unsqueeze(n.cast(n.in(6), n.i64()), {1, 2, 3});
  form.mask = both(n, form.mask,
                   n.compare<LtOp>(n.iota({1, keys}, 1, n.i64()), valid));
}

static void importAttention(Node &n) {
  AttentionForm form;
  form.query = n.in(0);
  form.key = n.in(1);
  form.value = n.in(2);
  bool isPacked = n.rank(form.query) == 3;
  if (isPacked) {
    int64_t heads = n.attrInt("q_num_heads", 0);
    int64_t groups = n.attrInt("kv_num_heads", 0);
    form.query = splitHeads(n, form.query, heads);
    form.key = splitHeads(n, form.key, groups);
    form.value = splitHeads(n, form.value, groups);
  }
  if (n.failed)
    return;
  if (n.has(4))
    form.key = n.concat({n.in(4), form.key}, 2);
  if (n.has(5))
    form.value = n.concat({n.in(5), form.value}, 2);
  n.set(1, form.key);
  n.set(2, form.value);
  addMasks(n, form);
  form.scale = n.attrFloat("scale", 0);
  form.softcap = n.attrFloat("softcap", 0);
  form.precision = precisionOf(n);
  form.outputMode = n.wants(3) ? n.attrInt("qk_matmul_output_mode", 0) : -1;
  AttentionResult result = buildAttention(n, form);
  if (n.failed)
    return;
  Value dst = n.castLike(result.dst, n.in(0));
  n.set(0, isPacked ? mergeHeads(n, dst) : dst);
  if (result.intermediate)
    n.set(3, result.intermediate);
}

//===----------------------------------------------------------------------===//
// FlexAttention
//===----------------------------------------------------------------------===//

/// `x` as the subgraph in attribute `name` changes it, if there is one.
static Value modified(Node &n, const char *name, Value x) {
  const ::onnx::GraphProto *graph = n.attrGraph(name);
  if (!graph || n.failed)
    return x;
  auto results = n.importSubgraph(*graph, {OnnxValue{x, nullptr}});
  if (!results)
    return x;
  if (results->size() != 1 || !(*results)[0]) {
    n.error() << "attribute '" << name << "' has " << results->size()
              << " outputs, expected 1";
    return x;
  }
  return n.castLike((*results)[0].value, x);
}

/// Every head of the query gets its own key (or value).
static Value repeatHeads(Node &n, Value x, const DimExpr &heads) {
  if (n.dim(x, 1) == heads)
    return x;
  Dims dims(n.dims(x)), wide = dims;
  wide.insert(wide.begin() + 2, DimExpr::floorDiv(heads, dims[1]));
  dims[1] = heads;
  return n.reshape(n.expand(n.unsqueeze(x, {2}), wide), dims);
}

static void importFlexAttention(Node &n) {
  AttentionForm form;
  form.query = n.in(0);
  form.key = n.in(1);
  form.value = n.in(2);
  form.scale = n.attrFloat("scale", 0);
  if (n.rank(form.query) != 4 && !n.failed)
    n.error() << "has a query of rank " << n.rank(form.query) << ", expected 4";
  if (n.failed)
    return;
  bool isModified = n.hasAttr("score_mod") || n.hasAttr("prob_mod");
  if (!isModified && !n.hasAttr("softmax_precision")) {
    n.set(0, buildAttention(n, form).dst);
    return;
  }
  Type type = n.elementType(form.query), precision = precisionOf(n);
  if (!precision)
    precision = type.isF64() ? type : n.f32();
  Value factor =
      form.scale != 0
          ? n.scalar(std::sqrt(form.scale), type)
          : n.cast(n.unary<RsqrtOp>(n.sqrt(n.dimScalar(n.dim(form.query, 3),
                                                       n.f32()))),
                   type);
  DimExpr heads = n.dim(form.query, 1);
  Value keys = n.mul(repeatHeads(n, form.key, heads), factor);
  Value scores = n.matmul(n.mul(form.query, factor), n.swapAxes(keys, -1, -2));
  scores = modified(n, "score_mod", n.cast(scores, precision));
  Value weights = modified(n, "prob_mod", n.softmax(scores, -1));
  Value value = n.cast(repeatHeads(n, form.value, heads), precision);
  n.set(0, n.castLike(n.matmul(weights, value), form.value));
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding, SwiGLU
//===----------------------------------------------------------------------===//

Value lz::onnximport::rotate(Node &n, Value x, Value cos, Value sin,
                             const DimExpr &rotated, bool interleaved) {
  int64_t last = n.rank(x) - 1;
  DimExpr size = n.dim(x, last), half = DimExpr::floorDiv(rotated, 2);
  Value turning = size == rotated ? x : n.slice(x, last, 0, rotated);
  Value a, b;
  Dims pairs(n.dims(turning));
  if (interleaved) {
    pairs.back() = half;
    pairs.push_back(2);
    Value paired = n.reshape(turning, pairs);
    a = n.select(paired, last + 1, 0);
    b = n.select(paired, last + 1, 1);
  } else {
    a = n.slice(turning, last, 0, half);
    b = n.slice(turning, last, half, rotated);
  }
  Value re = n.sub(n.mul(a, cos), n.mul(b, sin));
  Value im = n.add(n.mul(a, sin), n.mul(b, cos));
  Value y;
  if (interleaved)
    y = n.reshape(n.concat({n.unsqueeze(re, {-1}), n.unsqueeze(im, {-1})}, -1),
                  n.dims(turning));
  else
    y = n.concat({re, im}, last);
  return size == rotated ? y
                         : n.concat({y, n.slice(x, last, rotated, size)}, last);
}

static void importRotaryEmbedding(Node &n) {
  Value x = n.in(0);
  bool isPacked = n.rank(x) == 3;
  if (isPacked)
    x = splitHeads(n, x, n.attrInt("num_heads", 0));
  else if (n.rank(x) != 4 && !n.failed)
    n.error() << "has an operand of rank " << n.rank(x) << ", expected 3 or 4";
  if (n.failed)
    return;
  auto angles = [&](size_t i) {
    Value cache = n.has(3) ? n.gather(n.in(i), n.in(3), 0) : n.in(i);
    return n.unsqueeze(n.castLike(cache, x), {1}); // the same for all heads
  };
  int64_t given = n.attrInt("rotary_embedding_dim", 0);
  DimExpr rotated = given ? DimExpr(given) : n.dim(x, 3);
  Value y = rotate(n, x, angles(1), angles(2), rotated,
                   n.attrInt("interleaved", 0));
  n.set(0, isPacked ? mergeHeads(n, y) : y);
}

/// Swish of the gate times the linear input.
static void importSwiGLU(Node &n) {
  Value gate = n.in(0);
  double alpha = n.attrFloat("alpha", 1);
  Value inner = alpha == 1 ? gate : n.mul(gate, alpha);
  n.set(0, n.mul(n.mul(gate, n.unary<SigmoidOp>(inner)), n.in(1)));
}

static const OpRow rows[] = {
    {"Attention", importAttention, 3, 7},
    {"FlexAttention", importFlexAttention, 3, 3, "ai.onnx.preview"},
    {"RotaryEmbedding", importRotaryEmbedding, 3, 4},
    {"SwiGLU", importSwiGLU, 2, 2},
};

OpRows lz::onnximport::attentionOps() { return rows; }
