//===- Recurrent.h - RNN, LSTM, GRU ---------------------------------------===//
//
// Arguments and defaults are those of torch.nn. Inputs may be batched or not.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_RECURRENT_H
#define LAZULI_FRONTEND_NN_RECURRENT_H

#include "frontend/nn/LazyForm.h"

namespace lz::nn {

struct RecurrentOptions {
  using Self = RecurrentOptions;
  RecurrentOptions(int64_t inputSize, int64_t hiddenSize)
      : input_sizeValue(inputSize), hidden_sizeValue(hiddenSize) {}
  LZ_OPTION(std::optional<int64_t>, input_size, std::nullopt);
  LZ_OPTION(int64_t, hidden_size, 0);
  LZ_OPTION(int64_t, num_layers, 1);
  /// "tanh" or "relu"; RNN only.
  LZ_OPTION(std::string, nonlinearity, "tanh");
  LZ_OPTION(bool, bias, true);
  LZ_OPTION(bool, batch_first, false);
  /// Between layers, in train mode.
  LZ_OPTION(double, dropout, 0);
  LZ_OPTION(bool, bidirectional, false);
  /// Size of a projected hidden state, 0 for none; LSTM only.
  LZ_OPTION(int64_t, proj_size, 0);
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  explicit RecurrentOptions(int64_t hiddenSize) : hidden_sizeValue(hiddenSize) {}
};
/// input_size is inferred from the last size of the first input.
struct LazyRecurrentOptions : RecurrentOptions {
  LazyRecurrentOptions(int64_t hiddenSize) : RecurrentOptions(hiddenSize) {}
};
using RNNOptions = RecurrentOptions;
using LSTMOptions = RecurrentOptions;
using GRUOptions = RecurrentOptions;
using LazyRNNOptions = LazyRecurrentOptions;
using LazyLSTMOptions = LazyRecurrentOptions;
using LazyGRUOptions = LazyRecurrentOptions;

/// Layers and directions of one kind of cell.
class RecurrentBase : public Module {
public:
  /// Parameters of layer `layer`, of the reverse direction if `reverse`.
  struct Cell {
    Parameter weight_ih, weight_hh, bias_ih, bias_hh, weight_hr;
  };
  const Cell &cell(int64_t layer, bool reverse = false) const;

protected:
  enum class Mode { LSTM, GRU, RNN };
  RecurrentBase(std::string kind, Mode mode, const RecurrentOptions &options);

  struct Result {
    Tensor output, h, c;
  };
  /// Undefined initial states are zero; `c0` is for LSTM.
  Result run(const Tensor &x, const Tensor &h0, const Tensor &c0);

private:
  void addCell(int64_t layer, bool reverse, const Dim &inputSize);
  Result runCell(const Cell &cell, const Tensor &x, const Tensor &h0, const Tensor &c0,
                 bool reverse);
  Result runProjected(const Cell &cell, const Tensor &x, const Tensor &h0, const Tensor &c0,
                      bool reverse);
  Result runDirect(const Cell &cell, const Tensor &wIh, const Tensor &wHh, const Tensor &x,
                   const Tensor &h0, const Tensor &c0, bool reverse);
  Tensor addBatch(const Tensor &x) const;
  Tensor restoreOutput(const Tensor &y, const Tensor &x) const;
  Tensor restoreState(const std::vector<Tensor> &states, const Tensor &x, int64_t size) const;
  int64_t numDirections() const { return options.bidirectional() ? 2 : 1; }
  int64_t outputSize() const;

  Mode mode;
  RecurrentOptions options;
  std::vector<Cell> cells; ///< layer by layer, forward before reverse
};

/// Returns the output and the last hidden state.
class RNNImpl : public RecurrentBase {
public:
  static std::string plainKind() { return "RNN"; }
  explicit RNNImpl(const RNNOptions &options) : RNNImpl(plainKind(), options) {}
  RNNImpl(int64_t inputSize, int64_t hiddenSize) : RNNImpl(RNNOptions(inputSize, hiddenSize)) {}
  std::tuple<Tensor, Tensor> forward(const Tensor &x, const Tensor &h0 = {});

protected:
  RNNImpl(std::string kind, const RNNOptions &options)
      : RecurrentBase(std::move(kind), Mode::RNN, options) {}
};
LZ_MODULE(RNN);
using LazyRNNImpl = LazyForm<RNNImpl, RNNOptions, LazyRNNOptions>;
LZ_MODULE(LazyRNN);

/// Returns the output and the last hidden state.
class GRUImpl : public RecurrentBase {
public:
  static std::string plainKind() { return "GRU"; }
  explicit GRUImpl(const GRUOptions &options) : GRUImpl(plainKind(), options) {}
  GRUImpl(int64_t inputSize, int64_t hiddenSize) : GRUImpl(GRUOptions(inputSize, hiddenSize)) {}
  std::tuple<Tensor, Tensor> forward(const Tensor &x, const Tensor &h0 = {});

protected:
  GRUImpl(std::string kind, const GRUOptions &options)
      : RecurrentBase(std::move(kind), Mode::GRU, options) {}
};
LZ_MODULE(GRU);
using LazyGRUImpl = LazyForm<GRUImpl, GRUOptions, LazyGRUOptions>;
LZ_MODULE(LazyGRU);

/// Returns the output and the last hidden and cell states.
class LSTMImpl : public RecurrentBase {
public:
  static std::string plainKind() { return "LSTM"; }
  explicit LSTMImpl(const LSTMOptions &options) : LSTMImpl(plainKind(), options) {}
  LSTMImpl(int64_t inputSize, int64_t hiddenSize)
      : LSTMImpl(LSTMOptions(inputSize, hiddenSize)) {}
  std::tuple<Tensor, std::tuple<Tensor, Tensor>> forward(const Tensor &x, const Tensor &h0 = {},
                                                         const Tensor &c0 = {});

protected:
  LSTMImpl(std::string kind, const LSTMOptions &options)
      : RecurrentBase(std::move(kind), Mode::LSTM, options) {}
};
LZ_MODULE(LSTM);
using LazyLSTMImpl = LazyForm<LSTMImpl, LSTMOptions, LazyLSTMOptions>;
LZ_MODULE(LazyLSTM);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_RECURRENT_H
