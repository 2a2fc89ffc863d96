//===- Moves.cpp ----------------------------------------------------------===//
//
// See Moves.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Moves.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

DimExpr onnximport::product(ArrayRef<DimExpr> dims) {
  DimExpr product = 1;
  for (const DimExpr &dim : dims)
    product *= dim;
  return product;
}

Ints onnximport::countTo(int64_t n) {
  return llvm::to_vector(llvm::seq<int64_t>(0, n));
}

Value onnximport::positionsOf(Node &n, Value x) {
  return n.reshape(n.range(product(n.dims(x)), n.i64()), n.dims(x));
}

Value onnximport::pickStrings(Node &n, Value x, Value positions) {
  Type type = n.unranked(StringType::get(n.builder.getContext()));
  return n.result(HostOp::create(n.builder, n.loc, TypeRange(type),
                                 "select_elements",
                                 ValueRange{x, positions}));
}

/// The joined axis is known here, so that nothing is left to a run.
Value onnximport::concatStrings(Node &n, ArrayRef<Value> xs, int64_t axis) {
  if (n.failed || xs.size() == 1)
    return xs.front();
  OpBuilder &builder = n.builder;
  int64_t rank = n.rank(xs.front());
  axis = n.axis(axis, rank);
  if (n.failed)
    return xs.front();
  Dims dims(n.dims(xs.front()));
  dims[axis] = 0;
  for (Value x : xs)
    dims[axis] += n.dim(x, axis);
  Type type = SequenceType::get(builder.getContext(),
                                n.type(xs.front()).cloneUnranked());
  Value sequence = n.result(HostOp::create(builder, n.loc, TypeRange(type),
                                           "sequence_construct",
                                           ValueRange(xs)));
  auto attrs = builder.getDictionaryAttr(
      {builder.getNamedAttr("axis", builder.getI64IntegerAttr(axis)),
       builder.getNamedAttr("new_axis", builder.getBoolAttr(false))});
  std::string symbol = n.defineSymbol("joined");
  StringRef defines[] = {symbol};
  Value joined = n.result(HostOp::create(
      builder, n.loc, TypeRange(n.type(xs.front()).cloneUnranked()),
      "concat_from_sequence", ValueRange(sequence), attrs, defines));
  return n.reshape(joined, dims);
}

Value onnximport::join(Node &n, ArrayRef<Value> xs, int64_t axis) {
  if (xs.size() == 1)
    return xs.front();
  return n.isString(xs.front()) ? concatStrings(n, xs, axis)
                                : n.concat(xs, axis);
}

DimExpr onnximport::defineDim(Node &n, Value value, StringRef what) {
  if (n.failed)
    return 1;
  std::string symbol = n.defineSymbol(what);
  StringRef defines[] = {symbol};
  std::string message = (what + " of " + n.op() + " '" + n.name() +
                         "' must not be negative")
                            .str();
  auto attrs = n.builder.getDictionaryAttr({n.builder.getNamedAttr(
      "message", n.builder.getStringAttr(message))});
  n.infer(HostOp::create(n.builder, n.loc, TypeRange(), "define",
                         ValueRange(n.reshape(value, {DimExpr(1)})), attrs,
                         defines));
  return DimExpr::symbol(symbol);
}

Value onnximport::wrapIndices(Node &n, Value indices, const DimExpr &size) {
  Value isNegative = n.compare<LtOp>(indices, n.scalarLike(0, indices));
  Value wrapped =
      n.add(indices, n.dimScalar(size, n.elementType(indices)));
  return n.select(isNegative, wrapped, indices);
}

Value onnximport::toScalar(Node &n, Value x) {
  if (n.hasRank(x) && n.rank(x) == 0)
    return x;
  return n.reshape(x, {});
}

Value onnximport::along(Node &n, Value vector, int64_t axis, int64_t rank) {
  Ints added;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      added.push_back(i);
  return n.unsqueeze(vector, added);
}
