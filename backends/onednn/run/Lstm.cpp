//===- Lstm.cpp - LSTM layers by oneDNN -------------------------------------===//
//
// One direction of one layer over a whole sequence: the products with the inputs of
// all steps are made at once, those with the state step by step. The artifact's gates
// are in oneDNN's order (input, forget, cell, output).
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"
#include "backends/onednn/run/Plugin.h"
#include "runtime/format/DType.h"

using namespace lz;
using namespace lz::onednn;
using dnnl::memory;
using Tag = memory::format_tag;

namespace {

class Lstm : public Definition {
public:
  /// `request` is the caller's and read during this call only.
  explicit Lstm(const rt::PrimitiveRequest &request) { prepare(request); }

private:
  void prepare(const rt::PrimitiveRequest &request);
  void readDims(const rt::PrimitiveRequest &request);
  dnnl::lstm_forward::primitive_desc makeDesc(const rt::PrimitiveRequest &request) const;
  void bindGates(const rt::PrimitiveRequest &request, int argument, unsigned buffer,
                 const memory::desc &wanted);
  void bindStates(const rt::PrimitiveRequest &request);
  void keepStates(const rt::PrimitiveRequest &request);

  memory::data_type type;
  int64_t steps, batch, inputs, hidden;
  memory::desc state; ///< of the state and of the cell: layer, direction, batch, hidden
  dnnl::primitive_attr attributes;
};

} // namespace

static constexpr int64_t kGates = 4;

/// src, the weights of the input, those of the state, and the bias if there is one.
static unsigned getFirstState(const fmt::PrimitiveCall &call) {
  return 3 + (call.has_bias() ? 1 : 0);
}

dnnl::lstm_forward::primitive_desc
Lstm::makeDesc(const rt::PrimitiveRequest &request) const {
  const fmt::PrimitiveCall &call = *request.call;
  Tag sequence = call.batch_first() ? Tag::ntc : Tag::tnc;
  memory::desc src({steps, batch, inputs}, type, sequence);
  memory::desc dst({steps, batch, hidden}, type, sequence);
  memory::desc ofInput({1, 1, inputs, kGates, hidden}, type, Tag::any);
  memory::desc ofState({1, 1, hidden, kGates, hidden}, type, Tag::any);
  memory::desc bias({1, 1, kGates, hidden}, type, Tag::ldgo), first;
  if (request.inputs.size() > getFirstState(call))
    first = state;
  auto direction = call.reverse() ? dnnl::rnn_direction::unidirectional_right2left
                                  : dnnl::rnn_direction::unidirectional_left2right;
  return {getEngine(), dnnl::prop_kind::forward_inference, direction, src, first, first,
          ofInput,     ofState, bias, dst, state, state, attributes};
}

/// Weights [gates * hidden, k], seen as oneDNN's (layer, direction, k, gates, hidden).
void Lstm::bindGates(const rt::PrimitiveRequest &request, int argument, unsigned buffer,
                     const memory::desc &wanted) {
  const rt::PrimitiveOperand &operand = request.inputs[buffer];
  memory::desc plain(wanted.get_dims(), type, Tag::ldgoi);
  std::string_view tag = rt::view(request.call->weights_tag());
  memory::desc given =
      operand.packing ? memory::desc(wanted.get_dims(), type, getTag(tag)) : plain;
  bindWeights(argument, buffer, {given, plain, wanted});
}

void Lstm::bindStates(const rt::PrimitiveRequest &request) {
  unsigned buffer = getFirstState(*request.call), numInputs = request.inputs.size();
  if (buffer < numInputs) {
    bind(DNNL_ARG_SRC_ITER, buffer, state);
    bind(DNNL_ARG_SRC_ITER_C, buffer + 1, state);
  }
  bind(DNNL_ARG_DST_ITER, numInputs + 1, state);
  bind(DNNL_ARG_DST_ITER_C, numInputs + 2, state);
}

/// Without a step the states stay what they were, which oneDNN leaves to others.
void Lstm::keepStates(const rt::PrimitiveRequest &request) {
  unsigned first = getFirstState(*request.call), numInputs = request.inputs.size();
  for (unsigned i : {0, 1}) {
    std::optional<unsigned> from;
    if (first < numInputs)
      from = first + i;
    copies.push_back({from, numInputs + 1 + i, state.get_size()});
  }
}

/// The sizes, which oneDNN then finds to agree or not.
void Lstm::readDims(const rt::PrimitiveRequest &request) {
  const std::vector<int64_t> &src = request.inputs[0].dims;
  const std::vector<int64_t> &ofState = request.inputs[2].dims;
  if (src.size() != 3 || ofState.size() != 2)
    throw dnnl::error(dnnl_invalid_arguments, "an LSTM wants a sequence and matrices");
  steps = src[request.call->batch_first() ? 1 : 0];
  batch = src[request.call->batch_first() ? 0 : 1];
  inputs = src[2];
  hidden = ofState[1];
}

void Lstm::prepare(const rt::PrimitiveRequest &request) {
  type = getDataType(request.inputs[0].dtype);
  readDims(request);
  state = memory::desc({1, 1, batch, hidden}, type, Tag::ldnc);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (steps == 0)
    return keepStates(request);

  dnnl::lstm_forward::primitive_desc desc = makeDesc(request);
  bind(DNNL_ARG_SRC_LAYER, 0, desc.src_layer_desc());
  bindGates(request, DNNL_ARG_WEIGHTS_LAYER, 1, desc.weights_layer_desc());
  bindGates(request, DNNL_ARG_WEIGHTS_ITER, 2, desc.weights_iter_desc());
  if (request.call->has_bias())
    bind(DNNL_ARG_BIAS, 3, desc.bias_desc());
  else // without one oneDNN has no implementation
    bindZeros(DNNL_ARG_BIAS, desc.bias_desc());
  bindStates(request);
  bind(DNNL_ARG_DST_LAYER, request.inputs.size(), desc.dst_layer_desc());
  finish(dnnl::lstm_forward(desc), desc.scratchpad_desc());
}

std::shared_ptr<const Definition> onednn::makeLstm(const rt::PrimitiveRequest &request) {
  return std::make_shared<Lstm>(request);
}
