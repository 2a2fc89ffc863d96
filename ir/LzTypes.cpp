//===- LzTypes.cpp - the types --------------------------------------------===//
//
// Construction, verification and text of !lz.tensor; what containers may hold.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"
#include "ir/LzDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lz;

#define GET_TYPEDEF_CLASSES
#include "ir/LzTypes.cpp.inc"

void LzDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ir/LzTypes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

lz::TensorType
lz::TensorType::getChecked(llvm::function_ref<InFlightDiagnostic()> emitError,
                           MLIRContext *context, bool ranked, DimList shape,
                           Type elementType) {
  return Base::getChecked(emitError, context, ranked, shape, elementType);
}

lz::TensorType lz::TensorType::getUnranked(MLIRContext *context,
                                           Type elementType) {
  return Base::get(context, /*ranked=*/false, DimList(), elementType);
}

lz::TensorType lz::TensorType::getStatic(MLIRContext *context,
                                         ArrayRef<int64_t> shape,
                                         Type elementType) {
  return Base::get(context, /*ranked=*/true, DimList(shape), elementType);
}

lz::TensorType lz::TensorType::cloneWith(Type elementType) const {
  return Base::get(getContext(), hasRank(), DimList(getShape()), elementType);
}

lz::TensorType lz::TensorType::cloneWithShape(ArrayRef<DimExpr> shape) const {
  return get(getContext(), shape, getElementType());
}

lz::TensorType lz::TensorType::cloneUnranked() const {
  return getUnranked(getContext(), getElementType());
}

bool lz::TensorType::isValidElementType(Type type) {
  if (isa<Float64Type, Float32Type, Float16Type, BFloat16Type, lz::StringType>(
          type))
    return true;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.isSigned())
    return false;
  unsigned width = integer.getWidth();
  if (width == 1)
    return integer.isSignless();
  return width == 8 || width == 16 || width == 32 || width == 64;
}

LogicalResult
lz::TensorType::verify(llvm::function_ref<InFlightDiagnostic()> emitError, bool,
                       DimList shape, Type elementType) {
  if (!isValidElementType(elementType))
    return emitError() << "element type " << elementType
                       << " is not one of f64, f32, f16, bf16, i64, i32, i16, "
                          "i8, ui64, ui32, ui16, ui8, i1, !lz.string";
  for (const DimExpr &dim : ArrayRef<DimExpr>(shape)) {
    if (dim.isOverflow())
      return emitError() << "a dimension overflows";
    std::optional<int64_t> number = dim.getConstant();
    if (number && *number < 0)
      return emitError() << "dimension " << *number << " is negative";
  }
  return success();
}

LogicalResult
SequenceType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     Type elementType) {
  if (isa<lz::TensorType>(elementType))
    return success();
  return emitError() << "sequence of " << elementType
                     << ", expected lz tensors";
}

LogicalResult
OptionalType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     Type elementType) {
  if (isa<lz::TensorType, SequenceType>(elementType))
    return success();
  return emitError() << "optional " << elementType
                     << ", expected an lz tensor or a sequence";
}

Type lz::cloneUnranked(Type type) {
  if (auto sequence = dyn_cast<SequenceType>(type))
    return SequenceType::get(type.getContext(),
                             cloneUnranked(sequence.getElementType()));
  if (auto optional = dyn_cast<OptionalType>(type))
    return OptionalType::get(type.getContext(),
                             cloneUnranked(optional.getElementType()));
  return cast<lz::TensorType>(type).cloneUnranked();
}

bool lz::haveSameKind(Type a, Type b) {
  return cloneUnranked(a) == cloneUnranked(b);
}

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

bool lz::TensorType::isStatic() const {
  return hasRank() && llvm::all_of(getShape(), [](const DimExpr &dim) {
           return dim.isConstant();
         });
}

std::optional<SmallVector<int64_t>> lz::TensorType::getStaticShape() const {
  if (!isStatic())
    return std::nullopt;
  SmallVector<int64_t> shape;
  for (const DimExpr &dim : getShape())
    shape.push_back(*dim.getConstant());
  return shape;
}

std::optional<int64_t> lz::TensorType::getNumElements() const {
  std::optional<SmallVector<int64_t>> shape = getStaticShape();
  if (!shape)
    return std::nullopt;
  if (llvm::is_contained(*shape, 0))
    return 0;
  int64_t product = 1;
  for (int64_t dim : *shape)
    if (llvm::MulOverflow(product, dim, product))
      return std::nullopt;
  return product;
}

DimExpr lz::TensorType::getNumElementsExpr() const {
  DimExpr product = 1;
  for (const DimExpr &dim : getShape())
    product *= dim;
  return product;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// `* x f32`, `f32` or `4 x "n" x f32`, between angle brackets.
Type lz::TensorType::parse(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess())
    return {};
  bool ranked = failed(parser.parseOptionalStar());
  SmallVector<DimExpr> dims;
  if (!ranked && parser.parseXInDimensionList())
    return {};
  while (ranked) {
    DimExpr dim;
    OptionalParseResult result = parseOptionalDim(parser, dim);
    if (!result.has_value())
      break;
    if (failed(*result) || parser.parseXInDimensionList())
      return {};
    dims.push_back(dim);
  }
  Type elementType;
  if (parser.parseType(elementType) || parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(),
                    ranked, DimList(ArrayRef<DimExpr>(dims)), elementType);
}

void lz::TensorType::print(AsmPrinter &printer) const {
  printer << '<';
  if (!hasRank())
    printer << "* x ";
  for (const DimExpr &dim : getShape()) {
    printDim(printer, dim);
    printer << " x ";
  }
  printer << getElementType() << '>';
}
