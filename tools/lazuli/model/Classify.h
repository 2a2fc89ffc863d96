//===- Classify.h - Scores as classes ---------------------------------------===//
//
// The best classes of each row of an output, their names, and how often they
// are the truth.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_CLASSIFY_H
#define LAZULI_TOOLS_LAZULI_MODEL_CLASSIFY_H

#include "tools/lazuli/io/Json.h"

#include <optional>
#include <string>
#include <vector>

namespace lz::cli {

struct Prediction {
  int64_t label = 0;
  double score = 0;       ///< as the model gave it
  double probability = 0; ///< the score if the row is a distribution, else its softmax
};

struct Classification {
  std::vector<std::vector<Prediction>> rows; ///< best first, k of each
  std::vector<std::string> labels;           ///< names by number; may be empty
  std::vector<int64_t> truth;                ///< one per row; may be empty
  int64_t numClasses = 0;

  std::string getName(int64_t label) const;
  /// Rows whose truth is among their predictions.
  int64_t countCorrect() const;
  double getAccuracy() const;
};

/// The `k` best along the last axis of `scores`; equal scores in class order.
Classification classify(const Array &scores, int64_t k);

/// One name per line.
std::vector<std::string> readLabels(const std::string &path);

/// Checks that there is one truth per row and keeps them.
void setTruth(Classification &classes, const Array &truth);

Json toJson(const Classification &classes);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_CLASSIFY_H
