//===- JpegKernels.h - The arithmetic of JPEG -------------------*- C++ -*-===//
//
// Internal. The inverse transform, the upsampling of colors and their
// conversion with the roundings of the Independent JPEG Group's library, which
// most programs decode with: stb_image's own differ by one here and there.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_HOST_OPS_JPEGKERNELS_H
#define LAZULI_RUNTIME_HOST_OPS_JPEGKERNELS_H

#include <algorithm>
#include <cstdint>

namespace lz::rt::jpeg {

inline uint8_t clampByte(int64_t value) {
  return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255));
}

/// One dimension of the transform of Loeffler, Ligtenberg and Moschytz, in
/// fixed point of 13 bits: in[0], in[stride], ... of 8 numbers. The results
/// have 13 bits more.
template <typename T>
void transform8(const T *in, int stride, int64_t (&out)[8]) {
  auto at = [&](int i) { return static_cast<int64_t>(in[i * stride]); };
  int64_t turn = (at(2) + at(6)) * 4433;
  int64_t even2 = turn - at(6) * 15137, even3 = turn + at(2) * 6270;
  int64_t sum = (at(0) + at(4)) * 8192, difference = (at(0) - at(4)) * 8192;
  const int64_t even[4] = {sum + even3, difference + even2, difference - even2,
                           sum - even3};
  int64_t z1 = (at(7) + at(1)) * -7373, z2 = (at(5) + at(3)) * -20995;
  int64_t z3 = at(7) + at(3), z4 = at(5) + at(1), z5 = (z3 + z4) * 9633;
  z3 = z3 * -16069 + z5;
  z4 = z4 * -3196 + z5;
  const int64_t odd[4] = {at(1) * 12299 + z1 + z4, at(3) * 25172 + z2 + z3,
                          at(5) * 16819 + z2 + z4, at(7) * 2446 + z1 + z3};
  for (int i = 0; i < 4; ++i) {
    out[i] = even[i] + odd[i];
    out[7 - i] = even[i] - odd[i];
  }
}

/// `value` / 2^bits, rounded to the nearest.
inline int64_t descale(int64_t value, int bits) {
  return (value + (int64_t(1) << (bits - 1))) >> bits;
}

/// Coefficients of a block, row by row, to 8 rows of 8 bytes. Between the
/// dimensions two bits of a fraction are kept.
inline void inverseTransform(uint8_t *out, int stride, short data[64]) {
  int64_t columns[64], line[8];
  for (int x = 0; x < 8; ++x) {
    transform8(data + x, 8, line);
    for (int y = 0; y < 8; ++y)
      columns[y * 8 + x] = descale(line[y], 11);
  }
  for (int y = 0; y < 8; ++y) {
    transform8(columns + y * 8, 1, line);
    for (int x = 0; x < 8; ++x)
      out[y * stride + x] = clampByte(descale(line[x], 18) + 128);
  }
}

/// Twice as many samples in a row that lies nearer to `near` than to `far`:
/// weights of 3 and 1 in both directions. Rows of one or two are only repeated.
inline uint8_t *upsample(uint8_t *out, uint8_t *near, uint8_t *far, int width,
                         int /*factor*/) {
  if (width <= 2)
    far = near;
  auto at = [&](int i) { return near[i] * 3 + far[i]; };
  for (int i = 0; i < width; ++i) {
    bool isFirst = i == 0 || width <= 2, isLast = i + 1 == width || width <= 2;
    int left = at(isFirst ? i : i - 1), right = at(isLast ? i : i + 1);
    out[2 * i] = static_cast<uint8_t>((at(i) * 3 + left + 8) >> 4);
    out[2 * i + 1] = static_cast<uint8_t>((at(i) * 3 + right + 7) >> 4);
  }
  return out;
}

/// Luma and two colors to red, green, blue, in fixed point of 16 bits; a fourth
/// channel is opaque.
inline void convertColors(uint8_t *out, const uint8_t *y, const uint8_t *cb,
                          const uint8_t *cr, int count, int step) {
  constexpr int64_t half = 1 << 15;
  for (int i = 0; i < count; ++i, out += step) {
    int64_t blue = cb[i] - 128, red = cr[i] - 128;
    out[0] = clampByte(y[i] + ((91881 * red + half) >> 16));
    out[1] = clampByte(y[i] + ((-22554 * blue - 46802 * red + half) >> 16));
    out[2] = clampByte(y[i] + ((116130 * blue + half) >> 16));
    if (step == 4)
      out[3] = 255;
  }
}

} // namespace lz::rt::jpeg

#endif // LAZULI_RUNTIME_HOST_OPS_JPEGKERNELS_H
