// A hash that stays the same on every machine and in every version.
#pragma once

#include <cstdint>
#include <string_view>

namespace bonescan {

// FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv).
std::uint64_t stable_hash(std::string_view bytes);

}  // namespace bonescan
