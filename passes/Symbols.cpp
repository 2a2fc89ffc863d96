// Reads and writes lz.symbol and substitutes symbols throughout a module.

#include "passes/Symbols.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using llvm::StringRef;

namespace lz {

static constexpr StringRef kSolution = "lz.solution";
static constexpr StringRef kOrigin = "lz.origin";

SymbolFacts getFacts(SymbolOp symbol) {
  return {static_cast<int64_t>(symbol.getMin()),
          static_cast<int64_t>(symbol.getMax()),
          static_cast<int64_t>(symbol.getDivisor())};
}

void setFacts(SymbolOp symbol, const SymbolFacts &facts) {
  symbol.setMin(facts.min);
  symbol.setMax(facts.max);
  symbol.setDivisor(facts.divisor);
}

SymbolFacts intersect(const SymbolFacts &a, const SymbolFacts &b) {
  SymbolFacts both{std::max(a.min, b.min), std::min(a.max, b.max), a.divisor};
  // Divisors too large for their multiple to be counted are not declared.
  int64_t factor = b.divisor / std::gcd(a.divisor, b.divisor);
  if (__builtin_mul_overflow(a.divisor, factor, &both.divisor))
    both.divisor = a.divisor;
  return both;
}

std::optional<int64_t> getSolution(SymbolOp symbol) {
  auto attr = symbol->getAttrOfType<IntegerAttr>(kSolution);
  if (attr && attr.getType().isSignlessInteger(64))
    return attr.getInt();
  return std::nullopt;
}

std::string getSolutionOrigin(SymbolOp symbol) {
  auto attr = symbol->getAttrOfType<StringAttr>(kOrigin);
  return attr ? attr.str() : std::string();
}

void setSolution(SymbolOp symbol, int64_t value, StringRef origin) {
  Builder builder(symbol);
  symbol->setAttr(kSolution, builder.getI64IntegerAttr(value));
  symbol->setAttr(kOrigin, builder.getStringAttr(origin));
}

static constexpr StringRef kSolved = "lz.solved";

llvm::SmallVector<SolvedSymbol> getSolvedSymbols(ModuleOp module) {
  llvm::SmallVector<SolvedSymbol> symbols;
  auto list = module->getAttrOfType<ArrayAttr>(kSolved);
  if (!list)
    return symbols;
  for (Attribute attr : list) {
    // What others wrote there is no record of ours.
    auto entry = dyn_cast<DictionaryAttr>(attr);
    auto value = entry ? entry.getAs<IntegerAttr>("value") : IntegerAttr();
    if (!value || !value.getType().isSignlessInteger(64))
      continue;
    auto text = [&](StringRef key) {
      auto text = entry.getAs<StringAttr>(key);
      return text ? text.str() : std::string();
    };
    symbols.push_back({text("name"), text("module"), text("field"),
                       value.getInt(), text("origin")});
  }
  return symbols;
}

void recordSolvedSymbols(ModuleOp module) {
  Builder builder(module.getContext());
  llvm::SmallVector<Attribute> list;
  if (auto earlier = module->getAttrOfType<ArrayAttr>(kSolved))
    llvm::append_range(list, earlier);
  for (SymbolOp symbol : module.getOps<SymbolOp>()) {
    auto value = getSolution(symbol);
    if (symbol.getKind() != SymbolKind::Lazy || !value)
      continue;
    auto text = [&](StringRef key, const Twine &content) {
      return builder.getNamedAttr(key, builder.getStringAttr(content));
    };
    list.push_back(builder.getDictionaryAttr(
        {text("name", symbol.getName()),
         text("module", symbol.getModule().value_or("")),
         text("field", fieldText(symbol)),
         text("origin", getSolutionOrigin(symbol)),
         builder.getNamedAttr("value", builder.getI64IntegerAttr(*value))}));
  }
  if (!list.empty())
    module->setAttr(kSolved, builder.getArrayAttr(list));
}

std::string moduleText(SymbolOp symbol) {
  if (auto module = symbol.getModule())
    return module->str();
  return "'" + symbol.getName().str() + "'";
}

std::string fieldText(SymbolOp symbol) {
  return symbol.getField().value_or("size").str();
}

TensorType mapDims(TensorType type,
                   llvm::function_ref<DimExpr(const DimExpr &)> map) {
  if (!type.hasRank())
    return type;
  llvm::SmallVector<DimExpr> dims = llvm::map_to_vector(type.getShape(), map);
  return type.cloneWithShape(dims);
}

std::set<std::string> findSymbols(Operation *op) {
  std::set<std::string> symbols;
  auto collect = [&](llvm::ArrayRef<DimExpr> dims) {
    for (const DimExpr &dim : dims)
      dim.collectSymbols(symbols);
  };
  AttrTypeWalker walker;
  walker.addWalk([&](TensorType type) { collect(type.getShape()); });
  walker.addWalk([&](DimAttr attr) { collect(attr.getValue()); });
  walker.addWalk([&](DimArrayAttr attr) { collect(attr.getValues()); });
  walker.walk(op->getAttrDictionary());
  for (Type type : op->getResultTypes())
    walker.walk(type);
  return symbols;
}

void substituteSymbols(ModuleOp module,
                       const std::map<std::string, DimExpr> &values) {
  if (values.empty())
    return;
  auto map = [&](const DimExpr &dim) { return dim.substitute(values); };
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](TensorType type) { return mapDims(type, map); });
  replacer.addReplacement([&](DimAttr attr) {
    return DimAttr::get(attr.getContext(), map(attr.getValue()));
  });
  replacer.addReplacement([&](DimArrayAttr attr) {
    return DimArrayAttr::get(attr.getContext(),
                             llvm::map_to_vector(attr.getValues(), map));
  });
  replacer.addReplacement([&](ScaledUniformInitAttr attr) {
    return ScaledUniformInitAttr::get(attr.getContext(), attr.getNumerator(),
                                      map(attr.getSize()));
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true,
                                        /*replaceLocs=*/false,
                                        /*replaceTypes=*/true);
}

} // namespace lz
