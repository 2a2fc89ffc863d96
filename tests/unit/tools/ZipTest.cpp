//===- ZipTest.cpp - Zip files ----------------------------------------------===//
//
// What the writer makes the reader reads; damage of all kinds. Deflated and zip64
// members, which only other writers make, are in tests/e2e.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Zip.h"

#include "tests/unit/tools/Expect.h"

#include <random>

using namespace lz;
using namespace lz::cli;

static std::vector<uint8_t> toBytes(const std::string &text) { return {text.begin(), text.end()}; }

static std::string makeZip() {
  ZipWriter writer;
  writer.add("a.txt", "hello");
  writer.add("empty", "");
  writer.add("b.bin", std::string(1000, 'x'));
  return writer.finish();
}

TEST(ZipTest, RoundTrips) {
  ZipReader reader(toBytes(makeZip()), "z");
  ASSERT_EQ(reader.getMembers().size(), 3u);
  EXPECT_EQ(reader.getMembers()[0].name, "a.txt");
  EXPECT_EQ(reader.extract(0), toBytes("hello"));
  EXPECT_TRUE(reader.extract(1).empty());
  EXPECT_EQ(reader.extract(2).size(), 1000u);
}

TEST(ZipTest, SaysWhatIsWrong) {
  EXPECT_EQ(messageOf([] { ZipReader reader(toBytes("short"), "z"); }),
            "'z' is no intact zip file: it ends too early");
  EXPECT_EQ(messageOf([] { ZipReader reader(std::vector<uint8_t>(100), "z"); }),
            "'z' is no intact zip file: it has no directory");
  std::string zip = makeZip();
  zip[zip.find("hello")] = 'j';
  EXPECT_EQ(messageOf([&] { (void)ZipReader(toBytes(zip), "z").extract(0); }),
            "'z' is no intact zip file: a member's checksum is wrong");
}

TEST(ZipTest, MutationsNeverCrash) {
  std::mt19937 random(1);
  std::string good = makeZip();
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (unsigned k = random() % 4 + 1; k > 0; --k)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0)
      bytes.resize(random() % bytes.size());
    try {
      ZipReader reader(toBytes(bytes), "z");
      for (size_t m = 0; m < reader.getMembers().size(); ++m)
        (void)reader.extract(m);
    } catch (const Failure &) {
    }
  }
}
