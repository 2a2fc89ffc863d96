//===- Executor.cpp - What the executors of oneDNN have in common -----------===//
//
// See Executor.h. Nothing is allocated by us in execute(); oneDNN itself makes
// a handful of small allocations per call.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Executor.h"
#include "runtime/format/Packing.h"

#include <cstring>

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;

const dnnl::engine &onednn::getEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
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
  memory mem = makeEmpty(desc);
  arguments.emplace(arg, mem);
  bound.push_back({mem, buffer});
}

void PreparedPrimitive::bindInput(int arg, unsigned buffer, const memory::desc &given,
                                  const memory::desc &wanted) {
  if (given == wanted)
    return bind(arg, buffer, wanted);
  memory from = makeEmpty(given), to = makeEmpty(wanted);
  before.push_back({dnnl::reorder(from, to), from, to, buffer, takeScratch(wanted.get_size())});
  arguments.emplace(arg, to);
}

void PreparedPrimitive::bindOutput(unsigned buffer, const memory::desc &given,
                                   const memory::desc &made) {
  if (given == made)
    return bind(DNNL_ARG_DST, buffer, made);
  memory from = makeEmpty(made), to = makeEmpty(given);
  after.push_back({dnnl::reorder(from, to), from, to, buffer, takeScratch(made.get_size())});
  arguments.emplace(DNNL_ARG_DST, from);
}

/// The plain bytes of a packed constant, in a buffer.
static rt::Buffer unpack(const rt::PrimitiveOperand &operand, size_t elementBytes) {
  std::vector<int64_t> dims(operand.packing->dims()->begin(), operand.packing->dims()->end());
  auto packing = rt::Packing::parse(operand.packing->tag()->string_view(), dims);
  if (!packing.isOk())
    throw dnnl::error(dnnl_invalid_arguments, "the weights' packing is malformed");
  auto plain = rt::Buffer::allocate(packing->getNumElements() * elementBytes);
  if (!plain.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory to unpack weights");
  packing->unpack(operand.constantData, plain->getData(), elementBytes);
  return std::move(*plain);
}

void PreparedPrimitive::bindWeights(unsigned buffer, const rt::PrimitiveOperand &operand,
                                    const memory::desc &given, const memory::desc &wanted) {
  if (!operand.constantData)
    return bindInput(DNNL_ARG_WEIGHTS, buffer, given, wanted);
  if (given == wanted)
    return bind(DNNL_ARG_WEIGHTS, buffer, wanted);
  // The primitive has its own idea of a layout: one copy, made now, ours.
  rt::Buffer plain;
  void *source = const_cast<void *>(operand.constantData);
  memory::desc sourceDesc = given;
  if (operand.packing) {
    plain = unpack(operand, memory::data_type_size(given.get_data_type()));
    source = plain.getData();
    sourceDesc = memory::desc(given.get_dims(), given.get_data_type(),
                              getPlainTag(given.get_dims().size()));
  }
  auto copy = rt::Buffer::allocate(wanted.get_size());
  if (!copy.isOk())
    throw dnnl::error(dnnl_out_of_memory, "no memory to repack weights");
  memory from(sourceDesc, getEngine(), source), to(wanted, getEngine(), copy->getData());
  dnnl::stream s(getEngine());
  dnnl::reorder(from, to).execute(s, from, to);
  s.wait();
  ownedBytes += wanted.get_size();
  owned.push_back(std::move(*copy));
  arguments.emplace(DNNL_ARG_WEIGHTS, to);
}

void PreparedPrimitive::bindPostOps(const PostOps &postOps) {
  for (const PostOps::Operand &operand : postOps.operands)
    bindInput(DNNL_ARG_ATTR_MULTIPLE_POST_OP(operand.position) | DNNL_ARG_SRC_1,
              operand.input, operand.given, operand.wanted);
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
    for (Reorder &r : before) {
      r.from.set_data_handle(buffers[r.buffer]);
      r.to.set_data_handle(base + r.scratchOffset);
      r.reorder.execute(stream, r.from, r.to);
    }
    for (Reorder &r : after) {
      r.from.set_data_handle(base + r.scratchOffset);
      r.to.set_data_handle(buffers[r.buffer]);
    }
    primitive.execute(stream, arguments);
    for (Reorder &r : after)
      r.reorder.execute(stream, r.from, r.to);
    stream.wait();
  } catch (const dnnl::error &error) {
    return rt::internalError(std::string("oneDNN failed to run: ") + error.what());
  }
  return rt::Status::success();
}
