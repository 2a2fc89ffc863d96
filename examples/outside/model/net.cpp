//===- net.cpp - A model of one's own ---------------------------------------===//
//
// The program of the root's README, which quotes what stands below.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/nn.h"
using namespace lz::nn;

int main() {
  Sequential net(LazyConv2d(LazyConv2dOptions(16, 3).padding(1)), LazyBatchNorm2d(), ReLU(),
                 LazyConv2d(LazyConv2dOptions(32, 3).padding(1)), LazyBatchNorm2d(), ReLU(),
                 MaxPool2d(2), Flatten(),
                 LazyLinear(64), ReLU(),
                 LazyLinear(10));             // no input size anywhere
  net->eval();                                // as in PyTorch: train mode is the default
  trace(net, {{"image"}}).save("net.lzm");    // an artifact with holes
}
