//===- TraceShapes.cpp - Shapes as far as tracing knows them --------------===//
//
// A shape context for one pass in program order, which decides nothing that an
// example or a weight file could decide otherwise.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/TraceShapes.h"

using namespace mlir;

namespace lz::nn::detail {

void TraceShapes::addLazySymbol(const std::string &name, int64_t divisor) {
  lazySymbols.insert(name);
  SymbolFacts facts;
  facts.divisor = divisor;
  dimFacts.setFacts(name, facts);
}

LogicalResult TraceShapes::infer(Operation *op) {
  if (auto inferable = llvm::dyn_cast<InferShapeOpInterface>(op))
    return inferable.inferShape(*this);
  return success();
}

TensorType TraceShapes::getType(Value value) {
  auto it = types.find(value);
  TensorType type = it == types.end() ? tensorType(value) : it->second;
  if (!type.hasRank() || solutions.empty())
    return type;
  llvm::SmallVector<DimExpr> shape;
  for (const DimExpr &dim : type.getShape())
    shape.push_back(dim.substitute(solutions));
  return type.cloneWithShape(shape);
}

std::optional<llvm::SmallVector<DimExpr>> TraceShapes::getContents(Value value) {
  auto it = contents.find(value);
  if (it == contents.end())
    return std::nullopt;
  llvm::SmallVector<DimExpr> elements;
  for (const DimExpr &element : it->second)
    elements.push_back(element.substitute(solutions));
  return elements;
}

DimExpr TraceShapes::resolve(const DimExpr &expr) {
  return dimFacts.simplify(expr.substitute(solutions));
}

bool TraceShapes::mentionsLazy(const DimExpr &expr) const {
  std::set<std::string> names;
  expr.collectSymbols(names);
  for (const std::string &name : names)
    if (lazySymbols.count(name))
      return true;
  return false;
}

bool TraceShapes::solve(const DimExpr &symbol, const DimExpr &value) {
  std::optional<std::string> name = symbol.getSymbol();
  if (!name || !lazySymbols.count(*name) || mentionsLazy(value))
    return false;
  solutions.emplace(*name, value);
  return true;
}

LogicalResult TraceShapes::requireEqual(Operation *op, const DimExpr &a, const DimExpr &b,
                                        const llvm::Twine &what) {
  DimExpr lhs = resolve(a), rhs = resolve(b);
  if (lhs == rhs || solve(lhs, rhs) || solve(rhs, lhs))
    return success();
  // A conflict about a lazy size is explained when it is materialized.
  if (mentionsLazy(a) || mentionsLazy(b) ||
      dimFacts.equal(lhs, rhs) != DimFacts::Truth::False)
    return success();
  return op->emitError() << what << " must agree, found " << lhs.str() << " and " << rhs.str();
}

} // namespace lz::nn::detail
