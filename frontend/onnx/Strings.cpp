//===- Strings.cpp - Strings and text -------------------------------------===//
//
// All of it is computed by the runtime; how many strings there are is known
// when it has run. What only moves strings stands with what moves numbers.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/HostCalls.h"
#include "frontend/onnx/Registry.h"

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using llvm::StringRef;

/// An error unless operand `i` has strings.
static bool requireStrings(Node &n, size_t i) {
  if (n.failed)
    return false;
  if (n.isString(n.in(i)))
    return true;
  n.error() << "has an input " << i << " of " << n.elementType(n.in(i))
            << ", expected strings";
  return false;
}

static void copyAll(HostAttrs &attrs,
                    std::initializer_list<StringRef> names) {
  for (StringRef name : names)
    attrs.copy(name);
}

static void importStringConcat(Node &n) {
  if (!requireStrings(n, 0) || !requireStrings(n, 1))
    return;
  n.set(0, callHost(n, "string_concat", {n.in(0), n.in(1)},
                    {n.unranked(stringType(n))})
               ->getResult(0));
}

/// Pieces, padded with empty strings to the greatest number of them, and how
/// many there are.
static void importStringSplit(Node &n) {
  if (!requireStrings(n, 0))
    return;
  HostAttrs attrs(n);
  copyAll(attrs, {"delimiter", "maxsplit"});
  Operation *op = callHost(n, "string_split", n.in(0),
                           {n.unranked(stringType(n)), n.unranked(n.i64())},
                           attrs, "pieces");
  n.set(0, op->getResult(0));
  n.set(1, op->getResult(1));
}

static void importStringNormalizer(Node &n) {
  if (!requireStrings(n, 0))
    return;
  HostAttrs attrs(n);
  copyAll(attrs, {"case_change_action", "locale", "stopwords"});
  attrs.add("is_case_sensitive", n.attrInt("is_case_sensitive", 0));
  n.set(0, callHost(n, "string_normalizer", n.in(0),
                    {n.unranked(stringType(n))}, attrs, "kept")
               ->getResult(0));
}

static void importRegexFullMatch(Node &n) {
  if (!requireStrings(n, 0))
    return;
  HostAttrs attrs(n);
  attrs.copy("pattern");
  n.set(0, callHost(n, "regex_full_match", n.in(0), {n.unranked(n.i1())}, attrs)
               ->getResult(0));
}

static void importTfIdfVectorizer(Node &n) {
  Value x = n.in(0);
  if (!n.isString(x) && !n.elementType(x).isSignlessInteger(32) &&
      !n.elementType(x).isSignlessInteger(64)) {
    n.error() << "has an input of " << n.elementType(x)
              << ", expected strings, i32 or i64";
    return;
  }
  HostAttrs attrs(n);
  copyAll(attrs, {"max_gram_length", "max_skip_count", "min_gram_length",
                  "mode", "ngram_counts", "ngram_indexes", "pool_int64s",
                  "pool_strings", "weights"});
  n.set(0,
        callHost(n, "tfidf_vectorizer", x, {n.unranked(n.f32())}, attrs)
            ->getResult(0));
}

static const OpRow rows[] = {
    {"StringConcat", importStringConcat, 2, 2},
    {"StringSplit", importStringSplit},
    {"StringNormalizer", importStringNormalizer},
    {"RegexFullMatch", importRegexFullMatch},
    {"TfIdfVectorizer", importTfIdfVectorizer},
};

OpRows lz::onnximport::stringOps() { return rows; }
