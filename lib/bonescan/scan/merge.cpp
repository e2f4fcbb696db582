#include "bonescan/scan/merge.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
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
#include "bonescan/scan/shard_set.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

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
    if (!stays_below(name))
      throw UsageError(
          fmt::format("{}: {} leaves the input folder; run this shard anew", line.shard->folder.string(), name));
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
  std::vector<std::string> dicom_names;
  const bool complete = for_each_line(set, cancellation, [&](const ShardLine& line) {
    journal.append(line.text);
    note_dicom_columns(line.record, dicom_names);
    for (const std::string& name : pictures(set, line.record))
      link_or_copy_file(line.shard->folder / name, output / name);
    if (line.record.error) run["failures"].push_back(failure_json(line.record));
  });
  if (!complete) return false;
  const RecordSource records = [&](const std::function<void(const NumberedRecord&)>& visit) {
    for_each_line(set, Cancellation(), [&](const ShardLine& line) { visit({line.position, line.record}); });
  };
  write_radiograph_table(output / kRadiographsName, records, dicom_names);
  if (set.classes) write_box_files(output, set.formats, records, *set.classes);
  journal.publish_as(output / kResultsName);
  return true;
}

}  // namespace

ScanSummary merge(const MergeRequest& request, const Cancellation& cancellation) {
  if (request.output.empty()) throw UsageError("--output is missing; name the folder for the merged results");
  if (request.output == kStandardStream) throw UsageError("--output - is not for merge; name a folder");
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
  spdlog::info("{} of {} merged{}", counted(summary.counts.inputs, "radiograph", "radiographs"),
               counted(set.shards.size(), "shard", "shards"),
               counts_text(summary.counts, run.at("models").contains("segmenter"), set.classes.has_value()));
  return summary;
}

}  // namespace bonescan
