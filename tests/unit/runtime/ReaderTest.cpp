//===- ReaderTest.cpp -----------------------------------------------------===//
//
// Artifacts written and read back; damaged ones refused in the right words.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Reader.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/MappedFile.h"
#include "runtime/format/DType.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using testing::HasSubstr;

static std::vector<char> build() {
  auto bytes = test::makeAddProgram().build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  return *bytes;
}

static Status read(const std::vector<char> &bytes,
                   VerifyLevel verify = VerifyLevel::All) {
  auto copy = MappedFile::copyOf(bytes.data(), bytes.size());
  EXPECT_TRUE(copy.isOk());
  return readArtifact(copy->getData(), copy->getSize(), verify).getStatus();
}

/// Offset of segment `index`.
static uint64_t getSegmentOffset(const std::vector<char> &bytes,
                                 uint32_t index) {
  auto view = readArtifact(bytes.data(), bytes.size(), VerifyLevel::Program);
  EXPECT_TRUE(view.isOk());
  return view->program->segments()->Get(index)->offset();
}

TEST(ReaderTest, FileHasTheBytesThatMemoryHas) {
  // Less than a chunk of the writer, one exactly, and more with a rest.
  for (uint64_t size : {hugePageBytes / 2, hugePageBytes, 2 * hugePageBytes + 4097}) {
    test::ProgramBuilder b = test::makeAddProgram();
    std::vector<uint8_t> data(size);
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = static_cast<uint8_t>(i * 2654435761u >> 24);
    b.constantValue(fmt::DType_u8, {static_cast<int64_t>(size)}, data.data());
    std::string path = testing::TempDir() + "/reader_test_large.lzm";
    ASSERT_TRUE(writeArtifact(path, b.program, b.getSegments()).isOk());
    auto file = MappedFile::open(path);
    ASSERT_TRUE(file.isOk());
    auto bytes = serializeArtifact(b.program, b.getSegments(), /*check=*/true);
    ASSERT_TRUE(bytes.isOk());
    ASSERT_EQ(file->getSize(), bytes->size());
    EXPECT_EQ(std::memcmp(file->getData(), bytes->data(), bytes->size()), 0) << size;
    std::filesystem::remove(path);
  }
}

