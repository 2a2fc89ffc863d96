//===- Executor.cpp - A primitive with the memory of one plan ---------------===//
//
// See Executor.h. Nothing is allocated by us in execute(); oneDNN itself makes
// a handful of small allocations per call.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Executor.h"

#include "backends/onednn/run/Sharing.h"
#include "runtime/format/DType.h"
#include "runtime/format/Packing.h"

#include <cstring>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

static uint64_t getBytes(const rt::PrimitiveOperand &operand) {
  uint64_t elements = 1;
  for (int64_t dim : operand.dims)
    elements *= dim;
  if (operand.packing) {
    std::vector<int64_t> dims(operand.packing->dims()->begin(), operand.packing->dims()->end());
    auto packing = rt::Packing::parse(rt::view(operand.packing->tag()), dims);
    if (!packing.isOk())
      throw dnnl::error(dnnl_invalid_arguments, "the weights' packing is malformed");
    elements = packing->getNumPaddedElements();
  }
  return elements * rt::getDTypeBytes(operand.dtype);
}

static memory makeEmpty(const memory::desc &desc) { return memory(desc, getEngine(), nullptr); }

Executor::Executor(std::shared_ptr<const Definition> shared, const rt::PrimitiveRequest &request)
    : definition(std::move(shared)), stream(getEngine()) {
  for (auto *operands : {&request.inputs, &request.outputs})
    for (const rt::PrimitiveOperand &operand : *operands)
      bufferBytes.push_back(getBytes(operand));
  for (const Definition::Argument &argument : definition->arguments)
    bind(argument);
  for (const Definition::Weights &weights : definition->weights)
    bindWeights(weights, request.inputs[weights.buffer]);
  for (auto &[arg, desc] : definition->zeros)
    bindZeros(arg, desc);
  for (const Definition::Copy &copy : definition->copies)
    checkCopy(copy);
  if (!definition->primitive)
    return;
  scratchpad = makeEmpty(definition->scratchpad);
  scratchpadOffset = takeScratch(definition->scratchpad.get_size());
  arguments.emplace(DNNL_ARG_SCRATCHPAD, scratchpad);
}

void Executor::checkSize(unsigned buffer, const memory::desc &desc) const {
  if (buffer >= bufferBytes.size() || bufferBytes[buffer] < desc.get_size())
    throw dnnl::error(dnnl_invalid_arguments, "an operand is smaller than the others ask for");
}

void Executor::checkCopy(const Definition::Copy &copy) const {
  for (unsigned buffer : {copy.from.value_or(copy.to), copy.to})
    if (buffer >= bufferBytes.size() || bufferBytes[buffer] < copy.bytes)
      throw dnnl::error(dnnl_invalid_arguments, "a state is smaller than the others ask for");
}

void Executor::runCopies(void *const *buffers) const {
  for (const Definition::Copy &copy : definition->copies)
    if (copy.bytes && copy.from)
      std::memcpy(buffers[copy.to], buffers[*copy.from], copy.bytes);
    else if (copy.bytes)
      std::memset(buffers[copy.to], 0, copy.bytes);
}

uint64_t Executor::takeScratch(uint64_t bytes) {
  uint64_t offset = scratchBytes;
  scratchBytes += rt::alignUp(bytes, rt::bufferAlignment);
  return offset;
}

void Executor::bind(const Definition::Argument &argument) {
  checkSize(argument.buffer, argument.desc);
  memory mem = makeEmpty(argument.desc);
  arguments.emplace(argument.arg, mem);
  bound.push_back({mem, argument.buffer});
}

/// Those that a run computes are reordered in it, through scratch.
void Executor::bindComputedWeights(const Definition::Weights &weights) {
  memory from = makeEmpty(weights.layouts.given), to = makeEmpty(weights.layouts.wanted);
  uint64_t offset = takeScratch(weights.layouts.wanted.get_size());
  reorders.push_back({dnnl::reorder(from, to), from, to, weights.buffer, offset});
  arguments.emplace(weights.arg, to);
}

void Executor::bindWeights(const Definition::Weights &weights,
                           const rt::PrimitiveOperand &operand) {
  checkSize(weights.buffer, weights.layouts.given);
  if (!operand.constantData)
    return bindComputedWeights(weights);
  owned.push_back(shareReordered(operand.constantData, weights.layouts));
  arguments.emplace(weights.arg,
                    memory(weights.layouts.wanted, getEngine(), owned.back()->getData()));
}

void Executor::bindZeros(int arg, const memory::desc &desc) {
  auto zeros = rt::Buffer::allocate(desc.get_size());
  if (!zeros.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory for an absent operand");
  std::memset(zeros->getData(), 0, desc.get_size());
  arguments.emplace(arg, memory(desc, getEngine(), zeros->getData()));
  owned.push_back(std::make_shared<const rt::Buffer>(std::move(*zeros)));
}

uint64_t Executor::getMemoryBytes() const {
  uint64_t bytes = 0;
  for (const std::shared_ptr<const rt::Buffer> &buffer : owned)
    bytes += buffer->getSize() / static_cast<uint64_t>(buffer.use_count());
  return bytes;
}

rt::Status Executor::execute(void *const *buffers, void *scratch) {
  runCopies(buffers);
  if (!definition->primitive)
    return rt::Status::success();
  auto *base = static_cast<uint8_t *>(scratch);
  try {
    for (Bound &b : bound)
      b.memory.set_data_handle(buffers[b.buffer]);
    scratchpad.set_data_handle(base + scratchpadOffset);
    for (Reorder &r : reorders) {
      r.from.set_data_handle(buffers[r.buffer]);
      r.to.set_data_handle(base + r.scratchOffset);
      r.reorder.execute(stream, r.from, r.to);
    }
    definition->primitive.execute(stream, arguments);
    stream.wait();
  } catch (const dnnl::error &error) {
    return rt::internalError(std::string("oneDNN failed to run: ") + error.what());
  }
  return rt::Status::success();
}
