//===- AsmUtils.cpp - shared pieces of the assembly -----------------------===//
//
// Reads dimensions token by token, so that text of the IR can be parsed in one
// pass with locations, and writes them as DimExpr::str() does.
//
//===----------------------------------------------------------------------===//

#include "ir/AsmUtils.h"

using namespace mlir;
using namespace lz;

//===----------------------------------------------------------------------===//
// Dimension expressions
//===----------------------------------------------------------------------===//

namespace {

/// More than the deepest nesting of an expression that str() can print.
constexpr size_t kMaxNesting = 256;
static_assert(kMaxNesting > DimExpr::kMaxDepth, "what is printed must parse");

/// A recursive-descent parser of what stands between brackets.
class DimParser {
public:
  explicit DimParser(AsmParser &parser) : parser(parser) {}

  FailureOr<DimExpr> parseSum() {
    FailureOr<DimExpr> sum = parseProduct();
    while (succeeded(sum)) {
      bool minus = succeeded(parser.parseOptionalMinus());
      if (!minus && failed(parser.parseOptionalPlus()))
        return sum;
      FailureOr<DimExpr> term = parseProduct();
      if (failed(term))
        return failure();
      sum = minus ? *sum - *term : *sum + *term;
    }
    return sum;
  }

private:
  FailureOr<DimExpr> parseProduct() {
    FailureOr<DimExpr> product = parseFactor();
    while (succeeded(product)) {
      StringRef word;
      bool star = succeeded(parser.parseOptionalStar());
      if (!star && failed(parser.parseOptionalKeyword(
                       &word, {"floordiv", "ceildiv", "mod"})))
        return product;
      FailureOr<DimExpr> factor = parseFactor();
      if (failed(factor))
        return failure();
      product = star ? *product * *factor : call(word, *product, *factor);
    }
    return product;
  }

  FailureOr<DimExpr> parseFactor() {
    if (nesting == kMaxNesting)
      return parser.emitError(parser.getCurrentLocation(),
                              "a dimension expression has more than ")
             << kMaxNesting << " operands in one another";
    ++nesting;
    FailureOr<DimExpr> factor = parseOperand();
    --nesting;
    return factor;
  }

  FailureOr<DimExpr> parseOperand() {
    if (succeeded(parser.parseOptionalMinus())) {
      FailureOr<DimExpr> factor = parseFactor();
      return failed(factor) ? factor : FailureOr<DimExpr>(-*factor);
    }
    if (succeeded(parser.parseOptionalLParen())) {
      FailureOr<DimExpr> sum = parseSum();
      return failed(sum) || parser.parseRParen() ? FailureOr<DimExpr>(failure()) : sum;
    }
    int64_t number;
    OptionalParseResult integer = parser.parseOptionalInteger(number);
    if (integer.has_value())
      return failed(*integer) ? FailureOr<DimExpr>(failure()) : FailureOr<DimExpr>(DimExpr(number));
    std::string name;
    if (succeeded(parser.parseOptionalString(&name)))
      return DimExpr::symbol(name);
    return parseNameOrCall();
  }

  FailureOr<DimExpr> parseNameOrCall() {
    SMLoc loc = parser.getCurrentLocation();
    StringRef word;
    if (failed(parser.parseOptionalKeyword(&word)))
      return parser.emitError(loc, "expected a number, a symbol or '(' in a "
                                   "dimension expression");
    if (!llvm::is_contained({"floordiv", "ceildiv", "mod", "min", "max"}, word))
      return DimExpr::symbol(word.str());
    if (parser.parseLParen())
      return failure();
    FailureOr<DimExpr> value = parseSum();
    int count = 1;
    for (; succeeded(value) && succeeded(parser.parseOptionalComma()); ++count) {
      FailureOr<DimExpr> next = parseSum();
      if (failed(next))
        return failure();
      value = call(word, *value, *next);
    }
    if (failed(value) || parser.parseRParen())
      return failure();
    if (count != 2 && !(count > 2 && word.starts_with("m") && word != "mod"))
      return parser.emitError(loc, "'" + word + "' got " + Twine(count) +
                                       " operands, expected 2");
    return value;
  }

