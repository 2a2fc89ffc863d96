//===- Attributes.h - The attributes of a host call -----------------------===//
//
// A FlexBuffer map with a check: a hostile file's attributes are an error here,
// and so is an attribute of another type than the operation expects.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_ATTRIBUTES_H
#define LAZULI_RUNTIME_HOST_OPS_ATTRIBUTES_H

#include "runtime/base/Status.h"
#include "runtime/format/program_generated.h"

#include <flatbuffers/flexbuffers.h>
#include <memory>
#include <string>
#include <vector>

namespace lz::rt {

class Attributes {
public:
  /// Verifies and copies the bytes (the file does not align them). DataLoss if
  /// they are no map.
  static StatusOr<Attributes> read(const fmt::HostCall &call);

  bool has(const char *name) const;

  // Each sets `value` to the attribute, leaves it alone if there is none, and
  // fails if the attribute has another type. A number is a list of one.
  Status get(const char *name, bool &value) const;
  Status get(const char *name, int64_t &value) const;
  Status get(const char *name, double &value) const;
  Status get(const char *name, std::string &value) const;
  Status get(const char *name, std::vector<int64_t> &value) const;
  Status get(const char *name, std::vector<double> &value) const;
  Status get(const char *name, std::vector<std::string> &value) const;

private:
  flexbuffers::Reference find(const char *name) const;

  std::shared_ptr<const std::vector<uint8_t>> bytes;
  flexbuffers::Reference root; ///< null: no attributes
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_HOST_OPS_ATTRIBUTES_H
