//===- DimParserTest.cpp - reading dimension expressions ------------------===//
//
// The accepted notations, and one bad input for each message.
//
//===----------------------------------------------------------------------===//

#include "ir/dim/DimExpr.h"

#include <gtest/gtest.h>

using namespace lz;

namespace {

DimExpr parsed(std::string_view text) {
  std::string error;
  auto result = DimExpr::parse(text, &error);
  EXPECT_TRUE(result.has_value()) << text << ": " << error;
  return result.value_or(DimExpr::overflow());
}

std::string errorOf(std::string_view text) {
  std::string error = "accepted";
  EXPECT_EQ(DimExpr::parse(text, &error), std::nullopt) << text;
  return error;
}

const DimExpr a = DimExpr::symbol("a"), b = DimExpr::symbol("b");

TEST(DimParserTest, ReadsInfixNotation) {
  EXPECT_EQ(parsed("2*(a+ b) -3"), 2 * a + 2 * b - 3);
  EXPECT_EQ(parsed("a - b - 1"), a - b - 1);
  EXPECT_EQ(parsed("--a"), a);
  EXPECT_EQ(parsed("- a * -2"), 2 * a);
  EXPECT_EQ(parsed("a // 2"), DimExpr::floorDiv(a, 2));
  EXPECT_EQ(parsed("a*b % 7"), DimExpr::mod(a * b, 7));
  EXPECT_EQ(parsed("a floordiv 2 * 2"), 2 * DimExpr::floorDiv(a, 2));
  EXPECT_EQ(parsed("a ceildiv b"), DimExpr::ceilDiv(a, b));
  EXPECT_EQ(parsed("a mod b"), DimExpr::mod(a, b));
}

TEST(DimParserTest, ReadsFunctions) {
  EXPECT_EQ(parsed("floordiv(a + 1, 2)"), DimExpr::floorDiv(a + 1, 2));
  EXPECT_EQ(parsed("min(a, b, 3)"), DimExpr::min(a, DimExpr::min(b, 3)));
  EXPECT_EQ(parsed("max(a)"), a);
  EXPECT_EQ(parsed("mod (a,3)"), DimExpr::mod(a, 3));
}

TEST(DimParserTest, ReadsNames) {
  EXPECT_EQ(parsed("_x1.y"), DimExpr::symbol("_x1.y"));
  EXPECT_EQ(parsed("minimum"), DimExpr::symbol("minimum"));
  EXPECT_EQ(parsed("\"0.weight\" + 1"), DimExpr::symbol("0.weight") + 1);
  EXPECT_EQ(parsed("\"min\""), DimExpr::symbol("min"));
  EXPECT_EQ(parsed(R"("q\"\\\n\t\x01z")"), DimExpr::symbol("q\"\\\n\t\x01z"));
  EXPECT_EQ(parsed("\"größe\""), DimExpr::symbol("größe"));
}

TEST(DimParserTest, ReadsTheExtremes) {
  EXPECT_EQ(parsed("9223372036854775807"), DimExpr(INT64_MAX));
  EXPECT_EQ(parsed("-9223372036854775808"), DimExpr(INT64_MIN));
  for (DimExpr e : {DimExpr(INT64_MIN) * a + b, a + INT64_MIN,
                    a * b + DimExpr(INT64_MIN) * b, DimExpr(INT64_MIN) * a,
                    DimExpr::floorDiv(a, INT64_MIN)})
    EXPECT_EQ(parsed(e.str()), e) << e.str();
}

TEST(DimParserTest, SaysWhatWasFoundAndWhatWasExpected) {
  std::string operand = "expected a number, a symbol, a function or '('";
  EXPECT_EQ(errorOf(""), "found the end at offset 0, " + operand);
  EXPECT_EQ(errorOf("a + "), "found the end at offset 4, " + operand);
  EXPECT_EQ(errorOf("a + )"), "found ')' at offset 4, " + operand);
  EXPECT_EQ(errorOf("a b"),
            "found 'b' at offset 2, expected an operator or the end");
  EXPECT_EQ(errorOf("a / 2"),
            "found '/' at offset 2, expected an operator or the end");
  EXPECT_EQ(errorOf("(a"), "found the end at offset 2, expected ')'");
  EXPECT_EQ(errorOf("min(a"), "found the end at offset 5, expected ')' or ','");
  EXPECT_EQ(errorOf("min"),
            "found the end at offset 3, expected '(' after a function's name");
  EXPECT_EQ(errorOf("mod(a)"),
            "found ')' at offset 5, expected two operands, not 1");
  EXPECT_EQ(errorOf("\"a"), "found the end at offset 2, expected '\"'");
  EXPECT_EQ(errorOf("\"\\q\""), "found 'q' at offset 2, expected an escape: "
                                "\\\", \\\\, \\n, \\t or \\xHH");
  EXPECT_EQ(errorOf("9223372036854775808"),
            "number 9223372036854775808 at offset 0 does not fit 64 bits");
  EXPECT_EQ(errorOf("9223372036854775807*2"),
            "expression leaves 64-bit arithmetic or is too large");
  EXPECT_EQ(errorOf("<overflow>"), "found '<' at offset 0, " + operand);
  EXPECT_NE(errorOf(std::string("a\0b", 3)), "accepted");
  EXPECT_NE(errorOf("\"\\x0"), "accepted");
}

TEST(DimParserTest, DeepNestingIsRefusedNotCrashed) {
  EXPECT_EQ(errorOf(std::string(100000, '(')),
            "found '(' at offset 257, expected at most 256 nested parentheses");
  std::string text = "a";
  for (int i = 0; i < 100000; ++i)
    text += "+a";
  EXPECT_EQ(parsed(text), 100001 * a);
  EXPECT_EQ(parsed(std::string(100000, '-') + "a"), a);
}

} // namespace
