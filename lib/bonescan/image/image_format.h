// Which format a file has, told from its first bytes, and who decodes it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bonescan/image/decoded_image.h"

namespace bonescan {

struct ImageFormat {
  std::string_view name;  // for messages: "is a <name> file"
  std::size_t offset = 0;
  std::string_view signature;
  // Null: recognised, so that the message can say what the file is.
  Decoder decode = nullptr;
  SizeReader read_size = nullptr;
};

// The format that the bytes begin like, which has a decoder. Throws ImageError if there is none: an empty file, no
// image, an image of a format that is not read.
const ImageFormat& require_format(std::span<const std::uint8_t> bytes);

}  // namespace bonescan
