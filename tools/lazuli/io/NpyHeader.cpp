//===- NpyHeader.cpp --------------------------------------------------------===//
//
// See NpyHeader.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/NpyHeader.h"

#include "tools/lazuli/Failure.h"

#include <cctype>
#include <cstring>
#include <optional>

using namespace lz;
using namespace lz::cli;

namespace {

struct DescrName {
  std::string_view code; ///< without the byte order
  DType dtype;
};
constexpr DescrName descrNames[] = {
    {"f4", fmt::DType_f32},  {"f8", fmt::DType_f64},     {"f2", fmt::DType_f16},
    {"i1", fmt::DType_i8},   {"i2", fmt::DType_i16},     {"i4", fmt::DType_i32},
    {"i8", fmt::DType_i64},  {"u1", fmt::DType_u8},      {"u2", fmt::DType_u16},
    {"u4", fmt::DType_u32},  {"u8", fmt::DType_u64},     {"b1", fmt::DType_boolean},
    {"V2", fmt::DType_bf16}, {"bfloat16", fmt::DType_bf16}};

/// Reads the few forms of Python literals that a header may hold.
class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::string &name) : text(text), name(name) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      std::string key = parseString();
      expect(':');
      parseEntry(key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipBlanks();
    if (position != text.size() || !hasDescr || !hasOrder || !hasShape)
      malformed();
    return header;
  }

private:
  [[noreturn]] void malformed() const {
    fail(rt::quote(name), " has a malformed .npy header");
  }
  void skipBlanks() {
    while (position < text.size() && std::isspace(static_cast<unsigned char>(text[position])))
      ++position;
  }
  bool accept(char c) {
    skipBlanks();
    if (position >= text.size() || text[position] != c)
      return false;
    ++position;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      malformed();
  }
  bool acceptWord(std::string_view word) {
    skipBlanks();
    if (text.substr(position, word.size()) != word)
      return false;
    position += word.size();
    return true;
  }

  std::string parseString() {
    skipBlanks();
    char quote = position < text.size() ? text[position] : 0;
    if (quote != '\'' && quote != '"')
      malformed();
    size_t end = text.find(quote, ++position);
    if (end == std::string_view::npos)
      malformed();
    std::string value(text.substr(position, end - position));
    position = end + 1;
    return value;
  }

  int64_t parseNumber() {
    skipBlanks();
    int64_t value = 0;
    size_t begin = position;
    while (position < text.size() && std::isdigit(static_cast<unsigned char>(text[position])))
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text[position++] - '0', &value))
        malformed();
    if (position == begin)
      malformed();
    accept('L'); // Python 2 wrote it
    return value;
  }

  void parseEntry(const std::string &key) {
    if (key == "descr" && !std::exchange(hasDescr, true))
      return parseDescr();
    if (key == "fortran_order" && !std::exchange(hasOrder, true)) {
      header.isFortran = acceptWord("True");
      if (!header.isFortran && !acceptWord("False"))
        malformed();
      return;
    }
    if (key != "shape" || std::exchange(hasShape, true))
      malformed();
    expect('(');
    while (!accept(')')) {
      header.dims.push_back(parseNumber());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  void parseDescr() {
    skipBlanks();
    if (position < text.size() && text[position] == '[')
      fail(rt::quote(name), " holds records, expected an array of numbers");
    std::string descr = parseString();
    header.isBigEndian = descr.substr(0, 1) == ">";
    std::string_view code = descr;
    if (!code.empty() && std::strchr("<>=|", code[0]))
      code.remove_prefix(1);
    for (const DescrName &known : descrNames)
      if (known.code == code) {
        header.dtype = known.dtype;
        return;
      }
    if (code == "O")
      fail(rt::quote(name), " holds Python objects, expected an array of numbers");
    fail(rt::quote(name), " has elements of NumPy's type '", descr,
         "', expected one of f2, f4, f8, i1 to i8, u1 to u8, b1");
  }

  std::string_view text;
  const std::string &name;
  size_t position = 0;
  bool hasDescr = false, hasOrder = false, hasShape = false;
  NpyHeader header;
};

} // namespace

NpyHeader cli::parseNpyHeader(const uint8_t *bytes, size_t size, const std::string &name) {
  if (size < 6 || std::memcmp(bytes, "\x93NUMPY", 6) != 0)
    fail(rt::quote(name), " is no .npy file");
  if (size < 12)
    fail(rt::quote(name), " ends within its .npy header");
  int version = bytes[6];
  if (version < 1 || version > 3)
    fail(rt::quote(name), " has .npy format version ", version, ", expected 1, 2 or 3");
  size_t lengthBytes = version == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= static_cast<size_t>(bytes[8 + i]) << (8 * i);
  size_t offset = 8 + lengthBytes;
  if (length > size - offset)
    fail(rt::quote(name), " ends within its .npy header");
  std::string_view text(reinterpret_cast<const char *>(bytes) + offset, length);
  NpyHeader header = HeaderParser(text, name).parse();
  header.dataOffset = offset + length;
  return header;
}

const char *cli::getNpyDescr(DType dtype) {
  switch (dtype) {
  case fmt::DType_f64:
    return "<f8";
  case fmt::DType_f16:
    return "<f2";
  case fmt::DType_i8:
    return "|i1";
  case fmt::DType_i16:
    return "<i2";
  case fmt::DType_i32:
    return "<i4";
  case fmt::DType_i64:
    return "<i8";
  case fmt::DType_u8:
    return "|u1";
  case fmt::DType_u16:
    return "<u2";
  case fmt::DType_u32:
    return "<u4";
  case fmt::DType_u64:
    return "<u8";
  case fmt::DType_boolean:
    return "|b1";
  default:
    return "<f4";
  }
}
