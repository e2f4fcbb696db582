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
  Decoder decode = nullptr;  // null: recognised, so that the message can say what the file is
};

// Null if the bytes begin like no image that is known.
const ImageFormat* recognise_format(std::span<const std::uint8_t> bytes);

}  // namespace bonescan
