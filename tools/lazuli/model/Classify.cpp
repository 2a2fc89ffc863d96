//===- Classify.cpp ---------------------------------------------------------===//
//
// See Classify.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Classify.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace lz;
using namespace lz::cli;

std::string Classification::getName(int64_t label) const {
  bool isNamed = label >= 0 && label < static_cast<int64_t>(labels.size());
  return isNamed ? labels[static_cast<size_t>(label)] : std::to_string(label);
}

int64_t Classification::countCorrect() const {
  int64_t count = 0;
  for (size_t i = 0; i < truth.size(); ++i)
    count += std::any_of(rows[i].begin(), rows[i].end(),
                         [&](const Prediction &p) { return p.label == truth[i]; });
  return count;
}

double Classification::getAccuracy() const {
  if (truth.empty())
    return 0;
  return static_cast<double>(countCorrect()) / static_cast<double>(truth.size());
}

/// Turns scores into probabilities unless they are: non-negative with the sum 1.
static std::vector<double> toProbabilities(const std::vector<double> &scores) {
  double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  double least = *std::min_element(scores.begin(), scores.end());
  if (least >= 0 && std::fabs(sum - 1) < 1e-2)
    return scores;
  double most = *std::max_element(scores.begin(), scores.end()), total = 0;
  std::vector<double> probabilities;
  for (double score : scores)
    total += probabilities.emplace_back(std::exp(score - most));
  for (double &value : probabilities)
    value /= total;
  return probabilities;
}

static std::vector<Prediction> classifyRow(const std::vector<double> &scores, int64_t k) {
  std::vector<double> probabilities = toProbabilities(scores);
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    // Not-a-number goes last, so that the order stays one.
    double x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return std::isnan(y) ? !std::isnan(x) : x > y;
  });
  std::vector<Prediction> best;
  for (int64_t i = 0; i < std::min<int64_t>(k, static_cast<int64_t>(order.size())); ++i) {
    auto label = static_cast<size_t>(order[static_cast<size_t>(i)]);
    best.push_back({static_cast<int64_t>(label), scores[label], probabilities[label]});
  }
  return best;
}

Classification cli::classify(const Array &scores, int64_t k) {
  if (scores.getRank() == 0 || scores.getDims().back() == 0)
    fail("the output ", scores.describe(), " has no classes, expected scores along the last axis");
  Classification classes;
  classes.numClasses = scores.getDims().back();
  std::vector<double> row(static_cast<size_t>(classes.numClasses));
  for (int64_t begin = 0; begin < scores.getNumElements(); begin += classes.numClasses) {
    for (size_t i = 0; i < row.size(); ++i)
      row[i] = scores.getDouble(begin + static_cast<int64_t>(i));
    classes.rows.push_back(classifyRow(row, k));
  }
  return classes;
}

std::vector<std::string> cli::readLabels(const std::string &path) {
  std::string text = readTextFile(path);
  std::vector<std::string> labels;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string label = text.substr(begin, end - begin);
    if (!label.empty() && label.back() == '\r')
      label.pop_back();
    labels.push_back(std::move(label));
    begin = end + 1;
  }
  return labels;
}

void cli::setTruth(Classification &classes, const Array &truth) {
  if (isFloat(truth.getDType()))
    fail("the truth is ", truth.describe(), ", expected class numbers of an integer type");
  if (truth.getNumElements() != static_cast<int64_t>(classes.rows.size()))
    fail("the truth has ", truth.getNumElements(), " labels, expected ", classes.rows.size(),
         ", one for each row of the output");
  for (int64_t i = 0; i < truth.getNumElements(); ++i) {
    classes.truth.push_back(truth.getInt(i));
    if (classes.truth.back() < 0 || classes.truth.back() >= classes.numClasses)
      fail("the truth holds the label ", classes.truth.back(), ", expected 0 to ",
           classes.numClasses - 1);
  }
}

static Json finiteOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json cli::toJson(const Classification &classes) {
  Json rows = Json::array();
  for (size_t i = 0; i < classes.rows.size(); ++i) {
    Json best = Json::array();
    for (const Prediction &p : classes.rows[i])
      best.push_back({{"label", p.label},
                      {"name", classes.getName(p.label)},
                      {"score", finiteOrNull(p.score)},
                      {"probability", finiteOrNull(p.probability)}});
    Json row = {{"predictions", best}};
    if (!classes.truth.empty())
      row["truth"] = classes.truth[i];
    rows.push_back(std::move(row));
  }
  Json all = {{"rows", rows}};
  if (!classes.truth.empty()) {
    all["correct"] = classes.countCorrect();
    all["accuracy"] = classes.getAccuracy();
  }
  return all;
}
