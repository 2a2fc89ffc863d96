//===- MachineLearning.cpp - Features of classical models -----------------===//
//
// The operators of ai.onnx.ml that prepare features, one by one. Labels, linear
// models and trees have their own files.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/MachineLearning.h"

#include "frontend/onnx/Moves.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using lz::DimExpr;

/// An error unless `count` parameters fit the columns of `x`: one, or one each.
static void checkColumns(Node &n, Value x, StringRef name, size_t count) {
  if (n.failed || count <= 1)
    return;
  std::optional<int64_t> columns = n.constantDim(x, -1);
  if (columns && *columns != int64_t(count))
    n.error() << "attribute '" << name << "' has " << int64_t(count)
              << " elements, expected 1 or one per feature: " << *columns;
}

//===----------------------------------------------------------------------===//
// Picking and joining
//===----------------------------------------------------------------------===//

/// Along the last axis; a vector is a row.
static void importArrayFeatureExtractor(Node &n) {
  Value indices = n.cast(n.in(1), n.i64());
  indices = n.reshape(indices, {product(n.dims(indices))});
  Value y = moved(n, n.in(0), [&](Value x) {
    return n.gather(n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x, indices, -1);
  });
  n.set(0, y);
}

/// Cut or filled with zeros to `columns`.
static Value resizeColumns(Node &n, Value x, int64_t columns) {
  DimExpr found = n.dim(x, -1);
  if (found == DimExpr(columns))
    return x;
  std::optional<int64_t> size = found.getConstant();
  if (!size) {
    n.error() << "needs to know how many features an input has, found "
              << found.str();
    return x;
  }
  return *size > columns ? n.slice(x, -1, 0, columns)
                         : n.pad(x, {0}, {columns - *size}, 0);
}

static void importFeatureVectorizer(Node &n) {
  Ints columns = n.attrInts("inputdimensions");
  if (n.hasAttr("inputdimensions") && columns.size() != n.numInputs())
    n.error() << "attribute 'inputdimensions' has " << columns.size()
              << " elements, expected one per input: " << n.numInputs();
  Values parts;
  for (size_t i = 0; i < n.numInputs() && !n.failed; ++i) {
    Value x = asRows(n, n.cast(n.in(i), n.f32()));
    parts.push_back(columns.empty() ? x : resizeColumns(n, x, columns[i]));
  }
  if (!n.failed)
    n.set(0, n.concat(parts, -1));
}

//===----------------------------------------------------------------------===//
// One number from another
//===----------------------------------------------------------------------===//

static void importBinarizer(Node &n) {
  Value x = n.in(0);
  // A threshold may lie between integers.
  Value compared = n.isFloat(x) ? x : n.cast(x, n.builder.getF64Type());
  Value above = n.compare<GtOp>(
      compared, n.scalarLike(n.attrFloat("threshold", 0), compared));
  n.set(0, n.castLike(above, x));
}

/// (x - offset) * scale
static void importScaler(Node &n) {
  Value x = n.cast(n.in(0), n.f32());
  SmallVector<double> offset = n.attrFloats("offset");
  SmallVector<double> scale = n.attrFloats("scale");
  checkColumns(n, x, "offset", offset.size());
  checkColumns(n, x, "scale", scale.size());
  if (!offset.empty())
    x = n.sub(x, n.floats(offset, n.f32()));
  if (!scale.empty())
    x = n.mul(x, n.floats(scale, n.f32()));
  n.set(0, x);
}

/// Each row by its greatest absolute value, their sum or its length.
static void importNormalizer(Node &n) {
  Value x = n.cast(n.in(0), n.f32());
  std::string norm = n.attrString("norm", "MAX");
  int64_t axis = n.rank(x) > 1 ? 1 : 0;
  if (n.rank(x) == 0 && !n.failed)
    n.error() << "has a scalar, expected rows of features";
  if (n.failed)
    return;
  Value divisor;
  if (norm == "MAX")
    divisor = n.reduce(ReduceKind::Max, n.unary<AbsOp>(x), {axis}, true);
  else if (norm == "L1")
    divisor = n.reduce(ReduceKind::Sum, n.unary<AbsOp>(x), {axis}, true);
  else if (norm == "L2")
    divisor = n.sqrt(n.reduce(ReduceKind::Sum, n.square(x), {axis}, true));
  else
    n.error() << "has norm '" << norm << "', expected MAX, L1 or L2";
  if (n.failed)
    return;
  // Of zeros only, nothing changes.
  Value isZero = n.compare<EqOp>(divisor, n.scalarLike(0, divisor));
  n.set(0, n.div(x, n.select(isZero, n.scalarLike(1, divisor), divisor)));
}

/// What stands for a missing feature becomes its column's value.
static void importImputer(Node &n) {
  Value x = n.in(0);
  bool isFloat = n.isFloat(x);
  StringRef name = isFloat ? "imputed_value_floats" : "imputed_value_int64s";
  if (!n.hasAttr(name)) {
    n.error() << "has no attribute '" << name << "', expected the values for "
              << n.elementType(x);
    return;
  }
  Value missing, values;
  if (isFloat) {
    double replaced = n.attrFloat("replaced_value_float", 0);
    SmallVector<double> given = n.attrFloats(name);
    checkColumns(n, x, name, given.size());
    values = n.floats(given, n.elementType(x));
    missing = std::isnan(replaced)
                  ? n.test<IsNanOp>(x)
                  : n.compare<EqOp>(x, n.scalarLike(replaced, x));
  } else {
    Ints given = n.attrInts(name);
    checkColumns(n, x, name, given.size());
    values = n.castLike(table(n, given), x);
    missing = n.compare<EqOp>(
        x, n.intScalar(n.attrInt("replaced_value_int64", 0), n.elementType(x)));
  }
  n.set(0, n.select(missing, values, x));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"ArrayFeatureExtractor", importArrayFeatureExtractor, 2, 2, kMlDomain},
    {"FeatureVectorizer", importFeatureVectorizer, 1, kAnyNumber, kMlDomain},
    {"Binarizer", importBinarizer, 1, 1, kMlDomain},
    {"Scaler", importScaler, 1, 1, kMlDomain},
    {"Normalizer", importNormalizer, 1, 1, kMlDomain},
    {"Imputer", importImputer, 1, 1, kMlDomain},
};

OpRows lz::onnximport::machineLearningOps() { return rows; }
