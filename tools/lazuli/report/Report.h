//===- Report.h - One HTML page about a model -------------------------------===//
//
// Self-contained: no script, no font, no request. Sections without data are
// left out.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_REPORT_REPORT_H
#define LAZULI_TOOLS_LAZULI_REPORT_REPORT_H

#include "tools/lazuli/model/Artifact.h"
#include "tools/lazuli/model/Classify.h"
#include "tools/lazuli/model/Profile.h"

#include <optional>
#include <string>

namespace lz::cli {

/// What a run adds to the artifact's own data.
struct ReportRun {
  std::string title; ///< "": the model's name when it was compiled
  std::optional<OpProfile> profile;
  double medianSeconds = 0;  ///< of one run; 0: not measured
  int64_t rowsPerRun = 0;    ///< leading dimension of what was timed
  int threads = 0;
  std::optional<Classification> classes;
  Array images; ///< null: none; else one image per row of `classes`
};

/// Writes the page. The graphs and solved symbols come from the artifact's
/// metadata, shapes from its program.
void writeReport(const std::string &path, const Artifact &artifact, const ReportRun &run);

/// The page as text (writeReport without the file).
std::string makeReport(const Artifact &artifact, const ReportRun &run);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_REPORT_REPORT_H
