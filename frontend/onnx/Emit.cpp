//===- Emit.cpp -----------------------------------------------------------===//
//
// See Emit.h.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Emit.h"

#include "ir/Axis.h"
#include "ir/Diagnostics.h"

#include <cmath>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::ArrayRef;
using llvm::StringRef;
using lz::DimExpr;

InFlightDiagnostic Emit::error() {
  InFlightDiagnostic diagnostic = emitError(loc);
  if (failed) // what is found after an error often only follows from it
    diagnostic.abandon();
  failed = true;
  if (!subject.empty())
    diagnostic << subject << ": ";
  return diagnostic;
}

//===----------------------------------------------------------------------===//
// What is known of a value
//===----------------------------------------------------------------------===//

bool Emit::isString(Value x) {
  Type element = elementType(x);
  return !llvm::isa<FloatType, IntegerType>(element);
}

int64_t Emit::rank(Value x) { return dims(x).size(); }

ArrayRef<DimExpr> Emit::dims(Value x) {
  if (type(x).hasRank())
    return type(x).getShape();
  if (!failed)
    error() << "needs the rank of an operand, which is not known"
            << "; give an example of the model's inputs";
  // The caller goes on, to axes that it takes to be there.
  static const std::vector<DimExpr> enough(8, DimExpr(1));
  return enough;
}

DimExpr Emit::dim(Value x, int64_t number) {
  ArrayRef<DimExpr> all = dims(x);
  int64_t at = number < 0 ? number + int64_t(all.size()) : number;
  if (at >= 0 && at < int64_t(all.size()))
    return all[at];
  if (!failed)
    error() << "needs axis " << number << " of an operand of rank "
            << int64_t(all.size());
  return 1;
}

std::optional<int64_t> Emit::constantDim(Value x, int64_t axis) {
  return dim(x, axis).getConstant();
}

int64_t Emit::axis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return normalizeAxis(axis, rank);
  if (!failed)
    error() << "has axis " << axis << ", expected one within [" << -rank
            << ", " << rank << ")";
  return 0;
}

Ints Emit::axes(ArrayRef<int64_t> axes, int64_t rank) {
  return llvm::map_to_vector(axes, [&](int64_t a) { return axis(a, rank); });
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// The message without the name of the dialect's operation in front: the file's
/// author knows the node, not what it is made of.
static std::string withoutOpName(Operation *op, std::string message) {
  StringRef text = message, kind = op->getName().stripDialect();
  if (!text.consume_front((userName(op->getLoc()) + " (" + kind + "): ").str()))
    text.consume_front(("'" + op->getName().getStringRef() + "' op ").str());
  return text.str();
}

/// Passes on what was said of `op`, an error as one about the node.
void Emit::report(Operation *op, Diagnostic diagnostic) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return builder.getContext()->getDiagEngine().emit(std::move(diagnostic));
  InFlightDiagnostic own = error();
  own << withoutOpName(op, diagnostic.str());
  for (Diagnostic &note : diagnostic.getNotes())
    own.attachNote(note.getLocation()) << note.str();
}

Operation *Emit::infer(Operation *op) {
  if (failed)
    return op; // one message is enough
  llvm::SmallVector<Diagnostic, 0> said;
  auto listen = [&](Diagnostic &diagnostic) {
    said.push_back(std::move(diagnostic));
  };
  bool isWrong;
  {
    ScopedDiagnosticHandler handler(builder.getContext(), listen);
    isWrong = mlir::failed(op->getName().verifyInvariants(op)) ||
              mlir::failed(shapes.infer(op));
  }
  for (Diagnostic &diagnostic : said)
    report(op, std::move(diagnostic));
  failed |= isWrong;
  return op;
}

