//===- Lowering.cpp - loops over tensors ----------------------------------===//
//
// Makes the linalg ops that every lowering consists of: parallel loops, loops
// with accumulators, fills, and what they read.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/Lowering.h"

#include "backends/cpu/codegen/KernelFunc.h"
#include "backends/cpu/lower/ParallelLoop.h"

using namespace mlir;

namespace lz::cpu {

Value loopIndex(Scalars &s, int64_t i) {
  int64_t number = s.loops[i];
  return number < 0 ? s.index(0)
                    : s.make<linalg::IndexOp>(static_cast<uint64_t>(number));
}

SmallVector<Value> loopIndices(Scalars &s, int64_t count) {
  SmallVector<Value> indices;
  for (int64_t i = 0; i < count; ++i)
    indices.push_back(loopIndex(s, i));
  return indices;
}

Type accumulatorType(Type element) {
  if (element.isF16() || element.isBF16())
    return Float32Type::get(element.getContext());
  return element;
}

void Lowering::set(Value result, const Tensor &tensor) {
  Tensor bound = tensor;
  bound.dims = dimsOf(result);
  bound.element = elementOf(result);
  assert(bound.view.getNumDims() == bound.dims.size() && "rank of the lz type");
  tensors[result] = bound;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Value Lowering::size(const DimExpr &expr) {
  if (auto constant = expr.getConstant())
    return arith::ConstantIndexOp::create(b, loc, *constant);
  Region &body = func.getBody();
  unsigned first = body.getNumArguments() - sizeExprs.size();
  auto found = llvm::find(sizeExprs, expr);
  if (found != sizeExprs.end())
    return body.getArgument(first + (found - sizeExprs.begin()));
  sizeExprs.push_back(expr);
  return body.addArgument(b.getIndexType(), loc);
}

OpFoldResult Lowering::foldedSize(const DimExpr &expr) {
  if (auto constant = expr.getConstant())
    return b.getIndexAttr(*constant);
  return size(expr);
}

SmallVector<OpFoldResult> Lowering::foldedSizes(ArrayRef<DimExpr> dims) {
  return llvm::map_to_vector(
      dims, [&](const DimExpr &dim) { return foldedSize(dim); });
}

RankedTensorType Lowering::tensorType(ArrayRef<DimExpr> dims, Type element) {
  SmallVector<int64_t> shape;
  for (const DimExpr &dim : dims)
    shape.push_back(dim.getConstant().value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, storageType(element));
}

//===----------------------------------------------------------------------===//
// Making tensors
//===----------------------------------------------------------------------===//

Tensor Lowering::wrap(Value value, const Dims &dims, Type element) {
  return {value, dims, element, b.getMultiDimIdentityMap(dims.size())};
}

Value Lowering::empty(ArrayRef<DimExpr> dims, Type element) {
  return tensor::EmptyOp::create(b, loc, foldedSizes(dims), storageType(element));
}

static bool isOne(const DimExpr &dim) { return dim == DimExpr(1); }

/// The arguments of a linalg body as compute values.
static SmallVector<Value> loadArguments(Scalars &s, ValueRange arguments,
                                        ArrayRef<Type> elements) {
  SmallVector<Value> values;
  for (auto [argument, element] : llvm::zip(arguments, elements))
    values.push_back(s.toCompute(argument, element));
  return values;
}

namespace {

/// The loops of a nest that iterate more than once, and the operands of its
/// linalg.generic. Loops of one iteration are left out of maps and results.
struct Nest {
  Nest(Builder &b, ArrayRef<DimExpr> domain) : b(b) {
    for (const DimExpr &dim : domain) {
      numbers.push_back(isOne(dim) ? -1 : static_cast<int64_t>(dims.size()));
      replacements.push_back(isOne(dim) ? b.getAffineConstantExpr(0)
                                        : b.getAffineDimExpr(dims.size()));
      if (!isOne(dim))
        dims.push_back(dim);
    }
  }

  int64_t rank() const { return dims.size(); }

  /// A read as operand: the tensor, and the map through its view.
  void addRead(const Read &read) {
    AffineMap map = read.tensor.view.compose(read.map);
    operands.push_back(read.tensor.value);
    elements.push_back(read.tensor.element);
    maps.push_back(map.replaceDimsAndSymbols(replacements, {}, rank(), 0));
  }

  AffineMap projection(ArrayRef<int64_t> loops) const {
    SmallVector<AffineExpr> exprs;
    for (int64_t loop : loops)
      exprs.push_back(b.getAffineDimExpr(loop));
    return AffineMap::get(rank(), 0, exprs, b.getContext());
  }

  /// Those of the given loops that are left, by their numbers here.
  SmallVector<int64_t> numbersOf(ArrayRef<int64_t> loops) const {
    SmallVector<int64_t> left;
    for (int64_t loop : loops)
      if (numbers[loop] >= 0)
        left.push_back(numbers[loop]);
    return left;
  }

  /// Loops that are the whole index of no axis of an operand: linalg takes a
  /// loop's bound from such an axis.
  SmallVector<int64_t> unboundedLoops(AffineMap output) const {
    llvm::SmallBitVector bounded(rank());
    auto visit = [&](AffineMap map) {
      for (AffineExpr expr : map.getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(expr))
          bounded.set(dim.getPosition());
    };
    llvm::for_each(maps, visit);
    visit(output);
    SmallVector<int64_t> loops;
    for (int64_t i = 0; i < rank(); ++i)
      if (!bounded.test(i))
        loops.push_back(i);
    return loops;
  }

  Dims dimsOf(ArrayRef<int64_t> loops) const {
    Dims result;
    for (int64_t loop : loops)
      result.push_back(dims[loop]);
    return result;
  }

  Builder &b;
  Dims dims;
  SmallVector<int64_t> numbers;
  SmallVector<AffineExpr> replacements;
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<Type> elements;
};

} // namespace

Tensor Lowering::filled(const Dims &dims, Type element,
                        function_ref<Value(Scalars &)> value) {
  Value destination = empty(Nest(b, dims).dims, element);
  Scalars s(b, loc);
  Value scalar = s.toStorage(value(s), element);
  auto fill = linalg::FillOp::create(b, loc, scalar, destination);
  return withUnits(*this, fill.getResult(0), dims, element);
}

Tensor Lowering::map(const Dims &dims, Type element, ArrayRef<Read> reads,
                     Body body) {
  Nest nest(b, dims);
  for (const Read &read : reads)
    nest.addRead(read);
  Value destination = empty(nest.dims, element);
  nest.maps.push_back(b.getMultiDimIdentityMap(nest.rank()));
  SmallVector<utils::IteratorType> iterators(nest.rank(),
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, destination.getType(), nest.operands, destination, nest.maps,
      iterators, [&](OpBuilder &inner, Location, ValueRange arguments) {
        Scalars s(inner, loc, nest.numbers);
        auto values = loadArguments(s, arguments.drop_back(), nest.elements);
        Value result = s.toStorage(body(s, values), element);
        linalg::YieldOp::create(inner, loc, result);
      });
  return withUnits(*this, generic.getResult(0), dims, element);
}

Tensor Lowering::pointwise(const Dims &dims, Type element,
                           ArrayRef<Tensor> operands, Body body) {
  SmallVector<Read> reads;
  for (const Tensor &operand : operands)
    reads.push_back(broadcast(operand, dims, dims.size()));
  return map(dims, element, reads, body);
}

Tensor Lowering::generate(const Dims &dims, Type element,
                          function_ref<Value(Scalars &, ValueRange)> body) {
  return map(dims, element, {}, [&](Scalars &s, ValueRange) {
    return body(s, loopIndices(s, dims.size()));
  });
}

static AffineMap projection(Builder &b, int64_t numLoops, ArrayRef<int64_t> loops) {
  SmallVector<AffineExpr> exprs;
  for (int64_t loop : loops)
    exprs.push_back(b.getAffineDimExpr(loop));
  return AffineMap::get(numLoops, 0, exprs, b.getContext());
}

SmallVector<Tensor> Lowering::reduce(const Reduction &r) {
  Nest nest(b, r.domain);
  for (const Read &read : r.reads)
    nest.addRead(read);
  SmallVector<int64_t> kept = nest.numbersOf(r.kept);
  AffineMap output = nest.projection(kept);
  // An operand of no content bounds the loops that no other operand does.
  if (auto loops = nest.unboundedLoops(output); !loops.empty()) {
    nest.operands.push_back(empty(nest.dimsOf(loops), b.getI8Type()));
    nest.maps.push_back(nest.projection(loops));
  }

  Scalars outer(b, loc);
  SmallVector<Value> destinations;
  for (auto [element, value] : llvm::zip(r.elements, r.init(outer))) {
    destinations.push_back(
        filled(nest.dimsOf(kept), element, [&](Scalars &) { return value; }).value);
    nest.maps.push_back(output);
  }
  SmallVector<utils::IteratorType> iterators(nest.rank(),
                                             utils::IteratorType::reduction);
  for (int64_t loop : kept)
    iterators[loop] = utils::IteratorType::parallel;

  auto generic = linalg::GenericOp::create(
      b, loc, TypeRange(ValueRange(destinations)), nest.operands, destinations,
      nest.maps, iterators, [&](OpBuilder &inner, Location, ValueRange arguments) {
        Scalars s(inner, loc, nest.numbers);
        auto values = loadArguments(
            s, arguments.take_front(nest.elements.size()), nest.elements);
        auto accumulators = loadArguments(
            s, arguments.take_back(r.elements.size()), r.elements);
        SmallVector<Value> results = r.combine(s, values, accumulators);
        for (auto [result, element] : llvm::zip(results, r.elements))
          result = s.toStorage(result, element);
        linalg::YieldOp::create(inner, loc, results);
      });
  Dims dims;
  for (int64_t loop : r.kept)
    dims.push_back(r.domain[loop]);
  SmallVector<Tensor> results;
  for (auto [value, element] : llvm::zip(generic.getResults(), r.elements))
    results.push_back(withUnits(*this, value, dims, element));
  return results;
}

Tensor Lowering::reduceOne(
    Dims domain, SmallVector<int64_t> kept, SmallVector<Read> reads, Type element,
    std::function<Value(Scalars &)> init,
    std::function<Value(Scalars &, ValueRange, Value)> combine) {
  Reduction r;
  r.domain = std::move(domain);
  r.kept = std::move(kept);
  r.reads = std::move(reads);
  r.elements = {element};
  r.init = [&](Scalars &s) { return SmallVector<Value>{init(s)}; };
  r.combine = [&](Scalars &s, ValueRange values, ValueRange accumulators) {
    return SmallVector<Value>{combine(s, values, accumulators[0])};
  };
  return reduce(r)[0];
}

Tensor Lowering::contract(Dims domain, SmallVector<int64_t> kept,
                          SmallVector<Read> reads, Type element) {
  SmallVector<Type> from;
  for (const Read &read : reads)
    from.push_back(read.tensor.element);
  return reduceOne(
      std::move(domain), std::move(kept), std::move(reads), element,
      [&](Scalars &s) { return s.zero(computeType(element)); },
      [&](Scalars &s, ValueRange values, Value sum) {
        Value product = s.cast(values[0], from[0], element);
        for (auto [factor, type] : llvm::drop_begin(llvm::zip(values, from)))
          product = s.mul(product, s.cast(factor, type, element));
        return s.add(sum, product);
      });
}

Tensor Lowering::cast(const Tensor &tensor, Type element) {
  if (tensor.element == element)
    return tensor;
  return pointwise(tensor.dims, element, tensor,
                   [&](Scalars &s, ValueRange values) {
                     return s.cast(values[0], tensor.element, element);
                   });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Read Lowering::readAt(const Tensor &tensor, int64_t numLoops,
                      ArrayRef<int64_t> loops) {
  assert(static_cast<int64_t>(loops.size()) == tensor.rank());
  return {tensor, projection(b, numLoops, loops)};
}

Read Lowering::broadcast(const Tensor &tensor, ArrayRef<DimExpr> dims,
                         int64_t numLoops) {
  int64_t lead = static_cast<int64_t>(dims.size()) - tensor.rank();
  assert(lead >= 0 && "a tensor broadcasts to at least its own rank");
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < tensor.rank(); ++i) {
    bool repeats = tensor.dim(i) == DimExpr(1) && dims[lead + i] != DimExpr(1);
    exprs.push_back(repeats ? b.getAffineConstantExpr(0)
                            : b.getAffineDimExpr(lead + i));
  }
  return {tensor, AffineMap::get(numLoops, 0, exprs, b.getContext())};
}

Value Lowering::load(Scalars &s, const Tensor &tensor, ValueRange indices) {
  SmallVector<Value> physical;
  for (AffineExpr expr : tensor.view.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      physical.push_back(indices[dim.getPosition()]);
    else
      physical.push_back(s.index(mlir::cast<AffineConstantExpr>(expr).getValue()));
  }
  Value stored = s.make<tensor::ExtractOp>(tensor.value, physical);
  return s.toCompute(stored, tensor.element);
}

//===----------------------------------------------------------------------===//
// Checked indices
//===----------------------------------------------------------------------===//

func::FuncOp Lowering::indexErrorFunc() {
  auto module = func->getParentOfType<ModuleOp>();
  if (auto found = module.lookupSymbol<func::FuncOp>(kIndexErrorFunc))
    return found;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = b.getFunctionType({b.getI32Type(), b.getI64Type(), b.getI64Type()},
                                TypeRange());
  auto declared =
      func::FuncOp::create(b, module.getLoc(), kIndexErrorFunc.str(), type);
  declared.setPrivate();
  return declared;
}

void Lowering::checkIndex(Scalars &s, Value source, Value index, Value bound) {
  auto argument = dyn_cast<BlockArgument>(source);
  int64_t operand = argument ? argument.getArgNumber() : -1;
  func::FuncOp error = indexErrorFunc();
  Type i64 = s.b.getI64Type();
  Value wideBound = s.fromIndex(bound, i64);
  Value tooLow =
      s.compare(Scalars::Order::Lt, index, s.sub(s.zero(i64), wideBound), i64);
  Value tooHigh = s.compare(Scalars::Order::Ge, index, wideBound, i64);
  auto report = [&](OpBuilder &inner, Location) {
    Scalars t(inner, loc);
    Value number = t.integer(inner.getI32Type(), operand);
    func::CallOp::create(inner, loc, error, ValueRange{number, index, wideBound});
    scf::YieldOp::create(inner, loc);
  };
  scf::IfOp::create(s.b, loc, s.bitOr(tooLow, tooHigh), report);
}

Tensor Lowering::checkedIndices(Value source, const Tensor &indices,
                                const DimExpr &bound) {
  Value extent = size(bound);
  Type i64 = b.getI64Type();
  return pointwise(indices.dims, i64, indices, [&](Scalars &s, ValueRange values) {
    Value index = s.cast(values[0], indices.element, i64);
    checkIndex(s, source, index, extent);
    Value count = s.fromIndex(extent, i64);
    Value none = s.zero(i64);
    Value isNegative = s.compare(Scalars::Order::Lt, index, none, i64);
    Value counted = s.select(isNegative, s.add(index, count), index);
    Value last = s.sub(count, s.integer(i64, 1));
    return s.max(s.min(counted, last, i64), none, i64);
  });
}

} // namespace lz::cpu