TEST(ReaderTest, SegmentsAreMadeOneAfterTheOther) {
  test::ProgramBuilder b = test::makeAddProgram();
  std::vector<char> data(3 * hugePageBytes + 17, 'x');
  for (int i = 0; i < 3; ++i)
    b.constantValue(fmt::DType_u8, {static_cast<int64_t>(data.size())}, data.data());
  auto borrowed = serializeArtifact(b.program, b.getSegments(), /*check=*/true);
  ASSERT_TRUE(borrowed.isOk());
  std::vector<SegmentData> segments = b.getSegments();
  int numMade = 0;
  for (SegmentData &segment : segments) {
    auto *bytes = static_cast<const char *>(segment.data);
    segment.data = nullptr;
    segment.make = [&numMade, bytes, size = segment.size] {
      ++numMade;
      return std::vector<char>(bytes, bytes + size);
    };
  }
  std::string path = testing::TempDir() + "/reader_test_made.lzm";
  ASSERT_TRUE(writeArtifact(path, b.program, segments).isOk());
  EXPECT_EQ(numMade, static_cast<int>(segments.size()));
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file.isOk());
  ASSERT_EQ(file->getSize(), borrowed->size());
  EXPECT_EQ(std::memcmp(file->getData(), borrowed->data(), borrowed->size()), 0);
  std::filesystem::remove(path);
  segments.back().make = [] { return std::vector<char>(3); };
  Status status = writeArtifact(path, b.program, segments);
  EXPECT_EQ(status.getCode(), StatusCode::Internal);
  EXPECT_THAT(status.getMessage(), HasSubstr("has 3 bytes, expected"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ReaderTest, ReadsWhatWasWritten) {
  std::string path = testing::TempDir() + "/reader_test.lzm";
  test::ProgramBuilder b = test::makeAddProgram();
  ASSERT_TRUE(writeArtifact(path, b.program, b.getSegments()).isOk());
  auto file = MappedFile::open(path);
  ASSERT_TRUE(file.isOk());
  auto view = readArtifact(file->getData(), file->getSize(), VerifyLevel::All);
  ASSERT_TRUE(view.isOk()) << view.getStatus().getMessage();
  EXPECT_EQ(rt::view(view->program->producer()), "runtime tests");
  EXPECT_EQ(view->program->entries()->Get(0)->name()->str(), "forward");
  for (const fmt::Segment *segment : items(view->program->segments()))
    EXPECT_EQ(segment->offset() % artifactPageSize, 0u);
  std::filesystem::remove(path);
}

TEST(ReaderTest, AFileIsReplacedWholeOrNotAtAll) {
  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "reader_test_dir";
  std::filesystem::create_directories(folder);
  std::string path = folder / "model.lzm";
  test::ProgramBuilder b = test::makeAddProgram();
  ASSERT_TRUE(writeArtifact(path, b.program, b.getSegments()).isOk());
  auto size = std::filesystem::file_size(path);
  // An invalid program leaves the old file and nothing beside it.
  b.program.entries[0]->block = 77;
  Status status = writeArtifact(path, b.program, b.getSegments());
  EXPECT_EQ(status.getCode(), StatusCode::InvalidArgument);
  EXPECT_THAT(status.getMessage(), HasSubstr("entry 'forward': block 77 of 1"));
  EXPECT_EQ(std::filesystem::file_size(path), size);
  auto files = std::filesystem::directory_iterator(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
  std::filesystem::remove_all(folder);
}

TEST(ReaderTest, UnwritablePlacesAreErrors) {
  test::ProgramBuilder b = test::makeAddProgram();
  Status status =
      writeArtifact("/nonexistent/model.lzm", b.program, b.getSegments());
  EXPECT_EQ(status.getCode(), StatusCode::IoError);
  EXPECT_THAT(status.getMessage(),
              HasSubstr("cannot write '/nonexistent/model.lzm': No such file"));
}

TEST(ReaderTest, MissingFiles) {
  EXPECT_EQ(MappedFile::open("/nonexistent.lzm").getStatus().getCode(),
            StatusCode::NotFound);
  EXPECT_EQ(MappedFile::open("/").getStatus().getCode(), StatusCode::IoError);
}

TEST(ReaderTest, NotAnArtifact) {
  for (const char *text :
       {"", "LAZULI",
        "PK\3\4 something else, long enough to have a header,"
        " which it has not got at all"}) {
    Status status = read(std::vector<char>(text, text + std::strlen(text)));
    EXPECT_EQ(status.getCode(), StatusCode::InvalidArgument);
    EXPECT_THAT(status.getMessage(), HasSubstr("not a lazuli artifact"));
  }
}

TEST(ReaderTest, EveryTruncationIsFound) {
  std::vector<char> bytes = build();
  for (size_t size = 8; size < bytes.size(); size += 13)
    EXPECT_EQ(read({bytes.begin(), bytes.begin() + static_cast<long>(size)})
                  .getCode(),
              StatusCode::DataLoss);
  bytes.push_back(0);
  EXPECT_THAT(read(bytes).getMessage(),
              HasSubstr("truncated or has data appended"));
}

TEST(ReaderTest, ANewerFormatIsRefusedWithAdvice) {
  std::vector<char> bytes = build();
  bytes[offsetof(FileHeader, formatVersion)] = 9;
  test::fixChecksums(bytes);
  Status status = read(bytes);
  EXPECT_EQ(status.getCode(), StatusCode::FailedPrecondition);
  EXPECT_THAT(status.getMessage(),
              HasSubstr("has format version 9, this runtime reads version 1; "
                        "compile the model again or update the runtime"));
}

TEST(ReaderTest, DamageIsFoundByChecksums) {
  std::vector<char> bytes = build();
  auto readFlipped = [&](uint64_t at, VerifyLevel verify) {
    std::vector<char> damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    return read(damaged, verify).getMessage();
  };
  EXPECT_THAT(readFlipped(20, VerifyLevel::Program),
              HasSubstr("header is damaged"));
  EXPECT_THAT(readFlipped(100, VerifyLevel::Program),
              HasSubstr("program is damaged"));
  uint64_t code = getSegmentOffset(bytes, 1);
  EXPECT_THAT(readFlipped(code, VerifyLevel::Code),
              HasSubstr("segment 1 ('code')"));
  EXPECT_EQ(readFlipped(code, VerifyLevel::Program), "");

  test::ProgramBuilder b = test::makeControlFlowProgram();
  bytes = *b.build();
  uint64_t data = getSegmentOffset(bytes, 0);
  EXPECT_THAT(readFlipped(data, VerifyLevel::All),
              HasSubstr("segment 0 ('data')"));
  EXPECT_EQ(readFlipped(data, VerifyLevel::Code), "");
}

TEST(ReaderTest, CodeOfAnotherAbiIsRefused) {
  // Patched in the bytes, because the writer always writes its own version.
  std::vector<char> bytes = build();
  const fmt::Program *program =
      fmt::GetProgram(bytes.data() + sizeof(FileHeader));
  auto *field = const_cast<uint8_t *>(
      reinterpret_cast<const flatbuffers::Table *>(program)->GetAddressOf(
          fmt::Program::VT_ABI_VERSION));
  *field = 7;
  test::fixChecksums(bytes);
  EXPECT_THAT(read(bytes).getMessage(), HasSubstr("code has ABI version 7"));
}
