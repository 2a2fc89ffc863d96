//===- Regex.cpp ----------------------------------------------------------===//
//
// See Regex.h: a recursive-descent parser that emits the nodes of a
// nondeterministic automaton, and its simulation.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Regex.h"

#include "runtime/base/Text.h"
#include "runtime/host_ops/Utf8.h"

#include <algorithm>

using namespace lz::rt;

/// As RE2: no longer repetition, no larger automaton.
static constexpr int64_t maxRepeat = 1000;
static constexpr size_t maxNodes = 100000;
static constexpr int maxDepth = 200;

namespace lz::rt {

/// Every parse function appends the nodes of what it read; control enters at
/// the first of them and leaves behind the last.
class RegexParser {
public:
  explicit RegexParser(const std::string &pattern) : pattern(pattern) {}

  StatusOr<Regex> parse() {
    LZ_RETURN_IF_ERROR(parseAlternatives(0));
    if (at < pattern.size())
      return fail("an unmatched )");
    emit(Regex::Op::Match);
    return std::move(regex);
  }

private:
  using Op = Regex::Op;
  using Place = Regex::Place;
  using Ranges = Regex::Ranges;

  Status fail(const char *what) const {
    return invalidArgument(concat("the regular expression ", quote(pattern),
                                  " has ", what, " at character ", at));
  }

  bool skip(std::string_view text) {
    if (pattern.compare(at, text.size(), text) != 0)
      return false;
    at += text.size();
    return true;
  }

  uint32_t size() const { return static_cast<uint32_t>(regex.nodes.size()); }
  void emit(Op op, uint32_t x = 0, uint32_t y = 0) {
    regex.nodes.push_back({op, x, y});
  }
  void emitSet(Ranges ranges) {
    emit(Op::Set, static_cast<uint32_t>(regex.sets.size()));
    regex.sets.push_back(std::move(ranges));
  }
  void emitAssert(Place place) {
    emit(Op::Assert, static_cast<uint32_t>(place));
  }

  /// Puts a node before those from `begin` on.
  void insert(uint32_t begin, Regex::Node node) {
    moveTargets(begin, size(), 1);
    regex.nodes.insert(regex.nodes.begin() + begin, node);
  }

  /// The targets within [begin, end] of nodes in this range move by `by`.
  void moveTargets(uint32_t begin, uint32_t end, uint32_t by) {
    for (uint32_t i = begin; i < end; ++i) {
      Regex::Node &node = regex.nodes[i];
      if (node.op == Op::Split)
        node.y += by;
      if (node.op == Op::Split || node.op == Op::Jump)
        node.x += by;
    }
  }

  Status parseAlternatives(int depth) {
    if (depth > maxDepth)
      return fail("groups nested too deeply");
    uint32_t begin = size();
    std::vector<uint32_t> jumps;
    LZ_RETURN_IF_ERROR(parseSequence(depth));
    while (skip("|")) {
      // split(this, next); this; jump end; next
      insert(begin, {Op::Split, begin + 1, 0});
      jumps.push_back(size());
      emit(Op::Jump);
      regex.nodes[begin].y = size();
      begin = size();
      LZ_RETURN_IF_ERROR(parseSequence(depth));
    }
    for (uint32_t jump : jumps)
      regex.nodes[jump].x = size();
    return Status::success();
  }

  Status parseSequence(int depth) {
    while (at < pattern.size() && pattern[at] != '|' && pattern[at] != ')') {
      uint32_t begin = size();
      if (skip("\\Q"))
        begin = parseQuoted();
      else
        LZ_RETURN_IF_ERROR(parseAtom(depth));
      LZ_RETURN_IF_ERROR(parseQuantifiers(begin));
    }
    return Status::success();
  }

  /// Behind \Q. Returns where the last character is, which a quantifier is
  /// about.
  uint32_t parseQuoted() {
    uint32_t last = size();
    while (at < pattern.size() && !skip("\\E")) {
      last = size();
      emitLiteral(decodeCharacter(pattern, at));
    }
    return last;
  }

  Status parseAtom(int depth) {
    if (skip("("))
      return parseGroup(depth);
    if (skip("["))
      return parseClass();
    if (skip("\\"))
      return parseEscape();
    if (skip(".")) {
      emitSet(dotMatchesAll ? Ranges{{0, UINT32_MAX}}
                            : Ranges{{0, '\n' - 1}, {'\n' + 1, UINT32_MAX}});
      return Status::success();
    }
    if (skip("^")) {
      emitAssert(isMultiLine ? Place::LineBegin : Place::TextBegin);
      return Status::success();
    }
    if (skip("$")) {
      emitAssert(isMultiLine ? Place::LineEnd : Place::TextEnd);
      return Status::success();
    }
    if (std::string_view("*+?").find(pattern[at]) != std::string_view::npos)
      return fail("nothing to repeat");
    emitLiteral(decodeCharacter(pattern, at));
    return Status::success();
  }

