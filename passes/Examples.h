// Example inputs and dynamic dimensions, as a user names them on a command line
// (`x=f32[1,3,224,224]`, `x:0=batch[1..64]%8`) or gives them to an API, and the
// step that binds them to the arguments of an lz function.

#ifndef LAZULI_PASSES_EXAMPLES_H
#define LAZULI_PASSES_EXAMPLES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Types.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lz {

/// The shape and element type of one input in one example. `elementType` is
/// null when the user left it to the argument's declaration (`x=[2,3]`).
struct ExampleInput {
  std::string name;
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
};

/// One set of inputs that could be run together.
struct Example {
  llvm::SmallVector<ExampleInput> inputs;

  /// The input called `name`, or null.
  const ExampleInput *find(llvm::StringRef name) const;
};

/// Axis `axis` (negative: from the end) of `input` is the dynamic dimension
/// `symbol`. An empty symbol is named `<input>.<axis>`.
struct DynamicDim {
  std::string input;
  int64_t axis = 0;
  std::string symbol;
  std::optional<int64_t> min;
  std::optional<int64_t> max;
  int64_t divisor = 1;
};

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Parses `x=f32[2,3];mask=i1[2];x=f32[4,3]`; parts are separated by `;` or by
/// commas outside of brackets. The k-th mention of an input belongs to example
/// k; an input that is mentioned once belongs to all of them.
mlir::FailureOr<llvm::SmallVector<Example>>
parseExamples(mlir::MLIRContext *context, llvm::StringRef text,
              EmitError emitError);

/// Parses `x:0=batch[1..64]%8;y:-1` into dynamic dimensions; the name, the
/// range, each of its ends, and the divisor are optional.
mlir::FailureOr<llvm::SmallVector<DynamicDim>>
parseDynamicDims(llvm::StringRef text, EmitError emitError);

/// Parses the name of an element type: `f32`, `float32`, `u8`, `bool`, ... ;
/// null when it is none.
mlir::Type parseElementType(mlir::MLIRContext *context, llvm::StringRef name);

/// The name that users know an element type by (`f32`, `u8`, `bool`).
std::string elementTypeName(mlir::Type type);

/// Binds `examples` and `dynamicDims` to the arguments of `function` (empty:
/// the module's only function, or `forward`). A dimension that differs among
/// the examples becomes a dynamic symbol. The examples are kept in the module
/// attribute `lz.examples`, so that inference can explain a conflict by them.
/// On failure nothing has changed.
mlir::LogicalResult bindExamples(mlir::ModuleOp module,
                                 llvm::ArrayRef<Example> examples,
                                 llvm::ArrayRef<DynamicDim> dynamicDims,
                                 llvm::StringRef function = {});

} // namespace lz

#endif // LAZULI_PASSES_EXAMPLES_H
