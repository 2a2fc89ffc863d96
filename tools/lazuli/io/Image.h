//===- Image.h - Pictures as tensors ----------------------------------------===//
//
// Reads .png, .jpg and what else stb_image knows, and makes the tensor that an
// input asks for: batch of one, channels first or last, gray or color, resized.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_IO_IMAGE_H
#define LAZULI_TOOLS_LAZULI_IO_IMAGE_H

#include "tools/lazuli/io/Array.h"

namespace lz::cli {

/// An image as it lies in its file: 8 or 16 bits per channel, in 0..1.
struct Image {
  int64_t width = 0, height = 0, channels = 0;
  std::vector<float> pixels; ///< [height, width, channels]
};

bool isImageFile(const std::string &path);
Image readImage(const std::string &path);

/// What an input accepts; -1 in `dims` is free.
struct ImageTarget {
  std::string name; ///< of the input, for failures
  DType dtype = fmt::DType_f32;
  std::vector<int64_t> dims;
};

/// Makes [h,w], [c,h,w], [h,w,c] or these with a leading 1, whichever fits the
/// target: channels are where 1, 3 or 4 stands, first if both or neither. Sizes that
/// are free are the image's own, others are resized to. Floats are in 0..1, u8
/// in 0..255; other types fail.
Array toTensor(const Image &image, const ImageTarget &target);

/// The type an image has for `--example`: f32[1, c, h, w] with c 1 or 3.
std::vector<int64_t> getExampleDims(const Image &image);

/// One image of a batch as a PNG file: `tensor` is [c,h,w], [h,w,c] or [h,w]
/// with any type; floats above 1 are taken as 0..255.
std::string encodePng(const Array &tensor);

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_IO_IMAGE_H
