//===- Regex.h - Regular expressions --------------------------------------===//
//
// The part of RE2's syntax that says whether a whole text matches: no groups
// are reported. Matching follows all alternatives at once, so its time is the
// text's length times the expression's, whatever the expression.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_REGEX_H
#define LAZULI_RUNTIME_HOST_OPS_REGEX_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lz::rt {

class Regex {
public:
  /// Literals, `.`, classes ([a-z], [^x], [[:alpha:]], \d \w \s and their
  /// complements), groups (also (?:...), (?P<name>...) and (?flags) of i, s, m
  /// and U), `|`, the quantifiers * + ? {m,n} and their lazy forms, anchors ^ $
  /// \A \z \b \B, escapes and \Q...\E. InvalidArgument says what is wrong.
  static StatusOr<Regex> parse(const std::string &pattern);

  /// Whether all of `text` (UTF-8) matches.
  bool matchesAll(std::string_view text) const;

private:
  friend class RegexParser;

  enum class Op : uint8_t { Set, Split, Jump, Assert, Match };
  enum class Place : uint8_t {
    TextBegin,
    TextEnd,
    LineBegin,
    LineEnd,
    Word,
    NotWord
  };
  using Ranges = std::vector<std::pair<uint32_t, uint32_t>>;

  /// Set: goes on if the character is in sets[x]. Split: goes on at x and at y.
  /// Jump: goes on at x. Assert: goes on if Place x is here.
  struct Node {
    Op op = Op::Match;
    uint32_t x = 0;
    uint32_t y = 0;
  };

  struct Cursor;
  void follow(uint32_t node, const Cursor &at, std::vector<uint32_t> &nodes,
              std::vector<uint32_t> &marks) const;

  std::vector<Node> nodes;
  std::vector<Ranges> sets;
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_REGEX_H
