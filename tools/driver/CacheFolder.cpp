//===- CacheFolder.cpp ----------------------------------------------------===//
//
// See CacheFolder.h. The names are those of the XDG Base Directory Specification, by
// which a relative path in a variable counts as none.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/CacheFolder.h"

#include <cstdlib>

using namespace lz;

static std::string getVariable(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

CacheFolder lz::findCacheFolder(const std::string &asked) {
  if (!asked.empty())
    return {asked, true};
  if (!getVariable("LAZULI_NO_CACHE").empty())
    return {};
  if (std::string own = getVariable("LAZULI_CACHE_DIR"); !own.empty())
    return {own, true};
  if (std::string xdg = getVariable("XDG_CACHE_HOME"); !xdg.empty() && xdg[0] == '/')
    return {xdg + "/lazuli", false};
  if (std::string home = getVariable("HOME"); !home.empty() && home[0] == '/')
    return {home + "/.cache/lazuli", false};
  return {};
}
