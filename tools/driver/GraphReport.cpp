//===- GraphReport.cpp - What a report shows of a module ------------------===//
//
// See GraphReport.h.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/GraphReport.h"

#include "ir/Diagnostics.h"
#include "ir/LzOps.h"
#include "passes/Globals.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lz;

namespace {

class GraphWriter {
public:
  llvm::json::Value write(FuncOp func);

private:
  void add(std::string name, StringRef op, ValueRange inputs, Value result, Location loc);
  llvm::json::Array describeParameters(ValueRange inputs) const;
  llvm::json::Array nodes;
  DenseMap<Value, int64_t> numbers;
  DenseMap<Value, StringRef> parameters; ///< values that are parameters or states, by name
};

} // namespace

/// The parameters and states among an operation's operands.
llvm::json::Array GraphWriter::describeParameters(ValueRange inputs) const {
  llvm::json::Array list;
  for (Value input : inputs)
    if (auto found = parameters.find(input); found != parameters.end())
      list.push_back(llvm::json::Object{{"name", found->second.str()},
                                        {"type", typeText(input.getType())}});
  return list;
}

void GraphWriter::add(std::string name, StringRef op, ValueRange inputs, Value result,
                      Location loc) {
  int64_t id = nodes.size();
  llvm::json::Array from;
  for (Value input : inputs)
    if (numbers.contains(input))
      from.push_back(numbers.lookup(input));
  llvm::json::Object node{{"id", id},
                          {"name", std::move(name)},
                          {"op", op.str()},
                          {"inputs", std::move(from)},
                          {"location", fileText(loc)}};
  if (llvm::json::Array used = describeParameters(inputs); !used.empty())
    node["parameters"] = std::move(used);
  if (result) {
    numbers[result] = id;
    node["type"] = typeText(result.getType());
  }
  nodes.push_back(std::move(node));
}

llvm::json::Value GraphWriter::write(FuncOp func) {
  for (BlockArgument arg : func.getArguments())
    add(func.getArgumentName(arg.getArgNumber()), "input", {}, arg, arg.getLoc());
  for (Operation &op : func.getBody().front()) {
    // Parameters, states and checks are not steps of the computation.
    if (auto get = dyn_cast<GetParameterOp>(op))
      parameters[op.getResult(0)] = get.getName();
    if (auto read = dyn_cast<ReadOp>(op))
      parameters[op.getResult(0)] = read.getName();
    if (isa<GetParameterOp, ReadOp, ConstantOp, GuardOp, ExpectOp>(op))
      continue;
    if (auto ret = dyn_cast<ReturnOp>(op)) {
      for (auto [i, value] : llvm::enumerate(ret.getOperands()))
        add(func.getResultName(i), "output", value, {}, op.getLoc());
      continue;
    }
    add(userName(op.getLoc()).str(), op.getName().stripDialect(), op.getOperands(),
        op.getNumResults() ? op.getResult(0) : Value(), op.getLoc());
    for (Value result : op.getResults())
      numbers[result] = nodes.size() - 1;
  }
  return llvm::json::Object{{"nodes", std::move(nodes)}};
}

llvm::json::Value lz::makeGraph(ModuleOp module) {
  SmallVector<FuncOp> functions = definedFunctions(module);
  if (functions.empty())
    return llvm::json::Object{{"nodes", llvm::json::Array()}};
  return GraphWriter().write(functions.front());
}

std::string lz::makeReport(const std::string &model, llvm::json::Value before,
                           llvm::json::Value after,
                           const std::vector<CompileSummary::Symbol> &symbols) {
  llvm::json::Array list;
  for (const CompileSummary::Symbol &symbol : symbols)
    list.push_back(llvm::json::Object{{"name", symbol.name},
                                      {"module", symbol.module},
                                      {"field", symbol.field},
                                      {"value", symbol.value},
                                      {"origin", symbol.origin}});
  llvm::json::Value report = llvm::json::Object{{"model", model},
                                                {"before", std::move(before)},
                                                {"after", std::move(after)},
                                                {"symbols", std::move(list)}};
  std::string text;
  llvm::raw_string_ostream(text) << report;
  return text;
}
