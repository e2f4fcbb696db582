#include "bonescan/scan/shard_set.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/scan/run_report.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

void check_finished(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw UsageError(fmt::format("{} is not a folder; name the output folders of all shards", folder.string()));
  check_run_is_finished(folder);
  for (const char* name : {kRunName, kResultsName})
    if (!fs::is_regular_file(folder / name, error))
      throw UsageError(fmt::format("{} holds no {}; name the output folders of all shards", folder.string(), name));
}

ShardRun read_shard(const fs::path& folder) {
  check_finished(folder);
  ShardRun shard{folder, read_json_file(folder / kRunName), {}, {}};
  try {
    check_says_finished(shard.run, folder);
    const Json& name = shard.run.at("settings").at("shard");
    if (name.is_null())
      throw UsageError(
          fmt::format("{} holds a whole run, not a shard; merge is for runs with --shard I/N", folder.string()));
    shard.shard = parse_shard(name);
    shard.positions = shard.run.at("shard_positions").get<std::vector<std::int64_t>>();
    for (const char* member : {"formats", "inputs"}) shard.run.at(member);  // throws here, where the folder is known
  } catch (const Json::exception& error) {
    throw UsageError(fmt::format("{} is not the run.json of a shard: {}", (folder / kRunName).string(), error.what()));
  }
  return shard;
}

// What all shards of a run agree in.
Json common_settings(const ShardRun& shard) {
  Json settings = shard.run.at("settings");
  settings.erase("shard");
  for (const char* member : {"formats", "inputs"}) settings[member] = shard.run.at(member);
  return settings;
}

void check_same_run(const ShardRun& first, const ShardRun& other) {
  if (const auto member = first_difference(common_settings(first), common_settings(other)))
    throw UsageError(fmt::format("{} and {} are not shards of one run: they differ in \"{}\" (see their run.json)",
                                 first.folder.string(), other.folder.string(), *member));
  if (first.shard.count != other.shard.count)
    throw UsageError(fmt::format("{} is shard {}/{} and {} is shard {}/{}; name the shards of one run",
                                 first.folder.string(), first.shard.index, first.shard.count, other.folder.string(),
                                 other.shard.index, other.shard.count));
}

void check_all_there(const std::vector<ShardRun>& shards) {
  const int count = shards.front().shard.count;
  for (std::size_t i = 1; i < shards.size(); ++i)
    if (shards[i].shard.index == shards[i - 1].shard.index)
      throw UsageError(fmt::format("{} and {} are both shard {}/{}; name each once", shards[i - 1].folder.string(),
                                   shards[i].folder.string(), shards[i].shard.index, count));
  for (int index = 1; index <= count; ++index)
    if (static_cast<std::size_t>(index) > shards.size() ||
        shards[static_cast<std::size_t>(index) - 1].shard.index != index)
      throw UsageError(
          fmt::format("shard {}/{} is missing; name the output folders of all {} shards", index, count, count));
}

// Throws UsageError unless every input belongs to just one shard.
std::vector<std::size_t> owners(const std::vector<ShardRun>& shards) {
  const auto found = shards.front().run.at("inputs").at("found").get<std::size_t>();
  std::size_t total = 0;
  for (const ShardRun& shard : shards) total += shard.positions.size();
  const auto broken = [](const ShardRun& shard) {
    return UsageError(fmt::format("{}: \"shard_positions\" does not fit the other shards; run this shard anew",
                                  (shard.folder / kRunName).string()));
  };
  if (total != found) throw broken(shards.front());
  std::vector<std::size_t> owner(found, shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const std::vector<std::int64_t>& positions = shards[i].positions;
    if (!std::is_sorted(positions.begin(), positions.end())) throw broken(shards[i]);
    for (const std::int64_t position : positions) {
      if (position < 1 || position > static_cast<std::int64_t>(found)) throw broken(shards[i]);
      std::size_t& owned_by = owner[static_cast<std::size_t>(position - 1)];
      if (owned_by != shards.size()) throw broken(shards[i]);
      owned_by = i;
    }
  }
  return owner;
}

std::optional<BoxClasses> classes_of(const Json& run) {
  const Json& models = run.at("models");
  if (!models.contains("detector")) return std::nullopt;
  return box_classes(models.at("detector").at("classes").get<std::vector<std::string>>());
}

// Reads the results.jsonl of a shard line by line.
class ShardReader {
 public:
  explicit ShardReader(const ShardRun& shard) : shard_(shard), path_(shard.folder / kResultsName), stream_(path_) {
    if (!stream_) throw UsageError(fmt::format("{} cannot be opened: {}", path_.string(), system_reason(errno)));
    line_.shard = &shard;
  }

  // The line of the next input; valid until the next call.
  const ShardLine& next() {
    if (read_ == shard_.positions.size() || !std::getline(stream_, line_.text)) throw does_not_fit();
    line_.position = shard_.positions[read_++];
    line_.record = scan_record_from_json(parse_json(line_.text, path_.string()), path_.string());
    return line_;
  }

  void check_end() {
    if (std::getline(stream_, line_.text)) throw does_not_fit();
  }

 private:
  UsageError does_not_fit() const {
    return UsageError(fmt::format("{} does not hold the {} inputs that run.json beside it names; run this shard anew",
                                  path_.string(), shard_.positions.size()));
  }

  const ShardRun& shard_;
  fs::path path_;
  std::ifstream stream_;
  std::size_t read_ = 0;
  ShardLine line_;
};

// For a file of each shard; where that is not allowed, opening one of them fails.
void allow_many_open_files() {
  struct rlimit files {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

ShardSet read_shards(const std::vector<fs::path>& folders) {
  if (folders.empty()) throw UsageError("no shard is named; name the output folders of all runs with --shard I/N");
  allow_many_open_files();  // for_each_line opens them, again and again
  ShardSet set;
  for (const fs::path& folder : folders) set.shards.push_back(read_shard(folder));
  std::stable_sort(set.shards.begin(), set.shards.end(),
                   [](const ShardRun& a, const ShardRun& b) { return a.shard.index < b.shard.index; });
  const ShardRun& first = set.shards.front();
  try {
    for (const ShardRun& shard : set.shards) check_same_run(first, shard);
    check_all_there(set.shards);
    set.owner = owners(set.shards);
    set.overlay = first.run.at("settings").at("overlay");
    set.formats = formats_of_run(first.run);
    set.classes = classes_of(first.run);
  } catch (const Json::exception& error) {
    throw UsageError(
        fmt::format("{} is not the run.json of a shard: {}", (first.folder / kRunName).string(), error.what()));
  }
  return set;
}

bool for_each_line(const ShardSet& set, const Cancellation& cancellation,
                   const std::function<void(const ShardLine&)>& visit) {
  std::vector<ShardReader> readers;
  readers.reserve(set.shards.size());
  for (const ShardRun& shard : set.shards) readers.emplace_back(shard);
  for (const std::size_t owner : set.owner) {
    if (cancellation.requested()) return false;
    visit(readers[owner].next());
  }
  for (ShardReader& reader : readers) reader.check_end();
  return true;
}

}  // namespace bonescan
