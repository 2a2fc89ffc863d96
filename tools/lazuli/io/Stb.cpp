//===- Stb.cpp - The bodies of the stb libraries ----------------------------===//
//
// Single-header libraries want one file that holds their code.
//
//===----------------------------------------------------------------------===//

#pragma GCC diagnostic ignored "-Wunused-function"

#define STBI_FAILURE_USERMSG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS (1 << 15)
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
