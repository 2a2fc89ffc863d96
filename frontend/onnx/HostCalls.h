//===- HostCalls.h - Operations of the runtime itself -----------*- C++ -*-===//
//
// Internal. Building lz.host, for the families whose operators no kernel
// computes.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_ONNX_HOSTCALLS_H
#define LAZULI_FRONTEND_ONNX_HOSTCALLS_H

#include "frontend/onnx/Node.h"

namespace lz::onnximport {

/// A host operation whose results have the types given, and which defines one
/// symbol that ends with `count`, if that is not empty.
mlir::Operation *callHost(Node &n, llvm::StringRef name,
                          mlir::ValueRange operands,
                          llvm::ArrayRef<mlir::Type> results,
                          llvm::ArrayRef<mlir::NamedAttribute> attrs = {},
                          llvm::StringRef count = "");

/// The attributes of a host operation, one after the other.
class HostAttrs {
public:
  explicit HostAttrs(Node &n) : n(n) {}

  void add(llvm::StringRef name, int64_t value);
  void add(llvm::StringRef name, double value);
  void add(llvm::StringRef name, llvm::StringRef value);
  void add(llvm::StringRef name, const std::vector<std::string> &values);
  void add(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  void add(llvm::StringRef name, llvm::ArrayRef<double> values);
  /// The node's attribute of that name, of any of these types, if it has one.
  void copy(llvm::StringRef name);

  operator llvm::ArrayRef<mlir::NamedAttribute>() const { return attrs; }

private:
  void add(llvm::StringRef name, mlir::Attribute value);

  Node &n;
  llvm::SmallVector<mlir::NamedAttribute> attrs;
};

/// The type of strings.
mlir::Type stringType(Node &n);

/// A constant of strings.
mlir::Value stringConstant(Node &n, std::vector<std::string> strings,
                           std::vector<int64_t> dims);

} // namespace lz::onnximport

#endif // LAZULI_FRONTEND_ONNX_HOSTCALLS_H
