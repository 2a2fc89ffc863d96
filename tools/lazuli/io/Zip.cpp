//===- Zip.cpp --------------------------------------------------------------===//
//
// See Zip.h. The layout is PKWARE's APPNOTE 6.3.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Zip.h"

#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <cstring>
#include <zlib.h>

using namespace lz;
using namespace lz::cli;

static constexpr uint32_t localMagic = 0x04034b50, centralMagic = 0x02014b50,
                          endMagic = 0x06054b50, end64Magic = 0x06064b50,
                          locator64Magic = 0x07064b50;
static constexpr uint64_t endBytes = 22, locatorBytes = 20, centralBytes = 46, localBytes = 30;

ZipReader::ZipReader(std::vector<uint8_t> newBytes, std::string newName)
    : bytes(std::move(newBytes)), name(std::move(newName)) {
  readDirectory();
}

void ZipReader::damaged(const char *what) const {
  throw Failure(ExitCode::BadInput, "DATA_LOSS",
                rt::concat(rt::quote(name), " is no intact zip file: ", what));
}

uint64_t ZipReader::read(uint64_t offset, int width) const {
  if (offset > bytes.size() || bytes.size() - offset < static_cast<uint64_t>(width))
    damaged("it ends too early");
  uint64_t value = 0;
  for (int i = 0; i < width; ++i)
    value |= static_cast<uint64_t>(bytes[offset + static_cast<uint64_t>(i)]) << (8 * i);
  return value;
}

void ZipReader::readDirectory() {
  if (bytes.size() < endBytes)
    damaged("it ends too early");
  // The end record lies before a comment of at most 65535 bytes.
  uint64_t end = bytes.size() - endBytes;
  uint64_t lowest = end > 65535 ? end - 65535 : 0;
  while (read(end, 4) != endMagic)
    if (end-- == lowest)
      damaged("it has no directory");
  uint64_t count = read(end + 10, 2), offset = read(end + 16, 4);
  if (end >= locatorBytes && read(end - locatorBytes, 4) == locator64Magic) {
    uint64_t end64 = read(end - locatorBytes + 8, 8);
    if (read(end64, 4) != end64Magic)
      damaged("its zip64 directory is missing");
    count = read(end64 + 32, 8);
    offset = read(end64 + 48, 8);
  }
  if (count > bytes.size() / centralBytes)
    damaged("it claims more members than it can hold");
  for (uint64_t i = 0; i < count; ++i)
    offset = readMember(offset);
}

uint64_t ZipReader::readMember(uint64_t offset) {
  if (read(offset, 4) != centralMagic)
    damaged("its directory is broken");
  ZipMember member;
  member.flags = static_cast<uint16_t>(read(offset + 8, 2));
  member.method = static_cast<uint16_t>(read(offset + 10, 2));
  member.crc = static_cast<uint32_t>(read(offset + 16, 4));
  member.packedBytes = read(offset + 20, 4);
  member.sizeBytes = read(offset + 24, 4);
  uint64_t nameBytes = read(offset + 28, 2), extraBytes = read(offset + 30, 2);
  uint64_t commentBytes = read(offset + 32, 2);
  member.headerOffset = read(offset + 42, 4);
  uint64_t extra = offset + centralBytes + nameBytes;
  uint64_t next = extra + extraBytes + commentBytes;
  if (next > bytes.size())
    damaged("its directory is broken");
  member.name.assign(reinterpret_cast<const char *>(bytes.data()) + offset + centralBytes,
                     nameBytes);
  readZip64(member, extra, extra + extraBytes);
  members.push_back(std::move(member));
  return next;
}

/// Sizes of 2^32 - 1 stand in an extra field, in this order, only where needed.
void ZipReader::readZip64(ZipMember &member, uint64_t begin, uint64_t end) const {
  while (begin + 4 <= end) {
    uint64_t tag = read(begin, 2), fieldEnd = begin + 4 + read(begin + 2, 2);
    begin += 4;
    if (fieldEnd > end)
      damaged("its directory is broken");
    for (uint64_t *value : {&member.sizeBytes, &member.packedBytes, &member.headerOffset}) {
      if (tag != 1 || *value != UINT32_MAX || begin + 8 > fieldEnd)
        continue;
      *value = read(begin, 8);
      begin += 8;
    }
    begin = fieldEnd;
  }
}

