//===- Views.cpp - Rearranging whole tensors ------------------------------===//
//
// Reshaping, transposing, joining, splitting, repeating.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Moves.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using lz::DimExpr;

//===----------------------------------------------------------------------===//
// Reshaping
//===----------------------------------------------------------------------===//

/// An attribute before version 5.
static Dims readShape(Node &n) {
  if (!n.hasAttr("shape"))
    return n.needDims(1, "shape");
  Ints shape = n.attrInts("shape");
  return Dims(shape.begin(), shape.end());
}

/// 0 keeps the operand's dimension, unless `allowzero`; -1 takes what is left.
static void importReshape(Node &n) {
  if (n.version >= 5 && !n.has(1) && !n.hasAttr("shape")) {
    n.error() << "has no input 1, expected the shape";
    return;
  }
  Dims shape = readShape(n);
  bool allowZero = n.attrInt("allowzero", 0);
  for (auto [i, dim] : llvm::enumerate(shape))
    if (!allowZero && dim.getConstant() == 0)
      dim = n.dim(n.in(0), i);
  if (n.failed)
    return;
  n.set(0, n.reshape(n.in(0), shape), n.logical(0));
}

/// To a matrix: the axes before `axis`, and the others.
static void importFlatten(Node &n) {
  ArrayRef<DimExpr> dims = n.dims(n.in(0));
  int64_t rank = dims.size(), axis = n.attrInt("axis", 1);
  if (axis < 0)
    axis += rank;
  if (!n.failed && (axis < 0 || axis > rank))
    n.error() << "has axis " << n.attrInt("axis", 1)
              << ", expected one within [" << -rank << ", " << rank << "]";
  if (n.failed)
    return;
  n.set(0, n.reshape(n.in(0), {product(dims.take_front(axis)),
                               product(dims.drop_front(axis))}),
        n.logical(0));
}

/// Without axes: all that are known to be 1.
static void importSqueeze(Node &n) {
  Value x = n.in(0);
  std::optional<Ints> axes = n.attrOrInput("axes", 1);
  if (!axes) {
    axes = Ints();
    for (auto [i, dim] : llvm::enumerate(n.dims(x)))
      if (dim.getConstant() == 1)
        axes->push_back(i);
  }
  n.set(0, n.squeeze(x, *axes), n.logical(0));
}

static void importUnsqueeze(Node &n) {
  std::optional<Ints> axes = n.attrOrInput("axes", 1);
  if (!axes) {
    n.error() << "has no axes";
    return;
  }
  n.set(0, n.unsqueeze(n.in(0), *axes), n.logical(0));
}

