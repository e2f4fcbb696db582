#include "bonescan/scan/merge.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/scan/radiograph_table.h"
#include "bonescan/scan/result_journal.h"
#include "bonescan/scan/run_report.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

struct ShardRun {
  fs::path folder;
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
    const std::string status = shard.run.at("status");
    if (status != status_name(ScanEnd::kFinished))
      throw UsageError(
          fmt::format("{} holds a run that is not finished (its run.json says \"{}\"); go on with it (--resume) first",
                      folder.string(), status));
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

ShardSet read_shards(const std::vector<fs::path>& folders) {
  if (folders.empty()) throw UsageError("no shard is named; name the output folders of all runs with --shard I/N");
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

// Visits every line in the input order of the whole run; false if it was cancelled before the last.
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

// The pictures that a shard wrote for a record, by their names below the output folder.
std::vector<std::string> pictures(const ShardSet& set, const ScanRecord& record) {
  std::vector<std::string> names;
  if (record.error) return names;
  if (record.bone && record.bone->mask) names.push_back(*record.bone->mask);
  if (set.overlay) names.push_back(overlay_name(picture_name(record)));
  return names;
}

void check_pictures(const ShardSet& set, const ShardLine& line) {
  for (const std::string& name : pictures(set, line.record)) {
    std::error_code error;
    if (!stays_below(name) || !fs::is_regular_file(line.shard->folder / name, error))
      throw UsageError(fmt::format("{} lacks {}, which belongs to its results; run this shard anew with --resume",
                                   line.shard->folder.string(), name));
  }
}

void check_classes(const ShardSet& set, const ShardLine& line, const std::string& name) {
  for (const Detection& found : line.record.detections)
    if (!set.classes || std::find(set.classes->begin(), set.classes->end(), found.label) == set.classes->end())
      throw UsageError(
          fmt::format("{}: {} has a box of the class \"{}\", which its detector does not know; run this shard anew",
                      line.shard->folder.string(), name, found.label));
}

// Everything that merging relies on, before the first byte is written; false if it was cancelled.
bool check_results(const ShardSet& set, const Cancellation& cancellation) {
  std::unordered_set<std::string> names;
  LabelNames labels(set.formats, "run the shards again with --format csv");
  return for_each_line(set, cancellation, [&](const ShardLine& line) {
    const std::string name = picture_name(line.record);
    if (!names.insert(name).second) throw UsageError(fmt::format("{} is in more than one shard; run them anew", name));
    labels.add(name);
    check_classes(set, line, name);
    check_pictures(set, line);
  });
}

void check_apart(const MergeRequest& request) {
  std::error_code error;
  const fs::path output = fs::weakly_canonical(request.output, error);
  for (const fs::path& shard : request.shards) {
    const fs::path inside = output.lexically_relative(fs::weakly_canonical(shard, error));
    if (inside == "." || (!inside.empty() && stays_below(inside)))
      throw UsageError(fmt::format("--output {} lies in the shard {}; name another folder", request.output.string(),
                                   shard.string()));
  }
}

// Adds the numbers of `other` to those of `sum`, member by member.
void add_numbers(Json& sum, const Json& other) {
  for (const auto& [member, value] : other.items()) {
    Json& total = sum[member];
    if (total.is_null()) total = 0;
    if (value.is_number_integer()) {
      total = total.get<std::int64_t>() + value.get<std::int64_t>();
    } else {
      total = total.get<double>() + value.get<double>();
    }
  }
}

// What run.json tells of one shard among others.
Json shard_summary(const ShardRun& shard) {
  Json summary = {{"shard", shard.run.at("settings").at("shard")}, {"folder", name_to_text(shard.folder.native())}};
  for (const char* member : {"command_line", "threads", "counts", "seconds", "peak_memory_bytes"})
    summary[member] = shard.run.at(member);
  return summary;
}

// The numbers of run.json that are sums over the shards, or the largest of any.
void join_numbers(const std::vector<ShardRun>& shards, Json& run) {
  double wall = 0.0;
  for (const char* sums : {"counts", "seconds"}) run[sums] = Json::object();
  for (const ShardRun& shard : shards) {
    for (const char* sums : {"counts", "seconds"}) add_numbers(run[sums], shard.run.at(sums));
    for (const char* largest : {"threads", "peak_memory_bytes"})
      run[largest] = std::max(run[largest], shard.run.at(largest));
    wall = std::max(wall, shard.run.at("seconds").at("wall").get<double>());
  }
  run["seconds"]["wall"] = wall;
}

// run.json of the whole run but for its "failures", which stay empty.
Json merged_run(const ShardSet& set, const std::vector<std::string>& command_line) {
  Json run = set.shards.front().run;
  run["command_line"] = command_line_json(command_line);
  run["settings"]["shard"] = nullptr;
  run["failures"] = Json::array();
  run.erase("shard_positions");
  join_numbers(set.shards, run);
  run["shards"] = Json::array();
  for (const ShardRun& shard : set.shards) {
    run["shards"].push_back(shard_summary(shard));
    for (auto& [name, model] : run["models"].items())
      model["loaded"] = model.at("loaded").get<bool>() || shard.run.at("models").at(name).at("loaded").get<bool>();
  }
  return run;
}

// Writes everything but run.json; adds the failures to it. The journal tells of every picture before it is there, so
// that --overwrite finds what a merge that was interrupted or killed leaves. False if it was cancelled.
bool write_results(const ShardSet& set, const fs::path& output, Json& run, const Cancellation& cancellation) {
  ResultJournal journal(output / kJournalName);
  const bool complete = for_each_line(set, cancellation, [&](const ShardLine& line) {
    journal.append(line.text);
    for (const std::string& name : pictures(set, line.record))
      link_or_copy_file(line.shard->folder / name, output / name);
    if (line.record.error) run["failures"].push_back(failure_json(line.record));
  });
  if (!complete) return false;
  const RecordSource records = [&](const std::function<void(const NumberedRecord&)>& visit) {
    for_each_line(set, Cancellation(), [&](const ShardLine& line) { visit({line.position, line.record}); });
  };
  write_radiograph_table(output / kRadiographsName, records);
  if (set.classes) write_box_files(output, set.formats, records, *set.classes);
  std::error_code error;
  fs::rename(output / kJournalName, output / kResultsName, error);
  if (error)
    throw OutputError(fmt::format("{} cannot be written: {}", (output / kResultsName).string(), error.message()));
  return true;
}

}  // namespace

ScanSummary merge(const MergeRequest& request, const Cancellation& cancellation) {
  if (request.output.empty()) throw UsageError("--output is missing; name the folder for the merged results");
  if (request.output == kStandardStream) throw UsageError("--output - is not for merge; name a folder");
  allow_many_open_files();
  FolderLock lock(request.output);
  const ShardSet set = read_shards(request.shards);
  check_apart(request);
  ScanSummary summary;
  if (!check_results(set, cancellation)) {
    summary.end = ScanEnd::kInterrupted;
    return summary;
  }
  Json run;
  try {
    run = merged_run(set, request.command_line);
    summary.counts = counts_from_json(run.at("counts"));
  } catch (const Json::exception& error) {
    throw UsageError(fmt::format("the run.json files of the shards cannot be joined: {}", error.what()));
  }
  check_output_folder(request.output, request.existing_output, run.at("settings"), "--overwrite");
  prepare_output_folder(request.output, request.existing_output, lock);

  const auto write_run = [&](Json with_status, const char* status) {
    with_status["status"] = status;
    write_file_atomically(request.output / kRunName, to_json_text(with_status));
  };
  write_run(run, kRunning);
  if (!write_results(set, request.output, run, cancellation)) {
    write_run(run, status_name(ScanEnd::kInterrupted));
    spdlog::info("interrupted; merge again with --overwrite");
    summary.end = ScanEnd::kInterrupted;
    return summary;
  }
  write_file_atomically(request.output / kRunName, to_json_text(run));
  const Json& settings = run.at("settings");
  spdlog::info("{} of {} merged{}", counted(summary.counts.inputs, "radiograph", "radiographs"),
               counted(set.shards.size(), "shard", "shards"),
               counts_text(summary.counts, settings.contains("segmenter"), settings.contains("detector")));
  return summary;
}

}  // namespace bonescan