  static DimExpr call(StringRef name, const DimExpr &a, const DimExpr &b) {
    if (name == "floordiv")
      return DimExpr::floorDiv(a, b);
    if (name == "ceildiv")
      return DimExpr::ceilDiv(a, b);
    if (name == "mod")
      return DimExpr::mod(a, b);
    return name == "min" ? DimExpr::min(a, b) : DimExpr::max(a, b);
  }

  AsmParser &parser;
  size_t nesting = 0;
};

/// DimExpr's text with escapes as MLIR's lexer knows them: `\0A`, not `\x0A`.
std::string toMlirEscapes(const std::string &text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text[i] != '\\')
      continue;
    ++i;
    if (text[i] != 'x')
      result += text[i];
  }
  return result;
}

} // namespace

OptionalParseResult lz::parseOptionalDim(AsmParser &parser, DimExpr &dim) {
  int64_t number;
  OptionalParseResult integer = parser.parseOptionalInteger(number);
  if (integer.has_value()) {
    dim = number;
    return integer;
  }
  std::string name;
  if (succeeded(parser.parseOptionalString(&name))) {
    dim = DimExpr::symbol(name);
    return success();
  }
  if (failed(parser.parseOptionalLSquare()))
    return std::nullopt;
  SMLoc loc = parser.getCurrentLocation();
  FailureOr<DimExpr> expr = DimParser(parser).parseSum();
  if (failed(expr) || parser.parseRSquare())
    return failure();
  if (expr->isOverflow())
    return parser.emitError(loc, "dimension expression overflows");
  dim = *expr;
  return success();
}

FailureOr<DimExpr> lz::parseDim(AsmParser &parser) {
  DimExpr dim;
  SMLoc loc = parser.getCurrentLocation();
  OptionalParseResult result = parseOptionalDim(parser, dim);
  if (!result.has_value())
    return parser.emitError(loc, "expected a dimension: a number, a symbol in "
                                 "quotes or an expression in brackets");
  return failed(*result) ? FailureOr<DimExpr>(failure()) : FailureOr<DimExpr>(dim);
}

void lz::printDim(AsmPrinter &printer, const DimExpr &dim) {
  if (std::optional<int64_t> number = dim.getConstant())
    printer << *number;
  else if (std::optional<std::string> symbol = dim.getSymbol())
    printer.printString(*symbol);
  else
    printer << '[' << toMlirEscapes(dim.str()) << ']';
}

//===----------------------------------------------------------------------===//
// Directives of attribute formats
//===----------------------------------------------------------------------===//

ParseResult lz::parseDimParameter(AsmParser &parser, DimExpr &dim) {
  FailureOr<DimExpr> parsed = parseDim(parser);
  if (failed(parsed))
    return failure();
  dim = *parsed;
  return success();
}

void lz::printDimParameter(AsmPrinter &printer, const DimExpr &dim) {
  printDim(printer, dim);
}

ParseResult lz::parseDimListParameter(AsmParser &parser, DimList &list) {
  SmallVector<DimExpr> dims(1);
  OptionalParseResult first = parseOptionalDim(parser, dims[0]);
  if (!first.has_value()) {
    list = DimList();
    return success();
  }
  if (failed(*first))
    return failure();
  while (succeeded(parser.parseOptionalComma()))
    if (parseDimParameter(parser, dims.emplace_back()))
      return failure();
  list = DimList(ArrayRef<DimExpr>(dims));
  return success();
}

void lz::printDimListParameter(AsmPrinter &printer, ArrayRef<DimExpr> dims) {
  llvm::interleaveComma(dims, printer.getStream(),
                        [&](const DimExpr &dim) { printDim(printer, dim); });
}

ParseResult lz::parseReal(AsmParser &parser, Real &real) {
  double value;
  if (parser.parseFloat(value))
    return failure();
  real = value;
  return success();
}

void lz::printReal(AsmPrinter &printer, Real real) {
  printer.printFloat(APFloat(double(real)));
}

//===----------------------------------------------------------------------===//
// Directives of op formats
//===----------------------------------------------------------------------===//

ParseResult lz::parseDimEquation(OpAsmParser &parser, DimAttr &lhs,
                                 DimAttr &rhs) {
  DimExpr left, right;
  if (parseDimParameter(parser, left) || parser.parseEqual() ||
      parser.parseEqual() || parseDimParameter(parser, right))
    return failure();
  lhs = DimAttr::get(parser.getContext(), left);
  rhs = DimAttr::get(parser.getContext(), right);
  return success();
}

