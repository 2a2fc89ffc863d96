//===- Pictures.h - Predictions beside their images -------------------------===//
//
// The part of a report that shows what a classifier saw and said.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_REPORT_PICTURES_H
#define LAZULI_TOOLS_LAZULI_REPORT_PICTURES_H

#include "tools/lazuli/model/Classify.h"

#include <string>

namespace lz::cli {

/// A section: mistakes, all images, and which classes are taken for which.
/// `images` may be null; then there are no pictures. At most `maxPictures` of
/// all are shown, mistakes before others.
std::string makePredictionSection(const Classification &classes, const Array &images,
                                  size_t maxPictures = 600);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_REPORT_PICTURES_H
