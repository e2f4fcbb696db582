// Numbers in the headers of files, lowest byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bonescan {

// The `count` bytes (up to 4) at `at`, which must lie within `bytes`.
inline std::uint32_t little_endian(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  while (count-- > 0) value = value << 8 | bytes[at + count];
  return value;
}

}  // namespace bonescan
