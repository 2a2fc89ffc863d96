//===- Pictures.cpp ---------------------------------------------------------===//
//
// See Pictures.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/report/Pictures.h"

#include "runtime/base/Text.h"
#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/Image.h"
#include "tools/lazuli/report/Html.h"

#include <algorithm>
#include <cstdio>

using namespace lz;
using namespace lz::cli;

static std::string formatPercent(double share, int digits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f %%", digits, 100 * share);
  return text;
}

namespace {

class PredictionSection {
public:
  PredictionSection(const Classification &classes, const Array &images, size_t maxPictures)
      : classes(classes), images(images), maxPictures(maxPictures) {
    if (images.isNull())
      return;
    if (images.getRank() < 3 || images.getDims()[0] != static_cast<int64_t>(classes.rows.size()))
      fail("the images are ", images.describe(), ", expected ", classes.rows.size(),
           " of them, one for each row of the scores");
  }

  std::string make() {
    std::string out = "<section id=\"predictions\"><h2>Predictions</h2>";
    out += "<p class=\"note\">" + makeSummary() + "</p>";
    std::vector<size_t> wrong, all;
    for (size_t i = 0; i < classes.rows.size(); ++i) {
      all.push_back(i);
      if (isWrong(i))
        wrong.push_back(i);
    }
    if (!images.isNull()) {
      if (!wrong.empty())
        out += "<h3>Mistakes</h3>" + makeGrid(wrong, 104, true);
      out += rt::concat("<h3>", all.size() > maxPictures ? rt::concat("The first ", maxPictures)
                                                         : std::string("All"),
                        " images</h3>", makeGrid(all, 58, false));
    }
    if (!classes.truth.empty() && classes.numClasses <= 24)
      out += makeConfusion();
    return out + "</section>";
  }

private:
  bool isWrong(size_t i) const {
    return !classes.truth.empty() && classes.rows[i].front().label != classes.truth[i];
  }

  std::string makeSummary() const {
    if (classes.truth.empty())
      return rt::concat(classes.rows.size(), " rows of ", classes.numClasses, " scores.");
    size_t right = 0;
    for (size_t i = 0; i < classes.truth.size(); ++i)
      right += !isWrong(i);
    double accuracy = static_cast<double>(right) / static_cast<double>(classes.truth.size());
    return rt::concat("<span id=\"accuracy\">", formatPercent(accuracy, 2), "</span> are right: ",
                      right, " of ", classes.truth.size(),
                      ". A number below an image is what the model saw in it.");
  }

  std::string makeGrid(const std::vector<size_t> &rows, int size, bool withDetails) const {
    std::string out = rt::concat("<div class=\"pictures\" style=\"--size:", size, "px\">");
    for (size_t i = 0; i < std::min(rows.size(), maxPictures); ++i)
      out += makePicture(rows[i], withDetails);
    return out + "</div>";
  }

  std::string makePicture(size_t row, bool withDetails) const {
    const Prediction &best = classes.rows[row].front();
    std::vector<int64_t> dims(images.getDims().begin() + 1, images.getDims().end());
    auto index = static_cast<int64_t>(row);
    std::string png = encodePng(images.rows(index, index + 1).reshaped(dims));
    std::string name = escapeHtml(classes.getName(best.label));
    std::string out = rt::concat("<figure class=\"picture", isWrong(row) ? " wrong" : "",
                                 "\" title=\"image ", row, ", ",
                                 formatPercent(best.probability, 1), " sure\">",
                                 "<img alt=\"image ", row, "\" src=\"data:image/png;base64,",
                                 encodeBase64(png), "\"><figcaption>", name);
    if (withDetails)
      out += rt::concat(" <small>(", formatPercent(best.probability, 0), ")<br>is ",
                        escapeHtml(classes.getName(classes.truth[row])), "</small>");
    return out + "</figcaption></figure>";
  }

  std::string makeConfusion() const {
    auto size = static_cast<size_t>(classes.numClasses);
    std::vector<std::vector<int64_t>> counts(size, std::vector<int64_t>(size, 0));
    int64_t most = 1;
    for (size_t i = 0; i < classes.truth.size(); ++i)
      most = std::max(most, ++counts[static_cast<size_t>(classes.truth[i])]
                                    [static_cast<size_t>(classes.rows[i].front().label)]);
    std::string out = "<h3>What is taken for what</h3><p class=\"note\">Rows are the truth, "
                      "columns what the model said.</p><table class=\"confusion\"><tr><th></th>";
    for (size_t label = 0; label < size; ++label)
      out += "<th>" + escapeHtml(classes.getName(static_cast<int64_t>(label))) + "</th>";
    out += "</tr>";
    for (size_t truth = 0; truth < size; ++truth) {
      out += "<tr><th>" + escapeHtml(classes.getName(static_cast<int64_t>(truth))) + "</th>";
      for (size_t label = 0; label < size; ++label)
        out += makeCell(counts[truth][label], truth == label, most);
      out += "</tr>";
    }
    return out + "</table>";
  }

  static std::string makeCell(int64_t count, bool isRight, int64_t most) {
    if (count == 0)
      return "<td class=\"zero\">·</td>";
    if (!isRight)
      return rt::concat("<td class=\"wrong\">", count, "</td>");
    char alpha[16];
    std::snprintf(alpha, sizeof(alpha), "%.2f",
                  0.05 + 0.2 * static_cast<double>(count) / static_cast<double>(most));
    return rt::concat("<td style=\"background:rgba(var(--cell),", alpha, ")\">", count, "</td>");
  }

  const Classification &classes;
  const Array &images;
  size_t maxPictures;
};

} // namespace

std::string cli::makePredictionSection(const Classification &classes, const Array &images,
                                       size_t maxPictures) {
  return PredictionSection(classes, images, maxPictures).make();
}
