//===- DimParser.cpp - reads dimension expressions ------------------------===//
//
// A recursive-descent parser for what DimExpr::str() prints and for the infix
// notation people write by hand. It never recurses deeper than a fixed limit,
// so no text can exhaust the stack.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimNode.h"

using namespace lz;
using namespace lz::detail;
using Op = DimExpr::Op;

namespace {

/// More than the deepest nesting of an expression that str() can print.
constexpr size_t kMaxNesting = 256;
static_assert(kMaxNesting > DimExpr::kMaxDepth, "str() must be readable");

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::optional<Op> functionOf(std::string_view name) {
  if (name == "floordiv")
    return Op::FloorDiv;
  if (name == "ceildiv")
    return Op::CeilDiv;
  if (name == "mod")
    return Op::Mod;
  if (name == "min")
    return Op::Min;
  if (name == "max")
    return Op::Max;
  return std::nullopt;
}

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  std::optional<DimExpr> run() {
    auto result = parseSum();
    if (result && (peek() != '\0' || position < text.size()))
      return fail("expected an operator or the end");
    if (result && result->isOverflow()) {
      message = "expression leaves 64-bit arithmetic or is too large";
      return std::nullopt;
    }
    return result;
  }

  std::string message;

private:
  using Result = std::optional<DimExpr>;

  /// The next character that is no space; '\0' at the end.
  char peek() {
    while (position < text.size() &&
           (text[position] == ' ' || text[position] == '\t' ||
            text[position] == '\n' || text[position] == '\r'))
      ++position;
    return position < text.size() ? text[position] : '\0';
  }

  bool consume(std::string_view token) {
    peek();
    if (text.substr(position, token.size()) != token)
      return false;
    position += token.size();
    return true;
  }

  Result fail(const std::string &expected) {
    if (!message.empty())
      return std::nullopt;
    bool atEnd = peek() == '\0' && position >= text.size();
    std::string found =
        atEnd ? "the end" : "'" + std::string(1, text[position]) + "'";
    message = "found " + found + " at offset " + std::to_string(position) +
              ", " + expected;
    return std::nullopt;
  }

  std::string_view takeName() {
    size_t begin = position;
    while (position < text.size() &&
           (isNameStart(text[position]) || isDigit(text[position]) ||
            text[position] == '.'))
      ++position;
    return text.substr(begin, position - begin);
  }

  Result parseSum() {
    auto sum = parseProduct();
    while (sum) {
      bool plus = consume("+");
      if (!plus && !consume("-"))
        break;
      auto next = parseProduct();
      if (!next)
        return std::nullopt;
      sum = plus ? *sum + *next : *sum - *next;
    }
    return sum;
  }

  /// `*`, `//`, `%` or an infix word; Mul stands for the product.
  std::optional<Op> takeProductOp() {
    if (consume("*"))
      return Op::Mul;
    if (consume("//"))
      return Op::FloorDiv;
    if (consume("%"))
      return Op::Mod;
    if (!isNameStart(peek()))
      return std::nullopt;
    size_t begin = position;
    auto op = functionOf(takeName());
    if (op && *op != Op::Min && *op != Op::Max)
      return op;
    position = begin;
    return std::nullopt;
  }

  Result parseProduct() {
    auto product = parseUnary();
    while (product) {
      auto op = takeProductOp();
      if (!op)
        break;
      auto next = parseUnary();
      if (!next)
        return std::nullopt;
      product = *op == Op::Mul ? *product * *next
                               : applyOp(*op, {*product, *next});
    }
    return product;
  }

  Result parseUnary() {
    bool negative = false;
    while (consume("-")) {
      // The smallest number exists only with its sign.
      if (position < text.size() && isDigit(text[position])) {
        auto number = parseNumber(/*negative=*/true);
        return number && negative ? -*number : number;
      }
      negative = !negative;
    }
    auto primary = parsePrimary();
    return primary && negative ? -*primary : primary;
  }

  Result parseNumber(bool negative) {
    size_t begin = position;
    int64_t number = 0;
    bool fits = true;
    for (; position < text.size() && isDigit(text[position]); ++position) {
      int64_t digit = text[position] - '0';
      fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
             !__builtin_add_overflow(number, negative ? -digit : digit,
                                     &number);
    }
    if (fits)
      return DimExpr(number);
    message = "number " + std::string(text.substr(begin, position - begin)) +
              " at offset " + std::to_string(begin) +
              " does not fit 64 bits";
    return std::nullopt;
  }

  Result parsePrimary() {
    char c = peek();
    if (isDigit(c))
      return parseNumber(/*negative=*/false);
    if (c == '"')
      return parseQuoted();
    if (isNameStart(c)) {
      std::string_view name = takeName();
      auto function = functionOf(name);
      return function ? parseCall(*function)
                      : DimExpr::symbol(std::string(name));
    }
    if (!consume("("))
      return fail("expected a number, a symbol, a function or '('");
    return parseNested([&] {
      auto inner = parseSum();
      return inner && !consume(")") ? fail("expected ')'") : inner;
    });
  }

  template <typename Fn> Result parseNested(Fn body) {
    if (nesting == kMaxNesting)
      return fail("expected at most " + std::to_string(kMaxNesting) +
                  " nested parentheses");
    ++nesting;
    Result result = body();
    --nesting;
    return result;
  }

  Result parseCall(Op kind) {
    if (!consume("("))
      return fail("expected '(' after a function's name");
    return parseNested([&]() -> Result {
      std::vector<DimExpr> operands;
      do {
        auto operand = parseSum();
        if (!operand)
          return std::nullopt;
        operands.push_back(std::move(*operand));
      } while (consume(","));
      bool isMinMax = kind == Op::Min || kind == Op::Max;
      if (!isMinMax && operands.size() != 2)
        return fail("expected two operands, not " +
                    std::to_string(operands.size()));
      if (!consume(")"))
        return fail("expected ')' or ','");
      return applyOp(kind, std::move(operands));
    });
  }

  Result parseQuoted() {
    ++position;
    std::string name;
    while (position < text.size() && text[position] != '"') {
      if (text[position] != '\\') {
        name += text[position++];
        continue;
      }
      ++position;
      if (!takeEscape(name))
        return fail("expected an escape: \\\", \\\\, \\n, \\t or \\xHH");
    }
    if (position >= text.size())
      return fail("expected '\"'");
    ++position;
    return DimExpr::symbol(std::move(name));
  }

  static int hexValue(char c) {
    if (isDigit(c))
      return c - '0';
    if (c >= 'a' && c <= 'f')
      return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }

  bool takeEscape(std::string &name) {
    char c = position < text.size() ? text[position] : '\0';
    if (c == '"' || c == '\\')
      name += c;
    else if (c == 'n')
      name += '\n';
    else if (c == 't')
      name += '\t';
    else if (c != 'x' || position + 2 >= text.size())
      return false;
    else {
      int high = hexValue(text[position + 1]);
      int low = hexValue(text[position + 2]);
      if (high < 0 || low < 0)
        return false;
      name += static_cast<char>(high * 16 + low);
      position += 2;
    }
    ++position;
    return true;
  }

  std::string_view text;
  size_t position = 0;
  size_t nesting = 0;
};

} // namespace

std::optional<DimExpr> DimExpr::parse(std::string_view text,
                                      std::string *error) {
  Parser parser(text);
  auto result = parser.run();
  if (!result && error)
    *error = parser.message;
  return result;
}
