//===- Einsum.cpp - Sums of products by labels ----------------------------===//
//
// Operands are contracted two at a time, from the left: labels that nobody needs
// afterwards are summed, as a matrix product where both operands have them.
// Axes of an ellipsis get labels of their own, counted from the last.
//
//===----------------------------------------------------------------------===//

#include "frontend/onnx/Products.h"

#include <algorithm>
#include <map>
#include <set>

using namespace mlir;
using namespace lz;
using namespace lz::onnximport;
using lz::DimExpr;

namespace {

using Labels = llvm::SmallVector<int>;

/// An operand whose axes are labelled, each label once.
struct Term {
  Value value;
  Labels labels;
};

struct Equation {
  std::vector<std::string> operands; ///< '.' stands for an ellipsis
  std::string output;
  bool hasOutput = false;
};

} // namespace

/// Labels below this are letters, those from it on axes of the ellipsis.
constexpr int kEllipsis = 256;

static bool contains(const Labels &labels, int label) {
  return llvm::is_contained(labels, label);
}

//===----------------------------------------------------------------------===//
// The equation
//===----------------------------------------------------------------------===//

/// Removes spaces and writes '.' for "...".
static std::string simplify(llvm::StringRef text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ')
      continue;
    if (text.substr(i).starts_with("..."))
      i += 2;
    result += text[i];
  }
  return result;
}

static Equation readEquation(Node &n) {
  std::string text = simplify(n.attrString("equation", ""));
  Equation equation;
  auto [left, right] = llvm::StringRef(text).split("->");
  equation.hasOutput = llvm::StringRef(text).contains("->");
  equation.output = right.str();
  llvm::SmallVector<llvm::StringRef> parts;
  left.split(parts, ',');
  for (llvm::StringRef part : parts)
    equation.operands.push_back(part.str());
  for (char c : left.str() + equation.output)
    if (!llvm::isAlpha(c) && c != '.' && c != ',') {
      n.error() << "has equation '" << n.attrString("equation", "")
                << "', expected letters, ',', '->' and '...'";
      break;
    }
  if (!n.failed && equation.operands.size() != n.numInputs())
    n.error() << "has " << n.numInputs() << " operands, expected "
              << equation.operands.size() << " as in its equation";
  return equation;
}

/// The labels of `text` for a tensor of `rank` axes; the ellipsis takes what
/// letters leave.
static Labels expandLabels(llvm::StringRef text, int64_t rank) {
  int64_t letters = text.size() - text.count('.');
  Labels labels;
  for (char c : text) {
    if (c != '.') {
      labels.push_back(c);
      continue;
    }
    for (int64_t k = rank - letters; k-- > 0;)
      labels.push_back(kEllipsis + k);
  }
  return labels;
}

