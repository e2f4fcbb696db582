#include "bonescan/scan/run_results.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/streamed_file.h"
#include "bonescan/scan/radiograph_table.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

bool is_filled_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return !error && size > 0;
}

// What a journal tells of the run before, by picture_name.
struct EarlierRecords {
  std::unordered_map<std::string, std::uint64_t> usable;  // offsets of the last records that may stay
  std::unordered_set<std::string> pictures;               // all that did not fail
  std::size_t damaged = 0;                                // lines
};

// A record is usable unless it is damaged, failed, or its mask or overlay is gone.
EarlierRecords earlier_records(ResultJournal& journal, const fs::path& folder, bool overlays) {
  EarlierRecords records;
  journal.for_each([&](std::uint64_t offset, const std::string& line) {
    try {
      const ScanRecord record = scan_record_from_json(parse_json(line, kJournalName), kJournalName);
      const std::string picture = picture_name(record);
      const bool lost_mask = record.bone && record.bone->mask && !is_filled_file(folder / *record.bone->mask);
      const bool lost_overlay = overlays && !is_filled_file(folder / overlay_name(picture));
      if (record.error) return;
      records.pictures.insert(picture);
      if (!lost_mask && !lost_overlay) records.usable[picture] = offset;
    } catch (const UsageError&) {
      ++records.damaged;
    }
  });
  if (records.damaged > 0)
    spdlog::warn("--resume: {} of the results in {} damaged; what stood there is done again",
                 counted(records.damaged, "line", "lines"), folder.string());
  return records;
}

}  // namespace

RunResults::RunResults(const InputSet& inputs, const fs::path& output, bool overlays)
    : inputs_(inputs), offsets_(inputs.files.size(), kNotDone) {
  counts_.inputs = inputs.files.size();
  if (output == kStandardStream) return;
  folder_ = output;
  journal_.emplace(output / kJournalName);
  take_over_journal(overlays);
}

void RunResults::take_over_journal(bool overlays) {
  EarlierRecords earlier = earlier_records(*journal_, folder_, overlays);
  for (std::size_t position = 0; position < offsets_.size(); ++position) {
    const InputFile& input = inputs_.files[position];
    const std::string picture = picture_name(input);
    const bool had_pictures = earlier.pictures.erase(picture) > 0 || earlier.damaged > 0;
    const auto found = earlier.usable.find(picture);
    if (found == earlier.usable.end()) {
      if (had_pictures) redone_.insert(picture);
      continue;
    }
    offsets_[position] = found->second;
    count(scan_record_from_json(parse_json(journal_->line_at(found->second), kJournalName), kJournalName));
  }
  dropped_.assign(earlier.pictures.begin(), earlier.pictures.end());
}

void RunResults::add(std::size_t position, const ScanRecord& record) {
  const std::string line = to_json_line(to_json(record));
  if (journal_) {
    offsets_[position] = journal_->append(line);
  } else {
    write_to_standard_output(line + '\n');
  }
  count(record);
}

void RunResults::count(const ScanRecord& record) {
  if (record.error) {
    ++counts_.failed;
    failures_.push_back(record);
    return;
  }
  ++counts_.ok;
  if (record.truncated) ++counts_.truncated;
  note_dicom_columns(record, dicom_names_);
  if (record.bone && record.bone->present) ++counts_.with_bone;
  if (record.detector_ran) ++counts_.detector_ran;
  counts_.detections += record.detections.size();
}

void RunResults::for_each(const std::function<void(const NumberedRecord&)>& visit) {
  for (std::size_t position = 0; position < offsets_.size(); ++position) {
    if (!is_done(position)) continue;
    const Json json = parse_json(journal_->line_at(offsets_[position]), kJournalName);
    visit({inputs_.files[position].id, scan_record_from_json(json, kJournalName)});
  }
}

void RunResults::publish(const std::set<BoxFormat>& formats, const std::optional<BoxClasses>& classes) {
  if (!journal_) return;
  std::vector<std::string> gone = dropped_;
  for (const ScanRecord& failure : failures_)
    if (std::string picture = picture_name(failure); redone_.contains(picture)) gone.push_back(std::move(picture));
  remove_picture_files(folder_, gone);
  if (!dropped_.empty())
    spdlog::info("{} of what is no longer an input removed", counted(dropped_.size(), "result", "results"));
  const RecordSource records = [this](const auto& visit) { for_each(visit); };
  write_radiograph_table(folder_ / kRadiographsName, records, dicom_names_);
  if (classes) write_box_files(folder_, formats, records, *classes);
  publish_results();
}

void RunResults::publish_results() {
  StreamedFile results(folder_ / kResultsName);
  for (const std::uint64_t offset : offsets_)
    if (offset != kNotDone) results.write(journal_->line_at(offset) + '\n');
  results.sync();  // the journal goes: a power cut must not leave neither
  results.publish();
  journal_.reset();
  std::error_code error;
  fs::remove(folder_ / kJournalName, error);
  if (error)
    throw OutputError(fmt::format("{} cannot be removed: {}", (folder_ / kJournalName).string(), error.message()));
}

}  // namespace bonescan
