//===- Python.h - A Python that has Lazuli's package ------------------------===//
//
// Comparisons with ONNX Runtime are done by the Python package, which knows the
// packages of ONNX; this finds an interpreter that has it and waits for its work.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_MODEL_PYTHON_H
#define LAZULI_TOOLS_LAZULI_MODEL_PYTHON_H

#include <string>
#include <vector>

namespace lz::cli {

/// The interpreter that LAZULI_PYTHON names; else the first of these that can import
/// lazuli: python3 beside this program, which `pip install` puts there, and python3 on
/// PATH. Throws a Failure that says what is missing.
std::string findPython();

/// Runs `python -m lazuli arguments...` with this process' streams; its exit code,
/// which is one of ours, with the error shown.
/// Throws a Failure if it ends by a signal.
int runPython(const std::string &python, const std::vector<std::string> &arguments);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_MODEL_PYTHON_H
