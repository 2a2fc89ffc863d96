//===- Batches.h - A long input in runs of fixed length ---------------------===//
//
// Runs a model over the leading axis of an input, some rows at a time, and puts
// the outputs together again.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_BATCHES_H
#define LAZULI_TOOLS_LAZULI_MODEL_BATCHES_H

#include "tools/lazuli/model/Runtime.h"

#include <string>
#include <vector>

namespace lz::cli {

struct BatchOptions {
  std::string input; ///< whose leading axis is cut; every input that is as long is cut with it
  int64_t size = 0;  ///< rows per run; 0: what the model takes, at most `maxSize`
  int64_t maxSize = 64;
};

/// How the work is cut: rows in all, rows per run, and which inputs are cut.
struct BatchPlan {
  int64_t numRows = 0, size = 0;
  bool isFixed = false; ///< the model takes exactly `size` rows: the last run is filled up
  std::vector<bool> isCut;
};

/// `symbolMax` is the greatest value of the input's leading dimension (INT64_MAX:
/// no limit). Throws Failure for an unknown input or one without rows.
BatchPlan planBatches(const BatchOptions &options, const std::vector<Port> &ports,
                      const std::vector<Array> &inputs, int64_t symbolMax);

/// Ports as they must fit the uncut inputs: the leading axis of those that are cut is free.
std::vector<Port> relaxPorts(std::vector<Port> ports, const std::string &input);

/// Rows [begin, begin + size), the last one repeated where there are no more.
Array takeRows(const Array &array, int64_t begin, int64_t size);

/// Runs all batches; gives the outputs joined along axis 0.
std::vector<Array> runBatches(Session &session, const BatchPlan &plan,
                              const std::vector<Array> &inputs,
                              const std::vector<Port> &outputs);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_BATCHES_H
