//===- TestData.h - Folders of test data as ONNX has them -------------------===//
//
// `input_<i>.pb` and `output_<i>.pb`, one message each, as in the
// `test_data_set_*` folders beside ONNX models.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_TESTDATA_H
#define LAZULI_TOOLS_LAZULI_IO_TESTDATA_H

#include "tools/lazuli/io/Array.h"

#include <string>
#include <vector>

namespace lz::cli {

/// The arrays of `input_0.pb`, `input_1.pb`, ... in `folder`, as many as there
/// are. Elements of fewer than 8 bits, and floats of 8, become u8 or i8. Throws
/// Failure.
std::vector<Array> readTestInputs(const std::string &folder);

/// Writes `output_<index>.pb`. `logicalType` is ONNX's name ("int4") of what the
/// array stores, empty if that is the array's own type.
void writeTestOutput(const std::string &folder, size_t index, const Array &array,
                     const std::string &name, const std::string &logicalType);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_TESTDATA_H
