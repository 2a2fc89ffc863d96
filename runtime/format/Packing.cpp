//===- Packing.cpp --------------------------------------------------------===//
//
// See Packing.h. The packed form is walked in its own order, one loop level
// after the other, so that it is written or read once, from front to back.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Packing.h"

#include "runtime/base/Text.h"

#include <algorithm>
#include <cctype>
#include <cstring>

using namespace lz::rt;

namespace {

struct Block {
  int dim;
  int64_t size;
};

/// A tag taken apart; checked against the rank only.
struct ParsedTag {
  std::vector<int> order;
  std::vector<bool> blocked;
  std::vector<Block> blocks;
};

} // namespace

static Status malformed(std::string_view tag, std::string_view why) {
  return invalidArgument(concat("layout ", quote(tag), " ", why));
}

static Status parseOrder(std::string_view tag, size_t rank, ParsedTag &parsed) {
  std::vector<bool> seen(rank, false);
  size_t numLetters = 0;
  for (; numLetters < tag.size() &&
         std::isalpha(static_cast<unsigned char>(tag[numLetters]));
       ++numLetters) {
    char letter = tag[numLetters];
    size_t dim = static_cast<size_t>(std::tolower(letter) - 'a');
    if (dim >= rank || seen[dim])
      return malformed(tag,
                       concat("does not name ", rank, " dimensions once each"));
    seen[dim] = true;
    parsed.order.push_back(static_cast<int>(dim));
    parsed.blocked[dim] = std::isupper(static_cast<unsigned char>(letter)) != 0;
  }
  if (numLetters != rank)
    return malformed(tag,
                     concat("does not name ", rank, " dimensions once each"));
  return Status::success();
}

static Status parseBlocks(std::string_view tag, size_t rank,
                          ParsedTag &parsed) {
  std::vector<bool> hasBlock(rank, false);
  for (size_t at = rank; at < tag.size();) {
    int64_t size = 0;
    for (; at < tag.size() && std::isdigit(static_cast<unsigned char>(tag[at]));
         ++at) {
      size = size * 10 + (tag[at] - '0');
      if (size > 4096)
        return malformed(tag, "has a block of more than 4096");
    }
    if (size < 1 || at == tag.size() ||
        !std::islower(static_cast<unsigned char>(tag[at])))
      return malformed(
          tag, "has a block that is not a size and a lower-case letter");
    size_t dim = static_cast<size_t>(tag[at++] - 'a');
    if (dim >= rank || !parsed.blocked[dim])
      return malformed(tag,
                       "has a block of a dimension that is not in upper case");
    hasBlock[dim] = true;
    parsed.blocks.push_back({static_cast<int>(dim), size});
  }
  if (hasBlock != parsed.blocked)
    return malformed(tag, "has a dimension in upper case without a block");
  return Status::success();
}

static bool multiply(int64_t &value, int64_t factor) {
  return !__builtin_mul_overflow(value, factor, &value);
}

StatusOr<Packing> Packing::parse(std::string_view tag,
                                 std::vector<int64_t> dims) {
  size_t rank = dims.size();
  ParsedTag parsed;
  parsed.blocked.resize(rank, false);
  if (rank > 26)
    return malformed(tag, concat("cannot describe ", rank, " dimensions"));
  LZ_RETURN_IF_ERROR(parseOrder(tag, rank, parsed));
  LZ_RETURN_IF_ERROR(parseBlocks(tag, rank, parsed));

  Packing packing;
  std::vector<int64_t> blockOf(rank, 1);
  for (const Block &block : parsed.blocks)
    if (!multiply(blockOf[block.dim], block.size) ||
        blockOf[block.dim] > (int64_t(1) << 32))
      return malformed(tag, "has blocks that are too large");
  packing.numElements = packing.numPaddedElements = 1;
  for (size_t dim = 0; dim < rank; ++dim) {
    int64_t block = blockOf[dim];
    if (dims[dim] < 0 || dims[dim] > INT64_MAX - block)
      return malformed(tag,
                       "is given a dimension that is negative or too large");
    packing.paddedDims.push_back((dims[dim] + block - 1) / block * block);
    if (!multiply(packing.numElements, dims[dim]) ||
        !multiply(packing.numPaddedElements, packing.paddedDims[dim]))
      return malformed(tag, "is given more elements than 64 bits count");
  }
  packing.plainStrides.resize(rank, 1);
  for (size_t dim = rank; dim-- > 1;)
    // Overflows only beside a dimension of zero, where no stride is used.
    packing.plainStrides[dim - 1] =
        static_cast<int64_t>(static_cast<uint64_t>(packing.plainStrides[dim]) *
                             static_cast<uint64_t>(dims[dim]));
  for (int dim : parsed.order)
    packing.levels.push_back(
        {dim, packing.paddedDims[dim] / blockOf[dim], blockOf[dim]});
  for (const Block &block : parsed.blocks) {
    blockOf[block.dim] /= block.size;
    packing.levels.push_back({block.dim, block.size, blockOf[block.dim]});
  }
  packing.dims = std::move(dims);
  return packing;
}

