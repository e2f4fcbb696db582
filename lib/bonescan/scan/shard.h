// Which part of an input set a run works on where several machines share it.
#pragma once

#include <string>
#include <string_view>

namespace bonescan {

// Part `index` (1..count).
struct Shard {
  int index = 1;
  int count = 1;
};

// Parses "I/N". Throws UsageError unless 1 <= I <= N.
Shard parse_shard(const std::string& text);

// Whether an input belongs to the shard: by FNV-1a of its relative name, so that it stays where it is when other files
// come and go.
bool in_shard(std::string_view file, const Shard& shard);

}  // namespace bonescan
