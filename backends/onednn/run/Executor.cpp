//===- Executor.cpp - What the executors of oneDNN have in common -----------===//
//
// See Executor.h. Nothing is allocated by us in execute(); oneDNN itself makes
// a handful of small allocations per call.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Executor.h"
#include "runtime/format/DType.h"
#include "runtime/format/Packing.h"

#include <cstring>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

const dnnl::engine &onednn::getEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

static rt::Packing getPacking(const rt::PrimitiveOperand &operand) {
  std::vector<int64_t> dims(operand.packing->dims()->begin(), operand.packing->dims()->end());
  auto packing = rt::Packing::parse(rt::view(operand.packing->tag()), dims);
  if (!packing.isOk())
    throw dnnl::error(dnnl_invalid_arguments, "the weights' packing is malformed");
  return std::move(*packing);
}

static uint64_t getBytes(const rt::PrimitiveOperand &operand) {
  uint64_t elements = 1;
  for (int64_t dim : operand.dims)
    elements *= dim;
  if (operand.packing)
    elements = getPacking(operand).getNumPaddedElements();
  return elements * rt::getDTypeBytes(operand.dtype);
}

PreparedPrimitive::PreparedPrimitive(const rt::PrimitiveRequest &request) {
  for (auto *operands : {&request.inputs, &request.outputs})
    for (const rt::PrimitiveOperand &operand : *operands)
      bufferBytes.push_back(getBytes(operand));
}

void PreparedPrimitive::checkSize(unsigned buffer, const memory::desc &desc) const {
  if (buffer >= bufferBytes.size() || bufferBytes[buffer] < desc.get_size())
    throw dnnl::error(dnnl_invalid_arguments, "an operand is smaller than the others ask for");
}

memory PreparedPrimitive::makeEmpty(const memory::desc &desc) {
  return memory(desc, getEngine(), nullptr);
}

uint64_t PreparedPrimitive::takeScratch(uint64_t bytes) {
  uint64_t offset = scratchBytes;
  scratchBytes += rt::alignUp(bytes, rt::bufferAlignment);
  return offset;
}

void PreparedPrimitive::bind(int arg, unsigned buffer, const memory::desc &desc) {
  checkSize(buffer, desc);
  memory mem = makeEmpty(desc);
  arguments.emplace(arg, mem);
  bound.push_back({mem, buffer});
}

void PreparedPrimitive::bindComputedWeights(int arg, unsigned buffer,
                                            const WeightLayouts &layouts) {
  memory from = makeEmpty(layouts.given), to = makeEmpty(layouts.wanted);
  uint64_t offset = takeScratch(layouts.wanted.get_size());
  reorders.push_back({dnnl::reorder(from, to), from, to, buffer, offset});
  arguments.emplace(arg, to);
}

/// The plain bytes of a packed constant, in a buffer.
static rt::Buffer unpack(const rt::PrimitiveOperand &operand, size_t elementBytes) {
  rt::Packing packing = getPacking(operand);
  auto plain = rt::Buffer::allocate(packing.getNumElements() * elementBytes);
  if (!plain.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory to unpack weights");
  packing.unpack(operand.constantData, plain->getData(), elementBytes);
  return std::move(*plain);
}

void PreparedPrimitive::bindWeights(int arg, unsigned buffer,
                                    const rt::PrimitiveOperand &operand,
                                    const WeightLayouts &layouts) {
  const memory::desc &wanted = layouts.wanted;
  checkSize(buffer, layouts.given);
  if (layouts.given == wanted)
    return bind(arg, buffer, wanted);
  if (!operand.constantData)
    return bindComputedWeights(arg, buffer, layouts);
  // The primitive has its own idea of a layout: one copy, made now, ours.
  rt::Buffer plain;
  void *source = const_cast<void *>(operand.constantData);
  if (operand.packing) {
    plain = unpack(operand, memory::data_type_size(wanted.get_data_type()));
    source = plain.getData();
  }
  auto copy = rt::Buffer::allocate(wanted.get_size());
  if (!copy.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory to repack weights");
  memory from(layouts.plain, getEngine(), source), to(wanted, getEngine(), copy->getData());
  dnnl::stream s(getEngine());
  dnnl::reorder(from, to).execute(s, from, to);
  s.wait();
  ownedBytes += wanted.get_size();
  owned.push_back(std::move(*copy));
  arguments.emplace(arg, to);
}

void PreparedPrimitive::bindZeros(int arg, const memory::desc &desc) {
  auto zeros = rt::Buffer::allocate(desc.get_size());
  if (!zeros.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory for an absent operand");
  std::memset(zeros->getData(), 0, desc.get_size());
  arguments.emplace(arg, memory(desc, getEngine(), zeros->getData()));
  ownedBytes += desc.get_size();
  owned.push_back(std::move(*zeros));
}

void PreparedPrimitive::bindPostOps(const PostOps &postOps) {
  for (const PostOps::Operand &operand : postOps.operands)
    bind(DNNL_ARG_ATTR_MULTIPLE_POST_OP(operand.position) | DNNL_ARG_SRC_1, operand.input,
         operand.desc);
}

void PreparedPrimitive::finish(dnnl::primitive made, const memory::desc &scratchpadDesc) {
  primitive = std::move(made);
  scratchpad = makeEmpty(scratchpadDesc);
  scratchpadOffset = takeScratch(scratchpadDesc.get_size());
  arguments.emplace(DNNL_ARG_SCRATCHPAD, scratchpad);
  stream = dnnl::stream(getEngine());
}

rt::Status PreparedPrimitive::execute(void *const *buffers, void *scratch) {
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
    primitive.execute(stream, arguments);
    stream.wait();
  } catch (const dnnl::error &error) {
    return rt::internalError(std::string("oneDNN failed to run: ") + error.what());
  }
  return rt::Status::success();
}
