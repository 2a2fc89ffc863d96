//===- Casts.cpp - Conversions of elements --------------------------------===//
//
// Between numbers, to and from strings, to and from elements that are only
// stored.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Registry.h"
#include "frontend/onnx/SmallFloats.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;

namespace {
/// What elements are to become, and how.
struct Target {
  Type storage;
  const ElementInfo *logical = nullptr;
  bool saturate = true;
  std::string roundMode = "up";
};
} // namespace

//===----------------------------------------------------------------------===//
// Elements that are only stored
//===----------------------------------------------------------------------===//

/// Keeps the lowest bits of an integer, as its type reads them.
static Value encodeSmallInteger(Node &n, Value x, const ElementInfo &element) {
  bool isSigned = element.storage == fmt::DType_i8;
  if (n.isFloat(x)) // truncates; beyond i32 nothing is defined
    x = n.cast(x, n.builder.getI32Type());
  x = n.cast(x, n.storageType(element));
  int unused = 8 - element.bits;
  if (!isSigned)
    return n.binary<AndOp>(x, n.scalarLike(0xFF >> unused, x));
  Value places = n.scalarLike(unused, x);
  return n.binary<ShrOp>(n.binary<ShlOp>(x, places), places);
}

static Value encode(Node &n, Value x, const Target &target) {
  if (!isSmallFloat(*target.logical))
    return encodeSmallInteger(n, x, *target.logical);
  if (!n.isFloat(x))
    x = n.cast(x, n.f32());
  return encodeSmallFloat(n, x, *target.logical, target.saturate,
                          target.roundMode);
}

/// Numbers of a type that kernels know; small integers are that already.
static Value decode(Node &n, Value x, const ElementInfo *logical, Type type) {
  if (!logical || !isSmallFloat(*logical))
    return x;
  return decodeSmallFloat(n, x, *logical,
                          llvm::isa<FloatType>(type) ? type : n.f32());
}

//===----------------------------------------------------------------------===//
// Cast
//===----------------------------------------------------------------------===//

static Value callHost(Node &n, llvm::StringRef name, Value x, Type type) {
  return n.result(HostOp::create(n.builder, n.loc, TypeRange(n.unranked(type)),
                                 name, ValueRange(x)));
}

static void convert(Node &n, const Target &target) {
  if (n.failed)
    return;
  Value x = n.in(0);
  if (n.logical(0) && n.logical(0) == target.logical)
    return n.set(0, x, target.logical);
  bool toString = llvm::isa<StringType>(target.storage);
  if (toString && n.isString(x))
    return n.set(0, x);
  if (n.isString(x))
    x = callHost(n, "string_to_number", x,
                 target.logical ? n.f32() : target.storage);
  else
    x = decode(n, x, n.logical(0), toString ? n.f32() : target.storage);
  if (toString)
    x = callHost(n, "number_to_string", x, target.storage);
  else
    x = target.logical ? encode(n, x, target) : n.cast(x, target.storage);
  n.set(0, x, target.logical);
}

/// Before version 6 types had names.
static const ElementInfo *readTo(Node &n) {
  const ::onnx::AttributeProto *to = n.find("to");
  if (!to) {
    n.error() << "has no attribute 'to', expected the type to convert to";
    return nullptr;
  }
  const ElementInfo *element =
      to->type() == ::onnx::AttributeProto::STRING
          ? findElementInfo(llvm::StringRef(to->s()).lower())
          : findElementInfo(int32_t(n.attrInt("to", 1)));
  if (!element)
    n.error() << "converts to the unknown element type " << to->i();
  return element;
}

static Target makeTarget(Node &n, const ElementInfo &element) {
  Target target;
  target.storage = n.storageType(element);
  target.logical = element.isLogical ? &element : nullptr;
  target.saturate = n.attrInt("saturate", 1);
  target.roundMode = n.attrString("round_mode", "up");
  return target;
}

static void importCast(Node &n) {
  if (const ElementInfo *element = readTo(n))
    convert(n, makeTarget(n, *element));
}

static void importCastLike(Node &n) {
  Target target;
  target.storage = n.elementType(n.in(1));
  target.logical = n.logical(1);
  target.saturate = n.attrInt("saturate", 1);
  target.roundMode = n.attrString("round_mode", "up");
  convert(n, target);
}

//===----------------------------------------------------------------------===//
// BitCast
//===----------------------------------------------------------------------===//

static int bitsOf(Node &n, Value x, const ElementInfo *logical) {
  if (logical)
    return logical->bits;
  return n.isBool(x) ? 8 : n.width(x);
}

/// The same bits of an integer type of the same width; codes are kept in the
/// type that their integers have.
static Value relabel(Node &n, Value x, const ElementInfo &element) {
  if (element.isLogical && element.bits < 8)
    return encodeSmallInteger(n, x, element);
  return n.cast(x, n.storageType(element));
}

static void importBitCast(Node &n) {
  const ElementInfo *element = readTo(n);
  if (!element)
    return;
  Value x = n.in(0);
  if (n.isString(x) || element->bits == 0 ||
      bitsOf(n, x, n.logical(0)) != element->bits) {
    n.error() << "reinterprets elements as " << element->name
              << ", expected a type of the same width";
    return;
  }
  const ElementInfo *logical = element->isLogical ? element : nullptr;
  Type storage = n.storageType(*element);
  if (n.elementType(x) == storage && n.logical(0) == logical)
    return n.set(0, x, logical);
  if (n.isFloat(x) || llvm::isa<FloatType>(storage))
    return n.set(0, callHost(n, "bit_cast", x, storage), logical);
  n.set(0, relabel(n, x, *element), logical);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const OpRow rows[] = {
    {"Cast", importCast},
    {"CastLike", importCastLike, 2, 2},
    {"BitCast", importBitCast},
};

OpRows lz::onnximport::castOps() { return rows; }
