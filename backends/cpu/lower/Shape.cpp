//===- Shape.cpp - reshaping, rearranging, counting -----------------------===//
//
// Views change how a tensor is read. What copies elements to other places reads
// them at computed positions, which fuses with what made them.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"
#include "backends/cpu/lower/ScalarMath.h"

using namespace mlir;

namespace lz::cpu {

using Order = Scalars::Order;

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// All ops that keep the elements in order: the result's type says the shape.
static LogicalResult lowerReshape(Lowering &l, Operation *op) {
  Value dst = op->getResult(0);
  l.set(dst, l.reshaped(l.get(op->getOperand(0)), Lowering::dimsOf(dst)));
  return success();
}

static LogicalResult lowerTranspose(Lowering &l, TransposeOp op) {
  l.set(op.getDst(), l.transposed(l.get(op.getSrc()), op.getPerm()));
  return success();
}

static LogicalResult lowerSwapAxes(Lowering &l, SwapAxesOp op) {
  Tensor src = l.get(op.getSrc());
  auto perm = llvm::to_vector(llvm::seq<int64_t>(0, src.rank()));
  std::swap(perm[normalizeAxis(op.getAxis0(), src.rank())],
            perm[normalizeAxis(op.getAxis1(), src.rank())]);
  l.set(op.getDst(), l.transposed(src, perm));
  return success();
}

static LogicalResult lowerExpand(Lowering &l, Operation *op) {
  Tensor src = l.get(op->getOperand(0));
  Dims dims = Lowering::dimsOf(op->getResult(0));
  AffineMap map = l.broadcast(src, dims, dims.size()).map;
  l.set(op->getResult(0), l.viewed(src, dims, map));
  return success();
}

//===----------------------------------------------------------------------===//
// Copies to other places
//===----------------------------------------------------------------------===//

/// The tensor whose element at `loops` is the source's at indices(loops).
static Tensor
rearranged(Lowering &l, const Tensor &src, const Dims &dims,
           function_ref<SmallVector<Value>(Scalars &, ValueRange loops)> indices) {
  return l.generate(dims, src.element, [&](Scalars &s, ValueRange loops) {
    return l.load(s, src, indices(s, loops));
  });
}

static LogicalResult lowerFlip(Lowering &l, FlipOp op) {
  Tensor src = l.get(op.getSrc());
  auto indices = [&](Scalars &s, ValueRange loops) {
    SmallVector<Value> at(loops);
    for (int64_t axis : op.getAxes()) {
      axis = normalizeAxis(axis, src.rank());
      Value last = s.sub(l.size(src.dim(axis)), s.index(1));
      at[axis] = s.sub(last, loops[axis]);
    }
    return at;
  };
  l.set(op.getDst(), rearranged(l, src, src.dims, indices));
  return success();
}

static LogicalResult lowerRepeat(Lowering &l, RepeatOp op) {
  Tensor src = l.get(op.getSrc());
  Dims dims = Lowering::dimsOf(op.getDst());
  int64_t lead = static_cast<int64_t>(dims.size()) - src.rank();
  auto indices = [&](Scalars &s, ValueRange loops) {
    SmallVector<Value> at(loops.drop_front(lead));
    for (int64_t i = 0; i < src.rank(); ++i)
      if (src.dim(i) != dims[lead + i])
        at[i] = s.make<arith::RemUIOp>(at[i], l.size(src.dim(i)));
    return at;
  };
  l.set(op.getDst(), rearranged(l, src, dims, indices));
  return success();
}

static LogicalResult lowerPad(Lowering &l, PadOp op) {
  Tensor src = l.get(op.getSrc());
  Dims dims = Lowering::dimsOf(op.getDst());
  ArrayRef<int64_t> begin = op.getBegin(), end = op.getEnd();
  int64_t lead = src.rank() - static_cast<int64_t>(begin.size());
  double border = op.getValue().convertToDouble();
  auto body = [&](Scalars &s, ValueRange loops) {
    SmallVector<Value> at(loops);
    Value valid = s.boolean(true);
    for (size_t i = 0; i < begin.size(); ++i) {
      Value &index = at[lead + i];
      index = s.sub(index, s.index(begin[i]));
      if (begin[i] > 0)
        valid = s.bitAnd(valid, s.compare(Order::Ge, index, s.index(0)));
      if (end[i] > 0)
        valid = s.bitAnd(valid, s.compare(Order::Lt, index,
                                          l.size(src.dim(lead + i))));
    }
    auto load = [&](Scalars &t) { return l.load(t, src, at); };
    auto outside = [&](Scalars &t) {
      return t.constant(computeType(src.element), border);
    };
    return s.ifElse(valid, load, outside);
  };
  l.set(op.getDst(), l.generate(dims, src.element, body));
  return success();
}

static LogicalResult lowerTriangular(Lowering &l, TriangularOp op) {
  Tensor src = l.get(op.getSrc());
  int64_t rank = src.rank();
  auto body = [&](Scalars &s, ValueRange values) {
    Value distance = s.sub(loopIndex(s, rank - 1), loopIndex(s, rank - 2));
    Value keeps = s.compare(op.getUpper() ? Order::Ge : Order::Le, distance,
                            s.index(op.getDiagonal()));
    return s.select(keeps, values[0], s.zero(values[0].getType()));
  };
  l.set(op.getDst(), l.pointwise(src.dims, src.element, src, body));
  return success();
}

//===----------------------------------------------------------------------===//
// From nothing
//===----------------------------------------------------------------------===//

static LogicalResult lowerIota(Lowering &l, IotaOp op) {
  Dims dims = Lowering::dimsOf(op.getDst());
  Type element = Lowering::elementOf(op.getDst());
  int64_t axis = normalizeAxis(op.getAxis(), dims.size());
  Type i64 = l.b.getI64Type();
  auto body = [&](Scalars &s, ValueRange loops) {
    return s.cast(s.fromIndex(loops[axis], i64), i64, element);
  };
  l.set(op.getDst(), l.generate(dims, element, body));
  return success();
}

static Value attributeValue(Scalars &s, Attribute value, Type element) {
  if (auto number = dyn_cast<FloatAttr>(value)) {
    Type f64 = s.b.getF64Type();
    if (isFloat(element))
      return s.constant(computeType(element), number.getValueAsDouble());
    return s.cast(s.constant(f64, number.getValueAsDouble()), f64, element);
  }
  Type i64 = s.b.getI64Type();
  auto number = cast<IntegerAttr>(value).getValue().getSExtValue();
  return s.cast(s.integer(i64, number), i64, element);
}

static LogicalResult lowerFull(Lowering &l, FullOp op) {
  Dims dims = Lowering::dimsOf(op.getDst());
  Type element = Lowering::elementOf(op.getDst());
  l.set(op.getDst(), l.filled(dims, element, [&](Scalars &s) {
    return attributeValue(s, op.getValue(), element);
  }));
  return success();
}

static LogicalResult lowerDimOf(Lowering &l, DimOfOp op) {
  Dims dims = Lowering::dimsOf(op.getSrc());
  int64_t axis = normalizeAxis(op.getAxis(), dims.size());
  l.set(op.getDst(), l.filled({}, l.b.getI64Type(), [&](Scalars &s) {
    return s.fromIndex(l.size(dims[axis]), l.b.getI64Type());
  }));
  return success();
}

static LogicalResult lowerShapeOf(Lowering &l, ShapeOfOp op) {
  Dims dims = Lowering::dimsOf(op.getSrc());
  Type i64 = l.b.getI64Type();
  auto body = [&](Scalars &s, ValueRange loops) {
    Value result = s.zero(i64);
    for (auto [i, dim] : llvm::enumerate(dims)) {
      Value here = s.compare(Order::Eq, loops[0], s.index(i));
      result = s.select(here, s.fromIndex(l.size(dim), i64), result);
    }
    return result;
  };
  l.set(op.getDst(), l.generate({DimExpr(dims.size())}, i64, body));
  return success();
}

//===----------------------------------------------------------------------===//
// lz.constant
//===----------------------------------------------------------------------===//

/// Kernels hold no data: larger constants are inputs of the region.
constexpr int64_t kMaxConstantElements = 64;

static LogicalResult lowerConstant(Lowering &l, ConstantOp op) {
  Dims dims = Lowering::dimsOf(op.getDst());
  Type element = Lowering::elementOf(op.getDst());
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense || (!dense.isSplat() && dense.getNumElements() > kMaxConstantElements))
    return op.emitOpError("in a fused region is too large: found ")
           << cast<ElementsAttr>(op.getValue()).getNumElements()
           << " elements, expected at most " << kMaxConstantElements;
  auto elementValue = [&](Scalars &s, Attribute value) -> Value {
    if (auto number = dyn_cast<FloatAttr>(value))
      return s.constant(computeType(element), number.getValueAsDouble());
    APInt bits = cast<IntegerAttr>(value).getValue();
    return s.integer(computeType(element), bits.sextOrTrunc(64).getSExtValue());
  };
  if (dense.isSplat()) {
    l.set(op.getDst(), l.filled(dims, element, [&](Scalars &s) {
      return elementValue(s, dense.getSplatValue<Attribute>());
    }));
    return success();
  }
  Scalars s(l.b, l.loc);
  SmallVector<Value> values;
  for (Attribute value : dense.getValues<Attribute>())
    values.push_back(s.toStorage(elementValue(s, value), element));
  Value tensor = s.make<tensor::FromElementsOp>(l.tensorType(dims, element), values);
  l.set(op.getDst(), l.wrap(tensor, dims, element));
  return success();
}

void populateShape(OpTable &table) {
  for (StringRef name : {ReshapeOp::getOperationName(),
                         ReshapeLikeOp::getOperationName(),
                         FlattenOp::getOperationName(),
                         UnflattenOp::getOperationName(),
                         SqueezeOp::getOperationName(),
                         UnsqueezeOp::getOperationName()})
    table.add(name, lowerReshape);
  table.add(ExpandOp::getOperationName(), lowerExpand);
  table.add(ExpandLikeOp::getOperationName(), lowerExpand);
  table.add<TransposeOp, lowerTranspose>();
  table.add<SwapAxesOp, lowerSwapAxes>();
  table.add<FlipOp, lowerFlip>();
  table.add<RepeatOp, lowerRepeat>();
  table.add<PadOp, lowerPad>();
  table.add<TriangularOp, lowerTriangular>();
  table.add<IotaOp, lowerIota>();
  table.add<FullOp, lowerFull>();
  table.add<DimOfOp, lowerDimOf>();
  table.add<ShapeOfOp, lowerShapeOf>();
  table.add<ConstantOp, lowerConstant>();
}

} // namespace lz::cpu
