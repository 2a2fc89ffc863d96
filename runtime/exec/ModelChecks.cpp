//===- ModelChecks.cpp ----------------------------------------------------===//
//
// What is asked of an entry point once, when the model is loaded: does this
// runtime have everything it needs, and does an input bind every symbol.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/exec/Model.h"
#include "runtime/exec/Primitive.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"
#include "runtime/format/KernelLaunch.h"
#include "runtime/host_ops/HostOp.h"

using namespace lz;
using namespace lz::rt;

namespace {

class EntryReader {
public:
  EntryReader(const fmt::Program &program, const std::vector<uint32_t> &roots,
              const fmt::Entry &entry)
      : program(program), roots(roots), entry(entry),
        isBound(count(program.symbols()), false), isKnown(isBound),
        isChecked(count(program.values()), false) {}

  StatusOr<EntryInfo> read() {
    info.name = view(entry.name());
    info.entry = &entry;
    describePorts(entry.inputs(), info.inputs);
    describePorts(entry.outputs(), info.outputs);
    bindInputs();
    isKnown = isBound;
    const fmt::Block &block = *program.blocks()->Get(entry.block());
    std::vector<bool> boundByInputs = isBound;
    LZ_RETURN_IF_ERROR(checkBlock(block));
    LZ_RETURN_IF_ERROR(checkGuards(boundByInputs));
    if (isDynamic) {
      LZ_ASSIGN_OR_RETURN(info.code,
                          makeDynamicCode(program, roots, block, symbols));
    }
    return std::move(info);
  }

private:
  void describePorts(
      const flatbuffers::Vector<flatbuffers::Offset<fmt::Port>> *ports,
      std::vector<PortInfo> &infos) {
    for (const fmt::Port *port : items(ports)) {
      const fmt::Value &value = *program.values()->Get(port->value());
      PortInfo described;
      described.name = view(port->name());
      described.value = port->value();
      described.kind = value.kind();
      described.elementKind = value.element_kind();
      described.logicalType = view(port->logical_type());
      described.dtype = value.dtype();
      for (uint32_t dim : items(value.dims())) {
        const fmt::Expr &expr = *program.exprs()->Get(dim);
        described.dims.push_back(getConstant(expr).value_or(-1));
        described.dimsText.push_back(formatExpr(expr, program));
      }
      infos.push_back(std::move(described));
    }
    for (PortInfo &port : infos)
      for (const std::string &text : port.dimsText)
        port.dimsTextPointers.push_back(text.c_str());
  }

  // Symbols.

  void bindInputs() {
    for (uint32_t input = 0; input < info.inputs.size(); ++input) {
      const fmt::Value &value =
          *program.values()->Get(info.inputs[input].value);
      for (uint32_t axis = 0; axis < count(value.dims()); ++axis) {
        auto symbol = getSymbol(*program.exprs()->Get(value.dims()->Get(axis)));
        if (!symbol || isBound[*symbol])
          continue;
        isBound[*symbol] = true;
        info.bindings.push_back({*symbol, input, axis});
      }
    }
    for (uint32_t i = 0; i < isBound.size(); ++i)
      if (program.symbols()->Get(i)->min() == program.symbols()->Get(i)->max())
        isBound[i] = true;
  }

  /// The symbols that nothing has defined yet and that each run of the block
  /// knows from what it is passed.
  void bindArguments(const fmt::Block &block, BlockSymbols &found) {
    for (uint32_t input = 0; input < count(block.inputs()); ++input) {
      const fmt::Value &value =
          *program.values()->Get(block.inputs()->Get(input));
      for (uint32_t axis = 0; axis < count(value.dims()); ++axis) {
        auto symbol = getSymbol(*program.exprs()->Get(value.dims()->Get(axis)));
        if (!symbol || isBound[*symbol] ||
            program.symbols()->Get(*symbol)->kind() != fmt::SymbolKind_Defined)
          continue;
        bind(*symbol, found);
        found.arguments.push_back({*symbol, input, axis});
      }
    }
  }

