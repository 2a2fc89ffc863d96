//===- Definition.h - What equal calls of oneDNN share ----------------------===//
//
// A primitive and the layouts of its arguments, made from the runtime's words.
// It knows no memory, so all instructions and sessions of the process whose
// calls are equal use one.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_BACKENDS_ONEDNN_RUN_DEFINITION_H
#define LAZULI_BACKENDS_ONEDNN_RUN_DEFINITION_H

#include "runtime/exec/Primitive.h"

#include "oneapi/dnnl/dnnl.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace lz::onednn {

using Dims = dnnl::memory::dims;

/// The engine of the process, made at its first use.
const dnnl::engine &getEngine();

/// Runs `body`, for the user's instruction `name`, and makes statuses of what it throws.
/// A thread that waits inside of oneDNN takes up no task from outside meanwhile: that
/// might want the very primitive that this thread is making, and wait for it forever.
rt::Status enterOneDnn(std::string_view name, const std::function<void()> &body);

/// Throws dnnl::error for a dtype oneDNN does not have.
dnnl::memory::data_type getDataType(fmt::DType dtype);
/// The enumerator of a layout; `tag` has passed isTag().
dnnl::memory::format_tag getTag(std::string_view tag);
/// Plain row-major and channels-last layouts of a rank.
dnnl::memory::format_tag getPlainTag(size_t rank);
dnnl::memory::format_tag getChannelsLastTag(size_t rank);

/// The result of a primitive as oneDNN sees it.
struct ResultLayout {
  Dims dims;
  dnnl::memory::format_tag tag;
  size_t channelAxis; ///< of operands with one value per channel
};

/// Post-ops of a call, and where the binary ones find their operands.
struct PostOps {
  dnnl::post_ops ops;
  struct Operand {
    int position;   ///< number of the post-op
    uint32_t input; ///< number in the call's inputs
    dnnl::memory::desc desc;
  };
  std::vector<Operand> operands;
};
/// An operand of the result's shape lies in memory as the result does.
PostOps makePostOps(const rt::PrimitiveRequest &request, const ResultLayout &dst);

/// Buffers are numbered as a call's are: its inputs, then its outputs.
class Definition {
public:
  struct Argument {
    int arg;
    unsigned buffer;
    dnnl::memory::desc desc;
  };
  /// The same weights as they lie in the artifact, as they would lie there without a
  /// packing, and as the primitive reads them.
  struct WeightLayouts {
    dnnl::memory::desc given, plain, wanted;
  };
  struct Weights {
    int arg;
    unsigned buffer;
    WeightLayouts layouts;
  };

  /// What there is to do where there is nothing to compute: bytes of a buffer, or zeros.
  struct Copy {
    std::optional<unsigned> from;
    unsigned to;
    size_t bytes;
  };

  dnnl::primitive primitive; ///< none where there are copies
  dnnl::memory::desc scratchpad;
  std::vector<Argument> arguments;
  std::vector<Weights> weights;    ///< that are to be reordered
  std::vector<std::pair<int, dnnl::memory::desc>> zeros; ///< absent operands
  std::vector<Copy> copies;

protected:
  /// Argument `arg` of the primitive is buffer `buffer` of the call.
  void bind(int arg, unsigned buffer, const dnnl::memory::desc &desc) {
    arguments.push_back({arg, buffer, desc});
  }
  /// Weights in the layout that the primitive wants.
  void bindWeights(int arg, unsigned buffer, const WeightLayouts &layouts);
  void bindZeros(int arg, const dnnl::memory::desc &desc) { zeros.emplace_back(arg, desc); }
  void bindPostOps(const PostOps &postOps);
  void finish(dnnl::primitive made, const dnnl::memory::desc &scratchpadDesc);
};

/// The form of `request` that definitions are made from, one for all ways to write the
/// same: a product by a matrix has all its leading dimensions folded into rows.
rt::PrimitiveRequest normalize(rt::PrimitiveRequest request);

/// Of normalized requests. Throw dnnl::error where oneDNN has no such primitive.
std::shared_ptr<const Definition> makeMatMul(const rt::PrimitiveRequest &request);
std::shared_ptr<const Definition> makeConvolution(const rt::PrimitiveRequest &request);
std::shared_ptr<const Definition> makeLstm(const rt::PrimitiveRequest &request);
std::shared_ptr<const Definition> makeDefinition(const rt::PrimitiveRequest &request);

} // namespace lz::onednn

#endif // LAZULI_BACKENDS_ONEDNN_RUN_DEFINITION_H
