//===- ResidencyTest.cpp --------------------------------------------------===//
//
// What is given back of a library is no longer resident, and reads as before.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Residency.h"

#include "backends/onednn/run/Plugin.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <oneapi/dnnl/dnnl.h>
#include <string>

using namespace lz;

static const void *addressInOneDnn() {
  return reinterpret_cast<const void *>(&dnnl_version);
}

namespace {
struct Mapping {
  const uint8_t *begin = nullptr;
  const uint8_t *end = nullptr;
  size_t residentBytes = 0;
};
} // namespace

/// The mapping that contains `address`.
static Mapping findMapping(const void *address) {
  std::ifstream smaps("/proc/self/smaps");
  auto at = reinterpret_cast<uintptr_t>(address);
  Mapping mapping;
  bool found = false;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t begin = 0, end = 0;
    size_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " r", &begin, &end) == 2) {
      found = begin <= at && at < end;
      if (found)
        mapping = {reinterpret_cast<const uint8_t *>(begin),
                   reinterpret_cast<const uint8_t *>(end), 0};
    } else if (found && std::sscanf(line.c_str(), "Rss: %zu kB", &kilobytes) == 1) {
      mapping.residentBytes = kilobytes * 1024;
    }
  }
  return mapping;
}

static uint64_t sum(const Mapping &mapping) {
  return std::accumulate(mapping.begin, mapping.end, uint64_t(0));
}

TEST(ResidencyTest, ReleasesAndReadsAgain) {
  Mapping code = findMapping(addressInOneDnn());
  ASSERT_NE(code.begin, nullptr);
  auto size = static_cast<size_t>(code.end - code.begin);
  uint64_t before = sum(code);
  ASSERT_EQ(findMapping(addressInOneDnn()).residentBytes, size);
  EXPECT_GE(onednn::releaseReadOnlyPages(addressInOneDnn()), size);
  EXPECT_LT(findMapping(addressInOneDnn()).residentBytes, size / 16);
  EXPECT_EQ(sum(code), before);
}

TEST(ResidencyTest, NoLibrary) {
  int local = 0;
  EXPECT_EQ(onednn::releaseReadOnlyPages(&local), 0u);
}