int64_t Packing::getOffset(const int64_t *indices) const {
  std::vector<int64_t> rest(indices, indices + dims.size());
  int64_t offset = 0;
  for (const Level &level : levels) {
    offset = offset * level.extent + rest[level.dim] / level.step;
    rest[level.dim] %= level.step;
  }
  return offset;
}

/// One walk over the packed form. `copy` moves a run of elements between the
/// plain form (a first element and a stride) and the packed form (dense), and
/// is told how many of the run's elements exist; the others are padding.
struct Packing::Walk {
  const Packing &packing;
  std::vector<int64_t> index;
  int64_t packedOffset = 0;

  template <typename Copy>
  void run(size_t depth, bool inside, const Copy &copy) {
    if (depth + 1 < packing.levels.size()) {
      const Level &level = packing.levels[depth];
      int64_t first = index[level.dim];
      for (int64_t i = 0; i < level.extent; ++i, index[level.dim] += level.step)
        run(depth + 1, inside && index[level.dim] < packing.dims[level.dim],
            copy);
      index[level.dim] = first;
      return;
    }
    const Level &level = packing.levels[depth];
    int64_t left = packing.dims[level.dim] - index[level.dim];
    int64_t numValid = 0;
    if (inside && left > 0)
      numValid = std::min(level.extent, (left + level.step - 1) / level.step);
    int64_t plainOffset = 0;
    for (size_t dim = 0; numValid > 0 && dim < index.size(); ++dim)
      plainOffset += index[dim] * packing.plainStrides[dim];
    copy(plainOffset, packing.plainStrides[level.dim] * level.step,
         packedOffset, numValid, level.extent);
    packedOffset += level.extent;
  }

  template <typename Copy> void start(const Copy &copy) {
    if (packing.levels.empty())
      copy(0, 1, 0, 1, 1);
    else if (packing.numPaddedElements > 0)
      run(/*depth=*/0, /*inside=*/true, copy);
  }
};

/// Calls `body` with a value of the unsigned type of the given size.
template <typename Body>
static void withElementType(int elementBytes, const Body &body) {
  switch (elementBytes) {
  case 1:
    return body(uint8_t());
  case 2:
    return body(uint16_t());
  case 4:
    return body(uint32_t());
  case 8:
    return body(uint64_t());
  default:
    assert(false && "elements have 1, 2, 4 or 8 bytes");
  }
}

void Packing::pack(const void *src, void *dst, int elementBytes) const {
  withElementType(elementBytes, [&](auto zero) {
    using T = decltype(zero);
    const T *from = static_cast<const T *>(src);
    T *to = static_cast<T *>(dst);
    Walk walk{*this, std::vector<int64_t>(dims.size(), 0)};
    walk.start([&](int64_t plain, int64_t stride, int64_t packed, int64_t valid,
                   int64_t all) {
      if (stride == 1)
        std::copy_n(from + plain, valid, to + packed);
      else
        for (int64_t i = 0; i < valid; ++i)
          to[packed + i] = from[plain + i * stride];
      std::fill(to + packed + valid, to + packed + all, T(0));
    });
  });
}

void Packing::unpack(const void *src, void *dst, int elementBytes) const {
  withElementType(elementBytes, [&](auto zero) {
    using T = decltype(zero);
    const T *from = static_cast<const T *>(src);
    T *to = static_cast<T *>(dst);
    Walk walk{*this, std::vector<int64_t>(dims.size(), 0)};
    walk.start([&](int64_t plain, int64_t stride, int64_t packed, int64_t valid,
                   int64_t) {
      for (int64_t i = 0; i < valid; ++i)
        to[plain + i * stride] = from[packed + i];
    });
  });
}