  void bind(uint32_t symbol, BlockSymbols &scope) {
    isBound[symbol] = isKnown[symbol] = isDynamic = true;
    scope.scoped.push_back(symbol);
  }

  /// What an instruction defines, each once. What is no dimension of its
  /// results (those that had it may have been found useless) stays unknown.
  Status bindResults(const fmt::Instruction &instruction, BlockSymbols &scope) {
    const fmt::HostCall *host = instruction.call_as_HostCall();
    std::vector<uint32_t> symbols;
    if (host && findHostOp(view(host->op()))->givesNumbers())
      for (uint32_t symbol : items(instruction.defines()))
        symbols.push_back(symbol);
    else
      for (const SymbolBinding &found : findDefinitions(program, instruction))
        symbols.push_back(found.symbol);
    isDynamic |= count(instruction.defines()) > 0;
    for (uint32_t symbol : symbols) {
      if (isBound[symbol])
        return failedPrecondition(
            concat("defines dimension ",
                   quote(view(program.symbols()->Get(symbol)->name())),
                   ", which is known already"));
      bind(symbol, scope);
    }
    return Status::success();
  }

  Status checkExprBound(uint32_t index) {
    for (const fmt::Step *step : items(program.exprs()->Get(index)->steps()))
      if (step->op() == fmt::ExprOp_Symbol &&
          !isBound[static_cast<size_t>(step->value())])
        return refuseSymbol(static_cast<uint32_t>(step->value()));
    return Status::success();
  }

  Status refuseSymbol(uint32_t symbol) {
    std::string name = quote(view(program.symbols()->Get(symbol)->name()));
    if (program.symbols()->Get(symbol)->kind() == fmt::SymbolKind_Defined)
      return failedPrecondition(concat(
          "dimension ", name, " is used where no instruction has defined it"));
    return failedPrecondition(
        concat("dimension ", name,
               " is not a dimension of any input, so no run can know it"));
  }

  Status checkGuards(const std::vector<bool> &boundByInputs) {
    for (const fmt::Guard *guard : items(entry.guards())) {
      isBound = isKnown; // by any instruction, wherever it is
      LZ_RETURN_IF_ERROR(checkExprBound(guard->lhs()));
      LZ_RETURN_IF_ERROR(checkExprBound(guard->rhs()));
      isBound = boundByInputs;
      bool isEarly = checkExprBound(guard->lhs()).isOk() &&
                     checkExprBound(guard->rhs()).isOk();
      (isEarly ? info.guards : info.lateGuards).push_back(guard);
    }
    return Status::success();
  }

  // Values and instructions.

  Status checkValues(const flatbuffers::Vector<uint32_t> *values) {
    for (uint32_t index : items(values))
      LZ_RETURN_IF_ERROR(checkValue(index));
    return Status::success();
  }

  /// The value and those it is a view of.
  Status checkValue(uint32_t index) {
    isDynamic |= program.values()->Get(index)->kind() != fmt::ValueKind_Tensor;
    for (uint32_t at = index; !isChecked[at];
         at = program.values()->Get(at)->base()) {
      isChecked[at] = true;
      LZ_RETURN_IF_ERROR(checkDims(at));
      if (program.values()->Get(at)->storage() != fmt::Storage_View)
        break;
    }
    return Status::success();
  }

  Status checkBlock(const fmt::Block &block) {
    BlockSymbols scope;
    bindArguments(block, scope);
    LZ_RETURN_IF_ERROR(checkValues(block.inputs()));
    for (const fmt::Instruction *instruction : items(block.instructions())) {
      Status status = checkInstruction(*instruction, scope);
      if (!status.isOk())
        return status.withContext(
            concat("instruction ", quote(view(instruction->name()))));
    }
    LZ_RETURN_IF_ERROR(checkValues(block.outputs()));
    for (uint32_t symbol : scope.scoped)
      isBound[symbol] = false;
    if (!scope.scoped.empty())
      symbols[&block] = std::move(scope);
    return Status::success();
  }

