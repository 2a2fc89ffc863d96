// The one way in which an axis may be named from the end.
#ifndef LAZULI_IR_AXIS_H
#define LAZULI_IR_AXIS_H

#include <cstdint>

namespace lz {

/// `axis` counted from the front: -1 is the last of `rank`. It is within [-rank, rank), which
/// inference checks (Infer::axis).
constexpr int64_t normalizeAxis(int64_t axis, int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

} // namespace lz

#endif // LAZULI_IR_AXIS_H
