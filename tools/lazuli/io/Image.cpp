//===- Image.cpp ------------------------------------------------------------===//
//
// See Image.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Image.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <stb/stb_image.h>
#include <stb/stb_image_resize.h>
#include <stb/stb_image_write.h>

using namespace lz;
using namespace lz::cli;

bool cli::isImageFile(const std::string &path) {
  static const char *const extensions[] = {".png", ".jpg", ".jpeg", ".bmp", ".gif",
                                           ".tga", ".ppm", ".pgm"};
  std::string extension = getExtension(path);
  return std::find(std::begin(extensions), std::end(extensions), extension) !=
         std::end(extensions);
}

template <typename T>
static void scalePixels(Image &image, T *pixels, float scale, const std::string &path) {
  if (!pixels)
    fail("cannot read the image ", rt::quote(path), ": ", stbi_failure_reason());
  size_t count = static_cast<size_t>(image.width * image.height * image.channels);
  image.pixels.resize(count);
  for (size_t i = 0; i < count; ++i)
    image.pixels[i] = static_cast<float>(pixels[i]) / scale;
  stbi_image_free(pixels);
}

Image cli::readImage(const std::string &path) {
  std::vector<uint8_t> bytes = readFile(path);
  if (bytes.size() > INT_MAX)
    fail("the image ", rt::quote(path), " has more than 2 GiB");
  int size = static_cast<int>(bytes.size()), width = 0, height = 0, channels = 0;
  bool isDeep = stbi_is_16_bit_from_memory(bytes.data(), size);
  stbi_us *deep = nullptr;
  stbi_uc *plain = nullptr;
  if (isDeep)
    deep = stbi_load_16_from_memory(bytes.data(), size, &width, &height, &channels, 0);
  else
    plain = stbi_load_from_memory(bytes.data(), size, &width, &height, &channels, 0);
  Image image;
  image.width = width;
  image.height = height;
  image.channels = channels;
  if (isDeep)
    scalePixels(image, deep, 65535.0f, path);
  else
    scalePixels(image, plain, 255.0f, path);
  return image;
}

/// With 1, 3 or 4 channels: gray by the weights of Rec. 601, alpha opaque.
static Image withChannels(const Image &image, int64_t channels) {
  if (image.channels == channels)
    return image;
  Image result{image.width, image.height, channels, {}};
  result.pixels.reserve(static_cast<size_t>(image.width * image.height * channels));
  for (int64_t p = 0; p < image.width * image.height; ++p) {
    const float *src = image.pixels.data() + p * image.channels;
    bool isGray = image.channels < 3;
    float r = src[0], g = isGray ? r : src[1], b = isGray ? r : src[2];
    if (channels == 1) {
      result.pixels.push_back(isGray ? r : 0.299f * r + 0.587f * g + 0.114f * b);
      continue;
    }
    for (float value : {r, g, b})
      result.pixels.push_back(value);
    if (channels == 4)
      result.pixels.push_back(image.channels == 2 ? src[1] : 1.0f);
  }
  return result;
}

static Image resized(const Image &image, int64_t height, int64_t width) {
  if (height == image.height && width == image.width)
    return image;
  if (height <= 0 || width <= 0 || height > 1 << 15 || width > 1 << 15)
    fail("an image cannot be resized to ", width, " by ", height);
  Image result{width, height, image.channels, {}};
  result.pixels.resize(static_cast<size_t>(width * height * image.channels));
  if (!stbir_resize_float(image.pixels.data(), static_cast<int>(image.width),
                          static_cast<int>(image.height), 0, result.pixels.data(),
                          static_cast<int>(width), static_cast<int>(height), 0,
                          static_cast<int>(image.channels)))
    throw Failure(ExitCode::BadInput, "RESOURCE_EXHAUSTED",
                  "there is no memory to resize an image");
  for (float &value : result.pixels) // cubic filters overshoot
    value = std::clamp(value, 0.0f, 1.0f);
  return result;
}

namespace {
/// Which axis of a target is which; -1: there is none.
struct Axes {
  int height = 0, width = 1, channel = -1;
};
} // namespace

static bool isChannelCount(int64_t dim) { return dim == 1 || dim == 3 || dim == 4; }

