// The output folders of a run's shards, read as one run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/json.h"
#include "bonescan/scan/box_formats.h"
#include "bonescan/scan/record.h"
#include "bonescan/scan/shard.h"

namespace bonescan {

// The finished run of one shard.
struct ShardRun {
  std::filesystem::path folder;
  Json run;  // its run.json
  Shard shard;
  std::vector<std::int64_t> positions;  // of its inputs among those of all shards, from 1, ascending
};

// All shards of a run, in the order of their index.
struct ShardSet {
  std::vector<ShardRun> shards;
  std::vector<std::size_t> owner;  // of each input of the whole run, in input order: an index into `shards`
  bool overlay = false;
  std::set<BoxFormat> formats;
  std::optional<BoxClasses> classes;  // set if a detector took part
};

// A line of a shard's results.jsonl.
struct ShardLine {
  const ShardRun* shard = nullptr;
  std::int64_t position = 0;
  std::string text;
  ScanRecord record;
};

// In any order. Throws UsageError unless the folders hold all shards of one run, each once, finished, with the same
// settings, models, formats and inputs.
ShardSet read_shards(const std::vector<std::filesystem::path>& folders);

// Visits every line in the input order of the whole run; false if it was cancelled before the last. Throws UsageError
// where a shard's results.jsonl does not hold its inputs.
bool for_each_line(const ShardSet& set, const Cancellation& cancellation,
                   const std::function<void(const ShardLine&)>& visit);

}  // namespace bonescan