Type Emit::storageType(const ElementInfo &element) {
  switch (element.storage) {
  case fmt::DType_f32:
    return builder.getF32Type();
  case fmt::DType_f64:
    return builder.getF64Type();
  case fmt::DType_f16:
    return builder.getF16Type();
  case fmt::DType_bf16:
    return builder.getBF16Type();
  case fmt::DType_boolean:
    return builder.getI1Type();
  case fmt::DType_i8:
    return builder.getIntegerType(8);
  case fmt::DType_i16:
    return builder.getIntegerType(16);
  case fmt::DType_i32:
    return builder.getIntegerType(32);
  case fmt::DType_i64:
    return builder.getIntegerType(64);
  case fmt::DType_u8:
    return builder.getIntegerType(8, false);
  case fmt::DType_u16:
    return builder.getIntegerType(16, false);
  case fmt::DType_u32:
    return builder.getIntegerType(32, false);
  case fmt::DType_u64:
    return builder.getIntegerType(64, false);
  case fmt::DType_string:
    break;
  }
  return StringType::get(builder.getContext());
}

Value Emit::constant(ElementsAttr value) {
  Value x = result(ConstantOp::create(builder, loc, value));
  return x;
}

/// The nearest integer of 64 bits, for infinities too; 0 for what is no number.
static int64_t integerOf(double value) {
  return std::isnan(value) ? 0 : toInteger(value);
}

/// `type`, or an error and some type of numbers where it has none.
static Type requireNumbers(Emit &emit, Type type) {
  if (type.isIntOrFloat())
    return type;
  if (!emit.failed)
    emit.error() << "needs an operand of numbers, found one of " << type;
  return emit.f32();
}

unsigned Emit::width(Type elementType) {
  return requireNumbers(*this, elementType).getIntOrFloatBitWidth();
}

Value Emit::floats(ArrayRef<double> values, Type elementType,
                   std::optional<Ints> dims) {
  elementType = requireNumbers(*this, elementType);
  Ints shape = dims ? *dims : Ints{int64_t(values.size())};
  auto type = RankedTensorType::get(shape, elementType);
  llvm::SmallVector<Attribute> attrs;
  for (double value : values) {
    if (auto floatType = llvm::dyn_cast<FloatType>(elementType))
      attrs.push_back(FloatAttr::get(floatType, value));
    else
      attrs.push_back(IntegerAttr::get(
          elementType,
          llvm::APInt(elementType.getIntOrFloatBitWidth(),
                      static_cast<uint64_t>(integerOf(value)),
                      /*isSigned=*/true, /*implicitTrunc=*/true)));
  }
  return constant(DenseElementsAttr::get(type, attrs));
}

Value Emit::scalar(double value, Type elementType) {
  return floats({value}, elementType, Ints());
}

Value Emit::intScalar(int64_t value, Type elementType) {
  elementType = elementType ? requireNumbers(*this, elementType) : i64();
  if (!elementType.isInteger())
    return scalar(double(value), elementType);
  auto type = RankedTensorType::get({}, elementType);
  Attribute attr = IntegerAttr::get(
      elementType,
      llvm::APInt(elementType.getIntOrFloatBitWidth(),
                  static_cast<uint64_t>(value), true, true));
  return constant(DenseElementsAttr::get(type, attr));
}

Value Emit::vector(ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({int64_t(values.size())}, i64());
  return constant(DenseElementsAttr::get(type, values));
}

Value Emit::full(ArrayRef<DimExpr> dims, double value, Type elementType) {
  auto shape = DimArrayAttr::get(builder.getContext(), dims);
  Attribute attr = builder.getF64FloatAttr(value);
  if (!llvm::isa<FloatType>(elementType))
    attr = builder.getI64IntegerAttr(integerOf(value));
  return result(FullOp::create(builder, loc, unranked(elementType), shape, attr));
}

Value Emit::iota(ArrayRef<DimExpr> dims, int64_t axis, Type elementType) {
  auto shape = DimArrayAttr::get(builder.getContext(), dims);
  return result(IotaOp::create(builder, loc, unranked(elementType),
                               builder.getI64IntegerAttr(axis), shape));
}

