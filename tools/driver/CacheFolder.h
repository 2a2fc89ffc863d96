//===- CacheFolder.h - Where the compiler keeps what it can use again -----===//
//
// One rule for everything that is cached across compilations.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_DRIVER_CACHEFOLDER_H
#define LAZULI_TOOLS_DRIVER_CACHEFOLDER_H

#include <string>

namespace lz {

struct CacheFolder {
  std::string path; ///< empty: nothing is cached
  /// Whether somebody asked for it, who would want to know if it can not be used.
  bool isExplicit = false;
};

/// `asked`, else $LAZULI_CACHE_DIR, else lazuli in $XDG_CACHE_HOME, else in ~/.cache; none
/// where $LAZULI_NO_CACHE is set to something and nothing was asked for, and where there is
/// no home.
CacheFolder findCacheFolder(const std::string &asked);

} // namespace lz

#endif // LAZULI_TOOLS_DRIVER_CACHEFOLDER_H
