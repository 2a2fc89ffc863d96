//===- RegexTest.cpp ------------------------------------------------------===//
//
// Regular expressions: what they match, what they refuse, and that no
// expression makes them slow.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Regex.h"

#include <gmock/gmock.h>

using namespace lz::rt;
using testing::HasSubstr;

static bool matches(const std::string &pattern, const std::string &text) {
  auto regex = Regex::parse(pattern);
  EXPECT_TRUE(regex.isOk()) << regex.getStatus().getMessage();
  return regex.isOk() && regex->matchesAll(text);
}

TEST(RegexTest, MatchesWholeTexts) {
  struct Case {
    const char *pattern;
    const char *yes;
    const char *no;
  };
  for (const Case &test : std::initializer_list<Case>{
           {"", "", "a"},
           {"abc", "abc", "abcd"},
           {"a|bc|d*", "ddd", "abc"},
           {"(a|b)(c|d)|e", "bd", "be"},
           {"(?:ab)+", "abab", "aba"},
           {"a{2}", "aa", "a"},
           {"(ab|c){2,3}", "abcab", "c"},
           {"(a{1,2}b?){2,}", "aabab", "b"},
           {"a{,2}", "a{,2}", "aa"},
           {"x*?y+?", "xxyy", "xx"},
           {"[^a-c\\d]+", "xyz-", "x1"},
           {"[]a]+", "]a", "b"},
           {"[[:alpha:]_]+", "ab_", "a1"},
           {"\\w+\\s\\W", "ab_1 !", "ab"},
           {"\\x41\\x{42}\\.", "AB.", "ABx"},
           {"(?i)aBc[d-f]", "AbCE", "abcg"},
           {"(?P<user>\\w+)@(?P<host>\\w+)", "me@here", "me@"},
           {"^a$", "a", "b"},
           {"a\\b.b", "a b", "axb"},
           {".+", "abc", "a\nb"},
           {"(?s).+", "a\nb", ""},
           {"(?m)a$.^b|(?ms)a$.^b", "a\nb", "ab"},
           {"\\Qa.b\\E+", "a.bb", "axb"},
           {"\xc3\xa4.", "\xc3\xa4\xc3\xb6", "\xc3\xa4"},
           {"[\xc3\xa0-\xc3\xbc]{2}", "\xc3\xa4\xc3\xb6", "\xc3\xa4"}}) {
    EXPECT_TRUE(matches(test.pattern, test.yes)) << test.pattern;
    EXPECT_FALSE(matches(test.pattern, test.no)) << test.pattern;
  }
}

TEST(RegexTest, RefusesWhatItDoesNotKnow) {
  auto explain = [](const std::string &pattern) {
    return Regex::parse(pattern).getStatus().getMessage();
  };
  EXPECT_THAT(explain("(a"), HasSubstr("has a missing )"));
  EXPECT_THAT(explain("a)"), HasSubstr("has an unmatched )"));
  EXPECT_THAT(explain("*a"), HasSubstr("has nothing to repeat"));
  EXPECT_THAT(explain("[a"), HasSubstr("has a missing ]"));
  EXPECT_THAT(explain("(a)\\1"), HasSubstr("has an unknown escape"));
  EXPECT_THAT(explain("(?=a)"), HasSubstr("has an unknown flag"));
  EXPECT_THAT(explain("a{1001}"), HasSubstr("bad number of repetitions"));
  EXPECT_THAT(explain("((a{999}){999}){999}"),
              HasSubstr("has too many repetitions"));
  EXPECT_THAT(explain(std::string(100000, '(')),
              HasSubstr("groups nested too deeply"));
  EXPECT_THAT(explain("a\\"), HasSubstr("has a trailing backslash"));
}

TEST(RegexTest, TimeIsTheProductOfTheLengths) {
  // Backtracking would try 2^5000 ways.
  EXPECT_FALSE(matches("(a*)*b", std::string(5000, 'a')));
  EXPECT_TRUE(matches("(a|aa)+", std::string(5000, 'a')));
}
