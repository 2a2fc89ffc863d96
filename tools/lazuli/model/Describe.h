//===- Describe.h - An artifact as JSON -------------------------------------===//
//
// Everything `inspect` shows, in one object; the text form is made from it.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_DESCRIBE_H
#define LAZULI_TOOLS_LAZULI_MODEL_DESCRIBE_H

#include "tools/lazuli/io/Json.h"
#include "tools/lazuli/model/Artifact.h"

namespace lz::cli {

struct DescribeOptions {
  DimBindings bindings;    ///< for sizes of free dimensions
  bool withMemory = false; ///< the timeline of the first entry's temporaries
};

/// Keys: path, bytes, producer, compiled, symbols, materialized, entries (name,
/// inputs, outputs, guards, instructions), parameters, constants, states, targets,
/// segments, metadata, memory.
Json describeArtifact(const Artifact &artifact, const DescribeOptions &options);

/// The metadata "report" that the compiler wrote; an empty object without it.
Json getReportData(const Artifact &artifact);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_DESCRIBE_H