static Axes findAxes(const ImageTarget &target) {
  int rank = static_cast<int>(target.dims.size());
  int first = rank == 4 ? 1 : 0; // the batch is axis 0
  if (rank == 2)
    return {0, 1, -1};
  if (rank != 3 && rank != 4)
    fail("input ", rt::quote(target.name), " has ", rank,
         " dimensions, expected 2, 3 or 4 for an image");
  int last = rank - 1;
  bool isLast = isChannelCount(target.dims[last]) && !isChannelCount(target.dims[first]);
  if (isLast)
    return {first, first + 1, last};
  if (target.dims[first] > 0 && !isChannelCount(target.dims[first]))
    fail("input ", rt::quote(target.name), " has dimensions ",
         rt::formatDims(target.dims.data(), target.dims.size()),
         ", expected 1, 3 or 4 channels for an image");
  return {first + 1, first + 2, first};
}

Array cli::toTensor(const Image &image, const ImageTarget &target) {
  if (!isFloat(target.dtype) && target.dtype != fmt::DType_u8)
    fail("input ", rt::quote(target.name), " is ", rt::getDTypeName(target.dtype),
         ", expected a float type or u8 for an image");
  Axes axes = findAxes(target);
  std::vector<int64_t> dims = target.dims;
  auto choose = [&](int axis, int64_t own) {
    return dims[axis] < 0 ? dims[axis] = own : dims[axis];
  };
  if (dims.size() == 4 && choose(0, 1) != 1)
    fail("input ", rt::quote(target.name), " has a batch of ", dims[0],
         ", expected 1 for one image; give as many images as it holds");
  int64_t channels = axes.channel < 0 ? 1 : choose(axes.channel, image.channels < 3 ? 1 : 3);
  int64_t height = choose(axes.height, image.height), width = choose(axes.width, image.width);
  Image source = resized(withChannels(image, channels), height, width);
  Array result(target.dtype, dims);
  double scale = target.dtype == fmt::DType_u8 ? 255.0 : 1.0;
  bool isFirst = axes.channel >= 0 && axes.channel < axes.height;
  int64_t position = 0;
  for (const float value : source.pixels) {
    int64_t pixel = position / channels, channel = position % channels;
    int64_t to = isFirst ? channel * height * width + pixel : position;
    result.setDouble(to, value * scale);
    ++position;
  }
  return result;
}

std::vector<int64_t> cli::getExampleDims(const Image &image) {
  return {1, image.channels < 3 ? 1 : 3, image.height, image.width};
}

static void appendBytes(void *out, void *bytes, int size) {
  static_cast<std::string *>(out)->append(static_cast<const char *>(bytes),
                                          static_cast<size_t>(size));
}

std::string cli::encodePng(const Array &tensor) {
  ImageTarget shape{"image", fmt::DType_f32, tensor.getDims()};
  Axes axes = findAxes(shape);
  int64_t channels = axes.channel < 0 ? 1 : tensor.getDims()[axes.channel];
  int64_t height = tensor.getDims()[axes.height], width = tensor.getDims()[axes.width];
  bool isFirst = axes.channel >= 0 && axes.channel < axes.height;
  int64_t count = tensor.getNumElements();
  double low = 0, high = 1;
  for (int64_t i = 0; i < count; ++i) {
    low = std::min(low, tensor.getDouble(i));
    high = std::max(high, tensor.getDouble(i));
  }
  if (low < 0 || high > 1) // normalized images: show their own range
    high = high > 1 && low >= 0 && high <= 255 ? 255 : high;
  std::vector<uint8_t> pixels(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    int64_t pixel = i / channels, channel = i % channels;
    double value = tensor.getDouble(isFirst ? channel * height * width + pixel : i);
    double unit = (value - low) / (high - low);
    pixels[static_cast<size_t>(i)] =
        static_cast<uint8_t>(std::isnan(unit) ? 0 : std::lround(std::clamp(unit, 0.0, 1.0) * 255));
  }
  std::string out;
  stbi_write_png_to_func(appendBytes, &out, static_cast<int>(width), static_cast<int>(height),
                         static_cast<int>(channels), pixels.data(),
                         static_cast<int>(width * channels));
  return out;
}
