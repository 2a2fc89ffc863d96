//===- ClassifyTest.cpp - Scores as classes ---------------------------------===//
//
// Order, probabilities, accuracy.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/File.h"
#include "tools/lazuli/model/Classify.h"

#include "tests/unit/tools/Expect.h"

#include <cmath>

using namespace lz;
using namespace lz::cli;

static Array makeScores(std::vector<double> values) {
  Array scores(fmt::DType_f32, {static_cast<int64_t>(values.size()) / 3, 3});
  for (size_t i = 0; i < values.size(); ++i)
    scores.setDouble(static_cast<int64_t>(i), values[i]);
  return scores;
}

TEST(ClassifyTest, BestFirstAndStable) {
  Classification classes = classify(makeScores({1, 3, 2, 5, 5, NAN}), 2);
  EXPECT_EQ(classes.rows[0][0].label, 1);
  EXPECT_EQ(classes.rows[0][1].label, 2);
  EXPECT_EQ(classes.rows[1][0].label, 0);
  EXPECT_EQ(classes.rows[1][1].label, 1);
  EXPECT_EQ(classify(makeScores({1, 2, 3}), 10).rows[0].size(), 3u);
}

TEST(ClassifyTest, Probabilities) {
  EXPECT_NEAR(classify(makeScores({0.1, 0.7, 0.2}), 1).rows[0][0].probability, 0.7, 1e-6);
  EXPECT_NEAR(classify(makeScores({0, std::log(3), 0}), 1).rows[0][0].probability, 0.6, 1e-6);
  EXPECT_NEAR(classify(makeScores({0, 1000, 0}), 1).rows[0][0].probability, 1, 1e-6);
}

TEST(ClassifyTest, Accuracy) {
  Classification classes = classify(makeScores({1, 0, 0, 0, 1, 0}), 1);
  Array truth(fmt::DType_i64, {2});
  setTruth(classes, truth);
  EXPECT_EQ(classes.countCorrect(), 1);
  EXPECT_EQ(classes.getAccuracy(), 0.5);
  EXPECT_EQ(messageOf([&] { setTruth(classes, Array(fmt::DType_i64, {3})); }),
            "the truth has 3 labels, expected 2, one for each row of the output");
  EXPECT_NE(messageOf([&] { setTruth(classes, Array(fmt::DType_f32, {2})); }), "");
  truth.setDouble(0, 9);
  EXPECT_EQ(messageOf([&] { setTruth(classes, truth); }),
            "the truth holds the label 9, expected 0 to 2");
}

TEST(ClassifyTest, LabelsFromAFile) {
  TemporaryFile file(".txt");
  writeFile(file.getPath(), "cat\r\ndog\n");
  Classification classes = classify(makeScores({0, 1, 2}), 3);
  classes.labels = readLabels(file.getPath());
  EXPECT_EQ(classes.getName(0), "cat");
  EXPECT_EQ(classes.getName(1), "dog");
  EXPECT_EQ(classes.getName(2), "2");
}

TEST(ClassifyTest, NeedsClasses) {
  EXPECT_NE(messageOf([] { (void)classify(Array(fmt::DType_f32, {}), 1); }), "");
  EXPECT_NE(messageOf([] { (void)classify(Array(fmt::DType_f32, {2, 0}), 1); }), "");
}
