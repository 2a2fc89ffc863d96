//===- OpTable.cpp - which function lowers which op -----------------------===//
//
// Puts the families together.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/OpTable.h"

namespace lz::cpu {

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable built;
    populateElementwise(built);
    populateReduce(built);
    populateNormalize(built);
    populateMatmul(built);
    populateAttention(built);
    populateConvolution(built);
    populatePooling(built);
    populateShape(built);
    populateConcat(built);
    populateIndex(built);
    populateRecurrent(built);
    populateRandom(built);
    populateDepthwise(built);
    populateConvPanels(built);
    populateWinograd(built);
    return built;
  }();
  return table;
}

} // namespace lz::cpu