void lz::printDimEquation(OpAsmPrinter &printer, Operation *, DimAttr lhs,
                          DimAttr rhs) {
  printDim(printer, lhs.getValue());
  printer << " == ";
  printDim(printer, rhs.getValue());
}

/// Lists of integers are DenseI64ArrayAttr throughout the dialect.
static Attribute normalizeList(Attribute attr) {
  auto list = dyn_cast<ArrayAttr>(attr);
  if (!list)
    return attr;
  SmallVector<int64_t> numbers;
  for (Attribute element : list) {
    auto number = dyn_cast<IntegerAttr>(element);
    if (!number || !number.getType().isSignlessInteger(64))
      return attr;
    numbers.push_back(number.getInt());
  }
  return DenseI64ArrayAttr::get(attr.getContext(), numbers);
}

ParseResult lz::parseAttributes(OpAsmParser &parser, NamedAttrList &attributes,
                                StringRef opName) {
  SMLoc loc = parser.getCurrentLocation();
  NamedAttrList parsed;
  if (parser.parseOptionalAttrDict(parsed))
    return failure();
  for (NamedAttribute attr : parsed)
    attributes.set(attr.getName(), normalizeList(attr.getValue()));
  auto name = RegisteredOperationName::lookup(opName, parser.getContext());
  auto emitError = [&] {
    return parser.emitError(loc) << "'" << opName << "' op ";
  };
  return name ? ParseResult(name->verifyInherentAttrs(attributes, emitError))
              : success();
}

/// The attributes that an op has when nothing is said.
static DictionaryAttr getDefaultAttributes(Operation *op) {
  Operation *blank =
      Operation::create(op->getLoc(), op->getName(), TypeRange(), ValueRange(),
                        NamedAttrList(), OpaqueProperties(nullptr));
  DictionaryAttr defaults = blank->getAttrDictionary();
  blank->erase();
  return defaults;
}

/// Names that formats write themselves, and enums (the only i32 attributes).
static bool isWrittenElsewhere(NamedAttribute attr) {
  if (llvm::is_contained({"name", "type", "operandSegmentSizes"},
                         attr.getName().strref()))
    return true;
  auto number = dyn_cast<IntegerAttr>(attr.getValue());
  return number && number.getType().isSignlessInteger(32);
}

static void printValue(OpAsmPrinter &printer, Attribute attr) {
  if (auto list = dyn_cast<DenseI64ArrayAttr>(attr)) {
    printer << '[';
    llvm::interleaveComma(list.asArrayRef(), printer.getStream());
    printer << ']';
    return;
  }
  auto typed = dyn_cast<TypedAttr>(attr);
  bool plain = isa<IntegerAttr, FloatAttr>(attr) &&
               (typed.getType().isSignlessInteger(64) || typed.getType().isF64());
  if (plain)
    printer.printAttributeWithoutType(attr);
  else
    printer.printAttribute(attr);
}

/// Without the braces of an empty list.
static void printList(OpAsmPrinter &printer, ArrayRef<NamedAttribute> attrs) {
  if (attrs.empty())
    return;
  printer << " {";
  llvm::interleaveComma(attrs, printer.getStream(), [&](NamedAttribute attr) {
    printer.printKeywordOrString(attr.getName());
    if (isa<UnitAttr>(attr.getValue()))
      return;
    printer << " = ";
    printValue(printer, attr.getValue());
  });
  printer << '}';
}

void lz::printAttributes(OpAsmPrinter &printer, Operation *op,
                         DictionaryAttr attributes, StringRef) {
  DictionaryAttr defaults = getDefaultAttributes(op);
  SmallVector<NamedAttribute> shown;
  for (NamedAttribute attr : attributes)
    if (!isWrittenElsewhere(attr) &&
        defaults.get(attr.getName()) != attr.getValue())
      shown.push_back(attr);
  printList(printer, shown);
}

ParseResult lz::parseHostAttributes(OpAsmParser &parser,
                                    DictionaryAttr &attributes) {
  NamedAttrList parsed;
  if (parser.parseOptionalAttrDict(parsed))
    return failure();
  if (!parsed.empty())
    attributes = parsed.getDictionary(parser.getContext());
  return success();
}

void lz::printHostAttributes(OpAsmPrinter &printer, Operation *,
                             DictionaryAttr attributes) {
  if (attributes)
    printList(printer, attributes.getValue());
}
