//===- LazyForm.h - The lazy form of a module -----------------------------===//
//
// Every lazy module is its plain one with a size left open: the same class, the
// same forward, another name until the size is known.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_LAZYFORM_H
#define LAZULI_FRONTEND_NN_LAZYFORM_H

#include "frontend/nn/ModuleHolder.h"

namespace lz::nn {

/// The lazy form of the library's module `Impl`, which has a static `plainKind()`
/// ("Linear") and a constructor from a kind and `Options`. `LazyOptions` are those
/// options without the sizes that are inferred.
template <typename Impl, typename Options, typename LazyOptions> class LazyForm : public Impl {
public:
  explicit LazyForm(const Options &options) : Impl("Lazy" + Impl::plainKind(), options) {}
  /// From what `LazyOptions` are constructed from.
  template <typename... Args,
            typename = std::enable_if_t<std::is_constructible_v<LazyOptions, Args &&...>>>
  explicit LazyForm(Args &&...args)
      : Impl("Lazy" + Impl::plainKind(), LazyOptions(std::forward<Args>(args)...)) {}
};

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_LAZYFORM_H