  void emitLiteral(uint32_t code) {
    Ranges ranges = {{code, code}};
    addOtherCase(ranges);
    emitSet(std::move(ranges));
  }

  /// Letters of ASCII in both cases, if case does not matter.
  void addOtherCase(Ranges &ranges) const {
    if (!ignoresCase)
      return;
    for (size_t i = 0, num = ranges.size(); i < num; ++i) {
      auto [low, high] = ranges[i];
      for (uint32_t first : {uint32_t('a'), uint32_t('A')}) {
        uint32_t begin = std::max(low, first), end = std::min(high, first + 25);
        if (begin <= end)
          ranges.push_back({begin ^ 0x20, end ^ 0x20});
      }
    }
  }

  Status parseGroup(int depth) {
    bool outer[] = {ignoresCase, dotMatchesAll, isMultiLine};
    if (skip("?")) {
      bool isNamed = skip("P<") || skip("<");
      if (isNamed) {
        at = pattern.find('>', at);
        if (at == std::string::npos)
          return fail("a group without name");
        ++at;
      } else {
        LZ_RETURN_IF_ERROR(parseFlags());
        if (skip(")"))
          return Status::success(); // for the rest of the group around it
        if (!skip(":"))
          return fail("an unknown kind of group");
      }
    }
    LZ_RETURN_IF_ERROR(parseAlternatives(depth + 1));
    if (!skip(")"))
      return fail("a missing )");
    ignoresCase = outer[0];
    dotMatchesAll = outer[1];
    isMultiLine = outer[2];
    return Status::success();
  }

  Status parseFlags() {
    bool value = true;
    for (; at < pattern.size() && pattern[at] != ':' && pattern[at] != ')';
         ++at) {
      char flag = pattern[at];
      if (flag == '-')
        value = false;
      else if (flag == 'i')
        ignoresCase = value;
      else if (flag == 's')
        dotMatchesAll = value;
      else if (flag == 'm')
        isMultiLine = value;
      else if (flag != 'U') // which of several matches is no question here
        return fail("an unknown flag");
    }
    return Status::success();
  }

  // Classes.

  static Ranges negate(Ranges ranges) {
    std::sort(ranges.begin(), ranges.end());
    Ranges result;
    uint64_t next = 0;
    for (auto [low, high] : ranges) {
      if (low > next)
        result.push_back({static_cast<uint32_t>(next), low - 1});
      next = std::max<uint64_t>(next, uint64_t(high) + 1);
    }
    if (next <= UINT32_MAX)
      result.push_back({static_cast<uint32_t>(next), UINT32_MAX});
    return result;
  }

  /// The class that \d and the like name; false: none.
  static bool findPerlClass(char name, Ranges &ranges) {
    switch (name | 0x20) {
    case 'd':
      ranges = {{'0', '9'}};
      break;
    case 'w':
      ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
      break;
    case 's':
      ranges = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
      break;
    default:
      return false;
    }
    if (!(name & 0x20))
      ranges = negate(std::move(ranges));
    return true;
  }

