// The counter-based generator Philox-4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). Each block of four words is a pure
// function of key and counter, so values depend on no order of drawing.

#ifndef LAZULI_PASSES_PHILOX_H
#define LAZULI_PASSES_PHILOX_H

#include <array>
#include <cstdint>

namespace lz {

using PhiloxBlock = std::array<uint32_t, 4>;

/// The block at `counter` under `key`, ten rounds.
inline PhiloxBlock philox(PhiloxBlock counter, uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key);
  uint32_t k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53) * counter[0];
    uint64_t p1 = uint64_t(0xCD9E8D57) * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ k0,
               static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ k1,
               static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

/// A float in [0, 1) with 24 random bits.
inline float unitFloat(uint32_t word) { return (word >> 8) * 0x1p-24f; }

/// A double in [0, 1) with 53 random bits.
inline double unitDouble(uint32_t high, uint32_t low) {
  return ((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

} // namespace lz

#endif // LAZULI_PASSES_PHILOX_H
