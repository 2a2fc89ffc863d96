//===- Tiff.cpp -----------------------------------------------------------===//
//
// See Tiff.h. A file is a directory of tagged numbers, in either byte order,
// and strips of rows. Nothing it says is believed: every read is checked.
//
//===----------------------------------------------------------------------===//

#include "runtime/host_ops/Tiff.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>

using namespace lz;
using namespace lz::rt;

namespace {

/// As of other decoders.
constexpr uint64_t maxSide = 1 << 15;

enum Tag : uint16_t {
  Width = 256,
  Height = 257,
  BitsPerSample = 258,
  Compression = 259,
  Photometric = 262,
  StripOffsets = 273,
  SamplesPerPixel = 277,
  RowsPerStrip = 278,
  PlanarConfiguration = 284,
};

/// Others are not even read.
constexpr uint16_t knownTags[] = {
    Width,           Height,       BitsPerSample,
    Compression,     Photometric,  StripOffsets,
    SamplesPerPixel, RowsPerStrip, PlanarConfiguration};

class TiffFile {
public:
  TiffFile(const uint8_t *data, size_t size)
      : data(data), size(size), isBig(data[0] == 'M') {}

  /// Reads the first directory; false if it is not all there.
  bool readDirectory() {
    uint64_t at = read(4, 4), count = read(at, 2);
    for (uint64_t i = 0; i < count && !isShort; ++i) {
      uint64_t entry = at + 2 + i * 12, tag = read(entry, 2);
      if (std::count(std::begin(knownTags), std::end(knownTags), tag) > 0)
        fields[static_cast<uint16_t>(tag)] = readField(entry);
    }
    return !isShort;
  }

  /// The number, or the first one; `otherwise` without the field.
  uint64_t get(Tag tag, uint64_t otherwise) const {
    auto found = fields.find(tag);
    return found == fields.end() || found->second.empty()
               ? otherwise
               : found->second.front();
  }

  const std::vector<uint64_t> &list(Tag tag) { return fields[tag]; }

  /// Those bytes, null if the file ends before.
  const uint8_t *bytes(uint64_t at, uint64_t count) const {
    return at <= size && count <= size - at ? data + at : nullptr;
  }

private:
  uint64_t read(uint64_t at, unsigned width) {
    const uint8_t *from = bytes(at, width);
    if (!from) {
      isShort = true;
      return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
      value |= uint64_t(from[isBig ? width - 1 - i : i]) << (8 * i);
    return value;
  }

  /// Numbers of 16 or 32 bits, in the entry itself where they fit.
  std::vector<uint64_t> readField(uint64_t entry) {
    uint64_t type = read(entry + 2, 2), count = read(entry + 4, 4);
    unsigned width = type == 3 ? 2 : type == 4 ? 4 : 0;
    std::vector<uint64_t> numbers;
    if (width == 0 || isShort)
      return numbers;
    uint64_t at = count * width <= 4 ? entry + 8 : read(entry + 8, 4);
    if (!bytes(at, count * width)) {
      isShort = true;
      return numbers;
    }
    for (uint64_t i = 0; i < count; ++i)
      numbers.push_back(read(at + i * width, width));
    return numbers;
  }

  const uint8_t *data;
  size_t size;
  bool isBig;
  bool isShort = false;
  std::map<uint16_t, std::vector<uint64_t>> fields;
};

/// What the pixels look like.
struct Layout {
  uint64_t channels = 1, rowsPerStrip = 0;
  bool isGray = false, isInverted = false;
};

bool readLayout(TiffFile &file, uint64_t height, Layout &layout) {
  uint64_t photometric = file.get(Photometric, 1);
  layout.channels = file.get(SamplesPerPixel, 1);
  layout.rowsPerStrip = std::min(file.get(RowsPerStrip, height), height);
  layout.isGray = photometric <= 1;
  layout.isInverted = photometric == 0;
  for (uint64_t bits : file.list(BitsPerSample))
    if (bits != 8)
      return false;
  return file.get(BitsPerSample, 1) == 8 && file.get(Compression, 1) == 1 &&
         file.get(PlanarConfiguration, 1) == 1 && photometric <= 2 &&
         layout.channels >= (layout.isGray ? 1 : 3) && layout.channels <= 8 &&
         layout.rowsPerStrip > 0;
}

void convertRow(const uint8_t *in, uint64_t width, const Layout &layout,
                uint8_t *out) {
  for (uint64_t i = 0; i < width; ++i, in += layout.channels)
    for (int channel = 0; channel < 3; ++channel) {
      uint8_t value = in[layout.isGray ? 0 : channel];
      *out++ = layout.isInverted ? static_cast<uint8_t>(255 - value) : value;
    }
}

} // namespace

bool rt::isTiff(const uint8_t *data, size_t size) {
  return size >= 8 && (std::memcmp(data, "II*\0", 4) == 0 ||
                       std::memcmp(data, "MM\0*", 4) == 0);
}

std::vector<uint8_t> rt::decodeTiff(const uint8_t *data, size_t size,
                                    int &width, int &height) {
  TiffFile file(data, size);
  if (!file.readDirectory())
    return {};
  uint64_t columns = file.get(Width, 0), rows = file.get(Height, 0);
  Layout layout;
  if (columns < 1 || columns > maxSide || rows < 1 || rows > maxSide ||
      !readLayout(file, rows, layout))
    return {};
  // A file has at least its pixels, so it cannot ask for much memory.
  uint64_t rowSize = columns * layout.channels;
  if (rowSize * rows > size)
    return {};
  const std::vector<uint64_t> &strips = file.list(StripOffsets);
  std::vector<uint8_t> pixels(columns * rows * 3);
  for (uint64_t row = 0; row < rows; ++row) {
    uint64_t strip = row / layout.rowsPerStrip;
    uint64_t skipped = row % layout.rowsPerStrip * rowSize;
    const uint8_t *in = strip < strips.size()
                            ? file.bytes(strips[strip] + skipped, rowSize)
                            : nullptr;
    if (!in)
      return {};
    convertRow(in, columns, layout, pixels.data() + row * columns * 3);
  }
  width = static_cast<int>(columns);
  height = static_cast<int>(rows);
  return pixels;
}
