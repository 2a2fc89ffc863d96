//===- HostStringRules.cpp - shape rules of operations on strings ----------===//
//
// Strings, and the numbers that are made of them.
//
//===----------------------------------------------------------------------===//

#include "ir/HostRules.h"

using namespace mlir;
using namespace lz;

/// An error unless operand `i` is a tensor of strings.
static LogicalResult requireStrings(HostRule &rule, unsigned i) {
  if (isStrings(rule.in(i).getType()))
    return success();
  return rule.error() << "'" << rule.host.getName() << "' got "
                      << rule.in(i).getType() << " as operand " << i
                      << ", expected strings";
}

/// As many strings as the op's own type says.
LogicalResult lz::inferStringConstant(HostRule &rule) {
  auto type = dyn_cast<lz::TensorType>(rule.out(0).getType());
  auto values = dyn_cast_or_null<ArrayAttr>(rule.host.getHostAttr("values"));
  std::optional<int64_t> count = type ? type.getNumElements() : std::nullopt;
  if (!count || !values || int64_t(values.size()) != *count)
    return rule.error() << "'string_constant' of " << rule.out(0).getType()
                        << " has " << (values ? values.size() : 0)
                        << " values, expected as many as elements";
  return rule.set(rule.out(0), type.getShape(), rule.string());
}

static LogicalResult inferBroadcast(HostRule &rule, Type elementType) {
  if (failed(requireStrings(rule, 0)) || failed(requireStrings(rule, 1)))
    return failure();
  if (!rule.allRanked())
    return rule.setUnranked(rule.out(0), elementType);
  lz::TensorType a = rule.type(rule.in(0)), b = rule.type(rule.in(1));
  FailureOr<std::optional<Dims>> shape =
      rule.broadcast({a.getShape(), b.getShape()});
  return failed(shape) ? failure() : rule.set(rule.out(0), *shape, elementType);
}

LogicalResult lz::inferStringEqual(HostRule &rule) {
  return inferBroadcast(rule, rule.boolean());
}

LogicalResult lz::inferStringConcat(HostRule &rule) {
  return inferBroadcast(rule, rule.string());
}

/// A result of operand 0's shape.
static LogicalResult inferLike(HostRule &rule, unsigned result,
                               Type elementType) {
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return rule.setUnranked(rule.out(result), elementType);
  return rule.set(rule.out(result), src.getShape(), elementType);
}

LogicalResult lz::inferStringSplit(HostRule &rule) {
  if (failed(requireStrings(rule, 0)) ||
      failed(inferLike(rule, 1, rule.i64())))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return rule.setUnranked(rule.out(0), rule.string());
  SmallVector<std::optional<DimExpr>> shape(src.getShape().begin(),
                                            src.getShape().end());
  shape.push_back(rule.symbol(0, "n"));
  return rule.setKnown(rule.out(0), shape, rule.string());
}

LogicalResult lz::inferStringNormalizer(HostRule &rule) {
  if (failed(requireStrings(rule, 0)))
    return failure();
  lz::TensorType src = rule.type(rule.in(0));
  if (!src.hasRank())
    return rule.setUnranked(rule.out(0), rule.string());
  if (src.getRank() != 1 && src.getRank() != 2)
    return rule.error() << "the input has shape " << shapeText(src.getShape())
                        << ", expected rank 1 or 2";
  SmallVector<std::optional<DimExpr>> shape(src.getRank(), DimExpr(1));
  shape.back() = rule.symbol(0, "n");
  return rule.setKnown(rule.out(0), shape, rule.string());
}

LogicalResult lz::inferRegexFullMatch(HostRule &rule) {
  if (failed(requireStrings(rule, 0)))
    return failure();
  return inferLike(rule, 0, rule.boolean());
}

/// One column per n-gram: the greatest of their indexes says how many.
LogicalResult lz::inferTfidfVectorizer(HostRule &rule) {
  lz::TensorType src = rule.type(rule.in(0));
  Type f32 = Float32Type::get(rule.op->getContext());
  if (!src.hasRank())
    return rule.setUnranked(rule.out(0), f32);
  if (failed(rule.requireMinRank(rule.in(0), "the input", 1)))
    return failure();
  int64_t last = -1;
  Attribute indexes = rule.host.getHostAttr("ngram_indexes");
  if (auto list = dyn_cast_or_null<DenseI64ArrayAttr>(indexes))
    for (int64_t index : list.asArrayRef())
      last = std::max(last, index);
  if (auto list = dyn_cast_or_null<ArrayAttr>(indexes))
    for (auto index : list.getAsRange<IntegerAttr>())
      last = std::max(last, index.getInt());
  Dims shape(src.getShape());
  shape.back() = DimExpr(last) + 1; // an overflow, if it is one, is reported with the shape
  return rule.set(rule.out(0), ArrayRef<DimExpr>(shape), f32);
}

/// The op's own type says what elements become.
LogicalResult lz::inferConversion(HostRule &rule) {
  Type elementType = rule.givenElementType(0);
  if (!elementType || !isa<lz::TensorType>(rule.in(0).getType()))
    return rule.error() << "'" << rule.host.getName() << "' makes "
                        << rule.out(0).getType() << " of "
                        << rule.in(0).getType() << ", expected tensors";
  return inferLike(rule, 0, elementType);
}

LogicalResult lz::inferSelectElements(HostRule &rule) {
  if (failed(requireStrings(rule, 0)))
    return failure();
  lz::TensorType indices = rule.type(rule.in(1));
  if (!indices.getElementType().isInteger(64))
    return rule.error() << "the indices have element type "
                        << indices.getElementType() << ", expected i64";
  if (!indices.hasRank())
    return rule.setUnranked(rule.out(0), rule.string());
  return rule.set(rule.out(0), indices.getShape(), rule.string());
}