std::vector<uint8_t> ZipReader::extract(size_t index) const {
  const ZipMember &member = members[index];
  if (member.flags & 1)
    damaged("a member is encrypted");
  if (member.method != 0 && member.method != 8)
    damaged("a member is neither stored nor deflated");
  if (read(member.headerOffset, 4) != localMagic)
    damaged("a member's header is missing");
  uint64_t offset = member.headerOffset + localBytes + read(member.headerOffset + 26, 2) +
                    read(member.headerOffset + 28, 2);
  if (offset > bytes.size() || bytes.size() - offset < member.packedBytes)
    damaged("a member ends too early");
  std::vector<uint8_t> contents;
  if (member.method == 8) {
    contents = inflateMember(member, offset);
  } else {
    if (member.sizeBytes != member.packedBytes)
      damaged("a member has another size than the directory says");
    contents.assign(bytes.begin() + static_cast<ptrdiff_t>(offset),
                    bytes.begin() + static_cast<ptrdiff_t>(offset + member.packedBytes));
  }
  uLong crc = crc32_z(crc32_z(0, nullptr, 0), contents.data(), contents.size());
  if (crc != member.crc)
    damaged("a member's checksum is wrong");
  return contents;
}

std::vector<uint8_t> ZipReader::inflateMember(const ZipMember &member, uint64_t offset) const {
  // Deflate cannot do better than 1032 to 1: do not take memory for a lie.
  if (member.sizeBytes / 1032 > member.packedBytes)
    damaged("a member claims more than it can hold");
  std::vector<uint8_t> contents(member.sizeBytes);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    throw Failure(ExitCode::BadInput, "RESOURCE_EXHAUSTED", "there is no memory to inflate");
  // zlib counts in 32 bits; large members go through in parts.
  constexpr uint64_t partBytes = 1u << 30;
  uint64_t in = 0, done = 0;
  int result = Z_OK;
  uint8_t spare;
  while (result == Z_OK) {
    uint64_t inPart = std::min(partBytes, member.packedBytes - in);
    uint64_t outPart = std::min(partBytes, contents.size() - done);
    stream.next_in = const_cast<Bytef *>(bytes.data() + offset + in);
    stream.avail_in = static_cast<uInt>(inPart);
    stream.next_out = outPart ? contents.data() + done : &spare;
    stream.avail_out = outPart ? static_cast<uInt>(outPart) : 1;
    result = inflate(&stream, Z_NO_FLUSH);
    uint64_t produced = (outPart ? outPart : 1) - stream.avail_out;
    in += inPart - stream.avail_in;
    done += produced;
    if (done > contents.size() || (inPart == stream.avail_in && produced == 0))
      break;
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || done != contents.size())
    damaged("a member cannot be inflated");
  return contents;
}

static void put(std::string &out, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
}

void ZipWriter::add(const std::string &name, std::string_view contents) {
  if (out.size() + contents.size() + directory.size() > UINT32_MAX - (1u << 20))
    failIo("the arrays have more than 4 GiB, expected less for one .npz file");
  uLong crc = crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef *>(contents.data()),
                      contents.size());
  // Common to both headers: version, flags, method, time, date (1980-01-01), ...
  std::string shared;
  put(shared, 20, 2);
  put(shared, 1u << 11, 2); // the name is UTF-8
  put(shared, 0, 2);
  put(shared, 0, 2);
  put(shared, 0x21, 2);
  put(shared, crc, 4);
  put(shared, contents.size(), 4);
  put(shared, contents.size(), 4);
  put(shared, name.size(), 2);
  put(shared, 0, 2);
  put(directory, centralMagic, 4);
  put(directory, 20, 2);
  directory += shared;
  put(directory, 0, 10); // comment, disk, attributes
  put(directory, out.size(), 4);
  directory += name;
  put(out, localMagic, 4);
  out += shared;
  out += name;
  out += contents;
  ++numMembers;
}

std::string ZipWriter::finish() {
  uint64_t offset = out.size();
  out += directory;
  put(out, endMagic, 4);
  put(out, 0, 4);
  put(out, numMembers, 2);
  put(out, numMembers, 2);
  put(out, directory.size(), 4);
  put(out, offset, 4);
  put(out, 0, 2);
  return std::move(out);
}