/// The size of an iota: the one way from an expression to a value that needs no
/// operand.
Value Emit::dimScalar(const DimExpr &dim, Type elementType) {
  if (!elementType)
    elementType = i64();
  if (auto number = dim.getConstant())
    return scalar(static_cast<double>(*number), elementType);
  Value counted = full({dim, 0}, 0, i64());
  Value size = result(DimOfOp::create(
      builder, loc, TensorType::getStatic(builder.getContext(), {}, i64()),
      counted, builder.getI64IntegerAttr(0)));
  return cast(size, elementType);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Value Emit::cast(Value x, Type elementType) {
  if (this->elementType(x) == elementType)
    return x;
  return result(CastOp::create(builder, loc, unranked(elementType), x));
}

Value Emit::select(Value condition, Value a, Value b) {
  return result(
      SelectOp::create(builder, loc, unrankedLike(a), condition, a, b));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value Emit::reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
                   bool keepDims) {
  bool isIndex = kind == ReduceKind::ArgMax || kind == ReduceKind::ArgMin;
  return result(ReduceOp::create(
      builder, loc, unranked(isIndex ? i64() : elementType(x)), x, kind, axes,
      keepDims));
}

Value Emit::softmax(Value x, int64_t axis, bool log) {
  return result(
      SoftmaxOp::create(builder, loc, unrankedLike(x), x, axis, log));
}

Value Emit::cumulative(CumulativeKind kind, Value x, int64_t axis,
                       bool exclusive, bool reverse) {
  return result(CumulativeOp::create(builder, loc, unrankedLike(x), x, kind,
                                     axis, exclusive, reverse));
}

//===----------------------------------------------------------------------===//
// Shapes and positions
//===----------------------------------------------------------------------===//

Value Emit::reshape(Value x, ArrayRef<DimExpr> dims) {
  auto shape = DimArrayAttr::get(builder.getContext(), dims);
  return result(ReshapeOp::create(builder, loc, unrankedLike(x), x, shape));
}

Value Emit::transpose(Value x, ArrayRef<int64_t> perm) {
  return result(TransposeOp::create(builder, loc, unrankedLike(x), x, perm));
}

Value Emit::swapAxes(Value x, int64_t a, int64_t b) {
  return result(SwapAxesOp::create(builder, loc, unrankedLike(x), x, a, b));
}

Value Emit::squeeze(Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  return result(SqueezeOp::create(builder, loc, unrankedLike(x), x, axes));
}

Value Emit::unsqueeze(Value x, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return x;
  return result(UnsqueezeOp::create(builder, loc, unrankedLike(x), x, axes));
}

Value Emit::expand(Value x, ArrayRef<DimExpr> dims) {
  auto shape = DimArrayAttr::get(builder.getContext(), dims);
  return result(ExpandOp::create(builder, loc, unrankedLike(x), x, shape));
}

Value Emit::concat(ValueRange xs, int64_t axis) {
  return result(
      ConcatOp::create(builder, loc, unrankedLike(xs.front()), xs, axis));
}

Value Emit::slice(Value x, int64_t axis, DimExpr begin, DimExpr end,
                  int64_t step) {
  return result(
      SliceOp::create(builder, loc, unrankedLike(x), x, axis, begin, end, step));
}

Value Emit::select(Value x, int64_t axis, int64_t index) {
  return result(
      SelectIndexOp::create(builder, loc, unrankedLike(x), x, axis, index));
}

Value Emit::gather(Value x, Value indices, int64_t axis) {
  return result(
      GatherOp::create(builder, loc, unrankedLike(x), x, indices, axis));
}

Value Emit::gatherElements(Value x, Value indices, int64_t axis) {
  return result(GatherElementsOp::create(builder, loc, unrankedLike(x), x,
                                         indices, axis));
}

Value Emit::scatterElements(Value x, Value indices, Value updates,
                            int64_t axis, ScatterReduction reduction) {
  return result(ScatterElementsOp::create(builder, loc, unrankedLike(x), x,
                                          indices, updates, axis, reduction));
}

Value Emit::pad(Value x, ArrayRef<int64_t> begin, ArrayRef<int64_t> end,
                double value) {
  return result(PadOp::create(builder, loc, unrankedLike(x), x, begin, end,
                              llvm::APFloat(value)));
}

Value Emit::repeat(Value x, ArrayRef<int64_t> repeats) {
  return result(RepeatOp::create(builder, loc, unrankedLike(x), x, repeats));
}

Value Emit::flip(Value x, ArrayRef<int64_t> axes) {
  return result(FlipOp::create(builder, loc, unrankedLike(x), x, axes));
}

Value Emit::shapeOf(Value x) {
  return result(ShapeOfOp::create(builder, loc, x));
}