/// Without `perm`: all axes reversed.
static void importTranspose(Node &n) {
  Ints perm = n.attrInts("perm");
  if (!n.hasAttr("perm"))
    for (int64_t i = n.rank(n.in(0)); i-- > 0;)
      perm.push_back(i);
  Value y = moved(n, n.in(0), [&](Value x) {
    return perm.empty() ? x : n.transpose(x, perm);
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// Repeating
//===----------------------------------------------------------------------===//

/// The operand and the shape broadcast in both directions: where the shape has
/// 1, or fewer axes, the operand's dimension stays.
static void importExpand(Node &n) {
  Dims shape = n.needDims(1, "shape");
  ArrayRef<DimExpr> dims = n.dims(n.in(0));
  if (n.failed)
    return;
  while (shape.size() < dims.size())
    shape.insert(shape.begin(), DimExpr(1));
  size_t added = shape.size() - dims.size();
  for (size_t i = 0; i < dims.size(); ++i) {
    DimExpr &to = shape[added + i];
    bool isFixed = dims[i].isConstant() && dims[i].getConstant() != 1;
    if (to.getConstant() == 1 || (isFixed && !to.isConstant()))
      to = -1;
  }
  n.set(0, moved(n, n.in(0), [&](Value x) { return n.expand(x, shape); }),
        n.logical(0));
}

/// [a, b] times [r, s]: [1, a, 1, b] to [r, a, s, b], and joined.
static Value tile(Node &n, Value x, ArrayRef<DimExpr> repeats) {
  ArrayRef<DimExpr> dims = n.dims(x);
  if (!n.failed && repeats.size() != dims.size())
    n.error() << "has " << repeats.size() << " repeats, expected one per axis: "
              << dims.size();
  if (n.failed || dims.empty())
    return x;
  Dims apart, repeated, together;
  for (auto [dim, times] : llvm::zip_equal(dims, repeats)) {
    apart.append({DimExpr(1), dim});
    repeated.append({times, dim});
    together.push_back(dim * times);
  }
  return n.reshape(n.expand(n.reshape(x, apart), repeated), together);
}

/// Version 1 repeats one axis: how often and which are two scalars.
static Dims readRepeats(Node &n) {
  if (n.version >= 6)
    return n.needDims(1, "repeats");
  Dims tiles = n.needDims(1, "tiles");
  Ints axis = n.needInts(2, "axis");
  Dims repeats(n.rank(n.in(0)), DimExpr(1));
  if (!n.failed && !tiles.empty() && !axis.empty())
    repeats[n.axis(axis.front(), repeats.size())] = tiles.front();
  return repeats;
}

static void importTile(Node &n) {
  if (n.version < 6 && !n.has(2)) {
    n.error() << "has no input 2, expected the axis";
    return;
  }
  Dims repeats = readRepeats(n);
  n.set(0, moved(n, n.in(0), [&](Value x) { return tile(n, x, repeats); }),
        n.logical(0));
}

//===----------------------------------------------------------------------===//
// Joining and splitting
//===----------------------------------------------------------------------===//

static void importConcat(Node &n) {
  Values operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    if (n.has(i))
      operands.push_back(n.in(i));
  if (n.version >= 4 && !n.hasAttr("axis")) {
    n.error() << "has no attribute 'axis'";
    return;
  }
  n.set(0, join(n, operands, n.attrInt("axis", 1)), n.logical(0));
}

/// An error where parts are negative, or known not to make up the axis.
static void checkParts(Node &n, int64_t axis, ArrayRef<DimExpr> sizes) {
  DimExpr sum = 0, size = n.dim(n.in(0), axis);
  for (const DimExpr &part : sizes) {
    sum += part;
    if (!n.failed && part.getConstant().value_or(0) < 0)
      n.error() << "splits off a part of " << part.str() << ", expected 0 or more";
  }
  if (!n.failed && n.shapes.facts().equal(sum, size) == DimFacts::Truth::False)
    n.error() << "splits into parts of " << sum.str() << " in all, expected "
              << size.str() << ", the size of axis " << axis;
}

/// The sizes that are given, or equal parts: the last is what is left.
static Dims splitSizes(Node &n, int64_t axis, size_t parts) {
  if (n.hasAttr("split")) {
    Ints sizes = n.attrInts("split");
    return Dims(sizes.begin(), sizes.end());
  }
  if (n.has(1))
    return n.needDims(1, "split");
  DimExpr size = n.dim(n.in(0), axis);
  DimExpr part = n.version < 18 ? DimExpr::floorDiv(size, int64_t(parts))
                                : DimExpr::ceilDiv(size, int64_t(parts));
  Dims sizes(parts, part);
  if (parts > 0)
    sizes.back() = size - part * DimExpr(int64_t(parts) - 1);
  return sizes;
}

static void importSplit(Node &n) {
  size_t parts = n.proto.output_size();
  int64_t axis = n.axis(n.attrInt("axis", 0), n.rank(n.in(0)));
  if (n.attrInt("num_outputs", parts) != int64_t(parts))
    n.error() << "has num_outputs " << n.attrInt("num_outputs", 0)
              << ", expected the number of its outputs, " << int64_t(parts);
  Dims sizes = splitSizes(n, axis, parts);
  if (!n.failed && sizes.size() != parts)
    n.error() << "splits into " << sizes.size() << " parts, expected one per "
              << "output: " << parts;
  checkParts(n, axis, sizes);
  if (n.failed)
    return;
  DimExpr begin = 0;
  for (auto [i, size] : llvm::enumerate(sizes)) {
    DimExpr end = begin + size;
    bool isLast = end == n.dim(n.in(0), axis);
    DimExpr from = begin;
    n.set(i, moved(n, n.in(0), [&](Value x) {
            return n.slice(x, axis, from, isLast ? DimExpr(kToEnd) : end);
          }),
          n.logical(0));
    begin = end;
  }
}

//===----------------------------------------------------------------------===//
// Depth and space
//===----------------------------------------------------------------------===//

/// An operand [n, c, h, w] and the attribute `blocksize`; false after an error.
static bool checkBlocks(Node &n) {
  int64_t rank = n.rank(n.in(0));
  if (!n.failed && rank != 4)
    n.error() << "has an input of rank " << rank << ", expected 4";
  else if (!n.failed && n.attrInt("blocksize", 0) < 1)
    n.error() << "has blocksize " << n.attrInt("blocksize", 0)
              << ", expected 1 or more";
  return !n.failed;
}

/// Whether the channels come first, then the blocks.
static bool isDepthFirst(Node &n) {
  std::string mode = n.attrString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    n.error() << "has mode '" << mode << "', expected DCR or CRD";
  return mode == "CRD";
}

static void importDepthToSpace(Node &n) {
  bool depthFirst = isDepthFirst(n);
  if (!checkBlocks(n))
    return;
  int64_t size = n.attrInt("blocksize", 1);
  Dims d(n.dims(n.in(0)));
  DimExpr depth = n.shapes.facts().simplify(
      DimExpr::floorDiv(d[1], DimExpr(size) * DimExpr(size)));
  Value y = moved(n, n.in(0), [&](Value x) {
    Value blocks = depthFirst
                       ? n.reshape(x, {d[0], depth, size, size, d[2], d[3]})
                       : n.reshape(x, {d[0], size, size, depth, d[2], d[3]});
    Value placed = depthFirst ? n.transpose(blocks, {0, 1, 4, 2, 5, 3})
                                : n.transpose(blocks, {0, 3, 4, 1, 5, 2});
    return n.reshape(placed, {d[0], depth, d[2] * size, d[3] * size});
  });
  n.set(0, y, n.logical(0));
}

static void importSpaceToDepth(Node &n) {
  bool depthFirst = isDepthFirst(n);
  if (!checkBlocks(n))
    return;
  int64_t size = n.attrInt("blocksize", 1);
  Dims d(n.dims(n.in(0)));
  DimFacts &facts = n.shapes.facts();
  DimExpr height = facts.simplify(DimExpr::floorDiv(d[2], size));
  DimExpr width = facts.simplify(DimExpr::floorDiv(d[3], size));
  Value y = moved(n, n.in(0), [&](Value x) {
    Value blocks = n.reshape(x, {d[0], d[1], height, size, width, size});
    Value placed = depthFirst ? n.transpose(blocks, {0, 1, 3, 5, 2, 4})
                              : n.transpose(blocks, {0, 3, 5, 1, 2, 4});
    return n.reshape(placed, {d[0], d[1] * size * size, height, width});
  });
  n.set(0, y, n.logical(0));
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Reshape", importReshape, 1, 2},
    {"Flatten", importFlatten},
    {"Squeeze", importSqueeze, 1, 2},
    {"Unsqueeze", importUnsqueeze, 1, 2},
    {"Transpose", importTranspose},
    {"Expand", importExpand, 2, 2},
    {"Tile", importTile, 2, 3},
    {"Concat", importConcat, 1, kAnyNumber},
    {"Split", importSplit, 1, 2},
    {"DepthToSpace", importDepthToSpace},
    {"SpaceToDepth", importSpaceToDepth},
};

OpRows lz::onnximport::viewOps() { return rows; }