/// Without "->": axes of the ellipsis, then letters that occur once, sorted.
static Labels implicitOutput(const Equation &equation,
                             const std::vector<Term> &terms) {
  std::map<char, int> count;
  for (const std::string &operand : equation.operands)
    for (char label : operand)
      ++count[label];
  std::set<int, std::greater<int>> axes;
  for (const Term &term : terms)
    for (int label : term.labels)
      if (label >= kEllipsis)
        axes.insert(label);
  Labels ellipsis(axes.begin(), axes.end()), letters;
  for (auto [label, times] : count)
    if (label != '.' && times == 1)
      letters.push_back(label);
  llvm::append_range(ellipsis, letters);
  return ellipsis;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The diagonal of axes a < b; it stands at a.
static Value diagonal(Node &n, Value x, int64_t a, int64_t b) {
  Dims row(n.rank(x), DimExpr(1)), column = row;
  DimExpr height = n.dim(x, a), width = n.dim(x, b);
  if (!n.failed && n.shapes.facts().equal(height, width) == DimFacts::Truth::False)
    n.error() << "has one label for axes of " << height.str() << " and "
              << width.str() << ", expected the same size";
  if (n.failed)
    return x;
  row[a] = n.dim(x, a);
  column[b] = n.dim(x, b);
  Value isDiagonal = n.compare<EqOp>(n.iota(row, a, n.i64()),
                                     n.iota(column, b, n.i64()));
  Value kept = n.select(isDiagonal, x, n.scalarLike(0, x));
  return n.reduce(ReduceKind::Sum, kept, {b}, /*keepDims=*/false);
}

/// Repeated labels within one operand mean its diagonal.
static Term takeDiagonals(Node &n, Term term) {
  for (size_t a = 0; a < term.labels.size(); ++a)
    for (size_t b = term.labels.size(); b-- > a + 1;)
      if (term.labels[a] == term.labels[b]) {
        term.value = diagonal(n, term.value, a, b);
        term.labels.erase(term.labels.begin() + b);
      }
  return term;
}

/// Sums all labels that are not in `needed`.
static Term sumOut(Node &n, Term term, const Labels &needed) {
  Ints axes;
  Labels rest;
  for (auto [i, label] : llvm::enumerate(term.labels)) {
    if (contains(needed, label))
      rest.push_back(label);
    else
      axes.push_back(i);
  }
  if (!axes.empty())
    term.value = n.reduce(ReduceKind::Sum, term.value, axes, false);
  term.labels = rest;
  return term;
}

/// Axes in the order of `labels`, all of which the term has.
static Value arrange(Node &n, const Term &term, const Labels &labels) {
  Ints perm;
  for (int label : labels)
    perm.push_back(llvm::find(term.labels, label) - term.labels.begin());
  if (llvm::is_sorted(perm))
    return term.value;
  return n.transpose(term.value, perm);
}

//===----------------------------------------------------------------------===//
// Contraction
//===----------------------------------------------------------------------===//

/// The product of two terms without any sum, by broadcasting.
static Term multiply(Node &n, const Term &a, const Term &b) {
  Term product;
  product.labels = a.labels;
  for (int label : b.labels)
    if (!contains(product.labels, label))
      product.labels.push_back(label);
  auto align = [&](const Term &term) {
    Labels present;
    Ints missing;
    for (auto [i, label] : llvm::enumerate(product.labels)) {
      if (contains(term.labels, label))
        present.push_back(label);
      else
        missing.push_back(i);
    }
    return n.unsqueeze(arrange(n, term, present), missing);
  };
  product.value = n.mul(align(a), align(b));
  return product;
}

static DimExpr sizeOf(Node &n, const Term &term, const Labels &labels) {
  DimExpr size = 1;
  for (int label : labels)
    size *= n.dim(term.value,
                  llvm::find(term.labels, label) - term.labels.begin());
  return size;
}

/// (batch..., rows, columns) of a term, each of the two flattened.
static Value asMatrices(Node &n, const Term &term, const Labels &batch,
                        const Labels &rows, const Labels &columns) {
  Labels order = batch;
  llvm::append_range(order, rows);
  llvm::append_range(order, columns);
  Dims dims;
  for (int label : batch)
    dims.push_back(sizeOf(n, term, {label}));
  dims.push_back(sizeOf(n, term, rows));
  dims.push_back(sizeOf(n, term, columns));
  return n.reshape(arrange(n, term, order), dims);
}

/// The term without axes of 1 along which it broadcasts to `other`.
static Term dropBroadcast(Node &n, Term term, const Term &other) {
  Ints axes;
  Labels rest;
  for (auto [i, label] : llvm::enumerate(term.labels)) {
    bool isOne = n.dim(term.value, i).getConstant() == 1;
    if (isOne && contains(other.labels, label) &&
        sizeOf(n, other, {label}).getConstant() != 1)
      axes.push_back(i);
    else
      rest.push_back(label);
  }
  if (!axes.empty())
    term.value = n.squeeze(term.value, axes);
  term.labels = rest;
  return term;
}

/// The product of two terms, summed over labels that `needed` lacks.
static Term contract(Node &n, Term a, Term b, const Labels &needed) {
  Term whole = a;
  a = dropBroadcast(n, a, b);
  b = dropBroadcast(n, b, whole);
  Labels aNeeds = needed, bNeeds = needed;
  llvm::append_range(aNeeds, b.labels);
  llvm::append_range(bNeeds, a.labels);
  a = sumOut(n, a, aNeeds);
  b = sumOut(n, b, bNeeds);
  Labels batch, summed, rows, columns;
  for (int label : a.labels) {
    if (!contains(b.labels, label))
      rows.push_back(label);
    else
      (contains(needed, label) ? batch : summed).push_back(label);
  }
  for (int label : b.labels)
    if (!contains(a.labels, label))
      columns.push_back(label);
  // Axes of an ellipsis may broadcast: only matmul's leading axes do.
  auto mayBroadcast = [](int label) { return label >= kEllipsis; };
  if (summed.empty() || llvm::any_of(summed, mayBroadcast))
    return sumOut(n, multiply(n, a, b), needed);
  Value left = asMatrices(n, a, batch, rows, summed);
  Value right = asMatrices(n, b, batch, summed, columns);
  Term product{n.matmul(left, right), batch};
  Dims dims(n.dims(product.value).take_front(batch.size()));
  for (int label : rows)
    dims.push_back(sizeOf(n, a, {label}));
  for (int label : columns)
    dims.push_back(sizeOf(n, b, {label}));
  llvm::append_range(product.labels, rows);
  llvm::append_range(product.labels, columns);
  product.value = n.reshape(product.value, dims);
  return product;
}

/// The labels of each operand; empty after an error.
static std::vector<Term> readTerms(Node &n, const Equation &equation) {
  std::vector<Term> terms;
  for (size_t i = 0; i < equation.operands.size() && !n.failed; ++i) {
    int64_t rank = n.rank(n.in(i));
    Term term{n.in(i), expandLabels(equation.operands[i], rank)};
    if (int64_t(term.labels.size()) != rank) {
      if (!n.failed)
        n.error() << "has '" << equation.operands[i] << "' for operand "
                  << int64_t(i) << " of rank " << rank
                  << ", expected a label per axis";
      break;
    }
    terms.push_back(takeDiagonals(n, term));
  }
  return terms;
}

static Labels outputLabels(Node &n, const Equation &equation,
                           const std::vector<Term> &terms) {
  if (!equation.hasOutput)
    return implicitOutput(equation, terms);
  int64_t ellipsis = 0;
  for (const Term &term : terms)
    ellipsis = std::max<int64_t>(
        ellipsis, llvm::count_if(term.labels, [](int l) { return l >= kEllipsis; }));
  llvm::StringRef text = equation.output;
  int64_t letters = text.size() - text.count('.');
  Labels output = expandLabels(text, letters + ellipsis);
  for (int label : output)
    if (llvm::none_of(terms, [&](const Term &t) { return contains(t.labels, label); })) {
      n.error() << "has output '" << equation.output
                << "', expected labels of its operands";
      return {};
    }
  return output;
}

void onnximport::importEinsum(Node &n) {
  Equation equation = readEquation(n);
  if (n.failed)
    return;
  std::vector<Term> terms = readTerms(n, equation);
  if (n.failed)
    return;
  Labels output = outputLabels(n, equation, terms);
  if (n.failed)
    return;
  Term result = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) {
    Labels needed = output;
    for (size_t k = i + 1; k < terms.size(); ++k)
      llvm::append_range(needed, terms[k].labels);
    result = contract(n, result, terms[i], needed);
  }
  n.set(0, arrange(n, sumOut(n, result, output), output));
}