  /// [:name:], behind "[:".
  Status parsePosixClass(Ranges &ranges) {
    struct Named {
      std::string_view name;
      Ranges ranges;
    };
    static const Named all[] = {
        {"alnum:]", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
        {"alpha:]", {{'A', 'Z'}, {'a', 'z'}}},
        {"ascii:]", {{0, 127}}},
        {"blank:]", {{'\t', '\t'}, {' ', ' '}}},
        {"cntrl:]", {{0, 31}, {127, 127}}},
        {"digit:]", {{'0', '9'}}},
        {"graph:]", {{'!', '~'}}},
        {"lower:]", {{'a', 'z'}}},
        {"print:]", {{' ', '~'}}},
        {"punct:]", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
        {"space:]", {{'\t', '\r'}, {' ', ' '}}},
        {"upper:]", {{'A', 'Z'}}},
        {"word:]", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
        {"xdigit:]", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}};
    bool isNegated = skip("^");
    for (const Named &named : all)
      if (skip(named.name)) {
        Ranges found = isNegated ? negate(named.ranges) : named.ranges;
        ranges.insert(ranges.end(), found.begin(), found.end());
        return Status::success();
      }
    return fail("an unknown class of characters");
  }

  Status parseClass() {
    bool isNegated = skip("^");
    Ranges ranges;
    for (bool isFirst = true;; isFirst = false) {
      if (at >= pattern.size())
        return fail("a missing ]");
      if (!isFirst && skip("]"))
        break;
      if (skip("[:")) {
        LZ_RETURN_IF_ERROR(parsePosixClass(ranges));
        continue;
      }
      Ranges perl;
      if (at + 1 < pattern.size() && pattern[at] == '\\' &&
          findPerlClass(pattern[at + 1], perl)) {
        at += 2;
        ranges.insert(ranges.end(), perl.begin(), perl.end());
        continue;
      }
      uint32_t low = 0, high = 0;
      LZ_RETURN_IF_ERROR(parseClassCharacter(low));
      high = low;
      if (at + 1 < pattern.size() && pattern[at] == '-' &&
          pattern[at + 1] != ']') {
        ++at;
        LZ_RETURN_IF_ERROR(parseClassCharacter(high));
      }
      if (high < low)
        return fail("a range that ends before it begins");
      ranges.push_back({low, high});
    }
    addOtherCase(ranges);
    emitSet(isNegated ? negate(std::move(ranges)) : std::move(ranges));
    return Status::success();
  }

  Status parseClassCharacter(uint32_t &code) {
    if (at >= pattern.size())
      return fail("a missing ]");
    if (skip("\\"))
      return parseEscapedCharacter(code);
    code = decodeCharacter(pattern, at);
    return Status::success();
  }

  // Escapes, behind the backslash.

  Status parseEscape() {
    if (at >= pattern.size())
      return fail("a trailing backslash");
    Ranges ranges;
    if (findPerlClass(pattern[at], ranges)) {
      ++at;
      emitSet(std::move(ranges));
      return Status::success();
    }
    struct Anchor {
      const char *name;
      Place place;
    };
    for (const Anchor &anchor :
         {Anchor{"A", Place::TextBegin}, Anchor{"z", Place::TextEnd},
          Anchor{"b", Place::Word}, Anchor{"B", Place::NotWord}})
      if (skip(anchor.name)) {
        emitAssert(anchor.place);
        return Status::success();
      }
    uint32_t code = 0;
    LZ_RETURN_IF_ERROR(parseEscapedCharacter(code));
    emitLiteral(code);
    return Status::success();
  }

  Status parseEscapedCharacter(uint32_t &code) {
    if (at >= pattern.size())
      return fail("a trailing backslash");
    static const std::pair<char, char> controls[] = {{'n', '\n'}, {'t', '\t'},
                                                     {'r', '\r'}, {'f', '\f'},
                                                     {'v', '\v'}, {'a', '\a'}};
    for (auto [name, control] : controls)
      if (pattern[at] == name) {
        ++at;
        code = static_cast<uint32_t>(control);
        return Status::success();
      }
    if (skip("x"))
      return parseHex(code);
    bool isAlnum = (pattern[at] >= '0' && pattern[at] <= '9') ||
                   ((pattern[at] | 0x20) >= 'a' && (pattern[at] | 0x20) <= 'z');
    if (isAlnum)
      return fail("an unknown escape");
    code = decodeCharacter(pattern, at);
    return Status::success();
  }

  Status parseHex(uint32_t &code) {
    bool isLong = skip("{");
    code = 0;
    size_t digits = 0;
    for (; at < pattern.size() && digits < (isLong ? 6 : 2); ++at, ++digits) {
      static const std::string_view all = "0123456789abcdef";
      char c = pattern[at];
      size_t digit = all.find(c >= 'A' && c <= 'F' ? char(c | 0x20) : c);
      if (digit == std::string_view::npos)
        break;
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    if (digits == 0 || (isLong && !skip("}")))
      return fail("a bad number of a character");
    return Status::success();
  }

  // Quantifiers.

  Status parseQuantifiers(uint32_t begin) {
    int64_t low = 0, high = 0;
    while (parseQuantifier(low, high)) {
      skip("?"); // a lazy one matches the same texts
      if (low > maxRepeat || high > maxRepeat || (high >= 0 && high < low))
        return fail("a bad number of repetitions");
      LZ_RETURN_IF_ERROR(repeat(begin, low, high));
    }
    return Status::success();
  }

  /// `high` -1: without limit.
  bool parseQuantifier(int64_t &low, int64_t &high) {
    low = 0;
    high = -1;
    if (skip("*"))
      return true;
    if (skip("+")) {
      low = 1;
      return true;
    }
    if (skip("?")) {
      high = 1;
      return true;
    }
    size_t start = at;
    if (skip("{") && parseNumber(low)) {
      high = low;
      if (skip(",") && !parseNumber(high))
        high = -1;
      if (skip("}"))
        return true;
    }
    at = start; // a brace that is no quantifier is a literal
    return false;
  }

  bool parseNumber(int64_t &number) {
    size_t start = at;
    for (number = 0;
         at < pattern.size() && pattern[at] >= '0' && pattern[at] <= '9'; ++at)
      number = std::min(number * 10 + (pattern[at] - '0'), maxRepeat + 1);
    return at > start;
  }

  /// The nodes from `begin` on become `low` to `high` copies of themselves.
  Status repeat(uint32_t begin, int64_t low, int64_t high) {
    std::vector<Regex::Node> copy(regex.nodes.begin() + begin,
                                  regex.nodes.end());
    regex.nodes.resize(begin);
    int64_t numCopies = high < 0 ? std::max<int64_t>(low, 1) : high;
    if (begin + (copy.size() + 2) * static_cast<uint64_t>(numCopies) > maxNodes)
      return fail("too many repetitions");
    std::vector<uint32_t> exits;
    for (int64_t i = 0; i < numCopies; ++i) {
      uint32_t start = size();
      if (i >= low) {
        exits.push_back(start);
        emit(Op::Split, start + 1);
      }
      uint32_t first = size();
      regex.nodes.insert(regex.nodes.end(), copy.begin(), copy.end());
      moveTargets(first, size(), first - begin);
      if (high >= 0 || i + 1 < numCopies)
        continue;
      // The last copy may be run again: x* enters by its split, x+ by itself.
      if (i >= low) {
        emit(Op::Jump, start);
      } else {
        uint32_t end = size();
        emit(Op::Split, first, end + 1);
      }
    }
    for (uint32_t split : exits)
      regex.nodes[split].y = size();
    return Status::success();
  }

  const std::string &pattern;
  size_t at = 0;
  bool ignoresCase = false;
  bool dotMatchesAll = false;
  bool isMultiLine = false;
  Regex regex;
};

} // namespace lz::rt

StatusOr<Regex> Regex::parse(const std::string &pattern) {
  return RegexParser(pattern).parse();
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Between two characters; noCharacter beyond the ends.
struct Regex::Cursor {
  static constexpr uint32_t noCharacter = UINT32_MAX;
  uint32_t before;
  uint32_t after;

  static bool isWord(uint32_t code) {
    return code < 128 && (code == '_' || (code >= '0' && code <= '9') ||
                          ((code | 0x20) >= 'a' && (code | 0x20) <= 'z'));
  }

  bool isAt(Place place) const {
    bool begins = before == noCharacter, ends = after == noCharacter;
    switch (place) {
    case Place::TextBegin:
      return begins;
    case Place::TextEnd:
      return ends;
    case Place::LineBegin:
      return begins || before == '\n';
    case Place::LineEnd:
      return ends || after == '\n';
    case Place::Word:
      return isWord(before) != isWord(after);
    default:
      return isWord(before) == isWord(after);
    }
  }
};

/// Adds the nodes that wait for a character, or have matched, and that `node`
/// leads to. `marks` says which have been seen.
void Regex::follow(uint32_t node, const Cursor &at,
                   std::vector<uint32_t> &waiting,
                   std::vector<uint32_t> &marks) const {
  std::vector<uint32_t> stack = {node};
  while (!stack.empty()) {
    uint32_t top = stack.back();
    stack.pop_back();
    if (marks[top])
      continue;
    marks[top] = 1;
    const Node &of = nodes[top];
    if (of.op == Op::Set || of.op == Op::Match)
      waiting.push_back(top);
    else if (of.op == Op::Assert && at.isAt(static_cast<Place>(of.x)))
      stack.push_back(top + 1);
    else if (of.op == Op::Jump || of.op == Op::Split)
      stack.push_back(of.x);
    if (of.op == Op::Split)
      stack.push_back(of.y);
  }
}

bool Regex::matchesAll(std::string_view text) const {
  std::vector<uint32_t> characters;
  for (size_t at = 0; at < text.size();)
    characters.push_back(decodeCharacter(text, at));
  std::vector<uint32_t> current, next, marks(nodes.size());
  auto getCursor = [&](size_t i) {
    return Cursor{i == 0 ? Cursor::noCharacter : characters[i - 1],
                  i == characters.size() ? Cursor::noCharacter : characters[i]};
  };
  follow(0, getCursor(0), current, marks);
  for (size_t i = 0; i < characters.size() && !current.empty(); ++i) {
    std::fill(marks.begin(), marks.end(), 0);
    next.clear();
    for (uint32_t node : current) {
      if (nodes[node].op != Op::Set)
        continue;
      for (auto [low, high] : sets[nodes[node].x])
        if (characters[i] >= low && characters[i] <= high) {
          follow(node + 1, getCursor(i + 1), next, marks);
          break;
        }
    }
    current.swap(next);
  }
  return std::any_of(current.begin(), current.end(), [&](uint32_t node) {
    return nodes[node].op == Op::Match;
  });
}
