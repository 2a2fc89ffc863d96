//===- Sizes.h - One number per spatial axis ------------------------------===//
//
// Arguments such as a kernel size are one number for all axes or one for each.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_SIZES_H
#define LAZULI_FRONTEND_NN_SIZES_H

#include "frontend/nn/ModuleHolder.h"

#include <initializer_list>

namespace lz::nn {

/// N numbers: `3` or `{3, 5}`.
template <int N> class Sizes {
public:
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  Sizes(Int all) : numbers(N, static_cast<int64_t>(all)) {}
  Sizes(std::initializer_list<int64_t> each) : Sizes(Ints(each)) {}
  Sizes(Ints each) : numbers(std::move(each)) {
    if (numbers.size() == 1)
      numbers.resize(N, numbers[0]);
    if (numbers.size() != N)
      throw Error("found " + std::to_string(numbers.size()) + " numbers for " + std::to_string(N) +
                  " spatial axes, expected one for all or one for each");
  }
  operator const Ints &() const { return numbers; }
  int64_t operator[](size_t axis) const { return numbers[axis]; }

private:
  Ints numbers;
};

/// "Conv2d" of "Conv" and 2.
inline std::string numberedKind(const char *stem, int dims) {
  return stem + std::to_string(dims) + "d";
}

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_SIZES_H
