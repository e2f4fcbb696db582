// Numbers in the headers of files, lowest or highest byte first.
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

// The same, highest byte first.
inline std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.subspan(at, count)) value = value << 8 | byte;
  return value;
}

}  // namespace bonescan
