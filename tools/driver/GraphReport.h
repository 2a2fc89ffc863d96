//===- GraphReport.h - What a report shows of a module --------------------===//
//
// Graphs and solved symbols as JSON in the artifact's metadata, so that whoever
// has the artifact can see how it came to be.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_GRAPHREPORT_H
#define LAZULI_TOOLS_DRIVER_GRAPHREPORT_H

#include "tools/driver/Driver.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace lz {

/// The computing operations of the module's first function:
/// {"nodes": [{"id", "name", "op", "inputs", "type", "location", "parameters"}]},
/// the last one a list of {"name", "type"} where the operation has any.
llvm::json::Value makeGraph(mlir::ModuleOp module);

/// {"model", "before", "after", "symbols"} as one line of text.
std::string makeReport(const std::string &model, llvm::json::Value before,
                       llvm::json::Value after,
                       const std::vector<CompileSummary::Symbol> &symbols);

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_GRAPHREPORT_H
