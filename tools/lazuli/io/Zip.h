//===- Zip.h - The zip files that .npz are ----------------------------------===//
//
// Members stored or deflated, zip64 included, every offset and checksum checked;
// encrypted or otherwise compressed members are refused. Written members are
// stored.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_ZIP_H
#define LAZULI_TOOLS_LAZULI_IO_ZIP_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lz::cli {

struct ZipMember {
  std::string name;
  uint16_t method = 0; ///< 0 stored, 8 deflated
  uint16_t flags = 0;
  uint32_t crc = 0;
  uint64_t packedBytes = 0;
  uint64_t sizeBytes = 0;
  uint64_t headerOffset = 0;
};

class ZipReader {
public:
  /// Reads the directory. `name` is what failures call the file.
  ZipReader(std::vector<uint8_t> bytes, std::string name);
  const std::vector<ZipMember> &getMembers() const { return members; }
  /// The contents of member number `index`.
  std::vector<uint8_t> extract(size_t index) const;

private:
  [[noreturn]] void damaged(const char *what) const;
  /// Little-endian number of `width` bytes at `offset`, which must lie in the file.
  uint64_t read(uint64_t offset, int width) const;
  void readDirectory();
  uint64_t readMember(uint64_t offset);
  void readZip64(ZipMember &member, uint64_t begin, uint64_t end) const;
  std::vector<uint8_t> inflateMember(const ZipMember &member, uint64_t offset) const;

  std::vector<uint8_t> bytes;
  std::string name;
  std::vector<ZipMember> members;
};

class ZipWriter {
public:
  /// Fails beyond 4 GiB in all.
  void add(const std::string &name, std::string_view contents);
  /// The whole file; nothing may be added afterwards.
  std::string finish();

private:
  std::string out;
  std::string directory;
  uint32_t numMembers = 0;
};

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_ZIP_H
