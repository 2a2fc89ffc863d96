//===- TestData.h - Folders of test data as ONNX has them -------------------===//
//
// `input_<i>.pb` and `output_<i>.pb`, one message each, as in the
// `test_data_set_*` folders beside ONNX models.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_TESTDATA_H
#define LAZULI_TOOLS_LAZULI_IO_TESTDATA_H

#include "tools/lazuli/io/Value.h"

#include <string>
#include <vector>

namespace lz::cli {

/// The values of `input_0.pb`, `input_1.pb`, ... in `folder`: one file for each of
/// `inputs`, of its type. Elements of fewer than 8 bits, and floats of 8, become
/// u8 or i8. Throws a Failure that names the file at fault.
std::vector<Value> readTestInputs(const std::string &folder, const std::vector<NamedType> &inputs);

/// The same where nobody knows the types: the files there are, all tensors.
std::vector<Value> readTestTensors(const std::string &folder);

/// The file of input `index`, for messages about its contents.
std::string getTestInputPath(const std::string &folder, size_t index);

/// Writes `output_<index>.pb`; `type` says what the elements mean, and what an
/// optional that holds nothing could hold.
void writeTestOutput(const std::string &folder, size_t index, const Value &value,
                     const NamedType &type);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_TESTDATA_H
