//===- digits.cpp - A network without a single input size -------------------===//
//
// The same network as in train.py. No layer says how many channels or features
// it takes; `lazuli compile` finds out from one example image or from the weights.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/nn.h"

#include <cstdio>

using namespace lz::nn;

/// Two convolutions and two linear layers; names are "0" to "10", as in PyTorch.
static Sequential makeNetwork() {
  return Sequential(
      LazyConv2d(LazyConv2dOptions(16, 3).padding(1)), LazyBatchNorm2d(), ReLU(),
      LazyConv2d(LazyConv2dOptions(32, 3).padding(1)), LazyBatchNorm2d(), ReLU(),
      MaxPool2d(2), Flatten(),
      LazyLinear(64), ReLU(),
      LazyLinear(10));
}

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE.lzm\n", argv[0]);
    return 2;
  }
  try {
    Sequential network = makeNetwork();
    network->eval();
    TraceOptions options;
    options.outputs = {"scores"};
    // Traced without an example: not even the rank of the input is known.
    Program program = trace(network, {{"image"}}, options);
    program.save(argv[1]);
  } catch (const Error &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
