//===- Image.cpp - Encoded images -----------------------------------------===//
//
// image_decoder as ONNX's ImageDecoder, by stb_image: PNG, JPEG, BMP, PNM (and
// GIF, TGA, PSD, which ONNX does not ask for); Tiff.cpp adds TIFF. What cannot be
// decoded gives an image of no pixels.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/host_ops/Builtin.h"
#include "runtime/host_ops/JpegKernels.h"
#include "runtime/host_ops/Tiff.h"

#include <climits>
#include <cstring>
#include <memory>
#include <new>

// Only decoding from memory; no image wider than this.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_NO_FAILURE_STRINGS
#define STBI_MAX_DIMENSIONS (1 << 15)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

using namespace lz;
using namespace lz::rt;

namespace {

/// As stb_image does it, but for the arithmetic.
stbi_uc *decodeJpeg(stbi__context &context, int &width, int &height) {
  std::unique_ptr<stbi__jpeg> decoder(new (std::nothrow) stbi__jpeg());
  if (!decoder)
    return nullptr;
  decoder->s = &context;
  stbi__setup_jpeg(decoder.get());
  decoder->idct_block_kernel = jpeg::inverseTransform;
  decoder->resample_row_hv_2_kernel = jpeg::upsample;
  decoder->YCbCr_to_RGB_kernel = jpeg::convertColors;
  int found = 0;
  return load_jpeg_image(decoder.get(), &width, &height, &found,
                         /*req_comp=*/3);
}

/// Rows of three channels; empty if nothing knows the format.
std::vector<uint8_t> decode(const uint8_t *data, int size, int &width,
                            int &height) {
  if (isTiff(data, static_cast<size_t>(size)))
    return decodeTiff(data, static_cast<size_t>(size), width, height);
  stbi__context context;
  stbi__start_mem(&context, data, size);
  int found = 0;
  stbi_uc *pixels =
      stbi__jpeg_test(&context)
          ? decodeJpeg(context, width, height)
          : stbi_load_from_memory(data, size, &width, &height, &found,
                                  /*desired_channels=*/3);
  if (!pixels)
    return {};
  std::vector<uint8_t> copy(pixels,
                            pixels + static_cast<size_t>(width) * height * 3);
  stbi_image_free(pixels);
  return copy;
}

class ImageDecoder : public HostFunction {
public:
  Status prepare(const Signature &signature) {
    std::string format = "RGB";
    LZ_RETURN_IF_ERROR(signature.attributes.get("pixel_format", format));
    if (format != "RGB" && format != "BGR" && format != "Grayscale")
      return invalidArgument(concat("attribute 'pixel_format' is ",
                                    quote(format),
                                    ", expected RGB, BGR or Grayscale"));
    numChannels = format == "Grayscale" ? 1 : 3;
    isReversed = format == "BGR";
    LZ_RETURN_IF_ERROR(signature.requireInput(0, fmt::DType_u8));
    return signature.requireOutput(0, fmt::DType_u8);
  }

  Status run(HostRun &run) const override {
    int64_t size = getNumElements(run.inputs[0].dims);
    if (size > INT_MAX)
      return resourceExhausted(concat("an image file of ", size, " bytes"));
    // Colors are asked for even where gray is wanted: its formula is ours.
    int width = 0, height = 0;
    std::vector<uint8_t> pixels;
    if (size > 0)
      pixels = decode(run.inputs[0].as<uint8_t>(), static_cast<int>(size),
                      width, height);
    if (pixels.empty())
      width = height = 0;
    StatusOr<void *> data = run.allocate(0, {height, width, numChannels});
    if (data.isOk())
      write(pixels.data(), static_cast<int64_t>(height) * width,
            static_cast<uint8_t *>(*data));
    return data.getStatus();
  }

private:
  void write(const uint8_t *pixels, int64_t numPixels, uint8_t *out) const {
    for (int64_t i = 0; i < numPixels; ++i) {
      const uint8_t *pixel = pixels + i * 3;
      if (numChannels == 1) {
        // The weights of ITU-R 601, as PIL rounds them.
        out[i] = static_cast<uint8_t>(
            (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >>
            16);
        continue;
      }
      for (int channel = 0; channel < 3; ++channel)
        out[i * 3 + channel] = pixel[isReversed ? 2 - channel : channel];
    }
  }

  int64_t numChannels = 3;
  bool isReversed = false;
};

} // namespace

std::vector<BuiltinRow> rt::getImageOps() {
  return {{"image_decoder", 1, 1, 1, loadFunction<ImageDecoder>, nullptr}};
}
