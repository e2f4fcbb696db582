#include "bonescan/scan/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/core/stable_hash.h"

namespace bonescan {

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool has_slash = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
  const auto count = has_slash ? std::from_chars(index.ptr + 1, end, shard.count) : index;
  if (!has_slash || count.ec != std::errc() || count.ptr != end || shard.index < 1 || shard.index > shard.count)
    throw UsageError(fmt::format("--shard is \"{}\"; it must be I/N with 1 <= I <= N, for example 2/8", text));
  return shard;
}

bool in_shard(std::string_view file, const Shard& shard) {
  return stable_hash(file) % static_cast<std::uint64_t>(shard.count) == static_cast<std::uint64_t>(shard.index - 1);
}

}  // namespace bonescan
