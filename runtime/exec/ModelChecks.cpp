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
#include "runtime/host_ops/HostOp.h"

using namespace lz;
using namespace lz::rt;

namespace {

class EntryReader {
public:
  EntryReader(const fmt::Program &program, const fmt::Entry &entry)
      : program(program), entry(entry),
        isBound(count(program.symbols()), false),
        isChecked(count(program.values()), false) {}

  StatusOr<EntryInfo> read() {
    info.name = view(entry.name());
    info.entry = &entry;
    describePorts(entry.inputs(), info.inputs);
    describePorts(entry.outputs(), info.outputs);
    bindSymbols();
    LZ_RETURN_IF_ERROR(checkBlock(*program.blocks()->Get(entry.block())));
    for (const fmt::Guard *guard : items(entry.guards())) {
      LZ_RETURN_IF_ERROR(checkExprBound(guard->lhs()));
      LZ_RETURN_IF_ERROR(checkExprBound(guard->rhs()));
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

  void bindSymbols() {
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
      return unimplemented(concat("dimension ", name,
                                  " is known only from the data of a run, "
                                  "which this runtime cannot plan yet"));
    return failedPrecondition(
        concat("dimension ", name,
               " is not a dimension of any input, so no run can know it"));
  }

  Status checkValues(const flatbuffers::Vector<uint32_t> *values) {
    for (uint32_t index : items(values))
      LZ_RETURN_IF_ERROR(checkValue(index));
    return Status::success();
  }

  /// The value and those it is a view of.
  Status checkValue(uint32_t index) {
    const fmt::Value &value = *program.values()->Get(index);
    if (value.kind() != fmt::ValueKind_Tensor)
      return unimplemented(concat("value ", quote(view(value.name())), " is ",
                                  fmt::EnumNameValueKind(value.kind()),
                                  ", this runtime runs tensors only"));
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
    LZ_RETURN_IF_ERROR(checkValues(block.inputs()));
    for (const fmt::Instruction *instruction : items(block.instructions())) {
      Status status = checkInstruction(*instruction);
      if (!status.isOk())
        return status.withContext(
            concat("instruction ", quote(view(instruction->name()))));
    }
    return checkValues(block.outputs());
  }

  Status checkInstruction(const fmt::Instruction &instruction) {
    if (count(instruction.defines()) > 0)
      return refuseSymbol(instruction.defines()->Get(0));
    for (uint32_t cost : {instruction.flops(), instruction.bytes()})
      if (cost != noIndex)
        LZ_RETURN_IF_ERROR(checkExprBound(cost));
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
    case fmt::Call_BranchCall: {
      const fmt::BranchCall &call = *instruction.call_as_BranchCall();
      LZ_RETURN_IF_ERROR(checkOperands(call.inputs(), call.outputs()));
      LZ_RETURN_IF_ERROR(checkBlock(*program.blocks()->Get(call.then_block())));
      return checkBlock(*program.blocks()->Get(call.else_block()));
    }
    default: {
      const fmt::LoopCall &call = *instruction.call_as_LoopCall();
      LZ_RETURN_IF_ERROR(checkOperands(call.inputs(), call.outputs()));
      return checkBlock(*program.blocks()->Get(call.body()));
    }
    }
  }

  Status checkDims(uint32_t value) {
    for (uint32_t dim : items(program.values()->Get(value)->dims()))
      LZ_RETURN_IF_ERROR(checkExprBound(dim));
    return Status::success();
  }

  Status checkOperands(const flatbuffers::Vector<uint32_t> *inputs,
                       const flatbuffers::Vector<uint32_t> *outputs) {
    LZ_RETURN_IF_ERROR(checkValues(inputs));
    return checkValues(outputs);
  }

  Status checkKernel(const fmt::KernelCall &call) {
    LZ_RETURN_IF_ERROR(checkExprBound(call.grid()));
    for (uint32_t size : items(call.sizes()))
      LZ_RETURN_IF_ERROR(checkExprBound(size));
    return checkOperands(call.inputs(), call.outputs());
  }

  Status checkPrimitive(const fmt::PrimitiveCall &call) {
    PrimitiveLibrary *library = getPrimitiveLibrary();
    if (!library)
      return unimplemented(concat(
          "needs the primitive ", fmt::EnumNamePrimitiveKind(call.kind()),
          ", this runtime was built without a library of primitives"));
    LZ_RETURN_IF_ERROR(checkOperands(call.inputs(), call.outputs()));
    return library->check(call);
  }

  Status checkHost(const fmt::HostCall &call) {
    HostOp *op = findHostOp(view(call.op()));
    if (!op)
      return unimplemented(concat("needs the host operation ",
                                  quote(view(call.op())),
                                  ", which this runtime does not have"));
    LZ_RETURN_IF_ERROR(checkOperands(call.inputs(), call.outputs()));
    return op->check(call, program);
  }

  const fmt::Program &program;
  const fmt::Entry &entry;
  EntryInfo info;
  std::vector<bool> isBound;
  std::vector<bool>
      isChecked; ///< values, those that had an error too: it ends the walk
};

} // namespace

StatusOr<EntryInfo> rt::describeEntry(const fmt::Program &program,
                                      const fmt::Entry &entry) {
  return EntryReader(program, entry).read();
}
