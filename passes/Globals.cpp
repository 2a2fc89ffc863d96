// Parameters and states seen alike.

#include "passes/Globals.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace lz {

template <typename GlobalOp>
static GlobalView view(GlobalOp op, bool isState) {
  return {op.getName(), op.getTensorType(), op.getInit().value_or(Attribute()),
          op.getValue().value_or(ElementsAttr()), isState};
}

GlobalView viewGlobal(ParameterOp op) { return view(op, /*isState=*/false); }
GlobalView viewGlobal(StateOp op) { return view(op, /*isState=*/true); }

void forEachGlobal(
    ModuleOp module,
    llvm::function_ref<void(Operation *, const GlobalView &)> body) {
  for (Operation &op : llvm::make_early_inc_range(module.getOps())) {
    if (auto parameter = dyn_cast<ParameterOp>(op))
      body(&op, viewGlobal(parameter));
    else if (auto state = dyn_cast<StateOp>(op))
      body(&op, viewGlobal(state));
  }
}

void setValue(Operation *global, ElementsAttr value) {
  if (auto parameter = dyn_cast<ParameterOp>(global))
    parameter.setValueAttr(value);
  else
    cast<StateOp>(global).setValueAttr(value);
}

llvm::SmallVector<FuncOp> definedFunctions(ModuleOp module) {
  llvm::SmallVector<FuncOp> functions(module.getOps<FuncOp>());
  llvm::erase_if(functions, [](FuncOp op) { return op.isExternal(); });
  return functions;
}

void eraseUnusedParameters(ModuleOp module) {
  llvm::StringSet<> used;
  module.walk([&](GetParameterOp op) { used.insert(op.getName()); });
  for (ParameterOp parameter :
       llvm::make_early_inc_range(module.getOps<ParameterOp>()))
    if (!used.contains(parameter.getName()))
      parameter.erase();
}

bool isTransient(Operation *global) {
  auto state = dyn_cast<StateOp>(global);
  return state && (state->hasAttr("lz.transient") ||
                   state.getName().starts_with("rng."));
}

bool isOptionalKey(Operation *global) {
  auto state = dyn_cast<StateOp>(global);
  if (!state)
    return false;
  llvm::StringRef name = state.getName();
  return name.consume_back("num_batches_tracked") &&
         (name.empty() || name.ends_with("."));
}

} // namespace lz