  Status checkInstruction(const fmt::Instruction &instruction,
                          BlockSymbols &scope) {
    LZ_RETURN_IF_ERROR(checkOperands(instruction));
    if (const auto *branch = instruction.call_as_BranchCall()) {
      LZ_RETURN_IF_ERROR(
          checkBlock(*program.blocks()->Get(branch->then_block())));
      LZ_RETURN_IF_ERROR(
          checkBlock(*program.blocks()->Get(branch->else_block())));
    }
    if (const auto *loop = instruction.call_as_LoopCall()) {
      isDynamic |= loop->num_scans() > 0;
      LZ_RETURN_IF_ERROR(checkBlock(*program.blocks()->Get(loop->body())));
    }
    LZ_RETURN_IF_ERROR(bindResults(instruction, scope));
    LZ_RETURN_IF_ERROR(checkValues(getOutputs(instruction)));
    for (uint32_t cost : {instruction.flops(), instruction.bytes()})
      if (cost != noIndex)
        LZ_RETURN_IF_ERROR(checkExprBound(cost));
    return Status::success();
  }

  /// What is read, and whether this runtime knows how to do the call.
  Status checkOperands(const fmt::Instruction &instruction) {
    switch (instruction.call_type()) {
    case fmt::Call_KernelCall:
      return checkKernel(*instruction.call_as_KernelCall());
    case fmt::Call_PrimitiveCall:
      return checkPrimitive(*instruction.call_as_PrimitiveCall());
    case fmt::Call_HostCall:
      return checkHost(*instruction.call_as_HostCall());
    case fmt::Call_CopyCall: {
      const fmt::CopyCall &call = *instruction.call_as_CopyCall();
      LZ_RETURN_IF_ERROR(checkValue(call.src()));
      return checkValue(call.dst());
    }
    case fmt::Call_BranchCall:
      return checkValues(instruction.call_as_BranchCall()->inputs());
    default:
      return checkValues(instruction.call_as_LoopCall()->inputs());
    }
  }

  Status checkDims(uint32_t value) {
    for (uint32_t dim : items(program.values()->Get(value)->dims()))
      LZ_RETURN_IF_ERROR(checkExprBound(dim));
    return Status::success();
  }

  Status checkKernel(const fmt::KernelCall &call) {
    for (uint32_t target = 0; target < getNumLaunches(call); ++target) {
      KernelLaunch launch = getLaunch(call, target);
      LZ_RETURN_IF_ERROR(checkExprBound(launch.grid));
      for (uint32_t size : items(launch.sizes))
        LZ_RETURN_IF_ERROR(checkExprBound(size));
      if (launch.scratchBytes != noIndex)
        LZ_RETURN_IF_ERROR(checkExprBound(launch.scratchBytes));
    }
    return checkValues(call.inputs());
  }

  Status checkPrimitive(const fmt::PrimitiveCall &call) {
    PrimitiveLibrary *library = getPrimitiveLibrary();
    if (!library)
      return unimplemented(concat(
          "needs the primitive ", fmt::EnumNamePrimitiveKind(call.kind()),
          ", this runtime was built without a library of primitives"));
    LZ_RETURN_IF_ERROR(checkValues(call.inputs()));
    return library->check(call);
  }

  Status checkHost(const fmt::HostCall &call) {
    HostOp *op = findHostOp(view(call.op()));
    if (!op)
      return unimplemented(concat("needs the host operation ",
                                  quote(view(call.op())),
                                  ", which this runtime does not have"));
    isDynamic |= op->isDynamic();
    LZ_RETURN_IF_ERROR(checkValues(call.inputs()));
    return op->check(call, program);
  }

  const fmt::Program &program;
  const std::vector<uint32_t> &roots;
  const fmt::Entry &entry;
  EntryInfo info;
  std::vector<bool> isBound; ///< symbols, here
  std::vector<bool> isKnown; ///< symbols, somewhere in the entry
  std::vector<bool>
      isChecked; ///< values, those that had an error too: it ends the walk
  SymbolsByBlock symbols;
  bool isDynamic = false;
};

} // namespace

StatusOr<EntryInfo> rt::describeEntry(const fmt::Program &program,
                                      const std::vector<uint32_t> &roots,
                                      const fmt::Entry &entry) {
  return EntryReader(program, roots, entry).read();
}
